// SPDX-License-Identifier: GPL-2.0-or-later
// role.c - the table of roles

#include "role/role.h"

#include "ipc/msg.h"

const struct role role_table[ROLE_N] = {
	/* Two sockets for each container, more with servers of its own, one for each question
	 * upstream, six descriptors for each relayed connection: as many as it can have. Questions
	 * wait in their sockets while it is away: never for long, where it was ready before it
	 * ended. */
	[ROLE_RESOLVER] = {
		.name = "resolver",
		.option = "--resolver",
		.process = "netd-resolver",
		.comm = "(netd-resolver)",
		.version = IPC_VERSION,
		.version_oldest = IPC_VERSION_OLDEST,
		/* Tight bounds here would turn a busy host into one that does not resolve. What one
		 * container may take is bounded where it asks (resolver/ask/admission.h). */
		.limits = { .n_fds = RLIM_INFINITY, .memory_bytes = RLIM_INFINITY },
		.restart = { .at_once = 3,
			     .min_s = 0.1,
			     .max_s = 1.,
			     .failed_max_s = 5.,
			     .stable_s = 3. },
	},
};
