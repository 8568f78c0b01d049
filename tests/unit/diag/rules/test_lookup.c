// SPDX-License-Identifier: GPL-2.0-or-later
// test_lookup.c - keys in sets of every kind, and what is asked for when they are not here
#include "dump.h"

#include <errno.h>
#include <string.h>

static struct dump dump;
static struct rules *rules;
static struct facts_element answer;
static struct facts_element_asked asked;

static int begin(void **state)
{
	(void)state;
	memset(&dump, 0, sizeof(dump));
	memset(&answer, 0, sizeof(answer));
	dump_table(&dump, NFPROTO_IPV4, "t");
	dump_base(&dump, "f", "filter", NF_INET_FORWARD, 0, NF_ACCEPT);
	dump_chain(&dump, "x");
	return 0;
}

static int end(void **state)
{
	(void)state;
	rules_free(rules);
	dump_done(&dump);
	return 0;
}

/* tcp dport, and the set asked with it; then drop. */
static void port_rule(uint32_t flags)
{
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1),
	     U32(NFTA_LOOKUP_FLAGS, flags));
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
}

static const struct attr nothing = { 0 };

static enum rules_verdict ask_port(uint16_t port, const struct rules_ask *ask)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	enum rules_verdict verdict;

	if (!rules)
		rules = dump_decode(&dump);
	packet.dport = port;
	result = dump_forward(rules, &packet, ask);
	verdict = result.verdict;
	rules_result_done(&result);
	return verdict;
}

static int forget(void **state)
{
	rules = NULL;
	return begin(state);
}

static void single_keys_are_found(void **state)
{
	(void)state;
	dump_set(&dump, "s", 0, 2, 0);
	dump_element(&dump, "s", "\0\x50", NULL, 2, 0, nothing);
	dump_element(&dump, "s", "\0\x16", NULL, 2, 0, nothing);
	port_rule(0);
	assert_int_equal(ask_port(80, NULL), RULES_DROP);
	assert_int_equal(ask_port(22, NULL), RULES_DROP);
	assert_int_equal(ask_port(23, NULL), RULES_ACCEPT);
}

static void a_lookup_is_turned_around(void **state)
{
	(void)state;
	dump_set(&dump, "s", 0, 2, 0);
	dump_element(&dump, "s", "\0\x50", NULL, 2, 0, nothing);
	port_rule(NFT_LOOKUP_F_INV);
	assert_int_equal(ask_port(80, NULL), RULES_ACCEPT);
	assert_int_equal(ask_port(22, NULL), RULES_DROP);
}

static void intervals_end_before_their_end(void **state)
{
	(void)state;
	dump_set(&dump, "s", NFT_SET_INTERVAL, 2, 0);
	dump_element(&dump, "s", "\0\0", NULL, 2, 1, nothing);
	dump_element(&dump, "s", "\0\x50", NULL, 2, 0, nothing);
	dump_element(&dump, "s", "\0\x52", NULL, 2, 1, nothing);
	dump_element(&dump, "s", "\x10\0", NULL, 2, 0, nothing); /* to the end */
	port_rule(0);
	assert_int_equal(ask_port(79, NULL), RULES_ACCEPT);
	assert_int_equal(ask_port(80, NULL), RULES_DROP);
	assert_int_equal(ask_port(81, NULL), RULES_DROP);
	assert_int_equal(ask_port(82, NULL), RULES_ACCEPT);
	assert_int_equal(ask_port(65535, NULL), RULES_DROP);
}

static void ranges_hold_both_ends(void **state)
{
	(void)state;
	dump_set(&dump, "s", NFT_SET_INTERVAL, 2, 0);
	dump_element(&dump, "s", "\0\x50", "\0\x52", 2, 0, nothing);
	port_rule(0);
	assert_int_equal(ask_port(82, NULL), RULES_DROP);
	assert_int_equal(ask_port(83, NULL), RULES_ACCEPT);
	assert_int_equal(ask_port(79, NULL), RULES_ACCEPT);
}

static void an_element_stands_for_all_others(void **state)
{
	(void)state;
	dump_set(&dump, "s", NFT_SET_MAP, 2, 4);
	dump_element(&dump, "s", "\0\x50", NULL, 2, 0,
		     (struct attr)VERDICT(NFTA_SET_ELEM_DATA, NF_ACCEPT, NULL));
	dump_element(&dump, "s", NULL, NULL, 0, 2,
		     (struct attr)VERDICT(NFTA_SET_ELEM_DATA, NF_DROP, NULL));
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1),
	     U32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT));
	dump_end(&dump);
	assert_int_equal(ask_port(80, NULL), RULES_ACCEPT);
	assert_int_equal(ask_port(81, NULL), RULES_DROP);
}

static const struct facts_element *element(void *data, const struct facts_element_asked *question)
{
	static const struct facts_element none = { .err = -ENOENT };

	(void)data;
	if (question->key_len > 0) /* not that which stands for all others */
		asked = *question;
	return question->key_len > 0 ? &answer : &none;
}

static void what_is_not_here_is_asked_for(void **state)
{
	struct rules_ask ask = { .element = element };

	(void)state;
	dump_set(&dump, "s", 0, 2, 0);
	port_rule(0);
	assert_int_equal(ask_port(80, NULL), RULES_UNKNOWN);
	assert_int_equal(ask_port(80, &ask), RULES_DROP);
	assert_string_equal(asked.table, "t");
	assert_string_equal(asked.set, "s");
	assert_int_equal(asked.family, NFPROTO_IPV4);
	assert_int_equal(asked.key_len, 2);
	assert_memory_equal(asked.key, "\0\x50", 2);
	answer.err = -ENOENT;
	assert_int_equal(ask_port(80, &ask), RULES_ACCEPT);
	answer.err = -ENODATA;
	assert_int_equal(ask_port(80, &ask), RULES_UNKNOWN);
}

static void a_verdict_that_was_asked_for_jumps(void **state)
{
	struct rules_ask ask = { .element = element };
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_set(&dump, "s", NFT_SET_MAP, 2, 4);
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1),
	     U32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT));
	dump_end(&dump);
	dump_rule(&dump, "x", NULL);
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	rules = dump_decode(&dump);
	answer = (struct facts_element) {
		.has_verdict = true, .verdict = NFT_JUMP, .chain = "x", .comment = "web"
	};
	result = dump_forward(rules, &packet, &ask);
	assert_int_equal(result.verdict, RULES_DROP);
	assert_int_equal(result.n_steps, 2);
	assert_string_equal(result.steps[0].element, "web");
	assert_string_equal(result.steps[0].target, "x");
	assert_string_equal(result.steps[1].element, "");
	rules_result_done(&result);
}

/* meta l4proto . th dport, with ICMP: there is a checksum instead of the port. */
static void no_port_of_icmp_is_asked_for(void **state)
{
	struct rules_ask ask = { .element = element };
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_set(&dump, "s", 0, 8, 0);
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_L4PROTO),
	     U32(NFTA_META_DREG, NFT_REG32_00));
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, NFT_REG32_01),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, NFT_REG32_00));
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	rules = dump_decode(&dump);
	packet.protocol = IPPROTO_ICMP;
	packet.icmp_type = 8;
	answer.err = -ENOENT;
	result = dump_forward(rules, &packet, &ask);
	assert_int_equal(result.verdict, RULES_ACCEPT);
	assert_int_equal(result.n_doubts, 0);
	rules_result_done(&result);
	answer.err = 0;
	result = dump_forward(rules, &packet, &ask);
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_string_equal(result.doubts[0].what, "the checksum of ICMP");
	rules_result_done(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, forget, end)
		TEST(single_keys_are_found),
		TEST(a_lookup_is_turned_around),
		TEST(intervals_end_before_their_end),
		TEST(ranges_hold_both_ends),
		TEST(an_element_stands_for_all_others),
		TEST(what_is_not_here_is_asked_for),
		TEST(a_verdict_that_was_asked_for_jumps),
		TEST(no_port_of_icmp_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
