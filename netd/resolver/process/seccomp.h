// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp.h - the resolver's system calls
#pragma once

#include "base/error.h"

/* Stage 2 of the sandbox (sandbox.h), when all that is needed at start exists: the system call
 * filter. Anything that is not on its list ends the process. */
int seccomp_seal(struct error *error);
