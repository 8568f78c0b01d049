// SPDX-License-Identifier: GPL-2.0-or-later
// map.c - a map from bytes to pointers that an attacker cannot degrade
#include "base/map.h"

#include "base/hash.h"
#include "base/hash_table.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The hash table (hash_table.h) has slots of hash and item, and knows nothing of keys. It is
 * walked along a run of slots that may hold the key. The key's secret makes runs short, whatever
 * the keys. */

/* A map owns its entries and copies of the keys; values are the caller's, and never NULL. */

/* Each map has a hash key of its own: with a shared one, filling a map in the order in which
 * another is walked would pile everything into one run. */
struct map {
	struct hash_table table; /* of struct map_entry */
	uint8_t key[16];
};

/* One allocation for each entry, with the key behind it. The value is behind a pointer that may be
 * replaced; the key never changes. */
struct map_entry {
	void *value;
	size_t key_len;
	uint8_t key[];
};

struct map *map_new(void)
{
	struct map fresh = { 0 }, *map;

	/* Without a secret the map could be degraded, so no map is better than one with a key of
	 * zeros. */
	if (getrandom(fresh.key, sizeof(fresh.key), 0) != (ssize_t)sizeof(fresh.key))
		return NULL;
	map = malloc(sizeof(*map));
	if (map)
		*map = fresh;
	return map;
}

/* For the walk that empties a map. Values are the caller's and stay. */
static bool free_entry(void *item, const void *data)
{
	(void)data;
	free(item);
	return true;
}

/* Takes NULL. */
void map_free(struct map *map)
{
	if (!map)
		return;
	hash_table_sweep(&map->table, free_entry, NULL);
	hash_table_done(&map->table);
	free(map);
}

size_t map_count(const struct map *map)
{
	return map->table.count;
}

/* NULL: the slot is free. */
static struct map_entry *entry_at(const struct map *map, size_t at)
{
	return map->table.slots[at].item;
}

/* The place of the key, or HASH_TABLE_END. Equal hashes are only a hint: the key is compared in
 * each slot of the run. */
static size_t map_find(const struct map *map, uint64_t hash, const void *key, size_t key_len)
{
	hash_table_foreach(&map->table, hash, at)
	{
		const struct map_entry *entry = entry_at(map, at);

		if (entry->key_len == key_len &&
		    /* An empty key may be NULL, which memcmp(3) must
		     * not be given. */
		    (key_len == 0 || memcmp(entry->key, key, key_len) == 0))
			return at;
	}
	return HASH_TABLE_END;
}

/* The key is copied. */
static struct map_entry *entry_new(const void *key, size_t key_len, void *value)
{
	struct map_entry *entry = NULL;

	/* A key of that length cannot be. The sum below would wrap around. */
	if (key_len <= SIZE_MAX - sizeof(*entry))
		entry = malloc(sizeof(*entry) + key_len);
	if (!entry)
		return NULL;
	*entry = (struct map_entry) { .value = value, .key_len = key_len };
	if (key_len > 0)
		memcpy(entry->key, key, key_len);
	return entry;
}

/* A key that is there gets the new value, and the old one is not freed. -ENOMEM: nothing has
 * changed. One search for both cases. */
int map_set(struct map *map, const void *key, size_t key_len, void *value)
{
	uint64_t hash = hash_bytes(map->key, key, key_len);
	size_t at = map_find(map, hash, key, key_len);
	struct map_entry *entry;

	/* NULL is what map_get says for a key that is not there. */
	assert(value);
	if (at != HASH_TABLE_END) {
		entry_at(map, at)->value = value;
		return 0;
	}
	entry = entry_new(key, key_len, value);
	if (!entry)
		return -ENOMEM;
	if (hash_table_add(&map->table, hash, entry) < 0) {
		free(entry);
		return -ENOMEM;
	}
	return 0;
}

/* NULL: it is not there. */
void *map_get(const struct map *map, const void *key, size_t key_len)
{
	size_t at;

	/* An empty table has no slots to look into. */
	if (map->table.count == 0)
		return NULL;
	at = map_find(map, hash_bytes(map->key, key, key_len), key, key_len);
	return at == HASH_TABLE_END ? NULL : entry_at(map, at)->value;
}

/* The value, which is the caller's again. NULL: it was not there. */
void *map_remove(struct map *map, const void *key, size_t key_len)
{
	struct map_entry *entry;
	void *value;
	size_t at;

	if (map->table.count == 0)
		return NULL;
	at = map_find(map, hash_bytes(map->key, key, key_len), key, key_len);
	if (at == HASH_TABLE_END)
		return NULL;
	entry = entry_at(map, at);
	value = entry->value;
	hash_table_remove(&map->table, at);
	free(entry);
	/* Last, because it moves the slots. */
	hash_table_shrink(&map->table);
	return value;
}

/* Walks a map in no order. *cursor begins with 0. Nothing may be added or removed meanwhile. NULL:
 * the end. */
void *map_next(const struct map *map, size_t *cursor, const void **ret_key, size_t *ret_key_len)
{
	while (map->table.slots && *cursor <= map->table.mask) {
		const struct map_entry *entry = entry_at(map, (*cursor)++);

		if (!entry)
			continue;
		if (ret_key)
			*ret_key = entry->key;
		if (ret_key_len)
			*ret_key_len = entry->key_len;
		return entry->value;
	}
	return NULL;
}

int map_set_str(struct map *map, const char *key, void *value)
{
	return map_set(map, key, strlen(key), value);
}

void *map_get_str(const struct map *map, const char *key)
{
	return map_get(map, key, strlen(key));
}

void *map_remove_str(struct map *map, const char *key)
{
	return map_remove(map, key, strlen(key));
}
