// SPDX-License-Identifier: GPL-2.0-or-later
// give.h - files go to another group, without a capability to give them away
#pragma once

#include <sys/types.h>

/* path is of this process's user. This process joins the group where it has to, and leaves the
 * others. 0 or -errno. */
int give_to_group(const char *path, gid_t group);
