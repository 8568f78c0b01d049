// SPDX-License-Identifier: GPL-2.0-or-later
// spawn.h - a program is started while the loop goes on
#pragma once

#include "base/limits.h"

#include <stddef.h>

#define SPAWN_FIRST_FD 3

struct spawn {
	const char *path;	 /* of the program */
	const char *const *argv; /* NULL-terminated, SPAWN_ARGV_MAX - 1 words at the most */
	const int *fds;		 /* fds[i] is SPAWN_FIRST_FD + i in it; -1: there is none */
	size_t n_fds;		 /* SPAWN_FDS_MAX at the most */
};

/* Starts the thread that starts programs, once, before there are many descriptors; it has the
 * rights and the system calls that its caller has then. 0 or a negative errno. */
int spawn_open(void);
/* Has a program started by it, and returns at once: 0, or a negative errno; -EAGAIN: hundreds wait.
 * What it is given is copied. Its environment is empty, and it has no other descriptor but the
 * standard ones. One that cannot be started has closed its descriptors, as one that ended. Whoever
 * wants its pid has it written into a pipe. */
int spawn_start(const struct spawn *spawn);
