// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp.c - the resolver's system calls: all it needs, each with the reason

#include "resolver/process/seccomp.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* The calls that every role needs are in role/; these come on top. A call that is not listed ends
 * the process, and another takes its place. */

/* Beside what every role needs. */
static const int allowed[] = {
	/* Questions and answers over UDP and TCP; c-ares and TCP use the plain ones. */
	SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),

	/* Sockets: upstreams and relay targets we connect to (socket() itself is allowed by family
	 * and type below). */
	SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(fcntl), /* O_NONBLOCK on what arrives */
	SCMP_SYS(dup3), /* a container's socket in the place of one that c-ares made */

	/* The relay: bytes from socket to socket without a copy, and whether a socket that a
	 * resolver before this one had was shut down. */
	SCMP_SYS(pipe2), SCMP_SYS(splice), SCMP_SYS(poll), SCMP_SYS(ppoll),

	/* The size of the plumber's page of shared memory. */
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), /* what glibc makes of fstat */
};

/* Asked for by libraries out of habit, and nothing is lost when they are told that it is not there:
 * c-ares looks for its files and for the host's name. These are told that they failed, and the
 * process lives. */
static const struct seal_refusal refused[] = {
	{ SCMP_SYS(open), ENOENT },	{ SCMP_SYS(openat), ENOENT },
	{ SCMP_SYS(access), ENOENT },	{ SCMP_SYS(faccessat), ENOENT },
	{ SCMP_SYS(readlink), ENOENT }, { SCMP_SYS(stat), ENOENT },
	{ SCMP_SYS(uname), EPERM },	{ SCMP_SYS(sched_yield), ENOSYS },
};

/* Only the internet, only datagrams and streams; SOCK_CLOEXEC and SOCK_NONBLOCK are beside the
 * type. No unix sockets, no netlink, no packets. */
static int allow_sockets(scmp_filter_ctx filter)
{
	static const unsigned families[] = { AF_INET, AF_INET6 },
			      types[] = { SOCK_DGRAM, SOCK_STREAM };
	const unsigned type_mask = 0xf;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			int err =
				seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
						 SCMP_A0(SCMP_CMP_EQ, families[i], 0),
						 SCMP_A1(SCMP_CMP_MASKED_EQ, type_mask, types[j]));

			if (err < 0)
				return err;
		}
	return 0;
}

/* How much a pipe of the relay holds; glibc asks whether a stream is a terminal. Every other
 * ioctl(2) says "no terminal". */
static int allow_ioctl(scmp_filter_ctx filter)
{
	const unsigned mask = ~0U;
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				   SCMP_A1(SCMP_CMP_MASKED_EQ, mask, FIONREAD));

	if (err == 0)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_NE, FIONREAD, 0));
	return err;
}

/* Rules that look at arguments. */
static int add_rules(scmp_filter_ctx filter)
{
	int err = allow_sockets(filter);

	return err < 0 ? err : allow_ioctl(filter);
}

const struct seal seccomp_seal = { .allowed = allowed,
				   .n_allowed = ARRAY_SIZE(allowed),
				   .refused = refused,
				   .n_refused = ARRAY_SIZE(refused),
				   .add_rules = add_rules };
