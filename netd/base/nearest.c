// SPDX-License-Identifier: GPL-2.0-or-later
// nearest.c - which of the known words was meant: the distance of two words, bounded by what is a
// slip
#include "base/nearest.h"

#include "base/limits.h"

#include <string.h>

/* A word is offered only if few changes of single letters make it of what was typed. distance is
 * the bound at first, and then that of the best word so far, which a next one must be below. */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Three rows of the table; b has no more than NEAREST_LEN_MAX characters. row[j] is the distance
 * between the first characters of a and the first j of b; two neighbours exchanged are one slip
 * (optimal string alignment). */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_LEN_MAX + 1], b_len = strlen(b), i;

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (i = 0; a[i]; i++) {
		const size_t *above = rows[i % 3], *before = rows[(i + 2) % 3];
		size_t *row = rows[(i + 1) % 3];

		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			row[j + 1] = least(above[j] + (a[i] != b[j]),
					   least(above[j + 1], row[j]) + 1);
			if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
				row[j + 1] = least(row[j + 1], before[j - 1] + 1);
		}
	}
	return rows[i % 3][b_len];
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
