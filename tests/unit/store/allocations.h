// SPDX-License-Identifier: GPL-2.0-or-later
// allocations.h - one allocation of everything that this process does fails, SQLite's included
#pragma once

/* The n-th from now on, counted from 1. */
void allocations_fail(int n);
/* How many there were since. None fails any more. */
int allocations_end(void);
