// SPDX-License-Identifier: GPL-2.0-or-later
// each_allocation.h - a test's own allocator, of whose allocations one fails: each in its turn
//
// It defines malloc and its like, so it is for one source of a program. Behind cmocka.h.
#pragma once

#include "tests/real_allocator.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool counting;	     /* between the start and the end of a scenario */
static int fail_at, n_asked; /* the allocation that fails, counted from 1 */
static long n_live;	     /* allocations made and not freed */

static bool must_fail(void)
{
	return counting && ++n_asked == fail_at;
}

static void *count(void *made)
{
	if (counting && made)
		n_live++;
	return made;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : count(REAL(malloc)(size));
}

void *calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : count(REAL(calloc)(n, size));
}

void *realloc(void *old, size_t size)
{
	void *made;

	if (must_fail())
		return NULL;
	made = REAL(realloc)(old, size);
	return old ? made : count(made);
}

/* The sanitizer's own of these two would not come by here. */
char *strdup(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

char *strndup(const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	char *copy = calloc(1, len + 1);

	return copy ? memcpy(copy, text, len) : NULL;
}

void *reallocarray(void *old, size_t n, size_t size)
{
	return realloc(old, n * size);
}

void free(void *old)
{
	if (counting && old)
		n_live--;
	REAL(free)(old);
}

/* Runs the scenario with its first allocation failing, then its second, until none does. The
 * scenario returns 0, or -ENOMEM with everything given back. */
static void fail_each(int (*scenario)(void))
{
	int failed = 0, err;

	for (fail_at = 1;; fail_at++) {
		n_asked = 0;
		n_live = 0;
		counting = true;
		err = scenario();
		counting = false;
		assert_int_equal(n_live, 0);
		if (n_asked < fail_at)
			break;
		/* Some failures may be borne, such as a table that is not made smaller. */
		assert_true(err == 0 || err == -ENOMEM);
		failed += err < 0;
	}
	assert_int_equal(err, 0);
	assert_true(failed > 0);
}
