// SPDX-License-Identifier: GPL-2.0-or-later
// filter.h - the system calls that are left to the plumber and to whatever it starts
#pragma once

#include "base/error.h"

/* From here on this process, its children and the programs they become have no other calls than
 * those of the list in filter.c: any other fails as one that the kernel does not have (ENOSYS), and
 * the kernel's log names it. It stays for good; no new privileges (prctl(2)) is set with it. */
int filter_load(struct error *error);
