// SPDX-License-Identifier: GPL-2.0-or-later
// dirs.h - the run and the state directory: made, locked, and as they were when a start fails
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DIRS_FILES_MAX 24

struct dirs {
	const char *run, *state;
	bool looked;		       /* dirs_make was called: what follows is known */
	size_t run_keeps, state_keeps; /* bytes of the paths that were there */
	bool had[DIRS_FILES_MAX];      /* dirs.c's files that were there */
	int lock_fd;		       /* -1: not held */
	/* Before they were closed to others; 0: they were not. */
	mode_t run_mode, state_mode, containers_mode;
};

/* Makes both, and locks the run directory: ERROR_CONFLICT when another netd has it. What is in the
 * state directory is root's alone (0700). The run directory has the API's socket, which its group
 * must come through to, and the files that runtimes mount into containers: it can be passed by who
 * knows a name in it, and not be listed (0711). Those that were there before are closed, too, when
 * they hold nothing but netd's own: one that is shared with others is left as it is. The folder of
 * the containers is netd's in any case, and as the run directory. */
int dirs_make(struct dirs *dirs, struct error *error);
/* Lets the lock go. failed: what was not there before dirs_make is removed, and nothing else. */
void dirs_done(struct dirs *dirs, bool failed);
/* Removes the records of networks and containers, whole or damaged, and the containers' folders;
 * returns how many there were. The lock is held. */
size_t dirs_forget_records(const struct dirs *dirs);
/* Removes all that is netd's in both, and both where nothing else is in them. */
void dirs_clear(const struct dirs *dirs);
