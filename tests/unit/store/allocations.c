// SPDX-License-Identifier: GPL-2.0-or-later
// allocations.c - an allocator before libc's that has no memory once
#include "allocations.h"
#include "tests/real_allocator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int fail_at, n_asked;
static bool counting;

void allocations_fail(int n)
{
	fail_at = n;
	n_asked = 0;
	counting = true;
}

int allocations_end(void)
{
	counting = false;
	return n_asked;
}

static bool must_fail(void)
{
	return counting && ++n_asked == fail_at;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : REAL(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : REAL(calloc)(n, size);
}

void *realloc(void *old, size_t size)
{
	return must_fail() ? NULL : REAL(realloc)(old, size);
}

/* The sanitizer's own would not come by here. */
char *strdup(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}
