// SPDX-License-Identifier: GPL-2.0-or-later
// hash_table.c - from a keyed hash to items: what the maps and the tables of names are made of
#include "base/hash_table.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MIN 8 /* a power of two, as all numbers of slots are */

static void place(struct hash_table *table, uint64_t hash, void *item)
{
	size_t at = hash & table->mask;

	/* It ends: at most three quarters are in use. */
	while (table->slots[at].item)
		at = (at + 1) & table->mask;
	table->slots[at] = (struct hash_table_slot) { .hash = hash, .item = item };
}

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
 * unless its home lies between the hole and itself. */
void hash_table_remove(struct hash_table *table, size_t at)
{
	size_t hole = at;

	for (size_t next = (hole + 1) & table->mask; table->slots[next].item;
	     next = (next + 1) & table->mask) {
		size_t home = table->slots[next].hash & table->mask;

		if (((next - home) & table->mask) < ((next - hole) & table->mask))
			continue;
		table->slots[hole] = table->slots[next];
		hole = next;
	}
	table->slots[hole].item = NULL;
	table->count--;
}

void hash_table_shrink(struct hash_table *table)
{
	size_t n_slots = table->slots ? table->mask + 1 : 0;

	/* After that a quarter is in use, far from the three quarters at which it grows: a count
	 * that goes up and down does not resize each time. */
	if (n_slots > SLOTS_MIN && table->count < n_slots / 8)
		(void)resize(table, n_slots / 2); /* larger than need be is no failure */
}

/* A place is looked at again after a removal, as another item may have moved there. An item moves
 * to an earlier place, or around the end to a later one: none is missed. */
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

void hash_table_done(struct hash_table *table)
{
	free(table->slots);
	*table = (struct hash_table) { 0 };
}
