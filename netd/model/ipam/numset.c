// SPDX-License-Identifier: GPL-2.0-or-later
// numset.c - a set of 64-bit numbers that finds the next absent one without walking over the rest
#include "model/ipam/numset.h"

#include <errno.h>
#include <stddef.h>

/* The words are the map's values themselves: a word is never 0 where it is stored, as a value
 * of the map is never NULL. Hence words as wide as a pointer. Above the words of numbers stand
 * words that say which of those are full, and so on up to one word. So the next absent number
 * is found by a step up and a step down for each level, whatever is set. */
#define WORD_SHIFT (sizeof(uintptr_t) == 8 ? 6U : 5U)
#define WORD_MASK ((uint64_t)sizeof(uintptr_t) * 8 - 1)
#define WORD_FULL UINTPTR_MAX

/* An index has at least WORD_SHIFT leading zeroes, which take the level. */
static uint64_t word_key(unsigned int level, uint64_t index)
{
	return index | (uint64_t)level << (64 - WORD_SHIFT);
}

/* A word that is not stored is empty. */
static uintptr_t word_get(const struct numset *set, unsigned int level, uint64_t index)
{
	uint64_t key = word_key(level, index);

	return (uintptr_t)map_get(set->words, &key, sizeof(key));
}

/* Fails only where a word becomes non-empty. */
static int word_put(struct numset *set, unsigned int level, uint64_t index, uintptr_t word)
{
	uint64_t key = word_key(level, index);

	if (word != 0)
		return map_set(set->words, &key, sizeof(key), (void *)word);
	(void)map_remove(set->words, &key, sizeof(key));
	return 0;
}

/* The bit of a position within its word. */
static uintptr_t bit_of(uint64_t position)
{
	return (uintptr_t)1 << (position & WORD_MASK);
}

/* An empty set takes a map and nothing else. */
int numset_init(struct numset *set)
{
	struct map *words = map_new();

	if (!words)
		return -ENOMEM;
	*set = (struct numset) { .words = words };
	return 0;
}

void numset_done(struct numset *set)
{
	map_free(set->words);
	*set = (struct numset) { 0 };
}

/* The lowest level has the numbers themselves. */
bool numset_has(const struct numset *set, uint64_t number)
{
	return (word_get(set, 0, number >> WORD_SHIFT) & bit_of(number)) != 0;
}

/* Takes the number's bit away, and the bits above it that said "full". It stops at the first
 * word that was not full: above it nothing changes. */
static void clear_bits(struct numset *set, uint64_t number)
{
	uint64_t position = number;
	uintptr_t word = WORD_FULL;

	for (unsigned int level = 0; word == WORD_FULL && level * WORD_SHIFT < 64; level++) {
		word = word_get(set, level, position >> WORD_SHIFT);
		(void)word_put(set, level, position >> WORD_SHIFT, word & ~bit_of(position));
		position >>= WORD_SHIFT;
	}
}

/* A word that becomes full sets a bit one level higher, and that may make the next one full. */
int numset_add(struct numset *set, uint64_t number)
{
	uint64_t position = number;
	uintptr_t word = WORD_FULL;

	if (numset_has(set, number))
		return 0;
	for (unsigned int level = 0; word == WORD_FULL && level * WORD_SHIFT < 64; level++) {
		word = word_get(set, level, position >> WORD_SHIFT) | bit_of(position);
		if (word_put(set, level, position >> WORD_SHIFT, word) < 0) {
			/* A full word that its parent does not know of would mislead the search. */
			clear_bits(set, number);
			return -ENOMEM;
		}
		position >>= WORD_SHIFT;
	}
	set->count++;
	return 0;
}

/* Never needs memory: words only lose bits. */
void numset_remove(struct numset *set, uint64_t number)
{
	if (!numset_has(set, number))
		return;
	clear_bits(set, number);
	set->count--;
}

/* From a position of a level whose bit is clear down to the first absent number below it. */
static uint64_t descend(const struct numset *set, unsigned int level, uint64_t position)
{
	while (level > 0) {
		uintptr_t word = word_get(set, --level, position);

		position = position << WORD_SHIFT | (unsigned int)__builtin_ctzl(~word);
	}
	return position;
}

/* From first to last, both included. false: all of them are there. */
bool numset_next_absent(const struct numset *set, uint64_t first, uint64_t last,
			uint64_t *ret_number)
{
	uint64_t position = first;

	/* The highest level has room for more positions than there are numbers, so it is never
	 * full: the search ends there at the latest, by the comparison with last. */
	for (unsigned int level = 0; level * WORD_SHIFT < 64; level++) {
		uint64_t index = position >> WORD_SHIFT, number;
		uintptr_t absent = ~word_get(set, level, index) &
				   (WORD_FULL << (position & WORD_MASK));

		if (absent != 0) {
			position = index << WORD_SHIFT | (unsigned int)__builtin_ctzl(absent);
			if (position > last >> (level * WORD_SHIFT))
				return false;
			number = descend(set, level, position);
			if (number > last)
				return false;
			*ret_number = number;
			return true;
		}
		position = index + 1; /* of the next level, which compares it with last */
	}
	return false;
}
