// SPDX-License-Identifier: GPL-2.0-or-later
// nat.c - what NAT makes of a packet: of the first, by a rule; of those after it, by its flow
#include "diag/rules/nat.h"

#include "diag/rules/load.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

/* Theory of operation. Conntrack keeps two tuples of a flow: the first packet's ends, and those
 * that its answers have. NAT is the difference between them. A rule of a NAT chain sees the first
 * packet only, and what it chooses goes into the second tuple; all packets after that one are
 * changed by the tuples alone, each half of it at its hook: the destination where a packet comes in
 * or starts, the source where it ends or leaves. So the answer to a packet that came through can be
 * walked with nothing but the flow that the walk of the first packet left behind.
 *
 * Where a rule leaves a choice (a range of addresses, a port out of many) the kernel decides by
 * what is in use. That is not looked up here: the end is not known from there on. */

/* Where an end of the packet stands in its headers. */
static size_t address_at(const struct way *way, bool is_src)
{
	if (way->packet.src.family == AF_INET6)
		return is_src ? 8 : 24;
	return is_src ? 12 : 16;
}

/* Protocols whose header begins with two ports. */
static bool has_ports(const struct way *way)
{
	uint8_t protocol = way->packet.protocol;

	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

/* The packet's ends as a tuple; an address that is not known has no family. */
static struct rules_tuple ends(const struct way *way)
{
	struct rules_packet packet = way->packet;
	struct rules_tuple tuple = { 0 };

	/* The headers as they are now, with what rules have written. */
	image_to(&way->image, &packet);
	if (packet.known & RULES_KNOWS_SRC)
		tuple.src = packet.src;
	if (packet.known & RULES_KNOWS_DST)
		tuple.dst = packet.dst;
	tuple.sport = packet.sport;
	tuple.dport = packet.dport;
	/* Conntrack has an echo's id in the place of ports. */
	if (packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6)
		tuple.sport = tuple.dport = packet.echo_id;
	return tuple;
}

/* The ends of an answer. */
static struct rules_tuple turned(const struct rules_tuple *tuple)
{
	return (struct rules_tuple) {
		.src = tuple->dst, .dst = tuple->src, .sport = tuple->dport, .dport = tuple->sport
	};
}

/* ARP on a bridge, and of ICMPv6 what speaks of the link: groups (130 to 132, 143), routers and
 * neighbours (133 to 136). */
static bool is_never_tracked(const struct rules_packet *packet)
{
	uint8_t type = packet->icmp_type;

	if (packet->arp_op)
		return true;
	/* A type that is not known may be any, and is taken for one that is tracked. */
	return packet->protocol == IPPROTO_ICMPV6 && (packet->known & RULES_KNOWS_ICMP) &&
	       ((type >= 130 && type <= 136) || type == 143);
}

/* A packet of a flow that is known already brings its tuples along: they were found out by
 * whoever walked the first one. Fills orig and reply of a new flow. */
void nat_track(struct way *way)
{
	struct rules_ct *ct = &way->packet.ct;

	if (ct->is_seen)
		return; /* the other end of loopback, or not tracked by a rule */
	ct->is_seen = true;
	if (ct->state != RULES_CT_NEW)
		return;
	if (is_never_tracked(&way->packet)) {
		ct->state = RULES_CT_UNTRACKED;
		return;
	}
	ct->orig = ends(way);
	ct->reply = turned(&ct->orig);
	/* A new flow has the mark 0. */
	ct->mark = 0;
	way->packet.known |= RULES_KNOWS_CT_MARK;
}

/* An address of the other family stands for one that is not known. Ports are written as they
 * are known; an unknown one stays unknown in the header's own bits. */
static void set_end(struct way *way, bool is_src, const struct addr *addr, uint16_t port)
{
	size_t at = address_at(way, is_src);

	if (addr->family == way->packet.src.family)
		bits_set(&way->image.net, at, addr->bytes, addr_size(addr));
	else
		bits_forget(&way->image.net, at, addr_size(&way->packet.src));
	if (has_ports(way))
		bits_set_u16(&way->image.transport, is_src ? 0 : 2, port);
}

/* The ends of an answer are the first packet's, the other way round, and that of a later packet
 * those that answers go to: what the kernel calls the inverse of the other direction's tuple.
 * is_src: the half that is changed at this hook. */
void nat_apply(struct way *way, bool is_src)
{
	const struct rules_ct *ct = &way->packet.ct;
	const struct rules_tuple *other = ct->is_reply ? &ct->orig : &ct->reply;

	/* Without NAT this changes nothing: the tuples are each other's mirror. */
	if (!load_has_flow(way) || !other->src.family || !other->dst.family)
		return;
	if (is_src)
		set_end(way, true, &other->dst, other->dport);
	else
		set_end(way, false, &other->src, other->sport);
}

/* Bits of their own, for a flow whose chains were asked and chose nothing is done, too: they are
 * not asked again, at this hook or when the packet comes by here a second time. */
void nat_settle(struct way *way, bool is_src)
{
	way->packet.ct.status |= is_src ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
}

/* Of a flow that is settled no chain is asked. */
bool nat_is_settled(const struct way *way, bool is_src)
{
	return way->packet.ct.status & (is_src ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE);
}

/* The prefix of one network instead of another's keeps the bits behind it, known or not.
 * Nothing is chosen where only ports are given. */
static void choose_address(struct way *way, const struct nat_range *range)
{
	size_t at = address_at(way, range->is_src), len = addr_size(&way->packet.src);

	if (!(range->flags & NF_NAT_RANGE_MAP_IPS))
		return;
	/* An end of the other family stands for an address that is not known. */
	if (range->min.family != way->packet.src.family || range->max.family != range->min.family) {
		bits_forget(&way->image.net, at, len);
		return;
	}
	/* The bits in which both ends of the range differ are those that stay. */
	if (range->flags & NF_NAT_RANGE_NETMAP) {
		uint8_t mask[16], base[16];

		for (size_t i = 0; i < len; i++) {
			mask[i] = range->min.bytes[i] ^ range->max.bytes[i];
			base[i] = range->min.bytes[i] & (uint8_t)~mask[i];
		}
		bits_mask(&way->image.net, at, at, mask, base, len);
	} else if (addr_equal(&range->min, &range->max)) {
		bits_set(&way->image.net, at, range->min.bytes, len);
	} else {
		bits_forget(&way->image.net, at, len);
	}
}

/* The kernel keeps a port that is allowed as long as nobody else has it with these ends. A
 * range of one port is that port. */
static void choose_port(struct way *way, const struct nat_range *range)
{
	struct bits *bits = &way->image.transport;
	size_t at = range->is_src ? 0 : 2;
	uint8_t min[2] = { (uint8_t)(range->min_port >> 8), (uint8_t)range->min_port };
	uint8_t max[2] = { (uint8_t)(range->max_port >> 8), (uint8_t)range->max_port };
	bool is_random = range->flags & NF_NAT_RANGE_PROTO_RANDOM_ALL;
	bool is_known = range->knows_ports && !(range->flags & NF_NAT_RANGE_PROTO_OFFSET);

	if (!has_ports(way))
		return;
	/* No port was given: the kernel keeps it, unless it is told to choose at random. */
	if (!(range->flags & NF_NAT_RANGE_PROTO_SPECIFIED)) {
		if (is_random && range->is_src)
			bits_forget(bits, at, 2);
		return;
	}
	if (is_known && range->min_port == range->max_port)
		bits_set(bits, at, min, 2);
	else if (!is_known || is_random || bits_between(bits, at, min, max, 2) != MAYBE_YES)
		bits_forget(bits, at, 2);
}

/* What answers are sent to, or come from, afterwards. reply has the ends that an answer will
 * have. */
static void keep(struct way *way, bool is_src, bool is_changed)
{
	struct rules_ct *ct = &way->packet.ct;
	struct rules_tuple now = ends(way);

	if (is_src) {
		ct->reply.dst = now.src;
		ct->reply.dport = now.sport;
	} else {
		ct->reply.src = now.dst;
		ct->reply.sport = now.dport;
	}
	/* IPS_SRC_NAT and IPS_DST_NAT say that something was changed; rules may ask for that. */
	if (is_changed)
		ct->status |= is_src ? IPS_SRC_NAT : IPS_DST_NAT;
	nat_settle(way, is_src);
}

/* What a rule has chosen. A verdict ends the chain, as in the kernel. */
void nat_range(struct way *way, const struct nat_range *range)
{
	struct rules_tuple before = ends(way), after;

	way->verdict = (struct verdict) { .code = NF_ACCEPT };
	/* Outside of NAT's own stage, or for another packet than the first, the rule chooses
	 * nothing. */
	if (!way->is_new_nat)
		return;
	choose_address(way, range);
	choose_port(way, range);
	after = ends(way);
	way->did_nat = true;
	keep(way, range->is_src, memcmp(&before, &after, sizeof(before)) != 0);
	if (range->is_src)
		way->result->nat_src = true;
	else
		way->result->nat_dst = true;
}

/* The judge knows addresses of links; without it none is known. */
static bool ask_address(struct way *way, const struct rules_link *link, const struct addr *to,
			struct addr *ret_addr)
{
	const struct rules_ask *ask = way->ways->ask;

	return ask && ask->address && ask->address(ask->data, link, to, ret_addr);
}

/* Which address that is depends on where the packet goes, so the link and the destination are
 * asked for, as the kernel asks inet_select_addr(). The source becomes one of the link that the
 * packet leaves by. */
void nat_masquerade(struct way *way, const struct nat_range *given)
{
	struct nat_range range = *given;
	struct rules_tuple now = ends(way);
	struct addr to = now.dst.family ? now.dst
					: (struct addr) { .family = way->packet.src.family };

	range.is_src = true;
	range.flags |= NF_NAT_RANGE_MAP_IPS;
	if (ask_address(way, &way->packet.oif, &to, &range.min))
		range.max = range.min;
	else
		/* An address of family 0 makes the source unknown. */
		range.min = range.max = (struct addr) { 0 };
	nat_range(way, &range);
}

/* To the host itself: for what starts here that is loopback, for what comes in the address of the
 * link that it came by. */
void nat_redirect(struct way *way, const struct nat_range *given)
{
	struct nat_range range = *given;
	struct addr to = { .family = way->packet.src.family };

	range.is_src = false;
	range.flags |= NF_NAT_RANGE_MAP_IPS;
	/* At output the packet goes to the host's own loopback. */
	if (way->ways->hook == NF_INET_LOCAL_OUT) {
		range.min.family = to.family;
		if (to.family == AF_INET6)
			range.min.bytes[15] = 1;
		else
			memcpy(range.min.bytes, (uint8_t[]) { 127, 0, 0, 1 }, 4);
	} else if (!ask_address(way, &way->packet.iif, &to, &range.min)) {
		range.min = (struct addr) { 0 };
	}
	range.max = range.min;
	nat_range(way, &range);
}

/* Registers hold what an immediate or a map put there. Family 0: not known. */
static void take_address(const struct way *way, uint32_t number, struct addr *ret_addr)
{
	size_t len = addr_size(&way->packet.src), at;

	*ret_addr = (struct addr) { 0 };
	if (!bits_register(number, len, &at) || !bits_are_known(&way->regs, at, len))
		return;
	ret_addr->family = way->packet.src.family;
	memcpy(ret_addr->bytes, way->regs.value + at, len);
}

/* false: not known, and the range is then unknown as a whole. */
static bool take_port(const struct way *way, uint32_t number, uint16_t *ret_port)
{
	size_t at;

	if (!bits_register(number, 2, &at) || !bits_are_known(&way->regs, at, 2))
		return false;
	*ret_port = (uint16_t)(way->regs.value[at] << 8 | way->regs.value[at + 1]);
	return true;
}

/* A rule without registers for ports leaves them alone. */
static void take_ports(const struct way *way, const struct expr *expr, struct nat_range *range)
{
	if (!expr->proto_min)
		return;
	range->flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
	range->knows_ports = take_port(way, expr->proto_min, &range->min_port) &&
			     take_port(way, expr->proto_max, &range->max_port);
}

/* nat, masq and redir: the same registers, and three ways to the address. */
void nat_run(struct way *way, const struct expr *expr)
{
	struct nat_range range = { .flags = expr->flags };

	take_ports(way, expr, &range);
	if (expr->kind == EXPR_MASQ) {
		nat_masquerade(way, &range);
		return;
	}
	if (expr->kind == EXPR_REDIR) {
		nat_redirect(way, &range);
		return;
	}
	/* In a table of both families a rule may be about the other one. */
	if (expr->family != NFPROTO_INET && expr->family != way->ways->pf)
		return;
	range.is_src = expr->type == NFT_NAT_SNAT;
	/* Without an address only ports are changed. */
	if (expr->addr_min) {
		range.flags |= NF_NAT_RANGE_MAP_IPS;
		take_address(way, expr->addr_min, &range.min);
		take_address(way, expr->addr_max, &range.max);
	}
	nat_range(way, &range);
}
