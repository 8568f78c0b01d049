// SPDX-License-Identifier: GPL-2.0-or-later
// test_xt.c - matches and targets of xtables, out of their structs
#include "one_rule.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct dump dump;
static struct rules_packet packet;

static int begin(void **state)
{
	(void)state;
	packet = dump_packet();
	return 0;
}

static bool fib(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	(void)data;
	ret_fib->type = asked->addr.bytes[1] == 2 ? RTN_LOCAL : RTN_UNICAST;
	return true;
}

/* "match NAME drop" */
static enum rules_verdict match(const char *name, uint32_t revision, const void *info, size_t len)
{
	struct rules_ask ask = { .fib = fib };

	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "match", TEXT(1, name), U32(2, revision), RAW(3, info, len));
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, &packet, &ask, NULL);
}
#define MATCH(name, revision, info) match((name), (revision), &(info), sizeof(info))

static void ports(void **state)
{
	struct xt_multiport_v1 multi = { .flags = XT_MULTIPORT_DESTINATION,
					 .count = 3,
					 .ports = { 22, 79, 81 },
					 .pflags = { 0, 1, 0 } };
	struct xt_tcp tcp = {
		.spts = { 0, 65535 }, .dpts = { 80, 80 }, .flg_mask = 0x12, .flg_cmp = 2
	};
	struct xt_udp udp = { .spts = { 0, 65535 },
			      .dpts = { 80, 80 },
			      .invflags = XT_UDP_INV_DSTPT };

	(void)state;
	assert_int_equal(MATCH("multiport", 1, multi), RULES_DROP);
	multi.invert = 1;
	assert_int_equal(MATCH("multiport", 1, multi), RULES_ACCEPT);
	multi.flags = XT_MULTIPORT_SOURCE;
	assert_int_equal(MATCH("multiport", 1, multi), RULES_DROP);
	assert_int_equal(MATCH("multiport", 7, multi), RULES_UNKNOWN);
	assert_int_equal(MATCH("tcp", 0, tcp), RULES_DROP);
	packet.tcp_flags = 0x12;
	assert_int_equal(MATCH("tcp", 0, tcp), RULES_ACCEPT);
	tcp.option = 2;
	assert_int_equal(MATCH("tcp", 0, tcp), RULES_ACCEPT);
	packet.protocol = IPPROTO_UDP;
	assert_int_equal(MATCH("udp", 0, udp), RULES_ACCEPT);
	udp.invflags = 0;
	assert_int_equal(MATCH("udp", 0, udp), RULES_DROP);
	assert_int_equal(match("udp", 0, &udp, 3), RULES_UNKNOWN);
}

static void flows(void **state)
{
	struct xt_conntrack_mtinfo3 info = { .match_flags = XT_CONNTRACK_STATE,
					     .state_mask = XT_CONNTRACK_STATE_DNAT };
	struct xt_state_info old = { .statemask = XT_STATE_INVALID };
	struct xt_connmark_mtinfo1 mark = { .mark = 1, .mask = 3 };

	(void)state;
	assert_int_equal(MATCH("state", 0, old), RULES_DROP); /* conntrack has not had it */
	assert_int_equal(MATCH("connmark", 1, mark), RULES_ACCEPT);
	packet.ct = (struct rules_ct) { .is_seen = true, .status = IPS_DST_NAT, .mark = 5 };
	assert_int_equal(MATCH("conntrack", 3, info), RULES_DROP);
	info.invert_flags = XT_CONNTRACK_STATE;
	assert_int_equal(MATCH("conntrack", 3, info), RULES_ACCEPT);
	info = (struct xt_conntrack_mtinfo3) { .match_flags = XT_CONNTRACK_DIRECTION };
	assert_int_equal(MATCH("conntrack", 3, info), RULES_DROP);
	assert_int_equal(MATCH("conntrack", 9, info), RULES_UNKNOWN);
	info.match_flags = XT_CONNTRACK_EXPIRES;
	assert_int_equal(MATCH("conntrack", 3, info), RULES_UNKNOWN);
	assert_int_equal(MATCH("connmark", 1, mark), RULES_DROP);
}

static void addresses_and_marks(void **state)
{
	struct xt_addrtype_info_v1 type = { .dest = XT_ADDRTYPE_LOCAL };
	struct xt_mark_mtinfo1 mark = { .mark = 1, .mask = 1 };

	(void)state;
	assert_int_equal(MATCH("addrtype", 1, type), RULES_DROP);
	type.flags = XT_ADDRTYPE_INVERT_DEST;
	assert_int_equal(MATCH("addrtype", 1, type), RULES_ACCEPT);
	type = (struct xt_addrtype_info_v1) { .source = XT_ADDRTYPE_LOCAL };
	assert_int_equal(MATCH("addrtype", 1, type), RULES_ACCEPT);
	type.flags = 0x10;
	assert_int_equal(MATCH("addrtype", 1, type), RULES_UNKNOWN);
	packet.mark = 3;
	assert_int_equal(MATCH("mark", 1, mark), RULES_DROP);
	packet.known &= ~(uint32_t)RULES_KNOWS_MARK;
	assert_int_equal(MATCH("mark", 1, mark), RULES_UNKNOWN);
}

static void ports_of_bridges(void **state)
{
	struct xt_physdev_info info = { .bitmask = XT_PHYSDEV_OP_ISIN };

	(void)state;
	assert_int_equal(MATCH("physdev", 0, info), RULES_ACCEPT);
	packet.physin = packet.iif;
	assert_int_equal(MATCH("physdev", 0, info), RULES_DROP);
	info.bitmask = XT_PHYSDEV_OP_IN;
	memcpy(info.physindev, "eth0", 4);
	memset(info.in_mask, 0xff, 5);
	assert_int_equal(MATCH("physdev", 0, info), RULES_DROP);
	info.physindev[3] = '9';
	assert_int_equal(MATCH("physdev", 0, info), RULES_ACCEPT);
	/* Routed: what came in by a port leaves by none. */
	info = (struct xt_physdev_info) {
		.bitmask = XT_PHYSDEV_OP_OUT,
		.invert = XT_PHYSDEV_OP_OUT,
		.physoutdev = "eth9",
		.out_mask = "\xff\xff\xff\xff\xff",
	};
	assert_int_equal(MATCH("physdev", 0, info), RULES_ACCEPT);
	packet.physout = packet.oif;
	assert_int_equal(MATCH("physdev", 0, info), RULES_DROP);
	packet.physin = packet.physout = (struct rules_link) { 0 };
	assert_int_equal(MATCH("physdev", 0, info), RULES_DROP);
	packet.known &= ~(uint32_t)RULES_KNOWS_PHYS;
	assert_int_equal(MATCH("physdev", 0, info), RULES_UNKNOWN);
}

static void strangers_are_named(void **state)
{
	struct rules_result result;
	struct rules *rules;

	(void)state;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "match", TEXT(1, "recent"), U32(2, 1), RAW(3, "x", 1));
	EXPR(&dump, "match", TEXT(1, "comment"), U32(2, 0), RAW(3, "x", 1));
	EXPR(&dump, "target", TEXT(1, "MYSTERY"), U32(2, 1), RAW(3, "x", 1));
	result = one_rule_result(&dump, NF_INET_FORWARD, &packet, NULL, &rules);
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_string_equal(result.doubts[0].what, "match recent");
	assert_string_equal(result.doubts[1].what, "target MYSTERY");
	rules_result_done(&result);
	rules_free(rules);
}

static struct rules_result target(const char *name, uint32_t revision, const void *info, size_t len,
				  struct rules **ret_rules)
{
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "target", TEXT(1, name), U32(2, revision), RAW(3, info, len));
	return one_rule_result(&dump, NF_INET_FORWARD, &packet, NULL, ret_rules);
}
#define TARGET(name, revision, info) target((name), (revision), &(info), sizeof(info), &rules)

static void targets_mark_and_refuse(void **state)
{
	struct xt_mark_tginfo2 mark = { .mark = 0x10, .mask = 0xf0 };
	struct xt_connmark_tginfo2 save = { .mode = XT_CONNMARK_SAVE,
					    .ctmask = ~0U,
					    .nfmask = ~0U };
	struct ipt_reject_info reject = { .with = IPT_TCP_RESET };
	struct rules_result result;
	struct rules *rules;

	(void)state;
	packet.mark = 0xff;
	packet.ct.is_seen = true;
	result = TARGET("MARK", 2, mark);
	assert_int_equal(result.packet.mark, 0x1f);
	rules_result_done(&result);
	rules_free(rules);
	result = TARGET("CONNMARK", 2, save);
	assert_int_equal(result.packet.ct.mark, 0xff);
	rules_result_done(&result);
	rules_free(rules);
	result = TARGET("REJECT", 0, reject);
	assert_int_equal(result.verdict, RULES_REJECT);
	assert_true(result.is_reset);
	rules_result_done(&result);
	rules_free(rules);
	result = TARGET("TCPMSS", 0, reject);
	assert_int_equal(result.verdict, RULES_ACCEPT);
	assert_int_equal(result.n_doubts, 0);
	rules_result_done(&result);
	rules_free(rules);
}

static void targets_of_nat(void **state)
{
	struct nf_nat_range range = { .flags = NF_NAT_RANGE_MAP_IPS };
	struct rules_result result;
	struct rules *rules;

	(void)state;
	memcpy(&range.min_addr, "\x0a\2\0\x09", 4);
	range.max_addr = range.min_addr;
	memset(&dump, 0, sizeof(dump));
	dump_table(&dump, NFPROTO_IPV4, "nat");
	dump_base(&dump, "PREROUTING", "nat", NF_INET_PRE_ROUTING, -100, NF_ACCEPT);
	dump_rule(&dump, "PREROUTING", NULL);
	EXPR(&dump, "target", TEXT(1, "DNAT"), U32(2, 1), RAW(3, &range, sizeof(range)));
	result = one_rule_result(&dump, NF_INET_PRE_ROUTING, &packet, NULL, &rules);
	assert_string_equal(ADDR_STR(&result.packet.dst), "10.2.0.9");
	assert_int_equal(result.packet.dport, 80);
	assert_true(result.nat_dst);
	rules_result_done(&result);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, begin)
		TEST(ports),
		TEST(flows),
		TEST(addresses_and_marks),
		TEST(ports_of_bridges),
		TEST(strangers_are_named),
		TEST(targets_mark_and_refuse),
		TEST(targets_of_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
