// SPDX-License-Identifier: GPL-2.0-or-later
// orphan.h - resolvers that nobody can reach any more
#pragma once

/* What ps(1) shows of a resolver. */
#define RESOLVER_NAME "netd-resolver"

#include <stdbool.h>

/* Is it one, by its name? */
bool orphan_is_resolver(int pid);

/* Ends the resolver with this process id, if it is one, and waits for its end. */
void orphan_end_pid(int pid);

/* Ends each resolver of this network namespace that listens on path, and waits for its end. To be
 * called when nothing can be reached there: somebody removed the socket from under it, and it would
 * hold its ports for ever. */
void orphan_end_at(const char *path);
