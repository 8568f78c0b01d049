// SPDX-License-Identifier: GPL-2.0-or-later
// grow.c - arrays that grow: the one place that says by how much, and what happens without memory
#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>

/* An array that must hold n items. The caller counts the items, and *room is what there is room
 * for. */

#define ROOM_FIRST 8 /* most arrays here never need more, so one allocation is all they cost */

/* NULL: there is no memory, and the array and *room are as they were. Doubling keeps the cost of n
 * additions in proportion to n. */
void *grow(void *items, size_t *room, size_t n, size_t each)
{
	size_t larger = *room <= SIZE_MAX / 2 ? *room * 2 : SIZE_MAX;
	void *grown;

	/* Also without an array room is made for none, so that NULL always means want of memory. */
	if (items && n <= *room)
		return items;
	if (larger < ROOM_FIRST)
		larger = ROOM_FIRST;
	if (larger < n)
		larger = n;
	grown = reallocarray(items, larger, each); /* refuses what no size_t holds */
	if (grown)
		*room = larger;
	return grown;
}
