// SPDX-License-Identifier: GPL-2.0-or-later
// load_ct.c - what expressions load of the flow that a packet belongs to
#include "diag/rules/load.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

/* Theory of operation. What is known of a flow was found out for the question, or changed by
 * rules on the way (struct rules_ct). Each load puts bytes into a register, as the kernel does,
 * or leaves the register unknown, so that a comparison with it says "may be". false is the
 * kernel's NFT_BREAK: the rule does not match. */

/* Where a rule gives no direction. */
#define DIR_NONE 2

/* A packet that conntrack has not seen, does not track or finds invalid has no flow: nothing of
 * a flow can be loaded then. */
bool load_has_flow(const struct way *way)
{
	const struct rules_ct *ct = &way->packet.ct;

	return ct->is_seen && ct->state != RULES_CT_UNTRACKED && ct->state != RULES_CT_INVALID;
}

/* What conntrack has not seen yet counts as invalid. The states are bits, so that a rule can
 * ask for several. */
uint32_t load_ct_state(const struct way *way)
{
	const struct rules_ct *ct = &way->packet.ct;

	/* Before conntrack has seen the packet nothing tells whether it will be tracked. */
	if (ct->state == RULES_CT_UNTRACKED && ct->is_seen)
		return NF_CT_STATE_UNTRACKED_BIT;
	if (!load_has_flow(way))
		return NF_CT_STATE_INVALID_BIT;
	switch (ct->state) {
	case RULES_CT_NEW:
		return NF_CT_STATE_BIT(IP_CT_NEW);
	case RULES_CT_ESTABLISHED:
		return NF_CT_STATE_BIT(IP_CT_ESTABLISHED);
	case RULES_CT_RELATED:
		return NF_CT_STATE_BIT(IP_CT_RELATED);
	/* Both were handled above; a compiler wants every value. */
	case RULES_CT_INVALID:
	case RULES_CT_UNTRACKED:
		break;
	}
	return NF_CT_STATE_INVALID_BIT;
}

/* family 0: any. An address of another family does not match. */
static bool put_address(struct way *way, const struct expr *expr, const struct addr *addr,
			uint8_t family)
{
	if (!addr->family)
		return load_unknown(way, expr, 0);
	if (family && addr->family != family)
		return false;
	return load_put(way, expr, addr->bytes, addr_size(addr));
}

/* Ports are in the order of the wire. A tuple without an address is not known. */
static bool put_port(struct way *way, const struct expr *expr, const struct rules_tuple *tuple,
		     uint16_t port)
{
	uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	if (!tuple->src.family)
		return load_unknown(way, expr, 2);
	return load_put(way, expr, bytes, sizeof(bytes));
}

/* Without a direction the kernel refuses these keys, so only a file asks so. */
static bool load_tuple(struct way *way, const struct expr *expr)
{
	const struct rules_ct *ct = &way->packet.ct;
	/* 1 is the reply's direction. */
	const struct rules_tuple *tuple = expr->dir == 1 ? &ct->reply : &ct->orig;

	if (expr->dir == DIR_NONE)
		return load_unknown(way, expr, 0);
	switch (expr->key) {
	/* The keys without a family are older: the length says which address it is. */
	case NFT_CT_SRC:
		return put_address(way, expr, &tuple->src, 0);
	case NFT_CT_SRC_IP:
		return put_address(way, expr, &tuple->src, AF_INET);
	case NFT_CT_SRC_IP6:
		return put_address(way, expr, &tuple->src, AF_INET6);
	case NFT_CT_DST:
		return put_address(way, expr, &tuple->dst, 0);
	case NFT_CT_DST_IP:
		return put_address(way, expr, &tuple->dst, AF_INET);
	case NFT_CT_DST_IP6:
		return put_address(way, expr, &tuple->dst, AF_INET6);
	case NFT_CT_PROTO_SRC:
		return put_port(way, expr, tuple, tuple->sport);
	case NFT_CT_PROTO_DST:
		return put_port(way, expr, tuple, tuple->dport);
	default:
		return load_unknown(way, expr, 0);
	}
}

/* All but the state need a flow: without one the rule does not match. What is known of a flow is
 * what was found out on the way here; counters, labels and timeouts are not. */
bool load_ct(struct way *way, const struct expr *expr)
{
	const struct rules_packet *packet = &way->packet;
	uint32_t state;
	uint8_t byte;

	/* The state is there even without a flow. */
	if (expr->key == NFT_CT_STATE) {
		state = load_ct_state(way);
		return load_put(way, expr, &state, sizeof(state));
	}
	if (!load_has_flow(way))
		return false;
	switch (expr->key) {
	/* One byte: IP_CT_DIR_ORIGINAL or IP_CT_DIR_REPLY. */
	case NFT_CT_DIRECTION:
		byte = packet->ct.is_reply;
		return load_put(way, expr, &byte, 1);
	case NFT_CT_STATUS:
		return load_put(way, expr, &packet->ct.status, sizeof(packet->ct.status));
	/* 4: how many bytes of the register are not known then. */
	case NFT_CT_MARK:
		if (!(packet->known & RULES_KNOWS_CT_MARK))
			return load_unknown(way, expr, 4);
		return load_put(way, expr, &packet->ct.mark, sizeof(packet->ct.mark));
	/* A packet is of the family of its flow. */
	case NFT_CT_L3PROTOCOL:
		byte = packet->src.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		return load_put(way, expr, &byte, 1);
	case NFT_CT_PROTOCOL:
		return load_put(way, expr, &packet->protocol, 1);
	case NFT_CT_ZONE:
		return load_put(way, expr, &packet->ct.zone, sizeof(packet->ct.zone));
	/* A helper may or may not be set, and its name is not known. */
	case NFT_CT_HELPER:
		return way_decide(way, expr, MAYBE, "the helper of the flow") &&
		       load_unknown(way, expr, 16);
	default:
		return load_tuple(way, expr);
	}
}
