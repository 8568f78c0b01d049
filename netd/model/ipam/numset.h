// SPDX-License-Identifier: GPL-2.0-or-later
// numset.h - a set of 64-bit numbers that finds the next absent one without walking over the rest
#pragma once

#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>

/* A tree of bit words kept in a hash map. A word of the lowest level has a bit for each number; a
 * bit of a higher level says that the word below it is full. Empty words are not stored, so memory
 * grows with what is in the set; finding the next absent number takes a look at two words per
 * level, and there are eleven levels at the most, however full the set is. */
struct numset {
	struct map *words;
	uint64_t count;
};

int numset_init(struct numset *set); /* 0 or -ENOMEM */
void numset_done(struct numset *set);

bool numset_has(const struct numset *set, uint64_t number);
/* Adding what is there, and removing what is not, does nothing. 0 or -ENOMEM (nothing changed). */
int numset_add(struct numset *set, uint64_t number);
void numset_remove(struct numset *set, uint64_t number);

/* The smallest number from first to last that is not in the set. false: all are. */
bool numset_next_absent(const struct numset *set, uint64_t first, uint64_t last,
			uint64_t *ret_number);
