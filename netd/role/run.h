// SPDX-License-Identifier: GPL-2.0-or-later
// run.h - the life of a role's process, from main to its end
#pragma once

#include "base/error.h"
#include "role/role.h"
#include "role/seal.h"

#include <sys/types.h>

/* What a role does when it is its turn. */
struct run_stages {
	/* Privileges are gone, no file can be opened any more (but by a role that keeps them):
	 * makes all that it consists of, and takes connections on IPC_LISTEN_FD from root and from
	 * trusted, who started it. */
	int (*build)(uid_t trusted, struct error *error);
	/* The system calls that it needs when all is made, and no others (seal.h). NULL: those
	 * that its starter left it. */
	const struct seal *seal;
	/* Its loop; returns when that has ended, which is an error. */
	int (*serve)(struct error *error);
};

/* Runs it until a signal ends it. argv[0] is the program, options follow: `--user NAME` (what to
 * become when started as root), `--log-level LEVEL`. Descriptor 3 is the listening SOCK_SEQPACKET
 * socket of the channel. Returns the exit status: 1 when the process cannot be set up (and said
 * so), 2 for bad usage. */
int run_role(const struct role *role, const struct run_stages *stages, int argc, char **argv);
