// SPDX-License-Identifier: GPL-2.0-or-later
// ui_events.c - netd's events, followed once for all pages
#include "cli/ui/ui_events.h"

#include "base/deadline.h"
#include "base/limits.h"
#include "client/client.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* Theory of operation. One thread reads netd's stream and counts; what an event says is not read,
 * for a page that hears of one asks anew for all that it shows. Pages wait for the count to grow,
 * each in a thread of its own. When the stream ends netd is asked again until it is back. */

/* The page is told by a number that it has not seen; the words of events are never shown. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* n counts all that was told; is_there says whether netd answers. */
static struct ui_events_state state;

static void tell(bool is_there)
{
	(void)pthread_mutex_lock(&lock); /* fails for programming errors only, as all below */
	state.n++;
	state.is_there = is_there;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

/* An event ends in a newline. One that comes in two pieces is told when it is whole. */
static int on_data(const char *data, size_t len, void *user)
{
	(void)user;
	if (memchr(data, '\n', len))
		tell(true);
	return 0;
}

/* It never returns. The pause keeps a netd that is not there from being asked without end. */
static void *follow(void *host)
{
	for (;;) {
		struct client *client = NULL;
		struct error error = { 0 };
		int status;

		if (client_open(host, &client, &error) == 0) {
			tell(true);
			(void)client_stream(client, "/events", &status, NULL, on_data, NULL,
					    &error); /* whyever it ended: it is begun anew */
			client_close(client);
		}
		tell(false);
		(void)deadline_pause(deadline_after(2 * UI_AGAIN_US / 1000), UI_AGAIN_US);
	}
	return NULL;
}

int ui_events_start(const char *host, struct error *error)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, follow, (void *)host);

	if (err != 0)
		return error_system(error, -err, "cannot follow netd's events");
	(void)pthread_detach(thread); /* it has just been made */
	return 0;
}

/* It returns when the count has passed n, or the time is over; the caller sees by n which it
 * was. The clock is one that nobody sets. */
struct ui_events_state ui_events_wait(unsigned long n, int timeout_ms)
{
	struct timespec until;
	struct ui_events_state seen;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail */
	until.tv_sec += timeout_ms / 1000;
	(void)pthread_mutex_lock(&lock);
	while (state.n <= n)
		if (pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until) != 0)
			break;
	seen = state;
	(void)pthread_mutex_unlock(&lock);
	return seen;
}
