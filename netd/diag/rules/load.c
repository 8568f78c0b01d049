// SPDX-License-Identifier: GPL-2.0-or-later
// load.c - what expressions load into registers: the packet and its links
#include "diag/rules/load.h"

#include "diag/rules/jhash.h"
#include "diag/rules/name.h"

#include <linux/if_ether.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. An expression that loads writes a value into a register, or says that
 * the rule does not match (false), as the kernel does by NFT_BREAK. The third case is a value
 * that nobody knows: then the register becomes unknown, and way->unknown has its name, for the
 * doubt that a later comparison may raise. load_unknown() always returns true, because the load
 * itself succeeds. Values are those of the packet at this point of its way: what rules before
 * have written counts. */

/* A value shorter than a word is filled up with zeroes, as the kernel does. */
bool load_put(struct way *way, const struct expr *expr, const void *value, size_t len)
{
	uint8_t word[RULES_BYTES] = { 0 };
	size_t whole = (len + 3) / 4 * 4, at;

	/* A register that is not there is a file's. */
	if (!bits_register(expr->dreg, whole, &at))
		return load_unknown(way, expr, 0);
	memcpy(word, value, len);
	bits_set(&way->regs, at, word, whole);
	return true;
}

/* The same for numbers of each size, in host order. */
static bool store_u8(struct way *way, const struct expr *expr, uint8_t value)
{
	return load_put(way, expr, &value, sizeof(value));
}
static bool store_u16(struct way *way, const struct expr *expr, uint16_t value)
{
	return load_put(way, expr, &value, sizeof(value));
}
static bool store_u32(struct way *way, const struct expr *expr, uint32_t value)
{
	return load_put(way, expr, &value, sizeof(value));
}

/* len 0: it is not known how much would have been written, so all registers are forgotten. The
 * name is what a doubt tells. */
bool load_unknown(struct way *way, const struct expr *expr, size_t len)
{
	size_t at;

	if (len > 0 && bits_register(expr->dreg, (len + 3) / 4 * 4, &at))
		bits_forget(&way->regs, at, (len + 3) / 4 * 4);
	else
		bits_forget(&way->regs, 0, RULES_BYTES);
	name_expr(expr, way->unknown, sizeof(way->unknown));
	return true;
}

/* What numgen and hash would load: exactly, where it follows from what is known; what the caller
 * says, where any number may come. A load with an unknown value matches always, as all do. */
bool load_number(struct way *way, const struct expr *expr)
{
	const struct rules_ask *ask = way->ways->ask;
	uint32_t number;
	size_t from;

	if (expr->size == 0)
		return load_unknown(way, expr, 0);
	if (expr->flags && bits_register(expr->sreg, expr->len, &from) &&
	    bits_are_known(&way->regs, from, expr->len))
		number = jhash_below(jhash_bytes(way->regs.value + from, expr->len, expr->key),
				     expr->size);
	else if (!ask || !ask->draw || !ask->draw(ask->data, expr, expr->size, &number))
		return load_unknown(way, expr, sizeof(number));
	return store_u32(way, expr, number + expr->offset);
}

/* A link that is not there has no name and no number; its other traits keep a rule from
 * matching. "iif" and "iifname" of no link are 0 and "", which compare as such. */
static bool load_link(struct way *way, const struct expr *expr, const struct rules_link *link)
{
	char name[IFNAMSIZ] = { 0 };

	switch (expr->key) {
	case NFT_META_IIF:
	case NFT_META_OIF:
		return store_u32(way, expr, (uint32_t)link->index);
	case NFT_META_OIFTYPE:
		return link->index && store_u16(way, expr, link->type);
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
		return link->index && store_u32(way, expr, link->group);
	case NFT_META_IIFKIND:
	case NFT_META_OIFKIND:
		if (!link->index || !link->kind[0])
			return false;
		memcpy(name, link->kind, strnlen(link->kind, sizeof(name) - 1));
		return load_put(way, expr, name, sizeof(name));
	default:
		memcpy(name, link->name, strnlen(link->name, sizeof(name) - 1));
		return load_put(way, expr, name, sizeof(name));
	}
}

/* Since 5.17 iiftype is the type of the link that has the packet now, which at postrouting is
 * the one that it leaves by; at output it has none yet, or has it already. At other hooks it is
 * the link that it came in by. */
static bool load_type(struct way *way, const struct expr *expr)
{
	const struct rules_packet *packet = &way->packet;
	uint8_t pf = way->ways->pf;
	bool is_ip = pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6;
	const struct rules_link *link = &packet->iif;

	if (is_ip && way->ways->hook == NF_INET_LOCAL_OUT)
		return way_decide(way, expr, MAYBE, "the type of a link at output") &&
		       load_unknown(way, expr, 2);
	if ((is_ip && way->ways->hook == NF_INET_POST_ROUTING) || !link->index)
		link = &packet->oif;
	return link->index && store_u16(way, expr, link->type);
}

/* The user of a socket. A packet that no socket has sent does not match. The caller's own
 * packets have a socket, and routed ones have none. */
static bool load_socket(struct way *way, const struct expr *expr)
{
	const struct rules_packet *packet = &way->packet;

	if (!(packet->known & RULES_KNOWS_UID)) {
		(void)load_unknown(way, expr, 4);
		return true;
	}
	return packet->has_socket &&
	       store_u32(way, expr, expr->key == NFT_META_SKUID ? packet->uid : packet->gid);
}

/* What `meta protocol` loads: a number in the order of the wire. ARP is told by its operation. */
static uint16_t ether_type(const struct rules_packet *packet)
{
	if (packet->arp_op)
		return htons(ETH_P_ARP);
	return htons(packet->src.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* what: the bit of packet->known that says whether the value is known. len is what the kernel
 * writes for that key. */
static bool load_known(struct way *way, const struct expr *expr, uint32_t what, const void *value,
		       size_t len)
{
	if (way->packet.known & what)
		return load_put(way, expr, value, len);
	return load_unknown(way, expr, len);
}

/* Of a port its bridge. Without one a rule does not match. The bridge is a link like others. */
static bool load_bridge(struct way *way, const struct expr *expr, const struct rules_link *bridge)
{
	return bridge->index && load_link(way, expr, bridge);
}

/* The keys of meta. What is not understood is loaded as unknown. */
bool load_meta(struct way *way, const struct expr *expr)
{
	const struct rules_packet *packet = &way->packet;
	uint32_t length = packet->length;

	switch (expr->key) {
	case NFT_META_LEN:
		return load_known(way, expr, RULES_KNOWS_LENGTH, &length, sizeof(length));
	case NFT_META_PROTOCOL:
		return store_u16(way, expr, ether_type(packet));
	case NFT_META_MARK:
		return load_known(way, expr, RULES_KNOWS_MARK, &packet->mark, sizeof(packet->mark));
	case NFT_META_IIF:
	case NFT_META_IIFNAME:
	case NFT_META_IIFGROUP:
	case NFT_META_IIFKIND:
		return load_link(way, expr, &packet->iif);
	case NFT_META_IIFTYPE:
		return load_type(way, expr);
	case NFT_META_OIF:
	case NFT_META_OIFNAME:
	case NFT_META_OIFTYPE:
	case NFT_META_OIFGROUP:
	case NFT_META_OIFKIND:
		return load_link(way, expr, &packet->oif);
	case NFT_META_BRI_IIFNAME:
		return load_bridge(way, expr, &packet->ibr);
	case NFT_META_BRI_OIFNAME:
		return load_bridge(way, expr, &packet->obr);
	case NFT_META_SKUID:
	case NFT_META_SKGID:
		return load_socket(way, expr);
	case NFT_META_NFPROTO:
		return store_u8(way, expr, way->ways->pf);
	case NFT_META_L4PROTO:
		/* ARP has no transport protocol, and the expression does not match. */
		return !packet->arp_op && store_u8(way, expr, packet->protocol);
	case NFT_META_PKTTYPE:
		return load_known(way, expr, RULES_KNOWS_PKTTYPE, &packet->pkttype, 1);
	case NFT_META_SECPATH:
		return load_unknown(way, expr, 1);
	default:
		/* Priority, realm, cpu, cgroup, random, time … Some do not match either. */
		return load_unknown(way, expr, 0);
	}
}

/* Bytes that are there, but not known. The field's name as nft(8) has it, if the place is one
 * that has a name. The name goes into the sentence of a doubt. */
static void name_bytes(struct way *way, const struct expr *expr)
{
	uint8_t protocol = way->packet.protocol;
	bool is_six = way->packet.src.family == AF_INET6;
	bool is_icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
	const char *name = name_field(expr->base, expr->offset, expr->len, is_six, protocol);

	/* At the place of a destination port ICMP has its checksum; see is_good_to_ask() in
	 * lookup.c. */
	if (is_icmp && expr->base == NFT_PAYLOAD_TRANSPORT_HEADER && expr->offset == 2 &&
	    expr->len == 2)
		name = LOAD_CHECKSUM;
	(void)snprintf(way->unknown, sizeof(way->unknown), "%s",
		       name ? name : "bytes of the packet that nobody knows");
}

/* Bytes of a header. There may be no such header, or fewer bytes: then the rule does not match.
 * There is a turn where it is not known which of the two it is. */
bool load_payload(struct way *way, const struct expr *expr)
{
	struct bits bits;
	size_t whole = (expr->len + 3) / 4 * 4, at;
	enum maybe there = image_read(&way->image, expr->base, expr->offset, expr->len, &bits);

	if (there == MAYBE_NO)
		return false;
	/* Whether there are such bytes decides whether the rule matches, so this is a turn. */
	if (there == MAYBE || !bits_register(expr->dreg, whole, &at)) {
		(void)load_unknown(way, expr, 0);
		return way_decide(way, expr, MAYBE, "bytes of the packet that nobody knows");
	}
	bits_copy(&way->regs, at, &bits, 0, whole);
	if (!bits_are_known(&bits, 0, whole))
		name_bytes(way, expr);
	return true;
}

/* Extension headers of IPv6 and options: packets that are asked about have none, but for a
 * SYN's, of which nobody knows. What is asked for of them is mostly whether there is one. */
bool load_exthdr(struct way *way, const struct expr *expr)
{
	bool is_tcp = expr->op == NFT_EXTHDR_OP_TCPOPT;

	if (is_tcp && way->packet.protocol == IPPROTO_TCP) {
		(void)load_unknown(way, expr, expr->len);
		return way_decide(way, expr, MAYBE, "options of TCP");
	}
	if (expr->op > NFT_EXTHDR_OP_IPV4) /* chunks of SCTP and options of DCCP */
		return way_decide(way, expr, MAYBE, "chunks");
	/* Asked is only whether there is one, and there is none. */
	if (expr->flags & NFT_EXTHDR_F_PRESENT)
		return store_u8(way, expr, 0);
	return false;
}

/* The address as the headers have it now. Family 0: not known. A copy of the packet takes the
 * headers' values. */
static struct addr address(const struct way *way, bool is_source)
{
	struct rules_packet packet = way->packet;

	image_to(&way->image, &packet);
	if (!(packet.known & (is_source ? RULES_KNOWS_SRC : RULES_KNOWS_DST)))
		return (struct addr) { 0 };
	return is_source ? packet.src : packet.dst;
}

/* Without a callback the FIB is not known. An unknown address cannot be looked up. ask->fib
 * asks the kernel of the namespace. */
static bool ask_fib(struct way *way, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	const struct rules_ask *ask = way->ways->ask;

	return asked->addr.family && ask && ask->fib && ask->fib(ask->data, asked, ret_fib);
}

/* Shared with addrtype of xtables. false: not known. ifindex 0: by any link. */
bool load_address_type(struct way *way, bool is_source, int ifindex, uint8_t *ret_type)
{
	struct rules_fib_asked asked = {
		.addr = address(way, is_source),
		.ifindex = ifindex,
		.wants_type = true,
	};
	struct rules_fib fib = { 0 };

	if (!ask_fib(way, &asked, &fib))
		return false;
	*ret_type = fib.type;
	return true;
}

/* What was asked for of the link: that there is one, its number, or its name. An absent route
 * has no link, which is 0 and an empty name. */
static bool store_fib_link(struct way *way, const struct expr *expr, const struct rules_fib *fib)
{
	char name[IFNAMSIZ] = { 0 };

	if (expr->flags & NFTA_FIB_F_PRESENT)
		return store_u8(way, expr, fib->oif != 0);
	if (expr->key == NFT_FIB_RESULT_OIF)
		return store_u32(way, expr, (uint32_t)fib->oif);
	memcpy(name, fib->oifname, strnlen(fib->oifname, sizeof(name) - 1));
	return load_put(way, expr, name, sizeof(name));
}

/* The FIB's flags say which address, and which link the answer must be by. A question with a
 * mark needs the packet's mark to be known. */
bool load_fib(struct way *way, const struct expr *expr)
{
	const struct rules_packet *packet = &way->packet;
	bool is_source = expr->flags & NFTA_FIB_F_SADDR;
	int ifindex = expr->flags & NFTA_FIB_F_IIF   ? packet->iif.index
		      : expr->flags & NFTA_FIB_F_OIF ? packet->oif.index
						     : 0;
	struct rules_fib_asked asked = { .addr = address(way, is_source), .ifindex = ifindex };
	struct rules_fib fib = { 0 };
	uint8_t type;

	if (expr->key == NFT_FIB_RESULT_ADDRTYPE) {
		if (load_address_type(way, is_source, ifindex, &type))
			return store_u32(way, expr, type);
		return load_unknown(way, expr, 4);
	}
	/* The other end is a part of the question, as for a policy rule. */
	asked.from = address(way, !is_source);
	if (expr->flags & NFTA_FIB_F_MARK)
		asked.mark = packet->mark;
	if ((expr->flags & NFTA_FIB_F_MARK && !(packet->known & RULES_KNOWS_MARK)) ||
	    !asked.from.family || !ask_fib(way, &asked, &fib))
		return load_unknown(way, expr, 0);
	return store_fib_link(way, expr, &fib);
}
