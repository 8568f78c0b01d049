// SPDX-License-Identifier: GPL-2.0-or-later
// hash_table.h - from a keyed hash to items: what the maps and the tables of names are made of
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open addressing with linear probing, at most 3/4 full. The items know their own keys, so a key is
 * stored once, and several items may share a hash. Zeroed is empty and valid. The hash has to be
 * one of hash_bytes() under a key that nobody knows, for its low bits choose the slot: with a hash
 * that strangers can foresee, they could put everything into one run. */
struct hash_table_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

struct hash_table {
	struct hash_table_slot *slots; /* NULL: nothing was ever in it */
	size_t mask;		       /* number of slots less one */
	size_t count;
};

#define HASH_TABLE_END SIZE_MAX

/* 0 or -ENOMEM (and then nothing changed). The item stays the caller's. */
int hash_table_add(struct hash_table *table, uint64_t hash, void *item);
/* Frees the slot at that place; what stood behind it may move up to it. It cannot fail. */
void hash_table_remove(struct hash_table *table, size_t at);
/* Gives memory back when less than an eighth is in use, so that memory follows use downwards, too.
 * Places change. It stays as large as it is when there is no memory for the smaller one. */
void hash_table_shrink(struct hash_table *table);
/* Shows each item to dead, some perhaps twice; where it says true (and has freed the item, or not,
 * as its owner likes) the slot is freed. */
typedef bool (*hash_table_dead)(void *item, const void *data);
void hash_table_sweep(struct hash_table *table, hash_table_dead dead, const void *data);
/* Frees the slots; it is empty then. The items are their owner's to free before. */
void hash_table_done(struct hash_table *table);

/* The place of the first item with this hash at or after from, or HASH_TABLE_END. Start with the
 * hash itself, go on with the last place + 1. */
static inline size_t hash_table_seek(const struct hash_table *table, uint64_t hash, uint64_t from)
{
	if (!table->slots)
		return HASH_TABLE_END;
	for (size_t at = from & table->mask; table->slots[at].item; at = (at + 1) & table->mask)
		if (table->slots[at].hash == hash)
			return at;
	return HASH_TABLE_END;
}

/* Runs the body for the place of each item with this hash. The body may remove and then leave. */
#define hash_table_foreach(table, hash, at)                                                        \
	for (size_t at = hash_table_seek((table), (hash), (hash)); at != HASH_TABLE_END;           \
	     at = hash_table_seek((table), (hash), at + 1))
