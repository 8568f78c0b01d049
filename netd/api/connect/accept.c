// SPDX-License-Identifier: GPL-2.0-or-later
// accept.c - who connects to the API: taken in, or told why not, and never left deaf
#include "api/connect/accept.h"

#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A listening socket stays readable while somebody waits whom accept(2) does
 * not yield, so after a failure that passes it rests, and a timer tries again: nobody else has to
 * come or to go for that. Where descriptors are what is missing, one is made free by ending an idle
 * connection; when there is none such, the one kept back takes the next client in, who is told so.
 * He has API_SPARE_MS to ask; then the spare is there for the one behind him. */

static void rest(struct api_door *door)
{
	/* The socket stays readable meanwhile, and the loop would spin on it. */
	ev_io_stop(door->http->loop, &door->listener);
	ev_timer_set(&door->rest, API_REST_MS / 1000.0, 0.);
	ev_timer_start(door->http->loop, &door->rest);
}

void api_accept_wake(void *data)
{
	struct api_door *door = data;

	/* The spare comes before the listener: with it netd can tell the next caller why there is
	 * no place for him. */
	spare_keep(&door->spare);
	ev_timer_stop(door->http->loop, &door->rest);
	ev_io_start(door->http->loop, &door->listener); /* no harm where it runs */
}

static void on_rested(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	api_accept_wake(timer->data);
}

/* Said once, until there was enough for a while. */
static void tell(struct api_door *door, int errnum)
{
	struct rlimit limit = { 0 };

	/* A crowd that keeps coming would fill the log with one line for each try. */
	if (door->short_of_fds)
		return;
	door->short_of_fds = true;
	/* The limit is what an administrator can change, so the line names it. */
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* 0 is a figure, too */
	log_warn("cannot accept calls: %s (RLIMIT_NOFILE is %llu); tried again all the time",
		 strerror(errnum), (unsigned long long)limit.rlim_cur);
}

/* One who cannot even be told is closed. */
static void answer_in_spare(struct api_door *door)
{
	int fd = spare_accept(&door->spare, door->listener.fd);

	if (fd < 0)
		return;
	/* The HTTP server may lack memory even for this one. Then the descriptor is free again, and
	 * it is kept back at once. */
	if (api_connection_new(door, fd, true) < 0) { /* which has closed it */
		spare_keep(&door->spare);
		return;
	}
	ev_timer_set(&door->in_spare, API_SPARE_MS / 1000.0, 0.);
	ev_timer_start(door->http->loop, &door->in_spare);
}

/* True: try again at once. */
static bool cope(struct api_door *door, int errnum)
{
	bool no_fds = errnum == EMFILE || errnum == ENFILE;

	/* Said also where ending a connection helps: a limit that is reached again and again is
	 * worth knowing. */
	tell(door, errnum);
	/* Who comes is not known before accept(2), and it may be root: so one of root's may be
	 * ended for him. */
	if (no_fds && api_connection_end_one(door, true)) {
		api_http_pump(door->http); /* closes it */
		return true;
	}
	if (no_fds)
		answer_in_spare(door);
	rest(door);
	return false;
}

/* True: there may be another. */
static bool accept_one(struct api_door *door)
{
	/* The HTTP server reads in our loop, so a blocking socket could stop the plumber. CLOEXEC
	 * keeps clients' sockets from the children that netd starts. */
	int fd = accept4(door->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		/* EAGAIN is the usual end. Of the other errors (ECONNABORTED, EINTR) the loop hears
		 * again, since the socket stays readable. */
		return spare_is_for(errno) && cope(door, errno);
	if (api_connection_new(door, fd, false) < 0)
		return cope(door, ENOMEM);
	/* While the spare is in use this was no ordinary descriptor, and the shortage is not
	 * over. */
	if (door->spare.fd > 0)
		door->short_of_fds = false;
	return true;
}

static void on_caller(struct ev_loop *loop, ev_io *io, int revents)
{
	struct api_door *door = io->data;

	if (watcher_again(loop, io, revents))
		return;
	/* No more at a time: a flood of callers is not to keep the loop from those it has. */
	for (int i = 0; i < API_ACCEPTS; i++)
		if (!accept_one(door))
			break;
	api_http_pump(door->http);
}

/* He has asked nothing, and others want to be told, too. */
static void on_spare_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct api_door *door = timer->data;

	(void)loop, (void)revents;
	api_connection_end_spare(door);
	api_http_pump(door->http);
}

void api_accept_start(struct api_door *door, struct api_http *http, int listen_fd)
{
	door->http = http;
	list_init(&door->connections);
	spare_keep(&door->spare);
	ev_io_init(&door->listener, on_caller, listen_fd, EV_READ);
	ev_timer_init(&door->rest, on_rested, 0., 0.);
	ev_timer_init(&door->in_spare, on_spare_timeout, 0., 0.);
	door->listener.data = door->rest.data = door->in_spare.data = door;
	ev_io_start(door->http->loop, &door->listener);
}

void api_accept_stop(struct api_door *door)
{
	ev_io_stop(door->http->loop, &door->listener);
	ev_timer_stop(door->http->loop, &door->rest);
	ev_timer_stop(door->http->loop, &door->in_spare);
	spare_drop(&door->spare);
	(void)close(door->listener.fd);
}
