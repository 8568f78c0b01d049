// SPDX-License-Identifier: GPL-2.0-or-later
// metrics.c - the process that serves metrics over HTTP
#include "metrics/metrics.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/msg.h"
#include "ipc/observe.h"
#include "metrics/server.h"
#include "role/meeting.h"
#include "role/run.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Theory of operation. The plumber starts this process with a listening TCP socket. It connects
 * once, and by that channel snapshots are asked for. When the channel ends, netd has gone or is
 * about to be started anew; then this process ends, too. Requests come from the network, so
 * before the first is read the process gives up all system calls but those below. */

/* Beside what every role needs. */
static const int allowed[] = {
	/* HTTP: requests and pages, on connections that come. */
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(fcntl),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	/* The wait for either the channel or a client. */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	/* How much memory there is, which qsort(3) of glibc before 2.37 asks before it sorts more
	 * than a kilobyte. */
	SCMP_SYS(sysinfo),
};

/* The C library looks for the time zone when a header Date is written, which has none. */
static const struct seal_refusal refused[] = {
	{ SCMP_SYS(open), ENOENT },   { SCMP_SYS(openat), ENOENT },	{ SCMP_SYS(stat), ENOENT },
	{ SCMP_SYS(access), ENOENT }, { SCMP_SYS(newfstatat), ENOENT },
};

static const struct seal metrics_seal = { .allowed = allowed,
					  .n_allowed = ARRAY_SIZE(allowed),
					  .refused = refused,
					  .n_refused = ARRAY_SIZE(refused) };

/* One of each in the process; -1 until the plumber has come. */
static struct observed observed = { .channel = -1, .drops_fd = -1 };
static uid_t its_starter;

/* A descriptor that is something else would fail later, at the first client, and less clearly. */
static int build(uid_t trusted, struct error *error)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	its_starter = trusted;
	if (getsockopt(OBSERVE_TCP_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    !listening)
		return error_set(error, ERROR_INVALID, "descriptor %d is no listening socket",
				 OBSERVE_TCP_FD);
	return server_start(OBSERVE_TCP_FD, &observed, error);
}

/* The plumber that started it connects at once. There is one, and no other after it. Who else
 * connects is turned away, and waited on. */
static int meet_plumber(struct error *error)
{
	while (observed.channel < 0) {
		struct pollfd wait = { .fd = IPC_LISTEN_FD, .events = POLLIN };
		int fd;

		/* The result does not matter: meeting_take says what has happened. */
		(void)deadline_poll(&wait, 1, DEADLINE_NEVER);
		fd = meeting_take(its_starter);
		/* A client that gave up between the wait and the call is no reason to end. */
		if (fd < 0 && fd != -EAGAIN && fd != -ECONNABORTED && fd != -EACCES)
			return error_system(error, fd, "no netd has come");
		if (fd >= 0)
			observed.channel = fd;
	}
	/* Nobody connects any more, so a second plumber cannot take the place of the first. */
	(void)close(IPC_LISTEN_FD);
	return 0;
}

static int serve(struct error *error)
{
	int err = meet_plumber(error);

	while (err == 0) {
		/* One wait for all: a page that is written, a netd that has gone, and drops. */
		struct pollfd wait[] = { { .fd = server_fd(), .events = POLLIN },
					 { .fd = observed.channel, .events = POLLIN },
					 { .fd = observed.drops_fd, .events = POLLIN } };

		/* A timeout or a signal is a turn as well: the server closes clients that are
		 * silent for too long. */
		(void)deadline_poll(wait, ARRAY_SIZE(wait), server_deadline());
		if (!observed_look(&observed)) {
			log_info("netd has gone, and so do its metrics");
			/* Success: that netd has ended is no fault of this process. */
			exit(EXIT_SUCCESS);
		}
		if (observed.drops_fd >= 0 && wait[2].revents)
			observed_hear_drops(&observed);
		server_turn();
	}
	return err;
}

int metrics_run(int argc, char **argv)
{
	const struct run_stages stages = { .build = build, .seal = &metrics_seal, .serve = serve };

	return run_role(&role_table[ROLE_METRICS], &stages, argc, argv);
}
