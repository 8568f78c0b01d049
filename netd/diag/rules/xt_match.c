// SPDX-License-Identifier: GPL-2.0-or-later
// xt_match.c - matches of xtables: what their bytes mean
#include "diag/rules/xt.h"

#include "base/cleanup.h"
#include "diag/rules/load.h"
#include "diag/rules/name.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <string.h>

/* Theory of operation. The kernel hands over the struct that the match was made with, in host
 * byte order but for addresses and some ports. Each match here gives MAYBE for what it does not
 * know of the packet, and for bits of its struct that it does not understand. The results of a
 * match's parts are joined by maybe_and(), so one part that says no decides, whatever is not
 * known of the others. A revision that is not known is another layout: its bytes are not looked
 * at. */

/* a ^ b for what may not be known. Inverting what is not known leaves it unknown. xtables has a
 * bit for turning around in almost every match. */
static enum maybe flip(enum maybe maybe, bool is_inverted)
{
	return is_inverted ? maybe_not(maybe) : maybe;
}

/* Source and destination port are the first four bytes. No transport header: not known. The
 * image has what is known of a header; ports that rules have changed are in it. */
static enum maybe port_between(const struct way *way, bool is_source, uint16_t from, uint16_t to)
{
	uint8_t min[2] = { (uint8_t)(from >> 8), (uint8_t)from };
	uint8_t max[2] = { (uint8_t)(to >> 8), (uint8_t)to };
	struct bits bits;

	if (image_read(&way->image, NFT_PAYLOAD_TRANSPORT_HEADER, is_source ? 0 : 2, 2, &bits) !=
	    MAYBE_YES)
		return MAYBE;
	return bits_between(&bits, 0, min, max, 2);
}

/* A comment matches always. iptables has put it there for people. */
static enum maybe match_comment(struct way *way, const struct expr *expr)
{
	(void)way, (void)expr;
	return MAYBE_YES;
}

/* One type for an address, as IPv4 has it; the mask says which are wanted. Types beyond 11 do
 * not exist. ifindex 0: by any link. */
static enum maybe address_type(struct way *way, bool is_source, uint16_t mask, bool is_inverted,
			       int ifindex)
{
	uint8_t type;

	/* No bit of the mask: this side was not asked for. */
	if (!mask)
		return MAYBE_YES;
	if (!load_address_type(way, is_source, ifindex, &type) || type > 11)
		return MAYBE;
	return flip(maybe_if(mask & 1U << type), is_inverted);
}

/* IPv6 has no one type for an address: bits of the mask are asked one after the other, and an
 * own address is of one host, too. Several bits must all be true. */
static enum maybe address_type_six(struct way *way, bool is_source, uint16_t mask, bool is_inverted,
				   int ifindex)
{
	/* These three are told by the kernel's route for the address. */
	uint16_t by_route = XT_ADDRTYPE_ANYCAST | XT_ADDRTYPE_LOCAL | XT_ADDRTYPE_UNREACHABLE;
	struct rules_packet packet = way->packet;
	const struct addr *addr = is_source ? &packet.src : &packet.dst;
	enum maybe result = MAYBE_YES;
	uint8_t type;

	if (!mask)
		return MAYBE_YES;
	/* Rules may have changed the address. */
	image_to(&way->image, &packet);
	if (!(packet.known & (is_source ? RULES_KNOWS_SRC : RULES_KNOWS_DST)))
		return MAYBE;
	if ((mask & XT_ADDRTYPE_MULTICAST && !addr_is_multicast(addr)) ||
	    (mask & XT_ADDRTYPE_UNICAST && (addr_is_multicast(addr) || addr_is_any(addr))) ||
	    (mask & XT_ADDRTYPE_UNSPEC && !addr_is_any(addr)))
		result = MAYBE_NO;
	else if (mask & by_route)
		result = load_address_type(way, is_source, ifindex, &type) && type <= 11
				 ? maybe_if(mask & by_route & 1U << type)
				 : MAYBE;
	return flip(result, is_inverted);
}

/* Both families have a match of the same name. */
static enum maybe address_type_of(struct way *way, bool is_source, uint16_t mask, bool is_inverted,
				  int ifindex)
{
	if (way->packet.src.family == AF_INET6)
		return address_type_six(way, is_source, mask, is_inverted, ifindex);
	return address_type(way, is_source, mask, is_inverted, ifindex);
}

/* Revision 1 is the one that iptables uses; older ones are not made any more. The flags are
 * looked at as a whole: one that is not known here makes the match unknown. */
static enum maybe match_addrtype(struct way *way, const struct expr *expr)
{
	struct xt_addrtype_info_v1 info;
	int ifindex = 0;

	if (expr->revision != 1 || !TAKE_INFO(expr, info) || info.flags > 0xf)
		return MAYBE;
	/* Only by one link, if the flags say so. */
	if (info.flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
		ifindex = way->packet.iif.index;
	else if (info.flags & XT_ADDRTYPE_LIMIT_IFACE_OUT)
		ifindex = way->packet.oif.index;
	return maybe_and(address_type_of(way, true, info.source,
					 info.flags & XT_ADDRTYPE_INVERT_SOURCE, ifindex),
			 address_type_of(way, false, info.dest,
					 info.flags & XT_ADDRTYPE_INVERT_DEST, ifindex));
}

/* An address of a tuple under a mask. The family of the tuple says how many bytes count. An
 * address that is not known decides nothing. */
static enum maybe tuple_address(const struct addr *addr, const union nf_inet_addr *other,
				const union nf_inet_addr *mask)
{
	const uint8_t *want = (const uint8_t *)other, *bits = (const uint8_t *)mask;

	if (!addr->family)
		return MAYBE;
	for (size_t i = 0; i < addr_size(addr); i++)
		if ((addr->bytes[i] ^ want[i]) & bits[i])
			return MAYBE_NO;
	return MAYBE_YES;
}

/* Bits of the state, with two more for NAT. */
static enum maybe ct_state(const struct way *way, const struct xt_conntrack_mtinfo3 *info)
{
	uint32_t bits = load_ct_state(way);

	/* The bit for what is not tracked is another here. */
	if (bits == NF_CT_STATE_UNTRACKED_BIT)
		bits = XT_CONNTRACK_STATE_UNTRACKED;
	if (load_has_flow(way) && way->packet.ct.status & IPS_SRC_NAT)
		bits |= XT_CONNTRACK_STATE_SNAT;
	if (load_has_flow(way) && way->packet.ct.status & IPS_DST_NAT)
		bits |= XT_CONNTRACK_STATE_DNAT;
	return maybe_if(info->state_mask & bits);
}

/* Each part of the match stands alone, and may be turned around alone. The bit of the part says
 * which; ports are in the order of the host since revision 3. */
static enum maybe ct_part(const struct way *way, const struct xt_conntrack_mtinfo3 *info,
			  uint16_t part)
{
	/* Read only where there is a flow: match_conntrack sees to that for all but the state. */
	const struct rules_ct *ct = &way->packet.ct;

	switch (part) {
	case XT_CONNTRACK_STATE:
		return ct_state(way, info);
	case XT_CONNTRACK_DIRECTION:
		return maybe_if(!ct->is_reply);
	case XT_CONNTRACK_PROTO:
		return maybe_if(way->packet.protocol == info->l4proto);
	case XT_CONNTRACK_STATUS:
		return maybe_if(ct->status & info->status_mask);
	case XT_CONNTRACK_ORIGSRC:
		return tuple_address(&ct->orig.src, &info->origsrc_addr, &info->origsrc_mask);
	case XT_CONNTRACK_ORIGDST:
		return tuple_address(&ct->orig.dst, &info->origdst_addr, &info->origdst_mask);
	case XT_CONNTRACK_REPLSRC:
		return tuple_address(&ct->reply.src, &info->replsrc_addr, &info->replsrc_mask);
	case XT_CONNTRACK_REPLDST:
		return tuple_address(&ct->reply.dst, &info->repldst_addr, &info->repldst_mask);
	case XT_CONNTRACK_ORIGSRC_PORT:
		return maybe_if(ct->orig.sport >= info->origsrc_port &&
				ct->orig.sport <= info->origsrc_port_high);
	case XT_CONNTRACK_ORIGDST_PORT:
		return maybe_if(ct->orig.dport >= info->origdst_port &&
				ct->orig.dport <= info->origdst_port_high);
	case XT_CONNTRACK_REPLSRC_PORT:
		return maybe_if(ct->reply.sport >= info->replsrc_port &&
				ct->reply.sport <= info->replsrc_port_high);
	case XT_CONNTRACK_REPLDST_PORT:
		return maybe_if(ct->reply.dport >= info->repldst_port &&
				ct->reply.dport <= info->repldst_port_high);
	default:
		return MAYBE; /* how long the flow lasts yet */
	}
}

/* State, direction, addresses and ports of a flow. All parts that are asked for have to be true;
 * each may be turned around by its own bit. */
static enum maybe match_conntrack(struct way *way, const struct expr *expr)
{
	struct xt_conntrack_mtinfo3 info;
	enum maybe result = MAYBE_YES;

	/* Revision 2 differs in ports, and in what follows them. It is copied into the newer
	 * struct, and refused where ports are asked for. */
	memset(&info, 0, sizeof(info));
	if (expr->revision == 2 && expr->info_len >= sizeof(struct xt_conntrack_mtinfo2)) {
		memcpy(&info, expr->info, sizeof(struct xt_conntrack_mtinfo2));
		if (info.match_flags & 0x0f00)
			return MAYBE;
	} else if (expr->revision != 3 || !TAKE_INFO(expr, info)) {
		return MAYBE;
	}
	/* One bit for each part. The alias of the state is no part of its own. */
	for (uint32_t part = 1; part <= XT_CONNTRACK_STATE_ALIAS; part <<= 1) {
		if (!(info.match_flags & part) || part == XT_CONNTRACK_STATE_ALIAS)
			continue;
		/* The kernel's match does not go on without a flow. Without a flow the state is
		 * all that can match. */
		if (part != XT_CONNTRACK_STATE && !load_has_flow(way))
			continue;
		result = maybe_and(result, flip(ct_part(way, &info, (uint16_t)part),
						info.invert_flags & part));
	}
	/* Asked for by parts of a flow alone, of which there is none. */
	if (!load_has_flow(way) && !(info.match_flags & XT_CONNTRACK_STATE))
		return MAYBE_NO;
	/* Bits beyond the known ones make it undecided. */
	return info.match_flags & 0xc000 ? MAYBE : result;
}

/* The older match, with bits as conntrack has them. iptables makes it of "-m state" only where
 * the newer one is not there. */
static enum maybe match_state(struct way *way, const struct expr *expr)
{
	struct xt_state_info info;
	uint32_t bits = load_ct_state(way);

	if (expr->revision != 0 || !TAKE_INFO(expr, info))
		return MAYBE;
	if (bits == NF_CT_STATE_UNTRACKED_BIT)
		bits = XT_STATE_UNTRACKED;
	return maybe_if(info.statemask & bits);
}

/* A port that is flagged begins a range, and the next one ends it. The order of the bytes is
 * that of the host. XT_MULTIPORT_EITHER asks for one of both ports, so any that fits is enough. */
static enum maybe match_multiport(struct way *way, const struct expr *expr)
{
	struct xt_multiport_v1 info;
	/* No port fits until one does. */
	enum maybe result = MAYBE_NO;

	if (expr->revision != 1 || !TAKE_INFO(expr, info) || info.count > XT_MULTI_PORTS ||
	    info.flags > XT_MULTIPORT_EITHER)
		return MAYBE;
	for (size_t i = 0; i < info.count; i++) {
		uint16_t from = info.ports[i], to = from;

		/* A range that begins with the last port has no end, and is that port. */
		if (info.pflags[i] && i + 1 < info.count)
			to = info.ports[++i];
		if (info.flags != XT_MULTIPORT_DESTINATION)
			result = maybe_or(result, port_between(way, true, from, to));
		if (info.flags != XT_MULTIPORT_SOURCE)
			result = maybe_or(result, port_between(way, false, from, to));
	}
	return flip(result, info.invert);
}

/* Flags under a mask, compared with a value. Byte 13 of a TCP header has the flags. */
static enum maybe tcp_flags(const struct way *way, uint8_t mask, uint8_t value)
{
	/* The kernel's operation is (bytes & mask) ^ this, which changes nothing with 0. */
	static const uint8_t none;
	struct bits bits;

	if (image_read(&way->image, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, &bits) != MAYBE_YES)
		return MAYBE;
	bits_mask(&bits, 0, 0, &mask, &none, 1);
	return bits_compare(&bits, 0, NFT_CMP_EQ, &value, 1);
}

/* Ports, flags and options. Whether an option is there is not known. A length of 0 for ports is
 * from 0 to 65535, and always true. */
static enum maybe match_tcp(struct way *way, const struct expr *expr)
{
	struct xt_tcp info;
	enum maybe result;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) || info.invflags > XT_TCP_INV_MASK)
		return MAYBE;
	result = maybe_and(flip(port_between(way, true, info.spts[0], info.spts[1]),
				info.invflags & XT_TCP_INV_SRCPT),
			   flip(port_between(way, false, info.dpts[0], info.dpts[1]),
				info.invflags & XT_TCP_INV_DSTPT));
	if (info.flg_mask || info.flg_cmp)
		result = maybe_and(result, flip(tcp_flags(way, info.flg_mask, info.flg_cmp),
						info.invflags & XT_TCP_INV_FLAGS));
	/* A part that says no still decides, whatever the options of the packet are. */
	return info.option ? maybe_and(result, MAYBE) : result;
}

/* As TCP, without flags. */
static enum maybe match_udp(struct way *way, const struct expr *expr)
{
	struct xt_udp info;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) || info.invflags > XT_UDP_INV_MASK)
		return MAYBE;
	return maybe_and(flip(port_between(way, true, info.spts[0], info.spts[1]),
			      info.invflags & XT_UDP_INV_SRCPT),
			 flip(port_between(way, false, info.dpts[0], info.dpts[1]),
			      info.invflags & XT_UDP_INV_DSTPT));
}

/* icmp and icmp6 have one layout; 255 is any type of the first only. An unknown type or code
 * decides nothing. An ICMP packet of which the type is not known may be any. */
static enum maybe match_icmp(struct way *way, const struct expr *expr)
{
	uint8_t info[4]; /* type, codes from and to, inverted */
	const struct rules_packet *packet = &way->packet;
	bool is_any;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) || info[3] > 1)
		return MAYBE;
	if (!(packet->known & RULES_KNOWS_ICMP))
		return MAYBE;
	/* For icmp6 255 is a type as any other, which no packet has. */
	is_any = info[0] == 0xff && strcmp(expr->name, "icmp") == 0;
	return flip(
		maybe_if(is_any || (packet->icmp_type == info[0] && packet->icmp_code >= info[1] &&
				    packet->icmp_code <= info[2])),
		info[3]);
}

/* The mark must be known as a whole. A mask of 0 would match a mark that nobody knows, and is
 * not worth a case of its own. */
static enum maybe match_mark(struct way *way, const struct expr *expr)
{
	struct xt_mark_mtinfo1 info;

	if (expr->revision != 1 || !TAKE_INFO(expr, info) ||
	    !(way->packet.known & RULES_KNOWS_MARK))
		return MAYBE;
	return flip(maybe_if((way->packet.mark & info.mask) == info.mark), info.invert);
}

/* Without a flow it does not match, whatever it asks for. */
static enum maybe match_connmark(struct way *way, const struct expr *expr)
{
	struct xt_connmark_mtinfo1 info;

	if (!load_has_flow(way))
		return MAYBE_NO;
	if (expr->revision != 1 || !TAKE_INFO(expr, info) ||
	    !(way->packet.known & RULES_KNOWS_CT_MARK))
		return MAYBE;
	return flip(maybe_if((way->packet.ct.mark & info.mask) == info.mark), info.invert);
}

/* How xtables compares names: as far as the mask goes. The name ends in zeros, as far as the
 * array goes. */
static bool is_named(const struct rules_link *link, const char *name, const char *mask)
{
	/* The rule's two arrays have this size; behind the name of a link are zeroes. */
	char own[IFNAMSIZ] = { 0 };

	memcpy(own, link->name, strnlen(link->name, sizeof(own) - 1));
	for (size_t i = 0; i < sizeof(own); i++)
		if ((own[i] ^ name[i]) & mask[i])
			return false;
	return true;
}

/* Whether one option of the match is fulfilled, or was not asked for. is_so: what is true of
 * the packet. */
static bool port_part(const struct xt_physdev_info *info, uint8_t part, bool is_so)
{
	return !(info->bitmask & part) || is_so == !(info->invert & part);
}

/* Which ports a frame came in and leaves by is known of bridged packets only; of all others the
 * options that are asked for are false, or true when turned around. What came in by a port and
 * leaves by none, being routed, has no port out: that is neither so nor not so. false of any
 * option ends it. */
static enum maybe match_physdev(struct way *way, const struct expr *expr)
{
	struct xt_physdev_info info;
	const struct rules_link *in = &way->packet.physin, *out = &way->packet.physout;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) || info.bitmask > XT_PHYSDEV_OP_MASK ||
	    !(way->packet.known & RULES_KNOWS_PHYS))
		return MAYBE;
	/* First what is told by there being a port at all, then its name. */
	if (!port_part(&info, XT_PHYSDEV_OP_BRIDGED, out->index != 0) ||
	    !port_part(&info, XT_PHYSDEV_OP_ISIN, in->index != 0) ||
	    !port_part(&info, XT_PHYSDEV_OP_ISOUT, out->index != 0))
		return MAYBE_NO;
	if (!port_part(&info, XT_PHYSDEV_OP_IN,
		       in->index && is_named(in, info.physindev, info.in_mask)))
		return MAYBE_NO;
	/* A routed packet came in by a port and leaves by none. */
	if (info.bitmask & XT_PHYSDEV_OP_OUT && in->index && !out->index)
		return MAYBE_NO;
	return maybe_if(port_part(&info, XT_PHYSDEV_OP_OUT,
				  out->index && is_named(out, info.physoutdev, info.out_mask)));
}

/* Of a packet without a socket only what was turned around matches. A socket's user is known
 * only where it was sent. info.match ^ info.invert is 0 where everything that is asked for is
 * turned around. */
static enum maybe match_owner(struct way *way, const struct expr *expr)
{
	struct xt_owner_match_info info;
	const struct rules_packet *packet = &way->packet;
	enum maybe result = MAYBE_YES;

	if (expr->revision != 1 || !TAKE_INFO(expr, info) || info.match & ~7 ||
	    !(packet->known & RULES_KNOWS_UID))
		return MAYBE;
	/* A packet that is forwarded, or that the kernel itself has made. */
	if (!packet->has_socket)
		return maybe_if((info.match ^ info.invert) == 0);
	/* "Not from a socket", and it is from one. */
	if (info.match & XT_OWNER_SOCKET && info.invert & XT_OWNER_SOCKET)
		return MAYBE_NO;
	if (info.match & XT_OWNER_UID)
		result = maybe_and(result, maybe_if((packet->uid >= info.uid_min &&
						     packet->uid <= info.uid_max) ^
						    !!(info.invert & XT_OWNER_UID)));
	if (info.match & XT_OWNER_GID)
		result = maybe_and(result, maybe_if((packet->gid >= info.gid_min &&
						     packet->gid <= info.gid_max) ^
						    !!(info.invert & XT_OWNER_GID)));
	return result;
}

/* The source MAC, of what came in by Ethernet. The source stands behind the destination, at
 * byte 6. */
static enum maybe match_mac(struct way *way, const struct expr *expr)
{
	struct xt_mac_info info;
	struct bits bits;
	enum maybe there;

	if (expr->revision != 0 || !TAKE_INFO(expr, info))
		return MAYBE;
	/* Of any other link the bytes in front of the packet are no MAC addresses. */
	if (way->packet.iif.type != ARPHRD_ETHER)
		return MAYBE_NO; /* loopback, whatever stands where a MAC would */
	there = image_read(&way->image, NFT_PAYLOAD_LL_HEADER, 6, 6, &bits);
	if (there != MAYBE_YES)
		return there;
	return flip(bits_compare(&bits, 0, NFT_CMP_EQ, info.srcaddr, 6), info.invert);
}

/* The addresses as they stand in the header now. 8 and 24 are the places in an IPv6 header, 12
 * and 16 those in an IPv4 header. */
static enum maybe address_between(const struct way *way, bool is_source,
				  const union nf_inet_addr *from, const union nf_inet_addr *to)
{
	bool is_six = way->packet.src.family == AF_INET6;
	size_t at = is_six ? (is_source ? 8 : 24) : (is_source ? 12 : 16);

	return bits_between(&way->image.net, at, (const uint8_t *)from, (const uint8_t *)to,
			    is_six ? 16 : 4);
}

/* Source and destination, each with its own inversion. 0x33 are the four flags that there are. */
static enum maybe match_iprange(struct way *way, const struct expr *expr)
{
	struct xt_iprange_mtinfo info;
	enum maybe result = MAYBE_YES;

	if (expr->revision != 1 || !TAKE_INFO(expr, info) || info.flags & ~0x33)
		return MAYBE;
	/* Bounds are addresses in the order of the wire, and belong to the range. */
	if (info.flags & IPRANGE_SRC)
		result = flip(address_between(way, true, &info.src_min, &info.src_max),
			      info.flags & IPRANGE_SRC_INV);
	if (info.flags & IPRANGE_DST)
		result = maybe_and(result,
				   flip(address_between(way, false, &info.dst_min, &info.dst_max),
					info.flags & IPRANGE_DST_INV));
	return result;
}

/* The length of the whole packet, which is mostly not known. */
static enum maybe match_length(struct way *way, const struct expr *expr)
{
	struct xt_length_info info;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) ||
	    !(way->packet.known & RULES_KNOWS_LENGTH))
		return MAYBE;
	return flip(maybe_if(way->packet.length >= info.min && way->packet.length <= info.max),
		    info.invert);
}

/* ttl and hl have one layout, and one meaning of modes. The field stands at another place in
 * IPv6. 7 is the hop limit of IPv6, 8 the TTL of IPv4. */
static enum maybe match_ttl(struct way *way, const struct expr *expr)
{
	/* Modes of xtables as comparisons of nftables. */
	static const uint32_t ops[] = { [IPT_TTL_EQ] = NFT_CMP_EQ,
					[IPT_TTL_NE] = NFT_CMP_NEQ,
					[IPT_TTL_LT] = NFT_CMP_LT,
					[IPT_TTL_GT] = NFT_CMP_GT };
	struct ipt_ttl_info info;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) || info.mode >= ARRAY_SIZE(ops))
		return MAYBE;
	return bits_compare(&way->image.net, way->packet.src.family == AF_INET6 ? 7 : 8,
			    ops[info.mode], &info.ttl, 1);
}

/* For whom the frame was: this host, all, a group. */
static enum maybe match_pkttype(struct way *way, const struct expr *expr)
{
	struct xt_pkttype_info info;

	if (expr->revision != 0 || !TAKE_INFO(expr, info) ||
	    !(way->packet.known & RULES_KNOWS_PKTTYPE))
		return MAYBE;
	return flip(maybe_if(way->packet.pkttype == info.pkttype), info.invert);
}

/* Matches by name; of a name that is not here nothing is known. The caller takes that for MAYBE. */
static const struct {
	const char *name;
	enum maybe (*match)(struct way *way, const struct expr *expr);
} matches[] = {
	{ "addrtype", match_addrtype },
	{ "comment", match_comment },
	{ "conntrack", match_conntrack },
	{ "connmark", match_connmark },
	{ "icmp", match_icmp },
	{ "icmp6", match_icmp },
	{ "iprange", match_iprange },
	{ "length", match_length },
	{ "mac", match_mac },
	{ "mark", match_mark },
	{ "multiport", match_multiport },
	{ "owner", match_owner },
	{ "physdev", match_physdev },
	{ "pkttype", match_pkttype },
	{ "state", match_state },
	{ "tcp", match_tcp },
	{ "ttl", match_ttl },
	{ "hl", match_ttl },
	{ "udp", match_udp },
};

/* A match that is not in the table, or that says MAYBE itself, is named in the doubt. */
bool xt_match(struct way *way, const struct expr *expr)
{
	char what[64];
	enum maybe result = MAYBE;

	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		if (strcmp(matches[i].name, expr->name) == 0)
			result = matches[i].match(way, expr);
	return way_decide(way, expr, result, name_expr(expr, what, sizeof(what)));
}
