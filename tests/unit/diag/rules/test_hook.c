// SPDX-License-Identifier: GPL-2.0-or-later
// test_hook.c - base chains in their order, on every way that is not ruled out
#include "dump.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct dump dump;
static struct rules *rules;

static int begin(void **state)
{
	(void)state;
	memset(&dump, 0, sizeof(dump));
	rules = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	rules_free(rules);
	dump_done(&dump);
	return 0;
}

static void base(const char *name, int32_t priority, uint32_t policy)
{
	dump_base(&dump, name, "filter", NF_INET_FORWARD, priority, policy);
}

static void verdict_rule(const char *chain, int32_t code)
{
	dump_rule(&dump, chain, NULL);
	dump_verdict(&dump, code, NULL);
	dump_end(&dump);
}

/* Drops, accepts or goes on at a rate, which nobody knows. */
static void limited_rule(const char *chain, int32_t code)
{
	dump_rule(&dump, chain, NULL);
	EXPR(&dump, "limit", U32(3, 5));
	dump_verdict(&dump, code, NULL);
	dump_end(&dump);
}

static struct rules_result forward(void)
{
	struct rules_packet packet = dump_packet();

	rules = dump_decode(&dump);
	return dump_forward(rules, &packet, NULL);
}

static void chains_run_by_priority_and_the_newest_of_equals_first(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "a");
	base("late", 10, NF_ACCEPT);
	base("first", 0, NF_ACCEPT);
	dump_table(&dump, NFPROTO_INET, "b");
	base("second", 0, NF_ACCEPT);
	base("early", -5, NF_ACCEPT);
	dump_base(&dump, "elsewhere", "filter", NF_INET_LOCAL_IN, 0, NF_DROP);
	result = forward();
	assert_int_equal(result.verdict, RULES_ACCEPT);
	assert_int_equal(result.n_steps, 4);
	assert_string_equal(result.steps[0].chain, "early");
	assert_string_equal(result.steps[1].chain, "second");
	assert_string_equal(result.steps[1].table, "b");
	assert_string_equal(result.steps[2].chain, "first");
	assert_string_equal(result.steps[3].chain, "late");
	assert_int_equal(result.steps[3].priority, 10);
	assert_null(result.steps[3].rule);
	rules_result_done(&result);
}

static void accept_ends_a_chain_and_drop_ends_all(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_DROP);
	base("b", 1, NF_DROP);
	base("c", 2, NF_ACCEPT);
	verdict_rule("a", NF_ACCEPT);
	result = forward();
	assert_int_equal(result.verdict, RULES_DROP);
	assert_int_equal(result.n_steps, 2);
	assert_int_equal(result.steps[0].handle, 1);
	assert_int_equal(result.steps[1].handle, 0);
	assert_int_equal(result.steps[1].verdict, NF_DROP);
	rules_result_done(&result);
}

static void what_is_not_known_decides_only_where_it_makes_a_difference(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_ACCEPT);
	base("b", 1, NF_ACCEPT);
	limited_rule("a", NF_ACCEPT);
	verdict_rule("b", NF_DROP);
	result = forward();
	assert_int_equal(result.verdict, RULES_DROP);
	assert_int_equal(result.n_doubts, 1);
	assert_false(result.doubts[0].decides);
	assert_string_equal(result.doubts[0].what, "limit");
	rules_result_done(&result);
}

static void what_decides_is_named_among_others(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_ACCEPT);
	base("b", 1, NF_ACCEPT);
	limited_rule("a", NF_ACCEPT);
	limited_rule("b", NF_DROP);
	result = forward();
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_int_equal(result.n_doubts, 2);
	assert_false(result.doubts[0].decides);
	assert_true(result.doubts[1].decides);
	assert_string_equal(result.doubts[1].chain, "b");
	assert_int_equal(result.doubts[1].handle, 2);
	rules_result_done(&result);
}

static void a_doubt_without_effect_costs_no_way(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_DROP);
	for (int i = 0; i < 40; i++) {
		dump_rule(&dump, "a", NULL);
		EXPR(&dump, "limit", U32(3, 5));
		EXPR(&dump, "log", U32(1, 1));
		dump_end(&dump);
	}
	result = forward();
	assert_int_equal(result.verdict, RULES_DROP);
	assert_int_equal(result.n_doubts, 40);
	rules_result_done(&result);
}

static void too_many_ways_are_not_followed(void **state)
{
	struct rules_result result;
	bool decides = false;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_DROP);
	for (int i = 0; i < 30; i++)
		limited_rule("a", NFT_CONTINUE);
	result = forward();
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	for (size_t i = 0; i < result.n_doubts; i++)
		decides |= result.doubts[i].decides;
	assert_true(decides);
	rules_result_done(&result);
}

static void a_circle_of_jumps_ends(void **state)
{
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	base("a", 0, NF_DROP);
	dump_chain(&dump, "x");
	dump_rule(&dump, "a", NULL);
	dump_verdict(&dump, NFT_GOTO, "x");
	dump_end(&dump);
	dump_rule(&dump, "x", NULL);
	dump_verdict(&dump, NFT_GOTO, "x");
	dump_end(&dump);
	result = forward();
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_string_equal(result.doubts[0].what, "more rules than are followed");
	rules_result_done(&result);
}

static void tables_of_a_family_are_asked_for_its_packets(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_IPV6, "six");
	base("a", 0, NF_DROP);
	dump_table(&dump, NFPROTO_BRIDGE, "br");
	base("a", 0, NF_DROP);
	dump_table(&dump, NFPROTO_INET, "both");
	base("a", 0, NF_ACCEPT);
	result = forward();
	assert_int_equal(result.verdict, RULES_ACCEPT);
	assert_int_equal(result.n_steps, 1);
	rules_result_done(&result);
	assert_int_equal(rules_hook(rules, NFPROTO_BRIDGE, NF_INET_FORWARD, &packet, NULL, &result),
			 0);
	assert_int_equal(result.verdict, RULES_DROP);
	rules_result_done(&result);
	assert_true(rules_has_hook(rules, NFPROTO_IPV6, NF_INET_FORWARD));
	assert_false(rules_has_hook(rules, NFPROTO_IPV6, NF_INET_LOCAL_IN));
	assert_false(rules_has_hook(rules, NFPROTO_ARP, NF_INET_FORWARD));
}

static void a_link_that_chains_are_bound_to_is_known(void **state)
{
	(void)state;
	dump_table(&dump, NFPROTO_NETDEV, "in");
	dump_chain_at(&dump, "a", NF_NETDEV_INGRESS, "eth0");
	dump_table(&dump, NFPROTO_NETDEV, "out");
	dump_chain_at(&dump, "b", NF_NETDEV_EGRESS, "eth1");
	dump_table(&dump, NFPROTO_INET, "both");
	dump_chain_at(&dump, "c", NF_INET_INGRESS, "eth2");
	rules = dump_decode(&dump);
	assert_true(rules_has_link(rules, "eth0"));
	assert_false(rules_has_link(rules, "eth1"));
	assert_true(rules_has_link(rules, "eth2"));
	assert_false(rules_has_link(rules, "eth"));
}

static void more_base_chains_than_anyone_has_are_an_error(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	char name[8];

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "t");
	for (int i = 0; i < 80; i++) {
		(void)snprintf(name, sizeof(name), "b%d", i);
		base(name, i, NF_ACCEPT);
	}
	rules = dump_decode(&dump);
	assert_int_equal(rules_hook(rules, NFPROTO_IPV4, NF_INET_FORWARD, &packet, NULL, &result),
			 -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(chains_run_by_priority_and_the_newest_of_equals_first),
		TEST(accept_ends_a_chain_and_drop_ends_all),
		TEST(what_is_not_known_decides_only_where_it_makes_a_difference),
		TEST(what_decides_is_named_among_others),
		TEST(a_doubt_without_effect_costs_no_way),
		TEST(too_many_ways_are_not_followed),
		TEST(a_circle_of_jumps_ends),
		TEST(tables_of_a_family_are_asked_for_its_packets),
		TEST(a_link_that_chains_are_bound_to_is_known),
		TEST(more_base_chains_than_anyone_has_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
