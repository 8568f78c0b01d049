// SPDX-License-Identifier: GPL-2.0-or-later
// test_ruleset.c - the constant part of the table is consistent in itself
#include "model/rules/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Those of both tables. */
static size_t n_rules(void)
{
	return ruleset_n_rules + ruleset_n_guard_rules;
}

static const struct ruleset_rule *rule_at(size_t i)
{
	return i < ruleset_n_rules ? &ruleset_rules[i] : &ruleset_guard_rules[i - ruleset_n_rules];
}

static void every_key_and_data_fits_its_array(void **state)
{
	struct ruleset_elem elem;

	(void)state;
	for (size_t i = 0; i < RULESET_N_SETS; i++) {
		const size_t key = ruleset_key_size((enum ruleset_set)i);

		assert_non_null(ruleset_set_info[i].name);
		assert_true(key >= 1 && key <= sizeof(elem.key));
		assert_true(ruleset_data_size((enum ruleset_set)i) <= sizeof(elem.data));
		if (ruleset_set_info[i].interval)
			assert_true(key >= 4 && key <= sizeof(elem.key_end));
	}
}

static void every_rule_stands_in_a_chain_and_jumps_to_one_without_a_hook(void **state)
{
	(void)state;
	assert_int_equal(ruleset_n_chains, RULESET_N_CHAINS);
	for (size_t i = RULESET_CHAIN_NONE + 1; i < ruleset_n_chains; i++)
		assert_non_null(ruleset_chains[i].name);
	for (size_t i = 0; i < n_rules(); i++) {
		const struct ruleset_rule *rule = rule_at(i);
		const bool of_bridge = i >= ruleset_n_rules;

		/* Each table has chains and sets of its own. */
		assert_int_equal(rule->chain >= RULESET_N_INET_CHAINS, of_bridge);
		if (rule->action == RULESET_ACTION_JUMP)
			assert_int_equal(rule->target >= RULESET_N_INET_CHAINS, of_bridge);
		if (rule->match[0].test == RULESET_TEST_IN ||
		    rule->match[0].test == RULESET_TEST_NOT_IN)
			assert_int_equal(ruleset_set_is_of_bridge(rule->match[0].set), of_bridge);
		assert_true(rule->chain >= RULESET_CHAIN_NONE + 1 &&
			    rule->chain <= RULESET_N_CHAINS - 1);
		assert_false(ruleset_chains[rule->chain].keep_rules);
		if (rule->action == RULESET_ACTION_JUMP)
			assert_null(ruleset_chains[rule->target].type);
		if (rule->comment)
			assert_true(strlen(rule->comment) <= RULESET_COMMENT_MAX);
	}
}

static size_t value_size(enum ruleset_value value)
{
	switch (value) {
	case RULESET_VALUE_IIFNAME:
	case RULESET_VALUE_OIFNAME:
	case RULESET_VALUE_IP6_SADDR:
	case RULESET_VALUE_IP6_DADDR:
	case RULESET_VALUE_CT_ASKER6:
	case RULESET_VALUE_CT_ANSWERER6:
	case RULESET_VALUE_IIFKIND:
	case RULESET_VALUE_OIFKIND:
	case RULESET_VALUE_ND_TARGET:
		return 16;
	case RULESET_VALUE_FAMILY:
		return 1;
	case RULESET_VALUE_ETHER_SADDR:
	case RULESET_VALUE_ARP_MAC:
		return 8;
	case RULESET_VALUE_NONE:
	case RULESET_N_VALUES:
		return 0;
	case RULESET_VALUE_IP_SADDR:
	case RULESET_VALUE_IP_DADDR:
	case RULESET_VALUE_L4PROTO:
	case RULESET_VALUE_DPORT:
	case RULESET_VALUE_CT_ASKER:
	case RULESET_VALUE_CT_ANSWERER:
	case RULESET_VALUE_IIFTYPE:
	case RULESET_VALUE_ICMP_TYPE:
	case RULESET_VALUE_WAY_BACK:
	case RULESET_VALUE_ICMP6_TYPE:
	case RULESET_VALUE_CT_STATE:
	case RULESET_VALUE_CT_STATUS:
	case RULESET_VALUE_DADDR_TYPE:
	case RULESET_VALUE_IIFGROUP:
	case RULESET_VALUE_PROTOCOL:
	case RULESET_VALUE_ARP_ADDR:
		return 4;
	}
	return 0;
}

static size_t values_size(const enum ruleset_value *values)
{
	return value_size(values[0]) + value_size(values[1]) + value_size(values[2]);
}

static void what_a_rule_looks_up_is_as_long_as_the_key_of_its_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rules(); i++) {
		const struct ruleset_rule *rule = rule_at(i);

		for (size_t k = 0; k < RULESET_MATCHES_MAX; k++) {
			const struct ruleset_match *match = &rule->match[k];

			if (match->test == RULESET_TEST_IN || match->test == RULESET_TEST_NOT_IN)
				assert_int_equal(values_size(match->value),
						 ruleset_key_size(match->set));
		}
		if (rule->action == RULESET_ACTION_COUNT) {
			assert_int_equal(values_size(rule->value), ruleset_key_size(rule->set));
			assert_int_not_equal(ruleset_set_info[rule->set].n_counted, 0);
		}
		if (rule->action == RULESET_ACTION_DNAT || rule->action == RULESET_ACTION_VERDICT) {
			assert_int_equal(values_size(rule->value), ruleset_key_size(rule->set));
			assert_int_not_equal(ruleset_set_info[rule->set].data[0],
					     RULESET_FIELD_NONE);
		}
	}
}

static void the_administrators_chain_is_the_first_rule_of_forward(void **state)
{
	(void)state;
	for (size_t i = 0; i < ruleset_n_rules; i++) {
		if (ruleset_rules[i].chain != RULESET_CHAIN_FORWARD)
			continue;
		assert_int_equal(ruleset_rules[i].action, RULESET_ACTION_JUMP);
		assert_int_equal(ruleset_rules[i].target, RULESET_CHAIN_USER_FORWARD);
		return;
	}
	fail_msg("no rule in forward");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_and_data_fits_its_array),
		cmocka_unit_test(every_rule_stands_in_a_chain_and_jumps_to_one_without_a_hook),
		cmocka_unit_test(what_a_rule_looks_up_is_as_long_as_the_key_of_its_set),
		cmocka_unit_test(the_administrators_chain_is_the_first_rule_of_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
