// SPDX-License-Identifier: GPL-2.0-or-later
// test_histogram.c - how many things took how long
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void bounds_ascend(void **state)
{
	(void)state;
	for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bound_us[i - 1] < histogram_bound_us[i]);
}

static void each_falls_between_its_bounds(void **state)
{
	struct histogram histogram = { 0 };
	uint64_t sum = 0;

	(void)state;
	/* Up to a bound, itself included, and one more is in the next place. */
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
		histogram_add(&histogram, histogram_bound_us[i]);
		assert_int_equal(histogram.n[i], i == 0 ? 1 : 2);
		histogram_add(&histogram, histogram_bound_us[i] + 1);
		assert_int_equal(histogram.n[i + 1], 1);
		sum += 2 * (uint64_t)histogram_bound_us[i] + 1;
	}
	assert_int_equal(histogram_count(&histogram), 2 * HISTOGRAM_BOUNDS);
	assert_int_equal(histogram.sum_us, sum);
}

static void nothing_takes_no_time_and_an_age_has_a_place(void **state)
{
	struct histogram histogram = { 0 };

	(void)state;
	assert_int_equal(histogram_count(&histogram), 0);
	histogram_add(&histogram, 0);
	histogram_add(&histogram, UINT64_MAX / 2);
	assert_int_equal(histogram.n[0], 1);
	assert_int_equal(histogram.n[HISTOGRAM_BOUNDS], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_ascend),
		cmocka_unit_test(each_falls_between_its_bounds),
		cmocka_unit_test(nothing_takes_no_time_and_an_age_has_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
