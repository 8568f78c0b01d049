// SPDX-License-Identifier: GPL-2.0-or-later
// reset.h - `netd --reset`: what a reset does before and after the engine has taken back its part
#pragma once

#include "plumber/dirs.h"

/* With the lock of the directories, before anything is started: a host that is in a cluster is
 * refused (ERROR_CONFLICT), or, forced, is in none from here on. */
int reset_prepare(const struct dirs *dirs, bool force, struct error *error);
/* The records cannot be gone by: they are removed, and the links that netd made in this namespace.
 * -ENOENT: there was none of either, so another start would find what this one has. */
int reset_forget_records(const struct dirs *dirs, struct error *error);
/* At the end: no process of a role goes on, and the directories are empty of all that is netd's. */
void reset_finish(const struct dirs *dirs);
