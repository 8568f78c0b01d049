// SPDX-License-Identifier: GPL-2.0-or-later
// orphan.h - processes of a role that nobody can reach any more
#pragma once

#include <stdbool.h>

struct role;

/* Has this process the role, by its name? */
bool orphan_has_role(const struct role *role, int pid);

/* Ends the process with this id, if it has the role, and waits for its end. */
void orphan_end_pid(const struct role *role, int pid);

/* Ends each process of the role in this network namespace that listens on path, and waits for its
 * end. To be called when nothing can be reached there: somebody removed the socket from under it,
 * and it would hold what it serves (ports) for ever. */
void orphan_end_at(const struct role *role, const char *path);
