// SPDX-License-Identifier: GPL-2.0-or-later
// test_load.c - what rules see of a packet, its links, its flow and its route
#include "diag/rules/jhash.h"
#include "one_rule.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct dump dump;

/* "meta KEY VALUE drop" at forward, or ct. */
static enum rules_verdict compare(const char *name, uint32_t key, const void *value, size_t len,
				  const struct rules_packet *packet, const char *what)
{
	ONE_RULE(&dump, NFPROTO_INET, NF_INET_FORWARD);
	EXPR(&dump, name, U32(2, key), U32(1, 1)); /* the key is 2, the register 1, in both */
	dump_compare(&dump, NFT_CMP_EQ, value, len);
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, packet, NULL, what);
}
#define META(key, value, packet) compare("meta", (key), (value), sizeof(value) - 1, (packet), NULL)
#define CT(key, value, packet) compare("ct", (key), (value), sizeof(value) - 1, (packet), NULL)

static void links_are_told_by_all_their_traits(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	packet.iif.group = 5;
	assert_int_equal(META(NFT_META_IIFNAME, "eth0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_IIFNAME, "et", &packet), RULES_DROP); /* "et*" */
	assert_int_equal(META(NFT_META_OIFNAME, "eth1\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_IIF, "\2\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_OIF, "\2\0\0\0", &packet), RULES_ACCEPT);
	assert_int_equal(META(NFT_META_IIFGROUP, "\5\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_IIFTYPE, "\1\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_OIFTYPE, "\1\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_IIFKIND, "veth\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_BRI_IIFNAME, "br0", &packet), RULES_ACCEPT);
	memset(&packet.oif, 0, sizeof(packet.oif));
	assert_int_equal(META(NFT_META_OIF, "\0\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_OIFTYPE, "\1\0", &packet), RULES_ACCEPT);
	packet.ibr = packet.iif;
	assert_int_equal(META(NFT_META_BRI_IIFNAME, "eth0\0", &packet), RULES_DROP);
}

static void a_packet_is_told_by_what_it_is(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	packet.mark = 0x10;
	packet.has_socket = true;
	packet.uid = 7;
	assert_int_equal(META(NFT_META_MARK, "\x10\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_LEN, "\x3c\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_L4PROTO, "\6", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_NFPROTO, "\2", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_PROTOCOL, "\x08\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_SKUID, "\7\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_SKGID, "\0\0\0\0", &packet), RULES_DROP);
	assert_int_equal(META(NFT_META_PKTTYPE, "\0", &packet), RULES_DROP);
	packet.has_socket = false;
	assert_int_equal(META(NFT_META_SKUID, "\0\0\0\0", &packet), RULES_ACCEPT);
}

static void what_nobody_knows_is_named(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	packet.known &= ~(uint32_t)(RULES_KNOWS_UID | RULES_KNOWS_MARK);
	assert_int_equal(compare("meta", NFT_META_SKUID, "\0\0\0\0", 4, &packet, "meta skuid"),
			 RULES_UNKNOWN);
	assert_int_equal(compare("meta", NFT_META_MARK, "\0\0\0\0", 4, &packet, "meta mark"),
			 RULES_UNKNOWN);
	assert_int_equal(compare("meta", NFT_META_CPU, "\0\0\0\0", 4, &packet, "meta cpu"),
			 RULES_UNKNOWN);
	assert_int_equal(compare("meta", 77, "\0\0\0\0", 4, &packet, "meta"), RULES_UNKNOWN);
	assert_int_equal(compare("rt", 0, "\0\0\0\0", 4, &packet, "rt"), RULES_UNKNOWN);
}

static void a_flow_is_told_by_its_state(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	packet.ct = (struct rules_ct) { .state = RULES_CT_ESTABLISHED,
					.is_seen = true,
					.is_reply = true,
					.mark = 3,
					.zone = 9,
					.status = IPS_DST_NAT };
	packet.ct.orig.src = packet.dst;
	assert_int_equal(CT(NFT_CT_STATE, "\2\0\0\0", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_DIRECTION, "\1", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_MARK, "\3\0\0\0", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_STATUS, "\x20\0\0\0", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_PROTOCOL, "\6", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_L3PROTOCOL, "\2", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_ZONE, "\x09\0", &packet), RULES_DROP);
	packet.ct.state = RULES_CT_RELATED;
	assert_int_equal(CT(NFT_CT_STATE, "\4\0\0\0", &packet), RULES_DROP);
	packet.ct.state = RULES_CT_UNTRACKED;
	assert_int_equal(CT(NFT_CT_STATE, "\x40\0\0\0", &packet), RULES_DROP);
	assert_int_equal(CT(NFT_CT_MARK, "\3\0\0\0", &packet), RULES_ACCEPT);
	packet.ct.is_seen = false; /* before conntrack all are invalid */
	assert_int_equal(CT(NFT_CT_STATE, "\1\0\0\0", &packet), RULES_DROP);
}

static enum rules_verdict original(uint32_t key, const void *value, size_t len,
				   const struct rules_packet *packet)
{
	ONE_RULE(&dump, NFPROTO_INET, NF_INET_FORWARD);
	EXPR(&dump, "ct", U32(NFTA_CT_KEY, key), U32(NFTA_CT_DREG, 1), U8(NFTA_CT_DIRECTION, 0));
	dump_compare(&dump, NFT_CMP_EQ, value, len);
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, packet, NULL, NULL);
}

static void a_flow_is_told_by_its_ends(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	packet.ct.is_seen = true;
	assert_int_equal(original(NFT_CT_SRC_IP, "\1\2\3\4", 4, &packet), RULES_UNKNOWN);
	packet.ct.orig = (struct rules_tuple) { packet.src, packet.dst, 1, 0x102 };
	assert_int_equal(original(NFT_CT_SRC_IP, "\x0a\1\0\2", 4, &packet), RULES_DROP);
	assert_int_equal(original(NFT_CT_DST, "\x0a\2\0\3", 4, &packet), RULES_DROP);
	assert_int_equal(original(NFT_CT_SRC_IP6, "\x0a\1\0\2", 4, &packet), RULES_ACCEPT);
	assert_int_equal(original(NFT_CT_PROTO_DST, "\1\2", 2, &packet), RULES_DROP);
}

static bool fib(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	*ret_fib = *(struct rules_fib *)data;
	if (asked->wants_type)
		assert_string_equal(ADDR_STR(&asked->addr), "10.2.0.3");
	else
		assert_int_equal(asked->ifindex, 2);
	return true;
}

static enum rules_verdict ask_fib(uint32_t result, uint32_t flags, const void *value, size_t len,
				  const struct rules_ask *ask)
{
	struct rules_packet packet = dump_packet();

	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "fib", U32(NFTA_FIB_DREG, 1), U32(NFTA_FIB_RESULT, result),
	     U32(NFTA_FIB_FLAGS, flags));
	dump_compare(&dump, NFT_CMP_EQ, value, len);
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, &packet, ask, NULL);
}

static void the_fib_is_asked(void **state)
{
	struct rules_fib answer = { .type = RTN_LOCAL, .oif = 2, .oifname = "eth0" };
	struct rules_ask ask = { .fib = fib, .data = &answer };
	uint32_t back = NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF;

	(void)state;
	assert_int_equal(ask_fib(NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, "\2\0\0\0", 4, &ask),
			 RULES_DROP);
	assert_int_equal(ask_fib(NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, "\2\0\0\0", 4, NULL),
			 RULES_UNKNOWN);
	assert_int_equal(ask_fib(NFT_FIB_RESULT_OIF, back, "\2\0\0\0", 4, &ask), RULES_DROP);
	assert_int_equal(ask_fib(NFT_FIB_RESULT_OIFNAME, back, "eth0", 4, &ask), RULES_DROP);
	answer.oif = 0;
	assert_int_equal(ask_fib(NFT_FIB_RESULT_OIF, back | NFTA_FIB_F_PRESENT, "\0", 1, &ask),
			 RULES_DROP);
}

/* Says that it is the last of them that was drawn. */
static bool draw(void *data, const void *which, uint32_t below, uint32_t *ret_number)
{
	assert_non_null(which);
	*ret_number = below - 1;
	return *(bool *)data;
}

static enum rules_verdict ask_number(const char *value, const struct rules_ask *ask)
{
	struct rules_packet packet = dump_packet();

	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "numgen", U32(NFTA_NG_DREG, 1), U32(NFTA_NG_MODULUS, 3),
	     U32(NFTA_NG_TYPE, NFT_NG_RANDOM), U32(NFTA_NG_OFFSET, 4));
	dump_compare(&dump, NFT_CMP_EQ, value, 4);
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, &packet, ask, NULL);
}

static void a_number_that_is_drawn_is_what_who_asks_says(void **state)
{
	bool knows = true;
	struct rules_ask ask = { .draw = draw, .data = &knows };

	(void)state;
	assert_int_equal(ask_number("\6\0\0\0", &ask), RULES_DROP);
	assert_int_equal(ask_number("\5\0\0\0", &ask), RULES_ACCEPT);
	assert_int_equal(ask_number("\6\0\0\0", NULL), RULES_UNKNOWN);
	knows = false;
	assert_int_equal(ask_number("\6\0\0\0", &ask), RULES_UNKNOWN);
}

/* By which the client's address leads to the same always. The number is of the kernel's own:
 * `jhash ip saddr mod N seed 1`. */
static enum rules_verdict ask_hash(uint32_t known, uint32_t below, const char *value,
				   const struct rules_ask *ask)
{
	struct rules_packet packet = dump_packet();

	packet.known = known;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), U32(NFTA_PAYLOAD_OFFSET, 12),
	     U32(NFTA_PAYLOAD_LEN, 4));
	EXPR(&dump, "hash", U32(NFTA_HASH_SREG, 1), U32(NFTA_HASH_DREG, 1), U32(NFTA_HASH_LEN, 4),
	     U32(NFTA_HASH_MODULUS, below), U32(NFTA_HASH_SEED, 1),
	     U32(NFTA_HASH_TYPE, NFT_HASH_JENKINS));
	dump_compare(&dump, NFT_CMP_EQ, value, 4);
	dump_verdict(&dump, NF_DROP, NULL);
	return one_rule_verdict(&dump, NF_INET_FORWARD, &packet, ask, NULL);
}

static void a_hash_of_what_is_known_is_known(void **state)
{
	bool knows = true;
	struct rules_ask ask = { .draw = draw, .data = &knows };
	struct rules_packet packet = dump_packet();
	uint32_t number = jhash_below(jhash_bytes(packet.src.bytes, 4, 1), 1000);
	char value[4];

	(void)state;
	memcpy(value, &number, sizeof(value));
	assert_int_equal(ask_hash(RULES_KNOWS_ALL, 1000, value, NULL), RULES_DROP);
	assert_int_equal(ask_hash(RULES_KNOWS_ALL, 1000, "\xe7\3\0\0", &ask), RULES_ACCEPT);
	assert_int_equal(ask_hash(0, 1000, value, NULL), RULES_UNKNOWN);
	assert_int_equal(ask_hash(0, 1000, "\xe7\3\0\0", &ask), RULES_DROP);
}

static void packets_have_no_extension_headers(void **state)
{
	struct rules_packet packet = dump_packet();

	(void)state;
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "exthdr", U32(NFTA_EXTHDR_DREG, 1), U8(NFTA_EXTHDR_TYPE, 44),
	     U32(NFTA_EXTHDR_FLAGS, 1));
	dump_compare(&dump, NFT_CMP_EQ, "\0", 1);
	dump_verdict(&dump, NF_DROP, NULL);
	assert_int_equal(one_rule_verdict(&dump, NF_INET_FORWARD, &packet, NULL, NULL), RULES_DROP);
	ONE_RULE(&dump, NFPROTO_IPV4, NF_INET_FORWARD);
	EXPR(&dump, "exthdr", U32(NFTA_EXTHDR_DREG, 1), U8(NFTA_EXTHDR_TYPE, 2),
	     U32(NFTA_EXTHDR_LEN, 2), U32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT));
	dump_verdict(&dump, NF_DROP, NULL);
	assert_int_equal(one_rule_verdict(&dump, NF_INET_FORWARD, &packet, NULL, "options of TCP"),
			 RULES_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_that_is_drawn_is_what_who_asks_says),
		cmocka_unit_test(a_hash_of_what_is_known_is_known),
		cmocka_unit_test(links_are_told_by_all_their_traits),
		cmocka_unit_test(a_packet_is_told_by_what_it_is),
		cmocka_unit_test(what_nobody_knows_is_named),
		cmocka_unit_test(a_flow_is_told_by_its_state),
		cmocka_unit_test(a_flow_is_told_by_its_ends),
		cmocka_unit_test(the_fib_is_asked),
		cmocka_unit_test(packets_have_no_extension_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
