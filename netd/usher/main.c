// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-usher, the process that lets hosts into a cluster, or asks for its own to be let in
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/msg.h"
#include "role/run.h"
#include "usher/usher.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The usher is the one process of netd that speaks with strangers over TCP
 * and has the key of the cluster's authority. So it has nothing else: a user of its own, no
 * capability, no file that it could open, no socket that it could bind. The order of its start:
 * sockets and OpenSSL while all calls are allowed (build), then the filter (the seal), then the
 * loop (serve). */

/* Beside what every role needs: connections, as OpenSSL makes them. bind(2) and listen(2) are
 * missing on purpose: the only sockets it hears at are those that the plumber hands over. */
static const int allowed[] = {
	SCMP_SYS(connect),     SCMP_SYS(sendto),      SCMP_SYS(recvfrom), SCMP_SYS(send),
	SCMP_SYS(recv),	       SCMP_SYS(setsockopt),  SCMP_SYS(shutdown), SCMP_SYS(fcntl),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(poll),	  SCMP_SYS(ppoll),
	SCMP_SYS(ioctl),
};

/* Libraries look for their settings and the time zone, out of habit. They are told that there is
 * no such file, which they all cope with; other calls that are not allowed end the process. */
static const struct seal_refusal refused[] = {
	{ SCMP_SYS(open), ENOENT },	  { SCMP_SYS(openat), ENOENT },
	{ SCMP_SYS(stat), ENOENT },	  { SCMP_SYS(access), ENOENT },
	{ SCMP_SYS(newfstatat), ENOENT }, { SCMP_SYS(readlink), ENOENT },
};

/* Streams of both families, and nothing that is a host's inside: no netlink, no unix socket, no
 * raw one. The mask leaves the flags SOCK_CLOEXEC and SOCK_NONBLOCK out of the type. 0 or a
 * negative errno. */
static int allow_streams(scmp_filter_ctx filter)
{
	static const uint64_t families[] = { AF_INET, AF_INET6 };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				       SCMP_A0(SCMP_CMP_EQ, families[i], 0),
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM));
	return err;
}

/* What run_role puts on after build and before serve. */
static const struct seal usher_seal = { .allowed = allowed,
					.n_allowed = ARRAY_SIZE(allowed),
					.refused = refused,
					.n_refused = ARRAY_SIZE(refused),
					.add_rules = allow_streams };

/* For the whole life of the process. */
static struct ev_loop *its_loop;
static struct watcher_loop watchers;
/* the plumber is awaited at IPC_LISTEN_FD; stopped once it has come */
static ev_io meeting;
/* the user that may connect beside root: tests run netd without root */
static uid_t its_starter;

/* The socket lies in the run directory, but its mode is not trusted. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == its_starter);
}

/* The plumber that started it connects at once. There is one, and no other after it: when the
 * channel closes the process ends, and another plumber starts another usher. */
static void on_plumber(struct ev_loop *loop, ev_io *io, int revents)
{
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = accept4(IPC_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	/* Somebody else does not use up the one meeting: the socket is watched on. */
	if (!is_trusted(fd)) {
		(void)close(fd);
		return;
	}
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
	const struct run_stages stages = { .build = build, .seal = &usher_seal, .serve = serve };

	return run_role(&role_table[ROLE_USHER], &stages, argc, argv);
}
