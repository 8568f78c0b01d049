// SPDX-License-Identifier: GPL-2.0-or-later
// reserve.h - memory for who cannot be refused any
#pragma once

#include <stddef.h>

/* As realloc(3), for ev_set_allocator: libev ends the process when it is given none. What malloc
 * does not have comes out of a reserve of RESERVE_SIZE bytes, which is whole again when all that
 * was taken from it has been given back or moved. size 0: frees. NULL: the reserve is used up, too.
 */
void *reserve_realloc(void *old, long size);

/* The same with another realloc(3), which may fail. */
void *reserve_realloc_by(void *(*real)(void *old, size_t size), void *old, size_t size);
