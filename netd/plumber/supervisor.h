// SPDX-License-Identifier: GPL-2.0-or-later
// supervisor.h - the resolver process: found alive, or started, and started again when it ends
#pragma once

#include "base/error.h"
#include "engine/engine.h"

#include <ev.h>

struct child;

struct child_options {
	struct ev_loop *loop;
	const char *run_dir;
	const char *user; /* the resolver's own user */
	const char *log_level;
};

/* Nothing happens until child_start. */
int child_new(const struct child_options *options, struct child **ret_child, struct error *error);
void child_free(struct child *child); /* the process lives on */

/* The engine's view of this: its lost() starts the process again, more and more slowly when it
 * keeps ending. */
struct engine_resolver_host child_host(struct child *child);

/* Connects to a resolver that survived an earlier plumber, or starts one, and introduces it to the
 * engine. */
int child_start(struct child *child, struct engine *engine, struct error *error);

/* A start failed: ends the resolver if this process started it; one of before goes on. */
void child_undo_start(struct child *child);

/* Ends the resolver: the plumber stops and no container needs names any more. */
void child_end(struct child *child);
