// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp.h - the resolver's system calls
#pragma once

#include "base/error.h"

/* When all that is needed at start exists: anything that the resolver does not need ends it from
 * now on (role/seal.h). */
int seccomp_seal(struct error *error);
