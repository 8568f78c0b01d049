// SPDX-License-Identifier: GPL-2.0-or-later
// test_numset.c - the set of numbers against a plain array, and at its edges
#include "model/ipam/numset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_empty_set_has_every_number_absent(void **state)
{
	struct numset set;
	uint64_t number = 5;

	(void)state;
	assert_int_equal(numset_init(&set), 0);
	assert_true(numset_next_absent(&set, 0, 0, &number));
	assert_int_equal(number, 0);
	assert_true(numset_next_absent(&set, UINT64_MAX, UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
	assert_false(numset_has(&set, 0));
	numset_remove(&set, 7);
	assert_int_equal(set.count, 0);
	numset_done(&set);
}

static void a_number_is_there_once(void **state)
{
	struct numset set;

	(void)state;
	assert_int_equal(numset_init(&set), 0);
	assert_int_equal(numset_add(&set, 64), 0);
	assert_int_equal(numset_add(&set, 64), 0);
	assert_int_equal(set.count, 1);
	assert_true(numset_has(&set, 64));
	assert_false(numset_has(&set, 63) || numset_has(&set, 65) || numset_has(&set, 0));
	numset_remove(&set, 64);
	numset_remove(&set, 64);
	assert_int_equal(set.count, 0);
	assert_int_equal(map_count(set.words), 0); /* nothing is kept of what went */
	numset_done(&set);
}

static void the_end_of_the_numbers_is_reached_and_not_passed(void **state)
{
	struct numset set;
	uint64_t number = 5;

	(void)state;
	assert_int_equal(numset_init(&set), 0);
	for (uint64_t i = 0; i < 200; i++)
		assert_int_equal(numset_add(&set, UINT64_MAX - i), 0);
	assert_false(numset_next_absent(&set, UINT64_MAX, UINT64_MAX, &number));
	assert_false(numset_next_absent(&set, UINT64_MAX - 199, UINT64_MAX, &number));
	assert_int_equal(number, 5);
	assert_true(numset_next_absent(&set, UINT64_MAX - 200, UINT64_MAX, &number));
	assert_true(number == UINT64_MAX - 200);
	numset_done(&set);
}

/* A hole is found from far away, and a search that must end before it does. */
static void one_hole_in_many_is_found(void **state)
{
	enum { MANY = 300000, HOLE = 299990 };
	struct numset set;
	uint64_t number = 5;

	(void)state;
	assert_int_equal(numset_init(&set), 0);
	for (uint64_t i = 0; i < MANY; i++)
		assert_int_equal(numset_add(&set, i), 0);
	assert_int_equal(set.count, MANY);
	assert_false(numset_next_absent(&set, 0, MANY - 1, &number));
	numset_remove(&set, HOLE);
	assert_true(numset_next_absent(&set, 0, MANY - 1, &number));
	assert_int_equal(number, HOLE);
	assert_true(numset_next_absent(&set, 1, HOLE, &number));
	assert_false(numset_next_absent(&set, 1, HOLE - 1, &number));
	assert_false(numset_next_absent(&set, HOLE + 1, MANY - 1, &number));
	assert_true(numset_next_absent(&set, HOLE + 1, MANY, &number));
	assert_int_equal(number, MANY);
	numset_done(&set);
}

static void the_set_agrees_with_an_array(void **state)
{
	enum { NUMBERS = 9000, ROUNDS = 120000 };
	static bool model[NUMBERS];
	const uint64_t base = UINT64_C(0xfffffffff000); /* not at the start of anything */
	struct numset set;
	uint32_t seed = 7;

	(void)state;
	assert_int_equal(numset_init(&set), 0);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t found = 0, want, n;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % NUMBERS;
		/* Mostly adding, so that whole words fill up and empty again. */
		model[n] = (seed >> 28) % 8 != 0;
		if (model[n])
			assert_int_equal(numset_add(&set, base + n), 0);
		else
			numset_remove(&set, base + n);
		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % NUMBERS;
		for (want = n; want < NUMBERS && model[want]; want++)
			;
		assert_int_equal(numset_next_absent(&set, base + n, base + NUMBERS - 1, &found),
				 want < NUMBERS);
		if (want < NUMBERS)
			assert_true(found == base + want);
	}
	numset_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_set_has_every_number_absent),
		cmocka_unit_test(a_number_is_there_once),
		cmocka_unit_test(the_end_of_the_numbers_is_reached_and_not_passed),
		cmocka_unit_test(one_hole_in_many_is_found),
		cmocka_unit_test(the_set_agrees_with_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
