// SPDX-License-Identifier: GPL-2.0-or-later
// test_outcome.c - a doubt decides when not the same ends lie behind either side of it
#include "dump.h"

#include "diag/rules/outcome.h"

#include <string.h>

static struct way_doubt doubts[3];
static struct ways ways;
static struct outcome outcome;

static int begin(void **state)
{
	(void)state;
	memset(doubts, 0, sizeof(doubts));
	memset(&ways, 0, sizeof(ways));
	memset(&outcome, 0, sizeof(outcome));
	ways.doubts = doubts;
	ways.n_doubts = 3;
	return 0;
}

/* turns: "01"; the n-th is that of doubt n. */
static void add(const char *turns, enum rules_verdict verdict)
{
	struct rules_result result = { .verdict = verdict };
	struct way way = { .ways = &ways, .result = &result, .n_turns = strlen(turns) };

	for (size_t i = 0; turns[i]; i++) {
		ways.turns[i] = turns[i] == '1';
		ways.doubt_of[i] = i;
	}
	outcome_add(&outcome, &way);
}

static void one_way_has_one_end(void **state)
{
	(void)state;
	assert_false(outcome_judge(&outcome, &ways));
	add("", RULES_DROP);
	assert_false(outcome_judge(&outcome, &ways));
}

static void the_same_end_on_all_ways_is_no_difference(void **state)
{
	(void)state;
	add("00", RULES_DROP);
	add("01", RULES_DROP);
	add("1", RULES_DROP);
	assert_false(outcome_judge(&outcome, &ways));
	assert_false(doubts[0].shown.decides || doubts[1].shown.decides);
}

static void the_turn_before_different_ends_decides(void **state)
{
	(void)state;
	add("00", RULES_ACCEPT);
	add("01", RULES_DROP);
	add("10", RULES_ACCEPT);
	add("11", RULES_DROP);
	assert_true(outcome_judge(&outcome, &ways));
	assert_false(doubts[0].shown.decides);
	assert_true(doubts[1].shown.decides);
}

static void a_turn_that_leads_past_a_difference_decides_too(void **state)
{
	(void)state;
	add("00", RULES_ACCEPT);
	add("01", RULES_DROP);
	add("1", RULES_ACCEPT);
	assert_true(outcome_judge(&outcome, &ways));
	assert_true(doubts[0].shown.decides);
	assert_true(doubts[1].shown.decides);
}

static void how_a_packet_is_refused_is_a_difference(void **state)
{
	struct rules_result reset = { .verdict = RULES_REJECT, .is_reset = true };
	struct way way = { .ways = &ways, .result = &reset, .n_turns = 1 };

	(void)state;
	add("0", RULES_REJECT);
	ways.turns[0] = true;
	outcome_add(&outcome, &way);
	assert_true(outcome_judge(&outcome, &ways));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, begin)
		TEST(one_way_has_one_end),
		TEST(the_same_end_on_all_ways_is_no_difference),
		TEST(the_turn_before_different_ends_decides),
		TEST(a_turn_that_leads_past_a_difference_decides_too),
		TEST(how_a_packet_is_refused_is_a_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
