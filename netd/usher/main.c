// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-usher, the process that lets hosts into a cluster, or asks for its own to be let in
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/msg.h"
#include "role/meeting.h"
#include "role/run.h"
#include "role/streams.h"
#include "usher/usher.h"

#include <unistd.h>

/* Theory of operation. The usher is the one process of netd that speaks with strangers over TCP
 * and has the key of the cluster's authority. So it has nothing else: a user of its own, no
 * capability, no file that it could open, no socket that it could bind. The order of its start:
 * sockets and OpenSSL while all calls are allowed (build), then the filter (the seal), then the
 * loop (serve). */

/* For the whole life of the process. */
static struct ev_loop *its_loop;
static struct watcher_loop watchers;
/* the plumber is awaited at IPC_LISTEN_FD; stopped once it has come */
static ev_io meeting;
/* the user that may connect beside root: tests run netd without root */
static uid_t its_starter;

/* The plumber that started it connects at once. There is one, and no other after it: when the
 * channel closes the process ends, and another plumber starts another usher. */
static void on_plumber(struct ev_loop *loop, ev_io *io, int revents)
{
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = meeting_take(its_starter);
	if (fd < 0)
		return; /* a stranger does not use up the one meeting */
	ev_io_stop(loop, io);
	/* who connects from now on is refused by the kernel */
	(void)close(IPC_LISTEN_FD);
	channel_meet(loop, fd);
}

/* Everything that needs more than the seal allows. trusted: the user that started the process.
 * 0, or what error_set returns. */
static int build(uid_t trusted, struct error *error)
{
	its_starter = trusted;
	its_loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!its_loop)
		return error_set(error, ERROR_INTERNAL, "cannot make an event loop");
	/* What epoll(7) did not take is tried again from here. */
	watcher_prepare(its_loop, &watchers);
	/* It reads its settings now or never: the seal answers ENOENT to every open(2) from then
	 * on. */
	if (OPENSSL_init_ssl(0, NULL) != 1)
		return error_set(error, ERROR_INTERNAL, "OpenSSL does not start");
	ev_io_init(&meeting, on_plumber, IPC_LISTEN_FD, EV_READ);
	ev_io_start(its_loop, &meeting);
	return 0;
}

/* The loop always has a watcher, so its return is a mistake, and the process ends with an error. */
static int serve(struct error *error)
{
	ev_run(its_loop, 0);
	return error_set(error, ERROR_INTERNAL, "nothing is left to wait for");
}

int main(int argc, char **argv)
{
	const struct run_stages stages = { .build = build, .seal = &streams_seal, .serve = serve };

	return run_role(&role_table[ROLE_USHER], &stages, argc, argv);
}
