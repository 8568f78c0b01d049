// SPDX-License-Identifier: GPL-2.0-or-later
// test_ruleset.c - what is found by name, who owns a table, and what rules make the kernel do
#include "dump.h"

#include "base/cleanup.h"
#include "diag/rules/ruleset.h"

#include <linux/netlink.h>

static void names_are_those_of_their_table(void **state)
{
	struct dump dump = { 0 };
	struct rules *rules;
	struct table *a, *b;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "a");
	dump_chain(&dump, "same");
	dump_set(&dump, "same", 0, 4, 0);
	dump_table(&dump, NFPROTO_IPV6, "a");
	dump_chain(&dump, "same");
	rules = dump_decode(&dump);
	a = ruleset_table(rules, NFPROTO_IPV4, "a");
	b = ruleset_table(rules, NFPROTO_IPV6, "a");
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_equal(ruleset_chain(rules, a, "same")->table, a);
	assert_ptr_equal(ruleset_chain(rules, b, "same")->table, b);
	assert_ptr_equal(ruleset_set(rules, a, "same")->table, a);
	assert_null(ruleset_set(rules, b, "same"));
	assert_null(ruleset_chain(rules, a, "other"));
	assert_null(ruleset_table(rules, NFPROTO_ARP, "a"));
	assert_int_equal(rules_table_owner(rules, NFPROTO_IPV4, "a"), 0);
	assert_int_equal(rules_table_owner(rules, NFPROTO_IPV4, "z"), 0);
	rules_free(rules);
	dump_done(&dump);
}

static void families_have_names(void **state)
{
	(void)state;
	assert_string_equal(rules_family_name(NFPROTO_INET), "inet");
	assert_string_equal(rules_family_name(NFPROTO_IPV6), "ip6");
	assert_string_equal(rules_family_name(NFPROTO_BRIDGE), "bridge");
	assert_string_equal(rules_family_name(99), "?");
}

static void conntrack_runs_for_the_family_that_asks(void **state)
{
	struct dump dump = { 0 };
	struct rules *rules;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "a");
	dump_chain(&dump, "x");
	dump_rule(&dump, "x", NULL);
	EXPR(&dump, "ct", U32(NFTA_CT_KEY, NFT_CT_STATE), U32(NFTA_CT_DREG, 1));
	dump_end(&dump);
	rules = dump_decode(&dump);
	assert_true(rules_uses_conntrack(rules, NFPROTO_IPV4));
	assert_false(rules_uses_conntrack(rules, NFPROTO_IPV6));
	assert_false(rules_uses_conntrack(rules, 200));
	rules_free(rules);
	dump_done(&dump);

	dump = (struct dump) { 0 };
	dump_table(&dump, NFPROTO_INET, "a");
	dump_chain(&dump, "x");
	dump_rule(&dump, "x", NULL);
	EXPR(&dump, "match", TEXT(1, "conntrack"), U32(2, 3), RAW(3, "", 0));
	dump_end(&dump);
	rules = dump_decode(&dump);
	assert_true(rules_uses_conntrack(rules, NFPROTO_IPV6));
	rules_free(rules);
	dump_done(&dump);
}

/* One rule of inet, of this expression: for which families conntrack runs. */
static void assert_tracks(const char *name, const struct attr *attrs, bool four, bool six)
{
	struct dump dump = { 0 };
	struct rules *rules;

	dump_table(&dump, NFPROTO_INET, "a");
	dump_chain(&dump, "x");
	dump_rule(&dump, "x", NULL);
	dump_expr(&dump, name, attrs);
	dump_end(&dump);
	rules = dump_decode(&dump);
	assert_int_equal(rules_uses_conntrack(rules, NFPROTO_IPV4), four);
	assert_int_equal(rules_uses_conntrack(rules, NFPROTO_IPV6), six);
	rules_free(rules);
	dump_done(&dump);
}
#define TRACKS(name, four, six, ...)                                                               \
	assert_tracks((name), (const struct attr[]) { __VA_ARGS__, { 0 } }, (four), (six))

static void a_nat_of_inet_tracks_the_family_of_its_address(void **state)
{
	(void)state;
	TRACKS("nat", false, true, U32(NFTA_NAT_TYPE, NFT_NAT_SNAT),
	       U32(NFTA_NAT_FAMILY, NFPROTO_IPV6), U32(NFTA_NAT_REG_ADDR_MIN, 1));
	TRACKS("nat", true, false, U32(NFTA_NAT_TYPE, NFT_NAT_DNAT),
	       U32(NFTA_NAT_FAMILY, NFPROTO_IPV4), U32(NFTA_NAT_REG_ADDR_MIN, 1));
	/* dnat to :80 */
	TRACKS("nat", true, true, U32(NFTA_NAT_TYPE, NFT_NAT_DNAT),
	       U32(NFTA_NAT_FAMILY, NFPROTO_INET), U32(NFTA_NAT_REG_PROTO_MIN, 1));
	/* of tomorrow */
	TRACKS("nat", true, true, U32(NFTA_NAT_TYPE, 7), U32(60, 1));
	TRACKS("masq", true, true, U32(60, 1));
	TRACKS("counter", false, false, U32(3, 1));
}

static void what_an_element_counts_may_be_flows(void **state)
{
	(void)state;
	TRACKS("dynset", true, true, TEXT(NFTA_DYNSET_SET_NAME, "s"),
	       RAW(NFTA_DYNSET_EXPR | NLA_F_NESTED, "\16\0\1\0connlimit\0\0\0", 16));
	TRACKS("dynset", false, false, TEXT(NFTA_DYNSET_SET_NAME, "s"),
	       RAW(NFTA_DYNSET_EXPR | NLA_F_NESTED, "\14\0\1\0counter\0", 12));
	TRACKS("dynset", true, true, TEXT(NFTA_DYNSET_SET_NAME, "s"),
	       RAW(NFTA_DYNSET_EXPRESSIONS | NLA_F_NESTED, "\24\0\1\200\16\0\1\0connlimit\0\0\0",
		   20));
}

static void an_object_for_flows_makes_conntrack_run(void **state)
{
	static const struct {
		uint32_t type;
		bool tracks;
	} cases[] = {
		{ NFT_OBJECT_CT_HELPER, true },
		{ NFT_OBJECT_CT_TIMEOUT, true },
		{ NFT_OBJECT_CT_EXPECT, true },
		{ NFT_OBJECT_COUNTER, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules rules = { 0 };

		ruleset_note_object(&rules, NFPROTO_INET, cases[i].type);
		assert_int_equal(rules_uses_conntrack(&rules, NFPROTO_IPV4), cases[i].tracks);
	}
}

static void what_has_no_effect_behind_it_is_used_up(void **state)
{
	struct dump dump = { 0 };
	struct rules *rules;
	struct expr *limit;

	(void)state;
	dump_table(&dump, NFPROTO_IPV4, "a");
	dump_chain(&dump, "x");
	dump_rule(&dump, "x", NULL);
	EXPR(&dump, "limit", U32(3, 1));
	dump_verdict(&dump, NF_DROP, NULL);
	EXPR(&dump, "counter", U32(3, 1));
	dump_end(&dump);
	rules = dump_decode(&dump);
	limit = rules->tables->chains->rules->exprs;
	assert_false(limit->is_used_up);
	assert_false(limit->next->is_used_up);
	assert_true(limit->next->next->is_used_up);
	rules_free(rules);
	dump_done(&dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_their_table),
		cmocka_unit_test(families_have_names),
		cmocka_unit_test(conntrack_runs_for_the_family_that_asks),
		cmocka_unit_test(a_nat_of_inet_tracks_the_family_of_its_address),
		cmocka_unit_test(what_an_element_counts_may_be_flows),
		cmocka_unit_test(an_object_for_flows_makes_conntrack_run),
		cmocka_unit_test(what_has_no_effect_behind_it_is_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
