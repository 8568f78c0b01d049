// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-herald, the process that speaks to etcd for the plumber
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "herald/herald.h"
#include "ipc/msg.h"
#include "role/meeting.h"
#include "role/run.h"
#include "role/streams.h"

#include <errno.h>
#include <unistd.h>

/* Who is asked goes first: the answer may be that there are other members. */
static void on_stands(struct herald *stands)
{
	asked_go_on(stands);
	roster_look(stands);
}

static void on_ended(struct herald *ended, const char *why)
{
	roster_forget(ended);
	asked_wait(ended, why);
}

/* One for the process. The table says which file carries out what the plumber says. */
static struct herald herald = { .channel = -1,
				.above = { .start = session_start,
					   .go_on = session_go_on,
					   .changed = own_changed,
					   .join = asked_join,
					   .remove = asked_remove,
					   .claim = asked_claim,
					   .replace = asked_replace,
					   .seat = asked_seat,
					   .hear = asked_hear,
					   .went_on = asked_went_on,
					   .stands = on_stands,
					   .ended = on_ended,
					   .fail = session_fail } };
static struct watcher_loop watchers;
static ev_io meeting;
/* Who may connect: root, or the user that started it in a test. */
static uid_t its_starter;

/* The plumber that started it connects at once. There is one, and no other after it. */
static void on_plumber(struct ev_loop *loop, ev_io *io, int revents)
{
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = meeting_take(its_starter);
	if (fd < 0)
		return; /* a stranger does not use up the one meeting */
	/* The socket goes at once, so that nobody else can take the plumber's place. */
	ev_io_stop(loop, io);
	(void)close(IPC_LISTEN_FD);
	channel_meet(&herald, fd);
}

/* Runs before the seal, with files and memory at hand. Nobody is listened to yet. */
static int build(uid_t trusted, struct error *error)
{
	its_starter = trusted;
	herald.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!herald.loop)
		return error_set(error, ERROR_INTERNAL, "cannot make an event loop");
	watcher_prepare(herald.loop, &watchers);
	session_init(&herald);
	asked_init(&herald);
	roster_init(&herald);
	election_init(&herald);
	if (http_new(herald.loop, &herald.http) < 0 || own_init(&herald) < 0)
		return error_system(error, -ENOMEM, "cannot start");
	ev_io_init(&meeting, on_plumber, IPC_LISTEN_FD, EV_READ);
	ev_io_start(herald.loop, &meeting);
	return 0;
}

/* Returns only when something has gone wrong: the process ends by exit(3) elsewhere. */
static int serve(struct error *error)
{
	ev_run(herald.loop, 0);
	return error_set(error, ERROR_INTERNAL, "nothing is left to wait for");
}

/* GnuTLS asks whether it is not to prepare itself when it is loaded (GNUTLS_SKIP_GLOBAL_INIT of
 * gnutls.h). libcurl loads it for RTMP, which nobody speaks here: TLS is OpenSSL's. That would be a
 * megabyte of this process. */
int _gnutls_global_init_skip(void); /* NOLINT(bugprone-reserved-identifier): its name for it */
int _gnutls_global_init_skip(void)  /* NOLINT(bugprone-reserved-identifier) */
{
	return 1;
}

int main(int argc, char **argv)
{
	const struct run_stages stages = { .build = build, .seal = &streams_seal, .serve = serve };

	return run_role(&role_table[ROLE_HERALD], &stages, argc, argv);
}
