// SPDX-License-Identifier: GPL-2.0-or-later
// index.h - from a keyed hash to items, under the table and the cache; removal cannot fail
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open addressing with linear probing, at most 3/4 full. The items know their own keys, so a key is
 * stored once, and several items may share a hash. Zeroed is empty and valid. */
struct dns_index_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

struct dns_index {
	struct dns_index_slot *slots;
	size_t mask; /* number of slots less one */
	size_t count;
};

#define DNS_INDEX_END SIZE_MAX

/* 0 or -ENOMEM (and then nothing changed). The item stays the caller's. */
int dns_index_add(struct dns_index *index, uint64_t hash, void *item);
/* Frees the slot at that place; what stood behind it may move up to it. */
void dns_index_remove(struct dns_index *index, size_t at);
/* Shows each item to dead, some perhaps twice; where it says true (and has freed the item, or not,
 * as its owner likes) the slot is freed. */
typedef bool (*dns_index_dead)(void *item, const void *data);
void dns_index_sweep(struct dns_index *index, dns_index_dead dead, const void *data);
void dns_index_done(struct dns_index *index);

/* The place of the first item with this hash at or after from, or DNS_INDEX_END. Start with the
 * hash itself, go on with the last place + 1. */
static inline size_t dns_index_seek(const struct dns_index *index, uint64_t hash, uint64_t from)
{
	if (!index->slots)
		return DNS_INDEX_END;
	for (size_t at = from & index->mask; index->slots[at].item; at = (at + 1) & index->mask)
		if (index->slots[at].hash == hash)
			return at;
	return DNS_INDEX_END;
}

/* Runs the body for the place of each item with this hash. The body may remove and then leave. */
#define dns_index_foreach(index, hash, at)                                                         \
	for (size_t at = dns_index_seek((index), (hash), (hash)); at != DNS_INDEX_END;             \
	     at = dns_index_seek((index), (hash), at + 1))
