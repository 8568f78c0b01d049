// SPDX-License-Identifier: GPL-2.0-or-later
// starter.c - programs of netd's that answer a call of the API by themselves
#include "plumber/starter.h"

#include "api/call/starter.h"
#include "base/libexec.h"
#include "plumber/spawn.h"

#include <assert.h>
#include <limits.h>

static_assert(API_STARTER_FIRST_FD == SPAWN_FIRST_FD, "both say where descriptors begin");

/* The API gives the program's name alone, so nothing in a request decides which file is run. */
int starter_start(const char *program, const char *const *argv, const int *fds, size_t n_fds)
{
	char path[PATH_MAX];
	int err = libexec_find(program, path, sizeof(path));

	return err < 0 ? err : spawn_start(&(struct spawn) { path, argv, fds, n_fds });
}
