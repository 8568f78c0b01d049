// SPDX-License-Identifier: GPL-2.0-or-later
// sandbox.h - what a role gives up before it listens to anybody
#pragma once

#include "base/error.h"

struct role;

/* While there is still a file system: no new privileges, the limits of the role, an empty file
 * system as root, the uid and gid of user, no capability left anywhere, no core dump and no ptrace.
 * Without root, the root and the uid stay as they are. After it no file can be opened. What is left
 * are the system calls, which seal.h takes when the process is made. */
int sandbox_enter(const struct role *role, const char *user, struct error *error);
