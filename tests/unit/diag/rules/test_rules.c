// SPDX-License-Identifier: GPL-2.0-or-later
// test_rules.c - rules as a person reads them, and the answer to a packet
#include "one_rule.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

static struct dump dump;

/* The rule that was begun by ONE_RULE, whatever a packet does. */
static void expect(const char *want)
{
	struct rules_packet packet = dump_packet();
	struct rules *rules;
	struct rules_result result = one_rule_result(&dump, NF_INET_FORWARD, &packet, NULL, &rules);
	char text[200];

	assert_int_equal(result.steps[0].handle, 1);
	assert_string_equal(rules_print(result.steps[0].rule, text, sizeof(text)), want);
	rules_result_done(&result);
	rules_free(rules);
}
#define BEGIN() ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD)

static void ports_and_verdicts(void **state)
{
	(void)state;
	BEGIN();
	dump_port(&dump, IPPROTO_TCP, 80);
	dump_verdict(&dump, NF_DROP, NULL);
	expect("tcp dport 80 drop");
	BEGIN();
	EXPR(&dump, "counter", U32(3, 0));
	dump_verdict(&dump, NFT_JUMP, "nowhere");
	expect("counter jump nowhere");
	BEGIN();
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_L4PROTO), U32(NFTA_META_DREG, 1));
	dump_compare(&dump, NFT_CMP_EQ, "\6", 1);
	dump_verdict(&dump, NF_ACCEPT, NULL);
	expect("meta l4proto tcp accept");
}

static void addresses_names_and_states(void **state)
{
	(void)state;
	BEGIN();
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_IIFNAME), U32(NFTA_META_DREG, 1));
	dump_compare(&dump, NFT_CMP_EQ, "eth", 3);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), U32(NFTA_PAYLOAD_OFFSET, 12),
	     U32(NFTA_PAYLOAD_LEN, 4));
	EXPR(&dump, "bitwise", U32(1, 1), U32(2, 1), U32(3, 4), VALUE(4, "\xff\xff\0\0"),
	     VALUE(5, "\0\0\0\0"));
	dump_compare(&dump, NFT_CMP_EQ, "\x0a\1\0\0", 4);
	EXPR(&dump, "ct", U32(NFTA_CT_KEY, NFT_CT_STATE), U32(NFTA_CT_DREG, 1));
	EXPR(&dump, "bitwise", U32(1, 1), U32(2, 1), U32(3, 4), VALUE(4, "\1\0\0\0"),
	     VALUE(5, "\0\0\0\0"));
	dump_compare(&dump, NFT_CMP_NEQ, "\0\0\0\0", 4);
	dump_verdict(&dump, NF_DROP, NULL);
	expect("iifname \"eth*\" ip saddr 10.1.0.0/16 ct state invalid drop");
}

static void two_comparisons_are_a_range(void **state)
{
	(void)state;
	BEGIN();
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), U32(NFTA_PAYLOAD_OFFSET, 12),
	     U32(NFTA_PAYLOAD_LEN, 4));
	dump_compare(&dump, NFT_CMP_GTE, "\x0a\1\0\1", 4);
	dump_compare(&dump, NFT_CMP_LTE, "\x0a\1\0\5", 4);
	dump_verdict(&dump, NF_DROP, NULL);
	expect("ip saddr 10.1.0.1-10.1.0.5 drop");
}

static void what_is_done(void **state)
{
	(void)state;
	BEGIN();
	EXPR(&dump, "immediate", U32(NFTA_IMMEDIATE_DREG, 1),
	     VALUE(NFTA_IMMEDIATE_DATA, "\x10\0\0\0"));
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_MARK), U32(NFTA_META_SREG, 1));
	EXPR(&dump, "reject", U32(NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST));
	expect("meta mark set 0x10 reject with tcp reset");
}

static void what_is_not_understood_is_in_brackets(void **state)
{
	(void)state;
	BEGIN();
	EXPR(&dump, "log", U32(1, 0));
	EXPR(&dump, "counter", U32(9, 1));
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	dump_rule(&dump, "f", NULL);
	{
		struct rules *rules = NULL;
		struct rules_packet packet = dump_packet();
		struct rules_result result = one_rule_result(&dump, NF_INET_FORWARD, &packet, NULL,
							     &rules);
		char text[80], cut[12];

		assert_string_equal(rules_print(result.doubts[0].rule, text, sizeof(text)),
				    "log [counter: attribute 9] drop");
		assert_string_equal(rules_print(result.doubts[0].rule, cut, sizeof(cut)),
				    "log [cou...");
		assert_string_equal(rules_print(NULL, text, sizeof(text)), "");
		rules_result_done(&result);
		rules_free(rules);
	}
}

static void sets_and_maps(void **state)
{
	(void)state;
	memset(&dump, 0, sizeof(dump));
	dump_table(&dump, NFPROTO_IPV4, "t");
	dump_base(&dump, "f", "filter", NF_INET_FORWARD, 0, NF_ACCEPT);
	dump_set(&dump, "__map0", NFT_SET_ANONYMOUS | NFT_SET_MAP, 2, 4);
	dump_element(&dump, "__map0", "\0\x50", NULL, 2, 0,
		     (struct attr)VERDICT(NFTA_SET_ELEM_DATA, NF_DROP, NULL));
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_L4PROTO), U32(NFTA_META_DREG, 1));
	dump_compare(&dump, NFT_CMP_EQ, "\6", 1);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "__map0"), U32(NFTA_LOOKUP_SREG, 1),
	     U32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT));
	expect("tcp dport vmap { 80 : drop }");
}

static void an_answer_is_turned_around(void **state)
{
	struct rules_packet first = dump_packet(), answer;

	(void)state;
	rules_answer(&first, &answer);
	assert_string_equal(ADDR_STR(&answer.src), "10.2.0.3");
	assert_int_equal(answer.dport, 4000);
	assert_int_equal(answer.tcp_flags, TH_SYN | TH_ACK);
	first.protocol = IPPROTO_ICMP;
	first.icmp_type = 8;
	first.ct.reply = (struct rules_tuple) { first.dst, first.src, 7, 7 };
	rules_answer(&first, &answer);
	assert_int_equal(answer.icmp_type, 0);
	assert_int_equal(answer.sport, 0);
	assert_int_equal(answer.ct.state, RULES_CT_ESTABLISHED);
	assert_true(answer.ct.is_reply && answer.ct.status & IPS_SEEN_REPLY);
	first.ct.reply.src = (struct addr) { 0 };
	first.protocol = IPPROTO_UDP;
	rules_answer(&first, &answer);
	assert_int_equal(answer.ct.state, RULES_CT_NEW);
}

/* As the kernel sent it: a set of four bytes, and maps that give objects.
 *
 *	counter name ip daddr map @counted
 *	counter name tcp dport map { 80 : "many", 443 : "few" }
 *	ip saddr @four ip daddr != @four drop		four: 10.0.0.0/8, 192.0.2.1 */
#define OBJREF_MAP "tests/fuzz/corpus/rules/nft-objref-map"

static enum rules_verdict sent_to(const struct rules *rules, const char *dst)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	enum rules_verdict verdict;

	assert_int_equal(addr_parse(dst, &packet.dst), 0);
	result = dump_forward(rules, &packet, NULL);
	verdict = result.verdict;
	rules_result_done(&result);
	return verdict;
}

static void keys_of_four_bytes_and_maps_of_objects(void **state)
{
	uint8_t messages[8192];
	FILE *file = fopen(OBJREF_MAP, "r");
	struct rules *rules;
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(messages, 1, sizeof(messages), file);
	(void)fclose(file);
	assert_int_equal(rules_decode(messages, len, &rules), 0);
	assert_int_equal(sent_to(rules, "10.2.0.3"), RULES_ACCEPT);
	assert_int_equal(sent_to(rules, "192.0.2.1"), RULES_ACCEPT);
	assert_int_equal(sent_to(rules, "192.0.2.2"), RULES_DROP);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_and_verdicts),
		cmocka_unit_test(addresses_names_and_states),
		cmocka_unit_test(two_comparisons_are_a_range),
		cmocka_unit_test(what_is_done),
		cmocka_unit_test(what_is_not_understood_is_in_brackets),
		cmocka_unit_test(sets_and_maps),
		cmocka_unit_test(an_answer_is_turned_around),
		cmocka_unit_test(keys_of_four_bytes_and_maps_of_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
