// SPDX-License-Identifier: GPL-2.0-or-later
// index.c - from a keyed hash to items, under the table and the cache; removal cannot fail
#include "dns/index.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MIN 16

static void place(struct dns_index *index, uint64_t hash, void *item)
{
	size_t at = hash & index->mask;

	while (index->slots[at].item)
		at = (at + 1) & index->mask;
	index->slots[at] = (struct dns_index_slot) { .hash = hash, .item = item };
}

static int resize(struct dns_index *index, size_t n_slots)
{
	struct dns_index bigger = { .mask = n_slots - 1, .count = index->count };

	bigger.slots = calloc(n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t at = 0; index->slots && at <= index->mask; at++)
		if (index->slots[at].item)
			place(&bigger, index->slots[at].hash, index->slots[at].item);
	free(index->slots);
	*index = bigger;
	return 0;
}

int dns_index_add(struct dns_index *index, uint64_t hash, void *item)
{
	size_t n_slots = index->slots ? index->mask + 1 : 0;

	if (!index->slots || index->count + 1 > n_slots / 4 * 3) {
		int err = resize(index, n_slots > 0 ? n_slots * 2 : SLOTS_MIN);

		if (err < 0)
			return err;
	}
	place(index, hash, item);
	index->count++;
	return 0;
}

/* Moves later entries of the run up, so that no tombstones are needed: an entry may fill the hole
 * unless its home lies between the hole and itself. */
void dns_index_remove(struct dns_index *index, size_t at)
{
	size_t hole = at;

	for (size_t next = (hole + 1) & index->mask; index->slots[next].item;
	     next = (next + 1) & index->mask) {
		size_t home = index->slots[next].hash & index->mask;

		if (((next - home) & index->mask) < ((next - hole) & index->mask))
			continue;
		index->slots[hole] = index->slots[next];
		hole = next;
	}
	index->slots[hole].item = NULL;
	index->count--;
}

/* A place is looked at again after a removal, as another item may have moved there. An item moves
 * to an earlier place, or around the end to a later one: none is missed. */
void dns_index_sweep(struct dns_index *index, dns_index_dead dead, const void *data)
{
	for (size_t at = 0; index->slots && at <= index->mask;) {
		void *item = index->slots[at].item;

		if (item && dead(item, data))
			dns_index_remove(index, at);
		else
			at++;
	}
}

void dns_index_done(struct dns_index *index)
{
	free(index->slots);
	*index = (struct dns_index) { 0 };
}
