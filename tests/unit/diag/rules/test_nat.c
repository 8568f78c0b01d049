// SPDX-License-Identifier: GPL-2.0-or-later
// test_nat.c - who a packet is from and to after NAT, and its answer
#include "dump.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

static struct dump dump;
static struct rules *rules;

static int begin(void **state)
{
	(void)state;
	memset(&dump, 0, sizeof(dump));
	dump_table(&dump, NFPROTO_IPV4, "t");
	dump_base(&dump, "pre", "nat", NF_INET_PRE_ROUTING, -100, NF_ACCEPT);
	dump_base(&dump, "post", "nat", NF_INET_POST_ROUTING, 100, NF_ACCEPT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rules_free(rules);
	dump_done(&dump);
	return 0;
}

static void load(uint32_t number, const void *bytes, size_t len)
{
	EXPR(&dump, "immediate", U32(NFTA_IMMEDIATE_DREG, number),
	     { 'v', NFTA_IMMEDIATE_DATA, 0, bytes, len });
}

/* dnat to 10.2.0.9:8080 */
static void dnat_rule(const char *chain)
{
	dump_rule(&dump, chain, NULL);
	load(1, "\x0a\2\0\x09", 4);
	load(2, "\x1f\x90", 2);
	EXPR(&dump, "nat", U32(NFTA_NAT_TYPE, NFT_NAT_DNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	     U32(NFTA_NAT_REG_ADDR_MIN, 1), U32(NFTA_NAT_REG_PROTO_MIN, 2));
	dump_end(&dump);
}

static struct rules_packet run(unsigned int hook, const struct rules_packet *packet,
			       const struct rules_ask *ask, struct rules_result *ret_result)
{
	if (!rules)
		rules = dump_decode(&dump);
	assert_int_equal(rules_hook(rules, NFPROTO_IPV4, hook, packet, ask, ret_result), 0);
	return ret_result->packet;
}

static void expect_ends(const struct rules_packet *packet, const char *src, uint16_t sport,
			const char *dst, uint16_t dport)
{
	assert_string_equal(ADDR_STR(&packet->src), src);
	assert_string_equal(ADDR_STR(&packet->dst), dst);
	assert_int_equal(packet->sport, sport);
	assert_int_equal(packet->dport, dport);
}

static bool address(void *data, const struct rules_link *link, const struct addr *to,
		    struct addr *ret_addr)
{
	(void)data;
	assert_string_equal(link->name, "eth1");
	assert_int_equal(to->family, AF_INET);
	return addr_parse("192.0.2.1", ret_addr) == 0;
}

static int forget(void **state)
{
	rules = NULL;
	return begin(state);
}

static void an_answer_goes_back_through_what_was_done(void **state)
{
	struct rules_ask ask = { .address = address };
	struct rules_packet packet = dump_packet(), answer;
	struct rules_result result;

	(void)state;
	dnat_rule("pre");
	dump_rule(&dump, "post", NULL);
	EXPR(&dump, "masq", { 0 });
	dump_end(&dump);
	packet = run(NF_INET_PRE_ROUTING, &packet, &ask, &result);
	assert_true(result.nat_dst);
	expect_ends(&packet, "10.1.0.2", 4000, "10.2.0.9", 8080);
	assert_true(packet.ct.is_seen);
	assert_true(packet.ct.status & IPS_DST_NAT);
	assert_int_equal(packet.ct.orig.dport, 80);
	rules_result_done(&result);
	packet = run(NF_INET_POST_ROUTING, &packet, &ask, &result);
	assert_true(result.nat_src);
	expect_ends(&packet, "192.0.2.1", 4000, "10.2.0.9", 8080);
	rules_result_done(&result);

	rules_answer(&packet, &answer);
	expect_ends(&answer, "10.2.0.9", 8080, "192.0.2.1", 4000);
	assert_int_equal(answer.ct.state, RULES_CT_ESTABLISHED);
	answer = run(NF_INET_PRE_ROUTING, &answer, &ask, &result);
	assert_int_equal(result.n_steps, 0); /* chains are asked once a flow */
	expect_ends(&answer, "10.2.0.9", 8080, "10.1.0.2", 4000);
	rules_result_done(&result);
	answer = run(NF_INET_POST_ROUTING, &answer, &ask, &result);
	expect_ends(&answer, "10.2.0.3", 80, "10.1.0.2", 4000);
	rules_result_done(&result);
}

static void the_first_chain_that_chooses_wins(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_table(&dump, NFPROTO_INET, "foreign");
	dump_base(&dump, "earlier", "nat", NF_INET_PRE_ROUTING, -110, NF_ACCEPT);
	dump_rule(&dump, "earlier", NULL);
	load(1, "\x0a\2\0\x07", 4);
	EXPR(&dump, "nat", U32(NFTA_NAT_TYPE, NFT_NAT_DNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	     U32(NFTA_NAT_REG_ADDR_MIN, 1));
	dump_end(&dump);
	dump.table = "t";
	dump.family = NFPROTO_IPV4;
	dnat_rule("pre");
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	expect_ends(&packet, "10.1.0.2", 4000, "10.2.0.7", 80);
	assert_int_equal(result.n_steps, 1);
	assert_int_equal(result.nat_step, 1);
	assert_int_equal(result.notrack_step, 0);
	rules_result_done(&result);
}

static void without_a_flow_there_is_no_nat(void **state)
{
	struct rules_packet packet = dump_packet(), answer;
	struct rules_result result;

	(void)state;
	dump_base(&dump, "raw", "filter", NF_INET_PRE_ROUTING, -300, NF_ACCEPT);
	dump_rule(&dump, "raw", NULL);
	EXPR(&dump, "notrack", { 0 });
	dump_end(&dump);
	dnat_rule("pre");
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	assert_true(result.is_notracked);
	assert_int_equal(result.notrack_step, 1);
	assert_int_equal(result.nat_step, 0);
	assert_int_equal(packet.ct.state, RULES_CT_UNTRACKED);
	expect_ends(&packet, "10.1.0.2", 4000, "10.2.0.3", 80);
	rules_result_done(&result);
	rules_answer(&packet, &answer);
	assert_int_equal(answer.ct.state, RULES_CT_INVALID); /* a SYN-ACK that nobody asked for */
}

static void a_choice_of_addresses_is_not_known(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_rule(&dump, "pre", NULL);
	load(1, "\x0a\2\0\x07", 4);
	load(2, "\x0a\2\0\x08", 4);
	EXPR(&dump, "nat", U32(NFTA_NAT_TYPE, NFT_NAT_DNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	     U32(NFTA_NAT_REG_ADDR_MIN, 1), U32(NFTA_NAT_REG_ADDR_MAX, 2));
	dump_end(&dump);
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	assert_int_equal(result.verdict, RULES_ACCEPT);
	assert_false(packet.known & RULES_KNOWS_DST);
	assert_true(packet.known & RULES_KNOWS_SRC);
	rules_result_done(&result);
}

static void a_network_is_mapped_onto_another(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_rule(&dump, "pre", NULL);
	load(1, "\x0a\x09\0\0", 4);
	load(2, "\x0a\x09\0\xff", 4);
	EXPR(&dump, "nat", U32(NFTA_NAT_TYPE, NFT_NAT_DNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	     U32(NFTA_NAT_REG_ADDR_MIN, 1), U32(NFTA_NAT_REG_ADDR_MAX, 2),
	     U32(NFTA_NAT_FLAGS, NF_NAT_RANGE_NETMAP));
	dump_end(&dump);
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	expect_ends(&packet, "10.1.0.2", 4000, "10.9.0.3", 80);
	rules_result_done(&result);
}

static void a_port_that_is_allowed_is_kept(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dump_rule(&dump, "pre", NULL);
	load(1, "\0\x50", 2);
	load(2, "\0\x60", 2);
	EXPR(&dump, "redir", U32(NFTA_REDIR_REG_PROTO_MIN, 1), U32(NFTA_REDIR_REG_PROTO_MAX, 2));
	dump_end(&dump);
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	assert_int_equal(packet.dport, 80);
	assert_true(packet.known & RULES_KNOWS_DPORT);
	assert_false(packet.known & RULES_KNOWS_DST); /* nobody says what the link's address is */
	rules_result_done(&result);
	packet = dump_packet();
	packet.dport = 22;
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	assert_false(packet.known & RULES_KNOWS_DPORT);
	rules_result_done(&result);
}

static void which_of_nat_and_a_chain_of_its_priority_is_first_is_not_known(void **state)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;

	(void)state;
	dnat_rule("pre");
	dump_base(&dump, "tied", "filter", NF_INET_PRE_ROUTING, -100, NF_ACCEPT);
	dump_rule(&dump, "tied", NULL);
	dump_port(&dump, IPPROTO_TCP, 80);
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	packet = run(NF_INET_PRE_ROUTING, &packet, NULL, &result);
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_true(result.doubts[0].decides);
	rules_result_done(&result);
}

/* A firewall that lets in only what is established drops these, unless it says so of them. */
static void what_speaks_of_the_link_is_not_tracked(void **state)
{
	static const struct {
		uint8_t type;
		enum rules_ct_state state;
	} types[] = {
		{ 128, RULES_CT_NEW },	     { 129, RULES_CT_NEW },
		{ 130, RULES_CT_UNTRACKED }, { 135, RULES_CT_UNTRACKED },
		{ 136, RULES_CT_UNTRACKED }, { 137, RULES_CT_NEW },
		{ 143, RULES_CT_UNTRACKED },
	};

	(void)state;
	dump_table(&dump, NFPROTO_IPV6, "six");
	dump_base(&dump, "post6", "nat", NF_INET_POST_ROUTING, 100, NF_ACCEPT);
	dump_rule(&dump, "post6", NULL);
	EXPR(&dump, "masq", { 0 });
	dump_end(&dump);
	rules = dump_decode(&dump);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct rules_packet packet = dump_packet();
		struct rules_result result;

		packet.protocol = IPPROTO_ICMPV6;
		packet.icmp_type = types[i].type;
		assert_int_equal(addr_parse("2001:db8::1", &packet.src), 0);
		assert_int_equal(addr_parse("2001:db8::2", &packet.dst), 0);
		assert_int_equal(rules_hook(rules, NFPROTO_IPV6, NF_INET_PRE_ROUTING, &packet, NULL,
					    &result),
				 0);
		assert_true(result.packet.ct.is_seen);
		assert_int_equal(result.packet.ct.state, types[i].state);
		rules_result_done(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, forget, end)
		TEST(an_answer_goes_back_through_what_was_done),
		TEST(the_first_chain_that_chooses_wins),
		TEST(without_a_flow_there_is_no_nat),
		TEST(a_choice_of_addresses_is_not_known),
		TEST(a_network_is_mapped_onto_another),
		TEST(a_port_that_is_allowed_is_kept),
		TEST(what_speaks_of_the_link_is_not_tracked),
		TEST(which_of_nat_and_a_chain_of_its_priority_is_first_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
