// SPDX-License-Identifier: GPL-2.0-or-later
// nft_expr.c - rules of model/rules/ruleset.h to libnftnl expressions
#include "kernel/nft_batch.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <string.h>

/* libnftnl does not check the room. */
#define RULE_ROOM 2048 /* the longest rule, with its comment, takes about 700 bytes */

/* A concatenation fills 32-bit registers one after the other. */
#define REGISTER(slot) ((uint32_t)NFT_REG32_00 + (slot))

/* Theory of operation. A rule of the model is a few tests, an action and a comment. Each test loads
 * one or more values into registers side by side and compares them, with a constant or with a set;
 * nftables has no other way. All values go through register 0 and those behind it: a test is
 * finished before the next one loads. The table is of the family inet, so both IPv4 and IPv6
 * packets come by, and an address is read only behind a test of its family.
 *
 * A value is loaded by one of four expressions: meta (of the packet as the kernel sees it), payload
 * (bytes of it), ct (its connection), fib (the routing table). A rule is built as an object of
 * libnftnl and turned into a message at its end. Building cannot fail half-way for the caller:
 * every step that lacks memory sets err, the next ones do nothing, and the message is not made.
 *
 * Expressions of one rule, as a packet meets them:
 *
 *   meta nfproto, cmp     if a test needs a family
 *   load, compare         once for each test
 *   counter               if the rule has one
 *   immediate, nat, ...   the action */

/* A rule being built; err is sticky. rule and table are the caller's. */
struct building {
	struct nftnl_rule *rule;
	const char *table;
	uint8_t family; /* NFPROTO_* the rule has asked for already */
	bool of_bridge; /* the table is of the family bridge */
	int err;
};

/* For _cleanup_. */
static void rule_freep(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

/* What to load from where, and how many bytes of it. Interfaces' names have 16 bytes with zeroes
 * behind them. Sizes are those that the kernel loads. */
static const struct source {
	enum { SOURCE_META, SOURCE_PAYLOAD, SOURCE_CT, SOURCE_CT_ADDR, SOURCE_FIB } kind;
	uint32_t key;	 /* NFT_META_*, payload base, NFT_CT_*, NFT_FIB_RESULT_* */
	uint32_t offset; /* of payload; of CT_ADDR: IP_CT_DIR_*; of FIB: NFTA_FIB_F_* */
	uint8_t len;
	uint8_t family; /* the value exists in packets of this family only; 0: any */
} sources[RULESET_N_VALUES] = {
	[RULESET_VALUE_IIFNAME] = { SOURCE_META, NFT_META_IIFNAME, 0, 16, 0 },
	[RULESET_VALUE_OIFNAME] = { SOURCE_META, NFT_META_OIFNAME, 0, 16, 0 },
	[RULESET_VALUE_IP_SADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER,
				     offsetof(struct iphdr, saddr), 4, NFPROTO_IPV4 },
	[RULESET_VALUE_IP_DADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER,
				     offsetof(struct iphdr, daddr), 4, NFPROTO_IPV4 },
	[RULESET_VALUE_IP6_SADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER,
				      offsetof(struct ip6_hdr, ip6_src), 16, NFPROTO_IPV6 },
	[RULESET_VALUE_IP6_DADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER,
				      offsetof(struct ip6_hdr, ip6_dst), 16, NFPROTO_IPV6 },
	[RULESET_VALUE_L4PROTO] = { SOURCE_META, NFT_META_L4PROTO, 0, 1, 0 },
	/* The same place in TCP, UDP, SCTP and DCCP. */
	[RULESET_VALUE_DPORT] = { SOURCE_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0 },
	[RULESET_VALUE_ICMP_TYPE] = { SOURCE_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0 },
	[RULESET_VALUE_CT_ASKER] = { SOURCE_CT_ADDR, NFT_CT_SRC_IP, IP_CT_DIR_ORIGINAL, 4,
				     NFPROTO_IPV4 },
	[RULESET_VALUE_CT_ASKER6] = { SOURCE_CT_ADDR, NFT_CT_SRC_IP6, IP_CT_DIR_ORIGINAL, 16,
				      NFPROTO_IPV6 },
	[RULESET_VALUE_CT_ANSWERER] = { SOURCE_CT_ADDR, NFT_CT_SRC_IP, IP_CT_DIR_REPLY, 4,
					NFPROTO_IPV4 },
	[RULESET_VALUE_CT_ANSWERER6] = { SOURCE_CT_ADDR, NFT_CT_SRC_IP6, IP_CT_DIR_REPLY, 16,
					 NFPROTO_IPV6 },
	[RULESET_VALUE_IIFTYPE] = { SOURCE_META, NFT_META_IIFTYPE, 0, 2, 0 },
	[RULESET_VALUE_ETHER_SADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_LL_HEADER, 6, 6, 0 },
	/* Where would an answer to the source leave, if it came in here? 0 means: nowhere by this
	 * link. */
	[RULESET_VALUE_WAY_BACK] = { SOURCE_FIB, NFT_FIB_RESULT_OIF,
				     NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, 4, 0 },
	[RULESET_VALUE_ICMP6_TYPE] = { SOURCE_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0 },
	[RULESET_VALUE_CT_STATE] = { SOURCE_CT, NFT_CT_STATE, 0, 4, 0 },
	[RULESET_VALUE_CT_STATUS] = { SOURCE_CT, NFT_CT_STATUS, 0, 4, 0 },
	[RULESET_VALUE_DADDR_TYPE] = { SOURCE_FIB, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, 4,
				       0 },
	[RULESET_VALUE_IIFKIND] = { SOURCE_META, NFT_META_IIFKIND, 0, 16, 0 },
	[RULESET_VALUE_OIFKIND] = { SOURCE_META, NFT_META_OIFKIND, 0, 16, 0 },
	[RULESET_VALUE_FAMILY] = { SOURCE_META, NFT_META_NFPROTO, 0, 1, 0 },
	[RULESET_VALUE_IIFGROUP] = { SOURCE_META, NFT_META_IIFGROUP, 0, 4, 0 },
	[RULESET_VALUE_PROTOCOL] = { SOURCE_META, NFT_META_PROTOCOL, 0, 2, 0 },
	/* Of ARP for IPv4 over Ethernet: the kernel looks at no other (arp_rcv). */
	[RULESET_VALUE_ARP_MAC] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER, 8, 6, 0 },
	[RULESET_VALUE_ARP_ADDR] = { SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER, 14, 4, 0 },
	/* RFC 4861, 4.3 and 4.4. */
	[RULESET_VALUE_ND_TARGET] = { SOURCE_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER, 8, 16, 0 },
};

/* The new expression belongs to the rule. NULL: out of memory, now or earlier. Every function below
 * starts with it, so a check for NULL is enough to skip a step. */
static struct nftnl_expr *expr_new(struct building *building, const char *name)
{
	struct nftnl_expr *expr = building->err < 0 ? NULL : nftnl_expr_alloc(name);

	if (!expr) {
		building->err = -ENOMEM;
		return NULL;
	}
	/* From here on the rule frees it. */
	nftnl_rule_add_expr(building->rule, expr);
	return expr;
}

/* The string is copied. attr is one that holds a text. */
static void expr_str(struct building *building, struct nftnl_expr *expr, uint16_t attr,
		     const char *text)
{
	if (nftnl_expr_set_str(expr, attr, text) < 0)
		building->err = -ENOMEM;
}

/* op is NFT_CMP_*. A packet that fails ends the rule. */
static void add_compare(struct building *building, uint32_t op, const void *data, uint32_t len)
{
	struct nftnl_expr *expr = expr_new(building, "cmp");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	if (nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len) < 0)
		building->err = -ENOMEM;
}

/* register 0 = (register 0 & mask) ^ 0. len is at most 16. */
static void add_mask(struct building *building, const void *mask, uint32_t len)
{
	static const uint8_t zero[16];
	struct nftnl_expr *expr = expr_new(building, "bitwise");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, REGISTER(0));
	/* The mask takes the bits, and nothing is turned over. */
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, len);
	if (nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len) < 0 ||
	    nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, zero, len) < 0)
		building->err = -ENOMEM;
}

/* slot counts registers of 32 bits. key is NFT_META_*. The kernel knows the length of each. */
static void add_meta(struct building *building, uint32_t key, uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "meta");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, REGISTER(slot));
}

/* Bytes are loaded as they are in the packet. One that is too short ends the rule. */
static void add_payload(struct building *building, const struct source *source, uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "payload");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, source->key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, source->offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, source->len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, REGISTER(slot));
}

/* An address of a connection needs a direction; other values have none. */
static void add_ct(struct building *building, const struct source *source, uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "ct");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, source->key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, REGISTER(slot));
	if (source->kind == SOURCE_CT_ADDR)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, (uint8_t)source->offset);
}

/* flags say what is looked up, and result what of the answer is kept. */
static void add_fib(struct building *building, const struct source *source, uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "fib");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, source->offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, source->key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, REGISTER(slot));
}

/* One expression for one value. */
static void add_load(struct building *building, const struct source *source, uint32_t slot)
{
	switch (source->kind) {
	case SOURCE_META:
		add_meta(building, source->key, slot);
		break;
	case SOURCE_PAYLOAD:
		add_payload(building, source, slot);
		break;
	case SOURCE_CT:
	case SOURCE_CT_ADDR:
		add_ct(building, source, slot);
		break;
	case SOURCE_FIB:
		add_fib(building, source, slot);
		break;
	}
}

/* The tables have both families: before an address is read, the packet must be of its family.
 * Values of meta need none: they are there for every packet. */
static void require_family(struct building *building, uint8_t family)
{
	if (family == 0 || building->family == family)
		return;
	/* Once for each rule: what was asked for once holds for all tests behind it. To a bridge
	 * every frame is of its own family. */
	if (building->of_bridge) {
		uint16_t protocol = htons(family == NFPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP);

		add_meta(building, NFT_META_PROTOCOL, 0);
		add_compare(building, NFT_CMP_EQ, &protocol, sizeof(protocol));
	} else {
		add_meta(building, NFT_META_NFPROTO, 0);
		add_compare(building, NFT_CMP_EQ, &family, 1);
	}
	building->family = family;
}

/* Loads the values side by side, each padded to 32 bits, as keys of sets are. A concatenated key is
 * compared whole, so the padding must be there in the set's keys as well. */
static void add_values(struct building *building, const enum ruleset_value *values)
{
	uint32_t slot = 0;

	/* Families first, since their test uses the same register. */
	for (size_t i = 0; i < RULESET_VALUES_MAX; i++)
		require_family(building, sources[values[i]].family);
	for (size_t i = 0; i < RULESET_VALUES_MAX && values[i] != RULESET_VALUE_NONE; i++) {
		add_load(building, &sources[values[i]], slot);
		/* The kernel pads each part of a key to a register. */
		slot += (sources[values[i]].len + 3) / 4;
	}
}

/* The rule goes on if the key is in the set, unless the flag says otherwise. */
static struct nftnl_expr *add_lookup(struct building *building, enum ruleset_set set)
{
	struct nftnl_expr *expr = expr_new(building, "lookup");

	if (!expr)
		return NULL;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, REGISTER(0));
	expr_str(building, expr, NFTNL_EXPR_LOOKUP_SET, ruleset_set_info[set].name);
	return expr;
}

/* The set's key must be what add_values() has loaded. */
static void add_set_test(struct building *building, const struct ruleset_match *match)
{
	struct nftnl_expr *expr = add_lookup(building, match->set);

	if (expr && match->test == RULESET_TEST_NOT_IN)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

/* A prefix becomes a mask and a comparison. Bits of the address beyond the prefix are 0. */
static void add_prefix_test(struct building *building, const struct prefix *prefix)
{
	uint8_t mask[16] = { 0 };
	uint32_t size = addr_size(&prefix->addr);

	for (uint32_t bit = 0; bit < prefix->len; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	/* A whole address needs no mask. */
	if (prefix->len < size * 8)
		add_mask(building, mask, size);
	add_compare(building, NFT_CMP_EQ, prefix->addr.bytes, size);
}

/* What is read from a packet is in network byte order. A number's length is that of the value. */
static void add_number_test(struct building *building, const struct ruleset_match *match)
{
	const struct source *source = &sources[match->value[0]];
	uint32_t op = match->test == RULESET_TEST_NUMBER ? NFT_CMP_EQ : NFT_CMP_NEQ;
	uint16_t two = (uint16_t)match->number;
	uint8_t one = (uint8_t)match->number;

	/* Values of meta and ct are numbers in the host's order, but for that which stands in the
	 * frame. */
	if (source->kind == SOURCE_PAYLOAD || source->key == NFT_META_PROTOCOL)
		two = htons(two);
	/* The kernel compares exactly these lengths: a longer one would read what another load has
	 * left. */
	if (source->len == sizeof(one))
		add_compare(building, op, &one, sizeof(one));
	else if (source->len == sizeof(two))
		add_compare(building, op, &two, sizeof(two));
	else
		add_compare(building, op, &match->number, sizeof(match->number));
}

/* One test: load, then compare. */
static void add_match(struct building *building, const struct ruleset_match *match)
{
	static const uint32_t none;
	char name[16] = { 0 };

	if (match->test == RULESET_TEST_NONE)
		/* Matches are an array of fixed size, and those behind the last one are empty. */
		return;
	/* A test that lacks a family's packet never matches, because require_family() comes
	 * first. */
	add_values(building, match->value);
	switch (match->test) {
	case RULESET_TEST_NONE:
		break;
	case RULESET_TEST_IN:
	case RULESET_TEST_NOT_IN:
		add_set_test(building, match);
		break;
	case RULESET_TEST_PREFIX:
		add_prefix_test(building, &match->prefix);
		break;
	case RULESET_TEST_NAME:
	case RULESET_TEST_NOT_NAME:
		/* Zero to the end: names are compared over all 16 bytes, as the kernel loads
		 * them. */
		memcpy(name, match->name, strnlen(match->name, sizeof(name) - 1));
		add_compare(building, match->test == RULESET_TEST_NAME ? NFT_CMP_EQ : NFT_CMP_NEQ,
			    name, sizeof(name));
		break;
	case RULESET_TEST_NUMBER:
	case RULESET_TEST_NOT_NUMBER:
		add_number_test(building, match);
		break;
	case RULESET_TEST_BITS:
		add_mask(building, &match->number, sizeof(match->number));
		/* "Some bit is set" is "not zero". */
		add_compare(building, NFT_CMP_NEQ, &none, sizeof(none));
		break;
	}
}

/* A verdict is a value in a register of its own. chain is for a jump. */
static void add_verdict(struct building *building, int verdict, const char *chain)
{
	struct nftnl_expr *expr = expr_new(building, "immediate");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		expr_str(building, expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

/* The map's data, an address and for DNAT a port, replaces its key in the registers. lookup reads
 * the map's data into register 0, and nat takes it from there. */
static void add_nat(struct building *building, const struct ruleset_rule *rule)
{
	bool dnat = rule->action == RULESET_ACTION_DNAT;
	bool v6 = ruleset_set_info[rule->set].data[0] == RULESET_FIELD_IPV6;
	struct nftnl_expr *expr;

	/* No test of the family for maps keyed without an address: nat does nothing to the other.
	 */
	add_values(building, rule->value);
	expr = add_lookup(building, rule->set);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, REGISTER(0));
	/* The family of the address. The table is inet, so it has to be said. */
	expr = expr_new(building, "nat");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, dnat ? NFT_NAT_DNAT : NFT_NAT_SNAT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, REGISTER(0));
	if (!dnat)
		return;
	/* Behind the address, which takes one register or four. A register has 32 bits, so an IPv6
	 * address takes four. */
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, REGISTER(v6 ? 4u : 1u));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
}

/* The map's data is the verdict itself. A packet without an element goes on to the next rule. */
static void add_verdict_map(struct building *building, const struct ruleset_rule *rule)
{
	struct nftnl_expr *expr;

	add_values(building, rule->value);
	expr = add_lookup(building, rule->set);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
}

/* The element goes RULESET_COUNTED_S after its last packet. A full set takes no more, which ends
 * the rule: whatever else is to be done with the packet is another one's. dynset adds the key to a
 * set from within a packet's path. */
static void add_count(struct building *building, const struct ruleset_rule *rule)
{
	struct nftnl_expr *expr, *counter;

	add_values(building, rule->value);
	expr = expr_new(building, "dynset");
	/* The expression and its counter are freed by the rule, once both belong to it. */
	counter = expr ? nftnl_expr_alloc("counter") : NULL;
	if (!counter) {
		/* An expression without its counter stays in the rule, which is never sent. */
		building->err = -ENOMEM;
		return;
	}
	/* UPDATE and not ADD: each packet puts the end of the element off. The timeout is that of
	 * the set: each update begins it anew. */
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, REGISTER(0));
	expr_str(building, expr, NFTNL_EXPR_DYNSET_SET_NAME, ruleset_set_info[rule->set].name);
	/* The counter belongs to it from now on. */
	if (nftnl_expr_set(expr, NFTNL_EXPR_DYNSET_EXPR, counter, 0) < 0)
		building->err = -ENOMEM;
}

/* The last expression of a rule. */
static void add_action(struct building *building, const struct ruleset_rule *rule)
{
	switch (rule->action) {
	case RULESET_ACTION_ACCEPT:
		add_verdict(building, NF_ACCEPT, NULL);
		break;
	case RULESET_ACTION_DROP:
		add_verdict(building, NF_DROP, NULL);
		break;
	case RULESET_ACTION_RETURN:
		add_verdict(building, NFT_RETURN, NULL);
		break;
	case RULESET_ACTION_JUMP:
		add_verdict(building, NFT_JUMP, ruleset_chains[rule->target].name);
		break;
	case RULESET_ACTION_MASQUERADE:
		(void)expr_new(building, "masq");
		break;
	case RULESET_ACTION_SNAT:
	case RULESET_ACTION_DNAT:
		add_nat(building, rule);
		break;
	case RULESET_ACTION_VERDICT:
		add_verdict_map(building, rule);
		break;
	case RULESET_ACTION_UNTRACK:
		(void)expr_new(building, "notrack");
		break;
	case RULESET_ACTION_COUNT:
		add_count(building, rule);
		break;
	}
}

/* A comment is shown by nft(8). It is kept as type, length, text with its NUL. */
static void set_comment(struct building *building, const char *comment)
{
	struct nftnl_udata_buf *udata;

	if (!comment)
		return;
	/* Eight bytes for the type, the length and the NUL. */
	udata = nftnl_udata_buf_alloc(RULESET_COMMENT_MAX + 8);
	if (!udata || !nftnl_udata_put_strz(udata, NFTNL_UDATA_RULE_COMMENT, comment) ||
	    nftnl_rule_set_data(building->rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(udata),
				nftnl_udata_buf_len(udata)) < 0)
		building->err = -ENOMEM;
	if (udata)
		nftnl_udata_buf_free(udata);
}

/* The order of expressions is the order in which a packet meets them. */
static void build_rule(struct building *building, const struct ruleset_rule *rule)
{
	if (nftnl_rule_set_str(building->rule, NFTNL_RULE_TABLE, building->table) < 0 ||
	    nftnl_rule_set_str(building->rule, NFTNL_RULE_CHAIN, ruleset_chains[rule->chain].name) <
		    0)
		building->err = -ENOMEM;
	for (size_t i = 0; i < RULESET_MATCHES_MAX; i++)
		add_match(building, &rule->match[i]);
	/* Before the action, so it counts what the action is done to. */
	if (rule->counter)
		(void)expr_new(building, "counter");
	add_action(building, rule);
	set_comment(building, rule->comment);
}

/* The rule is appended to its chain: rules of a chain come in the order of the model's table. 0 or
 * -ENOMEM. What the kernel says to it comes with the answer to the batch. */
int nft_expr_append_rule(struct nft_batch *batch, const char *table,
			 const struct ruleset_rule *rule)
{
	_cleanup_(rule_freep) struct nftnl_rule *out = nftnl_rule_alloc();
	bool of_bridge = rule->chain >= RULESET_N_INET_CHAINS;
	struct building building = { .rule = out, .table = table, .of_bridge = of_bridge };
	struct nlmsghdr *nlh;

	if (!out)
		return -ENOMEM;
	build_rule(&building, rule);
	if (building.err < 0)
		return building.err;
	nlh = nft_batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
			    of_bridge ? NFPROTO_BRIDGE : NFPROTO_INET, RULE_ROOM, "a rule of chain",
			    ruleset_chains[rule->chain].name);
	if (!nlh)
		return -ENOMEM;
	nftnl_rule_nlmsg_build_payload(nlh, out);
	return 0;
}

/* The kernel's option without which such an expression is unknown. It is for a sentence alone. */
static const char *value_needs(enum ruleset_value value)
{
	switch (sources[value].kind) {
	case SOURCE_CT:
	case SOURCE_CT_ADDR:
		return "CONFIG_NFT_CT";
	case SOURCE_FIB:
		return "CONFIG_NFT_FIB_INET";
	case SOURCE_META:
	case SOURCE_PAYLOAD:
		return NULL;
	}
	return NULL;
}

/* The first need that is known; one is enough to say what kernel this is. */
const char *nft_expr_needs(const struct ruleset_rule *rule)
{
	if (rule->action == RULESET_ACTION_DNAT || rule->action == RULESET_ACTION_SNAT)
		return "CONFIG_NFT_NAT";
	if (rule->action == RULESET_ACTION_MASQUERADE)
		return "CONFIG_NFT_MASQ";
	/* notrack is part of conntrack. */
	if (rule->action == RULESET_ACTION_UNTRACK)
		return "CONFIG_NFT_CT";
	for (size_t i = 0; i < RULESET_MATCHES_MAX; i++) {
		const char *needs = value_needs(rule->match[i].value[0]);

		if (needs)
			return needs;
	}
	return NULL;
}
