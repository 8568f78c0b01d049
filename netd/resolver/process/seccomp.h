// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp.h - the resolver's system calls
#pragma once

#include "role/seal.h"

/* All that the resolver needs when it is made. */
extern const struct seal seccomp_seal;
