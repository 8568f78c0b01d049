// SPDX-License-Identifier: GPL-2.0-or-later
// xt_target.c - targets of xtables: what their bytes mean
#include "diag/rules/xt.h"

#include "base/cleanup.h"
#include "diag/rules/act.h"
#include "diag/rules/load.h"
#include "diag/rules/name.h"
#include "diag/rules/nat.h"

#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <string.h>

/* Theory of operation. Targets come as the struct that iptables made, in host byte order but
 * for addresses and ports. One whose revision or flags are not understood is opaque: it may do
 * anything. Those that only count, log or change what no rule asks about do nothing here. A
 * target either ends the rule with a verdict or lets the packet go on changed; each function
 * here does the same to the way. */

/* Structs have room for both families; which one is meant says the packet. */
static bool is_six(const struct way *way)
{
	return way->packet.src.family == AF_INET6;
}

/* All of NAT's structs begin with these, but for the oldest of IPv4. Addresses and ports are in
 * the order of the wire. Both ends are filled; that only one address was given shows in equal
 * ends. */
static bool take_range(const struct way *way, const struct expr *expr, struct nat_range *ret)
{
	struct nf_nat_range info;
	size_t len = is_six(way) ? 16 : 4;

	if (!TAKE_INFO(expr, info))
		return false;
	*ret = (struct nat_range) { .flags = info.flags, .knows_ports = true };
	ret->min.family = ret->max.family = is_six(way) ? AF_INET6 : AF_INET;
	memcpy(ret->min.bytes, &info.min_addr, len);
	memcpy(ret->max.bytes, &info.max_addr, len);
	ret->min_port = ntohs(info.min_proto.all);
	ret->max_port = ntohs(info.max_proto.all);
	return true;
}

/* The oldest struct has a list of ranges, and the kernel uses the first. More than one cannot
 * be made any more. */
static bool take_old_range(const struct expr *expr, struct nat_range *ret)
{
	struct nf_nat_ipv4_multi_range_compat info;

	if (!TAKE_INFO(expr, info) || info.rangesize != 1)
		return false;
	*ret = (struct nat_range) { .flags = info.range[0].flags, .knows_ports = true };
	ret->min.family = ret->max.family = AF_INET;
	memcpy(ret->min.bytes, &info.range[0].min_ip, 4);
	memcpy(ret->max.bytes, &info.range[0].max_ip, 4);
	ret->min_port = ntohs(info.range[0].min.all);
	ret->max_port = ntohs(info.range[0].max.all);
	return true;
}

/* Those whose revision 0 is of IPv4 and has the oldest struct. A flag that is not understood
 * makes the target opaque. MASQUERADE and REDIRECT have the oldest struct in IPv4 alone. */
static bool take_either(const struct way *way, const struct expr *expr, struct nat_range *ret)
{
	bool is_read = expr->revision == 0 && !is_six(way) ? take_old_range(expr, ret)
							   : take_range(way, expr, ret);

	return is_read && !(ret->flags & ~(uint32_t)NF_NAT_RANGE_MASK);
}

/* SNAT and DNAT have the same struct. Revisions 1 and 2 of IPv4 have the newer one. */
static bool do_nat(struct way *way, const struct expr *expr)
{
	struct nat_range range;

	/* Revision 2 has a base port behind the range, which changes no address. */
	if (expr->revision > 2 || !take_either(way, expr, &range))
		return false;
	/* The two differ in name alone. */
	range.is_src = strcmp(expr->name, "SNAT") == 0;
	nat_range(way, &range);
	return true;
}

/* The address is the link's, so only ports and flags count. iptables gives it a range of no
 * address. */
static bool do_masquerade(struct way *way, const struct expr *expr)
{
	struct nat_range range;

	if (expr->revision != 0 || !take_either(way, expr, &range))
		return false;
	nat_masquerade(way, &range);
	return true;
}

/* The address is the host's own. */
static bool do_redirect(struct way *way, const struct expr *expr)
{
	struct nat_range range;

	if (expr->revision != 0 || !take_either(way, expr, &range))
		return false;
	nat_redirect(way, &range);
	return true;
}

/* Numbers of the target, not of ICMP. false: a number that is not known. The codes of ICMPv6
 * are those of RFC 4443, 3.1. */
static bool refuse_six(struct way *way, uint32_t with)
{
	switch (with) {
	case IP6T_ICMP6_NO_ROUTE:
		act_refuse(way, false, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE);
		return true;
	case IP6T_ICMP6_ADM_PROHIBITED:
		act_refuse(way, false, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN);
		return true;
	case IP6T_ICMP6_ADDR_UNREACH:
		act_refuse(way, false, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR);
		return true;
	case IP6T_ICMP6_NOT_NEIGHBOUR:
		act_refuse(way, false, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE);
		return true;
	case IP6T_ICMP6_PORT_UNREACH:
		act_refuse(way, false, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT);
		return true;
	/* Type and code are not used for a reset. */
	case IP6T_TCP_RESET:
		act_refuse(way, true, 0, 0);
		return true;
	/* 5 and 6 are codes of RFC 4443 that older headers have no name for. */
	case IP6T_ICMP6_POLICY_FAIL:
		act_refuse(way, false, ICMP6_DST_UNREACH, 5);
		return true;
	case IP6T_ICMP6_REJECT_ROUTE:
		act_refuse(way, false, ICMP6_DST_UNREACH, 6);
		return true;
	default:
		return false;
	}
}

/* Numbers of the target again; one that is not in the table is opaque. The default of iptables
 * is port unreachable. */
static bool do_reject(struct way *way, const struct expr *expr)
{
	static const uint8_t codes[] = {
		[IPT_ICMP_NET_UNREACHABLE] = ICMP_NET_UNREACH,
		[IPT_ICMP_HOST_UNREACHABLE] = ICMP_HOST_UNREACH,
		[IPT_ICMP_PROT_UNREACHABLE] = ICMP_PROT_UNREACH,
		[IPT_ICMP_PORT_UNREACHABLE] = ICMP_PORT_UNREACH,
		[IPT_ICMP_NET_PROHIBITED] = ICMP_NET_ANO,
		[IPT_ICMP_HOST_PROHIBITED] = ICMP_HOST_ANO,
		[IPT_ICMP_ADMIN_PROHIBITED] = ICMP_PKT_FILTERED,
	};
	/* The struct begins with a number of 32 bits. */
	uint32_t with;

	if (expr->revision != 0 || !TAKE_INFO(expr, with))
		return false;
	if (is_six(way))
		return refuse_six(way, with);
	/* Echo reply is an old way to refuse, which the kernel does not do any more. */
	if (with >= ARRAY_SIZE(codes) || with == IPT_ICMP_ECHOREPLY)
		return false;
	act_refuse(way, with == IPT_TCP_RESET, ICMP_DEST_UNREACH, codes[with]);
	return true;
}

/* As xtables has it: bits of the mask are cleared, then turned around. An unknown mark of which
 * some bits are set stays unknown as a whole. */
static bool do_mark(struct way *way, const struct expr *expr)
{
	struct xt_mark_tginfo2 info;

	if (expr->revision != 2 || !TAKE_INFO(expr, info))
		return false;
	/* Done to an unknown mark as well; what is known of it says the flag below. */
	way->packet.mark = (way->packet.mark & ~info.mask) ^ info.mark;
	/* Only a mask of all bits makes an unknown mark known. */
	if (info.mask == ~0U)
		way->packet.known |= RULES_KNOWS_MARK;
	return true;
}

/* A shift that is too far leaves nothing. The kernel's own shift would be undefined there. */
static uint32_t shifted(uint32_t mark, const struct xt_connmark_tginfo2 *info)
{
	if (info->shift_bits > 31)
		return 0;
	return info->shift_dir == D_SHIFT_RIGHT ? mark >> info->shift_bits
						: mark << info->shift_bits;
}

/* Revision 1 is 2 without a shift. Older revisions are not made any more. */
static bool take_connmark(const struct expr *expr, struct xt_connmark_tginfo2 *ret)
{
	struct xt_connmark_tginfo1 old;

	if (expr->revision == 2)
		return xt_take_info(expr, ret, sizeof(*ret));
	if (expr->revision != 1 || !TAKE_INFO(expr, old))
		return false;
	*ret = (struct xt_connmark_tginfo2) {
		.ctmark = old.ctmark, .ctmask = old.ctmask, .nfmask = old.nfmask, .mode = old.mode
	};
	return true;
}

/* Three modes: set the flow's mark, save the packet's mark into the flow, restore it from there. */
static bool do_connmark(struct way *way, const struct expr *expr)
{
	struct xt_connmark_tginfo2 info;
	struct rules_packet *packet = &way->packet;
	struct rules_ct *ct = &packet->ct;
	uint32_t both = RULES_KNOWS_MARK | RULES_KNOWS_CT_MARK;

	if (!take_connmark(expr, &info) || info.mode > XT_CONNMARK_RESTORE)
		return false;
	/* Without a flow there is nothing to mark. */
	if (!load_has_flow(way))
		return true;
	switch (info.mode) {
	case XT_CONNMARK_SET:
		/* Whether the result is known is not changed by setting some of its bits. */
		ct->mark = shifted((ct->mark & ~info.ctmask) ^ info.ctmark, &info);
		break;
	case XT_CONNMARK_SAVE:
		/* A mark that is made from an unknown one is not known either. */
		ct->mark = (ct->mark & ~info.ctmask) ^ shifted(packet->mark & info.nfmask, &info);
		if ((packet->known & both) != both)
			packet->known &= ~(uint32_t)RULES_KNOWS_CT_MARK;
		break;
	default:
		packet->mark = (packet->mark & ~info.nfmask) ^
			       shifted(ct->mark & info.ctmask, &info);
		if ((packet->known & both) != both)
			packet->known &= ~(uint32_t)RULES_KNOWS_MARK;
		break;
	}
	return true;
}

/* An old name of CT with a flag. It has no struct. */
static bool do_notrack(struct way *way, const struct expr *expr)
{
	(void)expr;
	act_notrack(way);
	return true;
}

/* A zone that is made from the mark, or of one direction, is one all the same: a flow of its
 * own. The zone counts only before conntrack has the packet. */
static bool do_ct(struct way *way, const struct expr *expr)
{
	uint16_t info[2]; /* flags, zone: how it begins in each revision */

	if (!TAKE_INFO(expr, info) || info[0] & ~XT_CT_MASK)
		return false;
	if (info[0] & (XT_CT_NOTRACK | XT_CT_NOTRACK_ALIAS))
		act_notrack(way);
	/* A packet with a flow keeps it, and its zone. */
	else if (!way->packet.ct.is_seen)
		way->packet.ct.zone = info[1];
	return true;
}

/* It counts, logs or changes something that no rule asks about. LOG and NFLOG tell somebody
 * else, TEE sends a copy, and this packet goes on. */
static bool do_nothing(struct way *way, const struct expr *expr)
{
	(void)way, (void)expr;
	return true;
}

/* Hop limits and classes: what stands in the headers then is not known. A later rule that asks
 * for the field is then undecided. */
static bool do_ttl(struct way *way, const struct expr *expr)
{
	(void)expr;
	bits_forget(&way->image.net, is_six(way) ? 7 : 8, 1);
	return true;
}

/* In IPv6 the class lies across the first two bytes. */
static bool do_tos(struct way *way, const struct expr *expr)
{
	(void)expr;
	bits_forget(&way->image.net, is_six(way) ? 0 : 1, is_six(way) ? 2 : 1);
	return true;
}

/* Targets by name. One that returns false was not understood, and is opaque. A name that is not
 * in the table may do anything. */
static const struct {
	const char *name;
	bool (*run)(struct way *way, const struct expr *expr);
} targets[] = {
	{ "AUDIT", do_nothing },
	{ "CHECKSUM", do_nothing },
	{ "CLASSIFY", do_nothing },
	{ "CONNMARK", do_connmark },
	{ "CT", do_ct },
	{ "DNAT", do_nat },
	{ "DSCP", do_tos },
	{ "HL", do_ttl },
	{ "LED", do_nothing },
	{ "LOG", do_nothing },
	{ "MARK", do_mark },
	{ "MASQUERADE", do_masquerade },
	{ "NFLOG", do_nothing },
	{ "NOTRACK", do_notrack },
	{ "REDIRECT", do_redirect },
	{ "REJECT", do_reject },
	{ "SNAT", do_nat },
	{ "TCPMSS", do_nothing },
	{ "TEE", do_nothing },
	{ "TOS", do_tos },
	{ "TRACE", do_nothing },
	{ "TTL", do_ttl },
};

/* Only a target that was understood ends the search. The doubt names the target. */
bool xt_target(struct way *way, const struct expr *expr)
{
	char what[64];

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (strcmp(targets[i].name, expr->name) == 0 && targets[i].run(way, expr))
			return true;
	return act_opaque(way, expr, name_expr(expr, what, sizeof(what)));
}
