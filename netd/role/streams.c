// SPDX-License-Identifier: GPL-2.0-or-later
// streams.c - the seal of a role that speaks TLS over TCP and does nothing else

#include "role/streams.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

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

/* The mask leaves the flags SOCK_CLOEXEC and SOCK_NONBLOCK out of the type. 0 or a negative
 * errno. */
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

const struct seal streams_seal = { .allowed = allowed,
				   .n_allowed = ARRAY_SIZE(allowed),
				   .refused = refused,
				   .n_refused = ARRAY_SIZE(refused),
				   .add_rules = allow_streams };
