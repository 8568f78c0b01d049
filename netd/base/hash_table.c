// SPDX-License-Identifier: GPL-2.0-or-later
// hash_table.c - from a keyed hash to items: what the maps and the tables of names are made of
#include "base/hash_table.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A table is one array of slots, and an item stands in the first free slot
 * from the place on that its hash names (open addressing, linear probing). A search begins there
 * and ends at the first free slot. The table knows hashes and pointers only: keys are compared by
 * its callers, as they walk a run (hash_table_foreach()). A removal moves later items up, so a run
 * never has a gap. */

#define SLOTS_MIN 8 /* a power of two, as all numbers of slots are */

/* There is a free slot. Items are not looked for: the caller knows that it is not there. */
static void place(struct hash_table *table, uint64_t hash, void *item)
{
	size_t at = hash & table->mask;

	/* It ends: at most three quarters are in use. */
	while (table->slots[at].item)
		at = (at + 1) & table->mask;
	table->slots[at] = (struct hash_table_slot) { .hash = hash, .item = item };
}

/* Grows or shrinks. n_slots is a power of two, so that the mask takes the place of a division. */
static int resize(struct hash_table *table, size_t n_slots)
{
	struct hash_table_slot *old = table->slots;
	size_t n_old = old ? table->mask + 1 : 0;
	struct hash_table_slot *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	/* The new slots are there before the old ones are given up: without memory nothing has
	 * changed. */
	table->slots = slots;
	table->mask = n_slots - 1;
	for (size_t at = 0; at < n_old; at++)
		/* The hash is kept beside the item, so moving needs no keys. */
		if (old[at].item)
			place(table, old[at].hash, old[at].item);
	free(old);
	return 0;
}

/* The item is not copied. -ENOMEM: nothing has changed. */
int hash_table_add(struct hash_table *table, uint64_t hash, void *item)
{
	size_t n_slots = table->slots ? table->mask + 1 : 0;

	/* Three quarters at the most: beyond that runs become long, and one free slot is needed
	 * for a search to end. */
	if (!table->slots || table->count + 1 > n_slots / 4 * 3) {
		int err = resize(table, n_slots > 0 ? n_slots * 2 : SLOTS_MIN);

		if (err < 0)
			return err;
	}
	place(table, hash, item);
	table->count++;
	return 0;
}

/* Moves later entries of the run up, so that no tombstones are needed: an entry may fill the hole
 * unless its home lies between the hole and itself. at is the place that a search has found. Places
 * behind it may have other items afterwards. */
void hash_table_remove(struct hash_table *table, size_t at)
{
	size_t hole = at;

	for (size_t next = (hole + 1) & table->mask; table->slots[next].item;
	     next = (next + 1) & table->mask) {
		/* Distances are counted around the end of the array. */
		size_t home = table->slots[next].hash & table->mask;

		if (((next - home) & table->mask) < ((next - hole) & table->mask))
			continue;
		table->slots[hole] = table->slots[next];
		hole = next;
	}
	table->slots[hole].item = NULL;
	table->count--;
}

/* Called by whoever has removed an item and holds no place any more. */
void hash_table_shrink(struct hash_table *table)
{
	size_t n_slots = table->slots ? table->mask + 1 : 0;

	/* After that a quarter is in use, far from the three quarters at which it grows: a count
	 * that goes up and down does not resize each time. */
	if (n_slots > SLOTS_MIN && table->count < n_slots / 8)
		(void)resize(table, n_slots / 2); /* larger than need be is no failure */
}

/* A place is looked at again after a removal, as another item may have moved there. An item moves
 * to an earlier place, or around the end to a later one: none is missed. dead says which items go,
 * and frees them. */
void hash_table_sweep(struct hash_table *table, hash_table_dead dead, const void *data)
{
	for (size_t at = 0; table->slots && at <= table->mask;) {
		void *item = table->slots[at].item;

		if (item && dead(item, data))
			hash_table_remove(table, at);
		else
			at++;
	}
}

/* The items are the caller's; this frees the slots only. */
void hash_table_done(struct hash_table *table)
{
	free(table->slots);
	*table = (struct hash_table) { 0 };
}
