// SPDX-License-Identifier: GPL-2.0-or-later
// spare.h - a descriptor kept back, for the one connection that must be taken when there are none
#pragma once

#include <stdbool.h>

/* A zeroed one is empty; a listener's owner fills it while descriptors are there. */
struct spare {
	int fd; /* 0: given up for a connection, or never had */
};

/* Has it again where that can be; called whenever a descriptor may have come free. */
void spare_keep(struct spare *spare);
void spare_drop(struct spare *spare);

/* The errors of accept4(2) when the machine or the process has nothing left. They pass. */
bool spare_is_for(int errnum);

/* Accepts in the spare's place: non-blocking, CLOEXEC. A descriptor, or negative errno; -EMFILE
 * when there is no spare. */
int spare_accept(struct spare *spare, int listening);
