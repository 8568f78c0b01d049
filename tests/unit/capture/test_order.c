// SPDX-License-Identifier: GPL-2.0-or-later
// test_order.c - packets of several rings in the order of their times
#include "capture/order.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_oldest_is_next_when_all_have_one(void **state)
{
	const struct order_head heads[] = { { true, 30, 100 },
					    { true, 10, 100 },
					    { true, 20, 100 } };
	int64_t until_ms;

	(void)state;
	assert_int_equal(order_next(heads, 3, 100, 60, &until_ms), 1);
	assert_int_equal(order_next(heads, 1, 100, 60, &until_ms), 0);
}

static void of_equal_ones_the_first_is_next(void **state)
{
	const struct order_head heads[] = { { true, 10, 100 }, { true, 10, 100 } };
	int64_t until_ms;

	(void)state;
	assert_int_equal(order_next(heads, 2, 100, 60, &until_ms), 0);
}

static void one_waits_for_a_ring_that_has_shown_none(void **state)
{
	const struct order_head heads[] = { { true, 10, 100 }, { false, 0, 0 } };
	int64_t until_ms;

	(void)state;
	assert_int_equal(order_next(heads, 2, 159, 60, &until_ms), -1);
	assert_int_equal(until_ms, 160);
	assert_int_equal(order_next(heads, 2, 160, 60, &until_ms), 0);
}

static void nothing_is_waited_for_where_nothing_is(void **state)
{
	const struct order_head heads[] = { { false, 0, 0 }, { false, 0, 0 } };
	int64_t until_ms;

	(void)state;
	assert_int_equal(order_next(heads, 2, 100, 60, &until_ms), -1);
	assert_true(until_ms == INT64_MAX);
}

static void at_the_end_nothing_is_held_back(void **state)
{
	const struct order_head heads[] = { { false, 0, 0 }, { true, 10, 100 }, { true, 9, 100 } };
	int64_t until_ms;

	(void)state;
	assert_int_equal(order_next(heads, 3, 100, 0, &until_ms), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_is_next_when_all_have_one),
		cmocka_unit_test(of_equal_ones_the_first_is_next),
		cmocka_unit_test(one_waits_for_a_ring_that_has_shown_none),
		cmocka_unit_test(nothing_is_waited_for_where_nothing_is),
		cmocka_unit_test(at_the_end_nothing_is_held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
