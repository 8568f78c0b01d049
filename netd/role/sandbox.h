// SPDX-License-Identifier: GPL-2.0-or-later
// sandbox.h - what the resolver gives up before it listens to anybody, in stages
#pragma once

#include "base/error.h"

/* Stage 1, while there is still a file system: no new privileges, as many descriptors as allowed,
 * an empty file system as root, the uid and gid of user, no capability left anywhere, no core dump
 * and no ptrace. Without root, the root and the uid stay as they are. After it no file can be
 * opened. Stage 2 is seccomp.h. */
int sandbox_enter(const char *user, struct error *error);
