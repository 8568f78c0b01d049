// SPDX-License-Identifier: GPL-2.0-or-later
// map.h - a map from bytes to pointers that an attacker cannot degrade
#pragma once

#include <stddef.h>

/* Map from a key of bytes to a pointer, never NULL. Keys are copied; values belong to the caller.
 * A hash_table (base/hash_table.h) under a hash key from getrandom(). */
struct map;

struct map *map_new(void); /* NULL: out of memory */
void map_free(struct map *map);

/* Replaces what was there. Returns 0 or -ENOMEM (and then nothing changed). */
int map_set(struct map *map, const void *key, size_t key_len, void *value);
/* NULL: not there. */
void *map_get(const struct map *map, const void *key, size_t key_len);
/* Returns the value that was there, or NULL. */
void *map_remove(struct map *map, const void *key, size_t key_len);
size_t map_count(const struct map *map);

/* Walks all entries in no particular order: start with *cursor = 0, ends with NULL. The map must
 * not change meanwhile. key and key_len may be NULL. */
void *map_next(const struct map *map, size_t *cursor, const void **ret_key, size_t *ret_key_len);

/* For keys that are strings. */
int map_set_str(struct map *map, const char *key, void *value);
void *map_get_str(const struct map *map, const char *key);
void *map_remove_str(struct map *map, const char *key);
