// SPDX-License-Identifier: GPL-2.0-or-later
// grow.h - arrays that grow: the one place that says by how much, and what happens without memory
#pragma once

#include <stddef.h>

/* Makes an array larger, so that n items of each bytes fit. room says how many fit already (0 for
 * no array, which is NULL), and becomes how many fit now. An array that is large enough stays where
 * it is. Otherwise its room at least doubles: a million items that come one by one are then copied
 * twice each, and not a million times.
 *
 * As with realloc(3) the array may move, and the new memory holds nothing yet. It is one block of
 * malloc(3), its owner's to free(3). NULL: no memory; the array and its room are as they were.
 *
 *	struct row *items = grow(rows->items, &rows->room, rows->n + 1, sizeof(*items));
 *
 *	if (!items)
 *		return -ENOMEM;
 *	rows->items = items;
 *	rows->items[rows->n++] = row;
 */
__attribute__((warn_unused_result)) void *grow(void *items, size_t *room, size_t n, size_t each);
