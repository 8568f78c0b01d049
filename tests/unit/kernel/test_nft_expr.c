// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_expr.c - rules of the model as expressions of nf_tables
#include "base/cleanup.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct nlmsghdr *message(const struct nft_batch *batch, size_t i)
{
	return (const void *)(batch->data + batch->notes[i].offset);
}

static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* The name of the last expression: what the rule does. */
static const char *last_expression(const struct nlmsghdr *nlh)
{
	const struct nlattr *list = find(nlh, NFTA_RULE_EXPRESSIONS), *expr, *part;
	const char *name = "";

	mnl_attr_for_each_nested(expr, list)
	{
		mnl_attr_for_each_nested(part, expr)
		{
			if (mnl_attr_get_type(part) == NFTA_EXPR_NAME)
				name = mnl_attr_get_str(part);
		}
	}
	return name;
}

static const char *expected(enum ruleset_action action)
{
	switch (action) {
	case RULESET_ACTION_ACCEPT:
	case RULESET_ACTION_DROP:
	case RULESET_ACTION_RETURN:
	case RULESET_ACTION_JUMP:
		return "immediate";
	case RULESET_ACTION_MASQUERADE:
		return "masq";
	case RULESET_ACTION_SNAT:
	case RULESET_ACTION_DNAT:
		return "nat";
	case RULESET_ACTION_VERDICT:
		return "lookup";
	case RULESET_ACTION_UNTRACK:
		return "notrack";
	case RULESET_ACTION_COUNT:
		return "dynset";
	}
	return NULL;
}

static void each_rule_stands_in_its_chain_and_ends_in_what_it_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ruleset_n_rules + ruleset_n_guard_rules; i++) {
		const struct ruleset_rule *rule =
			i < ruleset_n_rules ? &ruleset_rules[i]
					    : &ruleset_guard_rules[i - ruleset_n_rules];
		struct nft_batch batch = { 0 };
		const struct nlmsghdr *nlh;

		assert_int_equal(nft_expr_append_rule(&batch, "netd", rule), 0);
		assert_int_equal(batch.n_notes, 2);
		nlh = message(&batch, 1);
		assert_string_equal(mnl_attr_get_str(find(nlh, NFTA_RULE_CHAIN)),
				    ruleset_chains[rule->chain].name);
		assert_string_equal(last_expression(nlh), expected(rule->action));
		nft_batch_done(&batch);
	}
}

static void what_a_rule_needs_of_the_kernel_is_named(void **state)
{
	static const struct {
		enum ruleset_action action;
		const char *needs;
	} actions[] = { { RULESET_ACTION_DNAT, "CONFIG_NFT_NAT" },
			{ RULESET_ACTION_SNAT, "CONFIG_NFT_NAT" },
			{ RULESET_ACTION_MASQUERADE, "CONFIG_NFT_MASQ" },
			{ RULESET_ACTION_UNTRACK, "CONFIG_NFT_CT" } };
	size_t n_seen[ARRAY_SIZE(actions)] = { 0 };

	(void)state;
	for (size_t i = 0; i < ruleset_n_rules; i++)
		for (size_t k = 0; k < ARRAY_SIZE(actions); k++)
			if (ruleset_rules[i].action == actions[k].action) {
				assert_string_equal(nft_expr_needs(&ruleset_rules[i]),
						    actions[k].needs);
				n_seen[k]++;
			}
	for (size_t k = 0; k < ARRAY_SIZE(actions); k++)
		assert_true(n_seen[k] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_stands_in_its_chain_and_ends_in_what_it_does),
		cmocka_unit_test(what_a_rule_needs_of_the_kernel_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
