// SPDX-License-Identifier: GPL-2.0-or-later
// test_act.c - what rules do to a packet besides letting it through
#include "one_rule.h"

#include <netinet/ip_icmp.h>
#include <string.h>

static struct dump dump;
static struct rules *rules;

static struct rules_result run(const struct rules_packet *packet)
{
	return one_rule_result(&dump, NF_INET_FORWARD, packet, NULL, &rules);
}

static void done(struct rules_result *result)
{
	rules_result_done(result);
	rules_free(rules);
}

static void set_register(const void *bytes, size_t len)
{
	EXPR(&dump, "immediate", U32(NFTA_IMMEDIATE_DREG, 1),
	     { 'v', NFTA_IMMEDIATE_DATA, 0, bytes, len });
}

static void a_mark_is_set(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	packet.known &= ~(uint32_t)RULES_KNOWS_MARK;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	set_register("\x10\0\0\0", 4);
	EXPR(&dump, "meta", U32(NFTA_META_KEY, NFT_META_MARK), U32(NFTA_META_SREG, 1));
	result = run(&packet);
	assert_int_equal(result.packet.mark, 0x10);
	assert_true(result.packet.known & RULES_KNOWS_MARK);
	assert_int_equal(result.steps[0].verdict, NFT_CONTINUE);
	done(&result);
}

static void a_flow_is_marked_when_there_is_one(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	for (int i = 0; i < 2; i++) {
		packet.ct.is_seen = i == 1;
		ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
		set_register("\7\0\0\0", 4);
		EXPR(&dump, "ct", U32(NFTA_CT_KEY, NFT_CT_MARK), U32(NFTA_CT_SREG, 1));
		result = run(&packet);
		assert_int_equal(result.packet.ct.mark, i == 1 ? 7 : 0);
		done(&result);
	}
}

static void headers_are_written(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	set_register("\x0a\x09\0\1", 4);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_SREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), U32(NFTA_PAYLOAD_OFFSET, 16),
	     U32(NFTA_PAYLOAD_LEN, 4));
	result = run(&packet);
	assert_string_equal(ADDR_STR(&result.packet.dst), "10.9.0.1");
	done(&result);
}

static void expect_refusal(uint32_t type, uint8_t code, uint8_t icmp_code, bool is_reset)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	ONE_RULE(&dump, NFPROTO_INET, NF_INET_FORWARD);
	EXPR(&dump, "reject", U32(NFTA_REJECT_TYPE, type), U8(NFTA_REJECT_ICMP_CODE, code));
	result = run(&packet);
	assert_int_equal(result.verdict, RULES_REJECT);
	assert_int_equal(result.is_reset, is_reset);
	assert_int_equal(result.icmp_type, is_reset ? 0 : ICMP_DEST_UNREACH);
	assert_int_equal(result.icmp_code, icmp_code);
	assert_int_equal(result.steps[0].verdict, NF_DROP);
	done(&result);
}

static void a_refusal_says_with_what(void **state)
{
	(void)state;
	expect_refusal(NFT_REJECT_TCP_RST, 0, 0, true);
	expect_refusal(NFT_REJECT_ICMP_UNREACH, 13, 13, false);
	expect_refusal(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_NO_ROUTE, 0, false);
	expect_refusal(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH, 3, false);
	expect_refusal(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_HOST_UNREACH, 1, false);
	expect_refusal(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED, 13, false);
}

static void what_can_do_anything_leaves_nothing_known(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "flux", U32(1, 1));
	result = run(&packet);
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_true(result.doubts[0].decides);
	done(&result);
	/* Yet where all ends alike, that is known. */
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "flux", U32(1, 1));
	dump_end(&dump);
	dump_base(&dump, "last", "filter", NF_INET_FORWARD, 9, NF_DROP);
	dump_rule(&dump, "last", NULL);
	result = run(&packet);
	assert_int_equal(result.verdict, RULES_DROP);
	assert_false(result.doubts[0].decides);
	done(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_set),
		cmocka_unit_test(a_flow_is_marked_when_there_is_one),
		cmocka_unit_test(headers_are_written),
		cmocka_unit_test(a_refusal_says_with_what),
		cmocka_unit_test(what_can_do_anything_leaves_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
