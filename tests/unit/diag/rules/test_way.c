// SPDX-License-Identifier: GPL-2.0-or-later
// test_way.c - every list of turns is taken once
#include "dump.h"

#include "diag/rules/way.h"

#include <stdlib.h>
#include <string.h>

static const struct expr expr = { .name = "limit", .doubt = "limit" };
static const struct expr without_effect = { .name = "limit", .is_used_up = true };

/* Ways through two choices, the second only behind the first turn of the first. */
static void ways_are_walked_as_an_odometer_counts(void **state)
{
	struct ways ways = { 0 };
	struct way way = { .ways = &ways };
	char seen[20] = "";

	(void)state;
	do {
		bool first, second = false;

		way = (struct way) { .ways = &ways };
		first = way_choose(&way, &expr, "one");
		if (!first)
			second = way_choose(&way, &without_effect, "two");
		strcat(seen, first ? "1" : second ? "01" : "00");
		strcat(seen, " ");
	} while (way_next(&way));
	assert_string_equal(seen, "00 01 1 ");
	assert_int_equal(ways.n_doubts, 2);
	assert_string_equal(ways.doubts[0].shown.what, "one");
	free(ways.doubts);
}

static void what_has_no_effect_is_no_choice(void **state)
{
	struct ways ways = { 0 };
	struct way way = { .ways = &ways };

	(void)state;
	assert_false(way_decide(&way, &without_effect, MAYBE, NULL));
	assert_int_equal(way.n_turns, 0);
	assert_int_equal(ways.n_doubts, 1);
	assert_true(way_decide(&way, &expr, MAYBE_YES, NULL));
	assert_false(way_decide(&way, &expr, MAYBE_NO, NULL));
	assert_int_equal(ways.n_doubts, 1);
	assert_false(way_decide(&way, &expr, MAYBE, NULL));
	assert_int_equal(way.n_turns, 1);
	assert_string_equal(ways.doubts[1].shown.what, "limit");
	free(ways.doubts);
}

static void too_many_turns_are_lost(void **state)
{
	struct ways ways = { 0 };
	struct way way = { .ways = &ways };

	(void)state;
	for (int i = 0; i < WAY_CHOICES; i++)
		(void)way_choose(&way, &expr, NULL);
	assert_false(ways.is_lost);
	(void)way_choose(&way, &expr, NULL);
	assert_true(ways.is_lost);
	free(ways.doubts);
}

static void nothing_is_known_of_a_blurred_packet(void **state)
{
	struct ways ways = { 0 };
	struct way way = { .ways = &ways, .packet = dump_packet() };

	(void)state;
	image_of(&way.packet, &way.image);
	way_blur(&way);
	image_to(&way.image, &way.packet);
	assert_int_equal(way.packet.known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_are_walked_as_an_odometer_counts),
		cmocka_unit_test(what_has_no_effect_is_no_choice),
		cmocka_unit_test(too_many_turns_are_lost),
		cmocka_unit_test(nothing_is_known_of_a_blurred_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
