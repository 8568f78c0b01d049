// SPDX-License-Identifier: GPL-2.0-or-later
// role.c - the table of roles

#include "role/role.h"

#include "base/limits.h"
#include "ipc/herald_msg.h"
#include "ipc/keeper_msg.h"
#include "ipc/msg.h"
#include "ipc/observe.h"
#include "ipc/usher_msg.h"

/* What a sanitizer keeps notes in is most of the addresses that there are. */
#ifdef __SANITIZE_ADDRESS__
#define METRICS_MEMORY RLIM_INFINITY
#define HERALD_MEMORY RLIM_INFINITY
#define USHER_MEMORY RLIM_INFINITY
#else
#define METRICS_MEMORY METRICS_MEMORY_MAX
#define HERALD_MEMORY HERALD_MEMORY_MAX
#define USHER_MEMORY USHER_MEMORY_MAX
#endif

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
	/* Collectors wait in its listening socket while it is away, which the plumber has, too. */
	[ROLE_METRICS] = {
		.name = "metrics",
		.option = "--metrics",
		.process = "netd-metrics",
		.comm = "(netd-metrics)",
		.version = OBSERVE_VERSION,
		.version_oldest = OBSERVE_VERSION,
		.limits = { .n_fds = METRICS_FDS_MAX, .memory_bytes = METRICS_MEMORY },
		.restart = { .at_once = 3,
			     .min_s = 0.1,
			     .max_s = 5.,
			     .failed_max_s = 5.,
			     .stable_s = 3. },
	},
	/* It starts etcd again by itself, and its own end is etcd's: so never at once for ever. */
	[ROLE_KEEPER] = {
		.name = "keeper",
		.option = "--keeper",
		.process = "netd-keeper",
		.comm = "(netd-keeper)",
		.program = "netd-keeper",
		.keeps_files = true,
		.version = KEEPER_VERSION,
		.version_oldest = KEEPER_VERSION,
		.limits = { .n_fds = RLIM_INFINITY, .memory_bytes = RLIM_INFINITY },
		.restart = { .at_once = 3,
			     .min_s = 0.1,
			     .max_s = 5.,
			     .failed_max_s = 5.,
			     .stable_s = 3. },
	},
	/* Hosts wait in its listening sockets while it is away, which the plumber has, too. */
	[ROLE_USHER] = {
		.name = "usher",
		.option = "--usher",
		.process = "netd-usher",
		.comm = "(netd-usher)",
		.program = "netd-usher",
		.version = USHER_VERSION,
		.version_oldest = USHER_VERSION,
		.limits = { .n_fds = USHER_FDS_MAX, .memory_bytes = USHER_MEMORY },
		.restart = { .at_once = 3,
			     .min_s = 0.1,
			     .max_s = 5.,
			     .failed_max_s = 5.,
			     .stable_s = 3. },
	},
	/* The lease of this host goes on for as long as it takes to start another. */
	[ROLE_HERALD] = {
		.name = "herald",
		.option = "--herald",
		.process = "netd-herald",
		.comm = "(netd-herald)",
		.program = "netd-herald",
		.version = HERALD_VERSION,
		.version_oldest = HERALD_VERSION,
		.limits = { .n_fds = HERALD_FDS_MAX, .memory_bytes = HERALD_MEMORY },
		.restart = { .at_once = 3,
			     .min_s = 0.1,
			     .max_s = 5.,
			     .failed_max_s = 5.,
			     .stable_s = 3. },
	},
};
