// SPDX-License-Identifier: GPL-2.0-or-later
// roles.h - the roles that this plumber has, and whom each works for
#pragma once

#include "base/error.h"
#include "engine/engine.h"
#include "plumber/supervisor.h"

#include <ev.h>
#include <stdbool.h>

/* Zeroed is fine: nothing was started. */
struct roles {
	struct engine *engine; /* NULL until roles_start */
	struct supervisor *supervisors[ROLE_N];
};

struct roles_options {
	struct ev_loop *loop;
	const char *run_dir;
	const char *users[ROLE_N]; /* what each becomes */
	const char *log_level;
};

/* Nothing happens until roles_start; the struct stays where it is. */
int roles_init(struct roles *roles, const struct roles_options *options, struct error *error);
/* The processes live on. */
void roles_done(struct roles *roles);

/* The engine's view of the resolver. */
struct engine_resolver_host roles_resolver_host(struct roles *roles);

/* Has all of them at work: found alive or started, and introduced. */
int roles_start(struct roles *roles, struct engine *engine, struct error *error);
/* A start failed: those that it started are ended. */
void roles_undo_start(struct roles *roles);
/* Nobody needs them any more. */
void roles_end(struct roles *roles);
