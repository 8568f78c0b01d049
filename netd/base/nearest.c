// SPDX-License-Identifier: GPL-2.0-or-later
// nearest.c - which of the known words was meant: Levenshtein's distance, bounded by what is a slip
#include "base/nearest.h"

#include "base/limits.h"

#include <string.h>

/* A word is offered only if few changes of single letters make it of what was typed. distance is
 * the bound at first, and then that of the best word so far, which a next one must be below. */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table at a time; b has no more than NEAREST_LEN_MAX characters. row[j] is the
 * distance between the first i characters of a and the first j of b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_LEN_MAX + 1], b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			/* diagonal is the entry up and to the left, which the row has
			 * overwritten. */
			size_t change = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(change, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[b_len];
}

struct nearest nearest_begin(const char *word)
{
	size_t len = strlen(word);

	/* One slip in a short word, and a few more in a long one: beyond that any word would be
	 * near. */
	return (struct nearest) { .word = word, .distance = len <= 3 ? 2 : 3 + len / 4 };
}

/* true: it is the best so far. */
bool nearest_look(struct nearest *nearest, const char *known)
{
	size_t distance;

	if (strlen(nearest->word) > NEAREST_LEN_MAX || strlen(known) > NEAREST_LEN_MAX)
		return false;
	distance = edit_distance(nearest->word, known);
	/* All letters exchanged is another word, not a slip. */
	if (distance >= nearest->distance || distance >= strlen(known))
		return false;
	nearest->distance = distance;
	nearest->best = known;
	return true;
}

/* known ends with NULL. The result is one of its words, or NULL. */
const char *nearest_of(const char *word, const char *const *known)
{
	struct nearest nearest = nearest_begin(word);

	for (; *known; known++)
		(void)nearest_look(&nearest, *known);
	return nearest.best;
}
