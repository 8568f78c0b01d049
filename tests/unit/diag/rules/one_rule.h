// SPDX-License-Identifier: GPL-2.0-or-later
// one_rule.h - what a rule of some expressions and "drop" does to a packet that is forwarded
#pragma once

#include "dump.h"

/* BEGIN, expressions by EXPR(&dump, …), then END gives the result, which the caller frees with
 * rules_result_done() before rules_free(rules). */
#define ONE_RULE(dump, family, hook)                                                               \
	memset((dump), 0, sizeof(*(dump)));                                                        \
	dump_table((dump), (family), "t");                                                         \
	dump_base((dump), "f", "filter", (hook), 0, NF_ACCEPT);                                    \
	dump_rule((dump), "f", NULL)

static inline struct rules_result one_rule_result(struct dump *dump, unsigned int hook,
						  const struct rules_packet *packet,
						  const struct rules_ask *ask,
						  struct rules **ret_rules)
{
	struct rules_result result;
	uint8_t pf = packet->src.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	dump_end(dump);
	*ret_rules = dump_decode(dump);
	dump_done(dump);
	assert_int_equal(rules_hook(*ret_rules, pf, hook, packet, ask, &result), 0);
	return result;
}

/* The verdict alone, and the doubt that decides where `what` is given. */
static inline enum rules_verdict one_rule_verdict(struct dump *dump, unsigned int hook,
						  const struct rules_packet *packet,
						  const struct rules_ask *ask, const char *what)
{
	struct rules *rules;
	struct rules_result result = one_rule_result(dump, hook, packet, ask, &rules);
	enum rules_verdict verdict = result.verdict;

	if (what) {
		assert_true(result.n_doubts > 0);
		assert_string_equal(result.doubts[0].what, what);
	}
	rules_result_done(&result);
	rules_free(rules);
	return verdict;
}
