// SPDX-License-Identifier: GPL-2.0-or-later
// nearest.h - which of the known words was meant by one that is not known
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A search over words given one by one. No heap; word and the best one are borrowed. */
struct nearest {
	const char *word;
	const char *best; /* NULL: none looks like it */
	size_t distance;  /* what the next one has to be below */
};

/* A word of three letters or less has one of its letters wrong at the most. */
struct nearest nearest_begin(const char *word);
/* Whether this one is the best by now: for who keeps its words in a buffer. The first of those that
 * are equally near wins. */
bool nearest_look(struct nearest *nearest, const char *known);

/* One call over a NULL-terminated list; NULL when nothing looks like word. */
const char *nearest_of(const char *word, const char *const *known);
