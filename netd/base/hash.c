// SPDX-License-Identifier: GPL-2.0-or-later
// hash.c - keyed hash (SipHash-2-4) and a map from bytes to pointers that an attacker cannot
// degrade
#include "base/hash.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* --- SipHash-2-4: "SipHash: a fast short-input PRF", Aumasson and Bernstein, 2012, section 2 ---
 */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t load_le64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

uint64_t hash_bytes(const uint8_t key[16], const void *data, size_t len)
{
	uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
	struct sip s = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
			 k1 ^ 0x7465646279746573 };
	const uint8_t *at = data;
	size_t left = len;
	uint64_t last = (uint64_t)len << 56;

	for (; left >= 8; left -= 8, at += 8)
		sip_word(&s, load_le64(at));
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	sip_word(&s, last);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_stable(const void *data, size_t len)
{
	static const uint8_t key[16] = { 'n', 'e', 't', 'd', ' ', 's', 't', 'a',
					 'b', 'l', 'e', ' ', 'k', 'e', 'y', '.' };

	return hash_bytes(key, data, len);
}

/* --- the map --- */

/* Linear probing; a removal moves later entries of the run back, so there are no tombstones. Each
 * map has a key of its own: with a shared one, filling a map in the order in which another is
 * walked would pile everything into one run. */

#define MAP_SLOTS_MIN 8

/* value NULL: empty. Keys of up to 8 bytes (numbers, mostly) live in the slot itself. */
struct map_slot {
	void *value;
	union {
		uint8_t inside[8];
		uint8_t *heap;
	} key;
	uint32_t key_len;
	uint32_t hash;
};

struct map {
	struct map_slot *slots;
	size_t n_slots; /* a power of two, or 0 before the first entry */
	size_t count;
	uint8_t key[16];
};

static const uint8_t *slot_key(const struct map_slot *slot)
{
	return slot->key_len > sizeof(slot->key.inside) ? slot->key.heap : slot->key.inside;
}

static void slot_done(struct map_slot *slot)
{
	if (slot->key_len > sizeof(slot->key.inside))
		free(slot->key.heap);
	*slot = (struct map_slot) { 0 };
}

static int slot_init(struct map_slot *slot, uint32_t hash, const void *key, size_t key_len,
		     void *value)
{
	struct map_slot filled = { .value = value, .key_len = (uint32_t)key_len, .hash = hash };

	if (key_len > sizeof(filled.key.inside)) {
		filled.key.heap = malloc(key_len);
		if (!filled.key.heap)
			return -ENOMEM;
		memcpy(filled.key.heap, key, key_len);
	} else if (key_len > 0) {
		memcpy(filled.key.inside, key, key_len);
	}
	*slot = filled;
	return 0;
}

struct map *map_new(void)
{
	struct map fresh = { 0 }, *map;

	if (getrandom(fresh.key, sizeof(fresh.key), 0) != (ssize_t)sizeof(fresh.key))
		return NULL;
	map = malloc(sizeof(*map));
	if (map)
		*map = fresh;
	return map;
}

void map_free(struct map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->n_slots; i++)
		slot_done(&map->slots[i]);
	free(map->slots);
	free(map);
}

size_t map_count(const struct map *map)
{
	return map->count;
}

/* The slot that holds the key, or the empty one where it belongs. There is always an empty one. */
static struct map_slot *map_find(const struct map *map, uint32_t hash, const void *key,
				 size_t key_len)
{
	size_t mask = map->n_slots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->value)
			return slot;
		if (slot->hash == hash && slot->key_len == key_len &&
		    (key_len == 0 || memcmp(slot_key(slot), key, key_len) == 0))
			return slot;
	}
}

static uint32_t map_hash(const struct map *map, const void *key, size_t key_len)
{
	return (uint32_t)hash_bytes(map->key, key, key_len);
}

static int map_resize(struct map *map, size_t n_slots)
{
	struct map_slot *slots = calloc(n_slots, sizeof(*slots));
	size_t mask = n_slots - 1;

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->n_slots; i++) {
		size_t to = map->slots[i].hash & mask;

		if (!map->slots[i].value)
			continue;
		while (slots[to].value)
			to = (to + 1) & mask;
		slots[to] = map->slots[i];
	}
	free(map->slots);
	map->slots = slots;
	map->n_slots = n_slots;
	return 0;
}

int map_set(struct map *map, const void *key, size_t key_len, void *value)
{
	uint32_t hash = map_hash(map, key, key_len);
	struct map_slot *slot;

	assert(value);
	if (key_len > UINT32_MAX)
		return -ENOMEM;
	if (map->n_slots > 0) {
		slot = map_find(map, hash, key, key_len);
		if (slot->value) {
			slot->value = value;
			return 0;
		}
	}
	if (map->count + 1 > map->n_slots / 4 * 3 &&
	    map_resize(map, map->n_slots ? map->n_slots * 2 : MAP_SLOTS_MIN) < 0)
		return -ENOMEM;
	if (slot_init(map_find(map, hash, key, key_len), hash, key, key_len, value) < 0)
		return -ENOMEM;
	map->count++;
	return 0;
}

void *map_get(const struct map *map, const void *key, size_t key_len)
{
	if (map->count == 0)
		return NULL;
	return map_find(map, map_hash(map, key, key_len), key, key_len)->value;
}

/* Closes the hole: an entry further on in the run may move into it unless the slot where its
 * probing starts lies between the hole and where it is. */
static void map_close_hole(struct map *map, size_t hole)
{
	size_t mask = map->n_slots - 1;

	for (size_t i = (hole + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
		size_t home = map->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		map->slots[hole] = map->slots[i];
		map->slots[i] = (struct map_slot) { 0 };
		hole = i;
	}
}

void *map_remove(struct map *map, const void *key, size_t key_len)
{
	struct map_slot *slot;
	void *value;

	if (map->count == 0)
		return NULL;
	slot = map_find(map, map_hash(map, key, key_len), key, key_len);
	value = slot->value;
	if (!value)
		return NULL;
	slot_done(slot);
	map_close_hole(map, (size_t)(slot - map->slots));
	map->count--;
	/* Memory follows use downwards as well; a failure only means that it stays larger. */
	if (map->n_slots > MAP_SLOTS_MIN && map->count < map->n_slots / 8)
		(void)map_resize(map, map->n_slots / 2);
	return value;
}

void *map_next(const struct map *map, size_t *cursor, const void **ret_key, size_t *ret_key_len)
{
	while (*cursor < map->n_slots) {
		const struct map_slot *slot = &map->slots[(*cursor)++];

		if (!slot->value)
			continue;
		if (ret_key)
			*ret_key = slot_key(slot);
		if (ret_key_len)
			*ret_key_len = slot->key_len;
		return slot->value;
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
