// SPDX-License-Identifier: GPL-2.0-or-later
// test_grow.c - arrays grow, seldom, and stay as they are where there is no memory
#include "base/grow.h"

#include "tests/real_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* While this is set there is no memory. */
static bool no_memory;
static size_t n_moves;

void *realloc(void *old, size_t size)
{
	n_moves++;
	return no_memory ? NULL : REAL(realloc)(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : realloc(old, bytes);
}

static void items_that_come_one_by_one_are_kept(void **state)
{
	uint32_t *items = NULL;
	size_t room = 0;

	(void)state;
	n_moves = 0;
	for (uint32_t n = 0; n < 100000; n++) {
		uint32_t *grown = grow(items, &room, n + 1, sizeof(*items));

		assert_non_null(grown);
		assert_true(room > n);
		items = grown;
		items[n] = n;
	}
	for (uint32_t n = 0; n < 100000; n++)
		assert_int_equal(items[n], n);
	assert_in_range(n_moves, 1, 20); /* 2^17 are more */
	free(items);
}

static void many_at_once_are_one_step(void **state)
{
	size_t room = 0;
	char *items;

	(void)state;
	n_moves = 0;
	items = grow(NULL, &room, 1000, 3);
	assert_non_null(items);
	assert_true(room >= 1000);
	memset(items, 1, room * 3);
	assert_int_equal(n_moves, 1);
	free(items);
}

/* NULL would be taken for want of memory. */
static void an_array_of_none_is_an_array(void **state)
{
	size_t room = 0;
	void *items = grow(NULL, &room, 0, 16);

	(void)state;
	assert_non_null(items);
	free(items);
}

static void what_is_large_enough_stays(void **state)
{
	size_t room = 3; /* made by hand, of exactly so many */
	int *items = malloc(3 * sizeof(*items));

	(void)state;
	no_memory = true;
	assert_ptr_equal(grow(items, &room, 3, sizeof(*items)), items);
	assert_ptr_equal(grow(items, &room, 0, sizeof(*items)), items);
	no_memory = false;
	assert_int_equal(room, 3);
	free(items);
}

static void without_memory_all_is_as_it_was(void **state)
{
	int *items = malloc(2 * sizeof(*items));
	size_t room = 2, none = 0;

	(void)state;
	items[0] = 17;
	items[1] = 4;
	no_memory = true;
	assert_null(grow(items, &room, 3, sizeof(*items)));
	assert_null(grow(NULL, &none, 1, sizeof(*items)));
	no_memory = false;
	/* Sizes that no size_t holds, by their number and by their bytes. */
	assert_null(grow(items, &room, SIZE_MAX, sizeof(*items)));
	assert_null(grow(items, &room, SIZE_MAX / 2, sizeof(*items)));
	assert_int_equal(room, 2);
	assert_int_equal(none, 0);
	assert_int_equal(items[0], 17);
	assert_int_equal(items[1], 4);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_that_come_one_by_one_are_kept),
		cmocka_unit_test(many_at_once_are_one_step),
		cmocka_unit_test(an_array_of_none_is_an_array),
		cmocka_unit_test(what_is_large_enough_stays),
		cmocka_unit_test(without_memory_all_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
