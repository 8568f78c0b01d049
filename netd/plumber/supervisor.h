// SPDX-License-Identifier: GPL-2.0-or-later
// supervisor.h - the process of a role: found alive, or started, and started again when it ends
#pragma once

#include "base/error.h"
#include "role/role.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/* Whom the process works for. */
struct supervisor_client {
	/* Says hello over channel, in this version of what they say; owned on success. pid: whose
	 * process it is, 0: as it says. -EPROTONOSUPPORT: it speaks another version and hangs up.
	 * Any other error: it is ended, and another started. */
	int (*introduce)(int channel, uint32_t pid, uint32_t version, void *data,
			 struct error *error);
	/* Whose process the client is connected with; 0: none. */
	uint32_t (*pid)(void *data);
	/* A descriptor that the process finds at IPC_JOURNAL_FD, what an earlier one left; stays
	 * the client's. Negative: none. May be NULL. */
	int (*heirloom)(void *data);
	void *data;
};

struct supervisor_options {
	struct ev_loop *loop; /* the default one: it hears of children that end */
	const struct role *role;
	const char *run_dir;
	const char *user; /* the role's own; where there is none it runs as nobody */
	const char *log_level;
	struct supervisor_client client;
};

/* Nothing happens until supervisor_start. */
int supervisor_new(const struct supervisor_options *options, struct supervisor **ret_supervisor,
		   struct error *error);
/* The process lives on. NULL is fine. */
void supervisor_free(struct supervisor *supervisor);

/* Of the user that a role becomes which keeps files (role.h). */
gid_t supervisor_group(const struct supervisor *supervisor);

/* Connects to a process that survived an earlier plumber, or starts one, and introduces it to the
 * client. */
int supervisor_start(struct supervisor *supervisor, struct error *error);

/* The client's connection has ended, or (hung) the process has to be ended: one is started again,
 * from the loop, more and more slowly when they keep ending (role.h). */
void supervisor_lost(struct supervisor *supervisor, bool hung);

/* A start failed: ends the process if this supervisor started it; one of before goes on. NULL is
 * fine. */
void supervisor_undo_start(struct supervisor *supervisor);

/* Ends the process: the plumber stops and nobody needs it any more. */
void supervisor_end(struct supervisor *supervisor);
