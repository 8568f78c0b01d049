// SPDX-License-Identifier: GPL-2.0-or-later
// image.c - the headers of a packet as far as they are known, for rules that read bytes
#include "diag/rules/image.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#define IP4_LEN 20 /* packets that are asked about have no options */
#define IP6_LEN 40
#define TCP_LEN 20
#define UDP_LEN 8
#define ARP_LEN 28

/* Theory of operation. Rules read headers as bytes at offsets, so a packet that is described by its
 * fields is written out as the headers that it would have. What nobody said of it (an
 * identification, a checksum, the flow label) is there as bits that are not known. While a packet
 * is on its way through a hook the headers are what counts: NAT and statements write into them, and
 * in the end they are read back. */

/* All of them, where several are asked for. */
static bool knows(const struct rules_packet *packet, uint32_t what)
{
	return (packet->known & what) == what;
}

/* A link layer header is there at hooks of bridges and devices, and behind them where a packet
 * came in by one. */
static void put_link(const struct rules_packet *packet, struct image *image)
{
	uint16_t type = packet->arp_op			 ? ETH_P_ARP
			: packet->src.family == AF_INET6 ? ETH_P_IPV6
							 : ETH_P_IP;

	/* Whether there is one is not known: reading it is undecided then. */
	image->link_is_unknown = !packet->has_macs && !knows(packet, RULES_KNOWS_MACS);
	if (!packet->has_macs)
		return;
	/* There is a header, of which the MACs may still be unknown. */
	image->link_len = ETH_HLEN;
	if (knows(packet, RULES_KNOWS_MACS)) {
		bits_set(&image->link, 0, packet->dmac.bytes, ETH_ALEN);
		bits_set(&image->link, ETH_ALEN, packet->smac.bytes, ETH_ALEN);
	}
	/* The type stands behind both MACs. */
	bits_set_u16(&image->link, (size_t)2 * ETH_ALEN, type);
}

/* Version 4, and 5 words without options. What stays unknown: length, identification, checksum. */
static void put_ip4(const struct rules_packet *packet, struct image *image)
{
	image->net_len = IP4_LEN;
	bits_set(&image->net, 0, (uint8_t[]) { 0x45 }, 1);
	if (knows(packet, RULES_KNOWS_TOS))
		bits_set(&image->net, 1, &packet->tos, 1);
	if (knows(packet, RULES_KNOWS_LENGTH))
		/* The length of the whole packet, header included. */
		bits_set_u16(&image->net, 2, packet->length);
	/* Not a fragment; whether it may become one is not known. */
	bits_set_u16(&image->net, 6, 0);
	/* 0xbf leaves the bit "don't fragment" open. */
	image->net.known[6] = 0xbf;
	if (knows(packet, RULES_KNOWS_TTL))
		bits_set(&image->net, 8, &packet->ttl, 1);
	bits_set(&image->net, 9, &packet->protocol, 1);
	if (knows(packet, RULES_KNOWS_SRC))
		bits_set(&image->net, 12, packet->src.bytes, 4);
	if (knows(packet, RULES_KNOWS_DST))
		bits_set(&image->net, 16, packet->dst.bytes, 4);
}

/* The class of IPv6 lies across the first two bytes, and the flow label behind it is not known. */
static void put_ip6(const struct rules_packet *packet, struct image *image)
{
	/* No extension headers: a packet that is asked about has none. */
	image->net_len = IP6_LEN;
	if (knows(packet, RULES_KNOWS_TOS))
		bits_set_u16(&image->net, 0, (uint16_t)(0x6000 | packet->tos << 4));
	else
		bits_set(&image->net, 0, (uint8_t[]) { 0x60, 0 }, 2);
	/* The known half of the byte is the class's lower half. */
	image->net.known[1] = knows(packet, RULES_KNOWS_TOS) ? 0xf0 : 0;
	if (!knows(packet, RULES_KNOWS_TOS))
		image->net.known[0] = 0xf0;
	/* The header itself does not count in IPv6's length. */
	if (knows(packet, RULES_KNOWS_LENGTH) && packet->length >= IP6_LEN)
		bits_set_u16(&image->net, 4, (uint16_t)(packet->length - IP6_LEN));
	bits_set(&image->net, 6, &packet->protocol, 1);
	if (knows(packet, RULES_KNOWS_TTL))
		bits_set(&image->net, 7, &packet->ttl, 1);
	if (knows(packet, RULES_KNOWS_SRC))
		bits_set(&image->net, 8, packet->src.bytes, 16);
	if (knows(packet, RULES_KNOWS_DST))
		bits_set(&image->net, 24, packet->dst.bytes, 16);
}

/* Of Ethernet and IPv4, which is the only kind that bridges of ours carry. */
static void put_arp(const struct rules_packet *packet, struct image *image)
{
	/* Hardware type, protocol type, and the lengths of both addresses. */
	static const uint8_t head[] = { 0, 1, 8, 0, ETH_ALEN, 4 };

	/* ARP stands where others have a network header, and has nothing behind it. */
	image->net_len = ARP_LEN;
	bits_set(&image->net, 0, head, sizeof(head));
	/* The sender's MAC and both addresses. The target's MAC is what is asked for. */
	bits_set_u16(&image->net, 6, packet->arp_op);
	if (knows(packet, RULES_KNOWS_MACS))
		bits_set(&image->net, 8, packet->smac.bytes, ETH_ALEN);
	if (knows(packet, RULES_KNOWS_SRC))
		bits_set(&image->net, 14, packet->src.bytes, 4);
	if (knows(packet, RULES_KNOWS_DST))
		bits_set(&image->net, 24, packet->dst.bytes, 4);
}

/* Source and destination port are the first four bytes. */
static void put_ports(const struct rules_packet *packet, struct image *image)
{
	if (knows(packet, RULES_KNOWS_SPORT))
		bits_set_u16(&image->transport, 0, packet->sport);
	if (knows(packet, RULES_KNOWS_DPORT))
		bits_set_u16(&image->transport, 2, packet->dport);
}

/* Ports stand at one place in all protocols that have them. A length follows from IP's. TCP's
 * sequence numbers, window and checksum stay unknown. */
static void put_transport(const struct rules_packet *packet, struct image *image)
{
	size_t net_len = packet->src.family == AF_INET6 ? IP6_LEN : IP4_LEN;

	switch (packet->protocol) {
	case IPPROTO_TCP:
		image->transport_len = TCP_LEN;
		put_ports(packet, image);
		if (knows(packet, RULES_KNOWS_TCP_FLAGS))
			bits_set(&image->transport, 13, &packet->tcp_flags, 1);
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		/* 8 bytes are enough of each: ports, and of UDP a length and a checksum. */
		image->transport_len = UDP_LEN;
		put_ports(packet, image);
		if (packet->protocol == IPPROTO_UDP && knows(packet, RULES_KNOWS_LENGTH) &&
		    packet->length >= net_len)
			bits_set_u16(&image->transport, 4, (uint16_t)(packet->length - net_len));
		break;
	/* One layout for both: what differs is what the types mean. */
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		/* Type, code, checksum (unknown) and the id of an echo. The sequence behind the
		 * id is not known. */
		image->transport_len = UDP_LEN;
		if (!knows(packet, RULES_KNOWS_ICMP))
			break;
		bits_set(&image->transport, 0, &packet->icmp_type, 1);
		bits_set(&image->transport, 1, &packet->icmp_code, 1);
		bits_set_u16(&image->transport, 4, packet->echo_id);
		/* Who advertises says what his own address is at. */
		if (packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == ND_NEIGHBOR_ADVERT &&
		    knows(packet, RULES_KNOWS_SRC)) {
			image->transport_len = sizeof(struct nd_neighbor_advert);
			bits_set(&image->transport, UDP_LEN, packet->src.bytes, 16);
		}
		break;
	default:
		break;
	}
}

/* The headers of a packet that is described by its fields. */
void image_of(const struct rules_packet *packet, struct image *ret_image)
{
	/* All bits unknown, and no header there. */
	memset(ret_image, 0, sizeof(*ret_image));
	put_link(packet, ret_image);
	if (packet->arp_op) {
		put_arp(packet, ret_image);
		return;
	}
	if (packet->src.family == AF_INET6)
		put_ip6(packet, ret_image);
	else
		put_ip4(packet, ret_image);
	put_transport(packet, ret_image);
}

/* Back into the field, if every bit is known, and otherwise the field is not. `what` is the bit
 * in packet->known. */
static void take(struct rules_packet *packet, uint32_t what, const struct bits *bits, size_t at,
		 void *ret_value, size_t len)
{
	if (bits_are_known(bits, at, len)) {
		memcpy(ret_value, bits->value + at, len);
		packet->known |= what;
	} else {
		packet->known &= ~what;
	}
}

/* The field is in host order, and the header in that of the wire. */
static void take_u16(struct rules_packet *packet, uint32_t what, const struct bits *bits, size_t at,
		     uint16_t *ret_value)
{
	/* The old value, which stays when the header does not say another. */
	uint8_t bytes[2] = { (uint8_t)(*ret_value >> 8), (uint8_t)*ret_value };

	take(packet, what, bits, at, bytes, sizeof(bytes));
	*ret_value = (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Whether the first four bytes of the transport header are ports. ICMP's are not. */
static bool has_ports(const struct rules_packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP ||
	       packet->protocol == IPPROTO_UDPLITE || packet->protocol == IPPROTO_SCTP ||
	       packet->protocol == IPPROTO_DCCP;
}

/* ARP is not changed by rules that anyone has, and the class of IPv6 lies across two bytes.
 * Called when the packet leaves the hook, and before its addresses are asked for. */
void image_to(const struct image *image, struct rules_packet *packet)
{
	bool is_six = packet->src.family == AF_INET6;

	if (image->link_len > 0) {
		take(packet, RULES_KNOWS_MACS, &image->link, 0, packet->dmac.bytes, ETH_ALEN);
		/* The second MAC counts only if the first is known, for both have one bit. */
		if (packet->known & RULES_KNOWS_MACS)
			take(packet, RULES_KNOWS_MACS, &image->link, ETH_ALEN, packet->smac.bytes,
			     ETH_ALEN);
	}
	if (packet->arp_op)
		return;
	take(packet, RULES_KNOWS_SRC, &image->net, is_six ? 8 : 12, packet->src.bytes,
	     is_six ? 16 : 4);
	take(packet, RULES_KNOWS_DST, &image->net, is_six ? 24 : 16, packet->dst.bytes,
	     is_six ? 16 : 4);
	take(packet, RULES_KNOWS_TTL, &image->net, is_six ? 7 : 8, &packet->ttl, 1);
	if (!is_six)
		take(packet, RULES_KNOWS_TOS, &image->net, 1, &packet->tos, 1);
	if (!has_ports(packet))
		return;
	take_u16(packet, RULES_KNOWS_SPORT, &image->transport, 0, &packet->sport);
	take_u16(packet, RULES_KNOWS_DPORT, &image->transport, 2, &packet->dport);
	if (packet->protocol == IPPROTO_TCP)
		take(packet, RULES_KNOWS_TCP_FLAGS, &image->transport, 13, &packet->tcp_flags, 1);
}

/* The header that offsets count from. NULL: one that is not written out here (inside a tunnel). */
static const struct bits *part(const struct image *image, uint32_t base, size_t *ret_len)
{
	switch (base) {
	case NFT_PAYLOAD_LL_HEADER:
		*ret_len = image->link_len;
		return &image->link;
	case NFT_PAYLOAD_NETWORK_HEADER:
		*ret_len = image->net_len;
		return &image->net;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		*ret_len = image->transport_len;
		return &image->transport;
	default:
		*ret_len = 0;
		return NULL;
	}
}

/* What follows a header: of the link the network's, and so on; how much there is is not known.
 * Only behind the network header it is known what follows. */
static enum maybe read_behind(const struct image *image, uint32_t base, size_t offset, size_t len,
			      struct bits *ret_bits)
{
	if (base == NFT_PAYLOAD_NETWORK_HEADER && offset >= image->net_len &&
	    image->transport_len > 0 && image->link_len + image->net_len > 0)
		return image_read(image, NFT_PAYLOAD_TRANSPORT_HEADER, offset - image->net_len, len,
				  ret_bits);
	memset(ret_bits, 0, sizeof(*ret_bits));
	return MAYBE;
}

/* MAYBE_NO: there is no such header, and the rule does not match. MAYBE: it is not known
 * whether there is. */
enum maybe image_read(const struct image *image, uint32_t base, size_t offset, size_t len,
		      struct bits *ret_bits)
{
	size_t there;
	const struct bits *bits = part(image, base, &there);

	memset(ret_bits, 0, sizeof(*ret_bits));
	if (!bits)
		return MAYBE; /* inside a tunnel or behind all headers */
	/* ICMP and the like always have a transport header of some kind; a missing link header
	 * is certain only if it is known that there is none. */
	if (there == 0)
		return base == NFT_PAYLOAD_TRANSPORT_HEADER || image->link_is_unknown ? MAYBE
										      : MAYBE_NO;
	if (offset > there || len > there - offset || len > RULES_BYTES)
		return read_behind(image, base, offset, len, ret_bits);
	/* Known bits and unknown ones alike: a comparison finds out what it needs. */
	bits_copy(ret_bits, 0, bits, offset, len);
	/* Bytes that fill up a word are zero in the kernel's registers, and known. */
	for (size_t i = len; i % 4 != 0 && i < RULES_BYTES; i++)
		ret_bits->known[i] = 0xff;
	return MAYBE_YES;
}

/* false: the place is not in any header that is followed here. */
bool image_write(struct image *image, uint32_t base, size_t offset, size_t len,
		 const struct bits *bits, size_t at)
{
	size_t there;
	/* part() has no other use for const: the image here may be changed. */
	struct bits *to = (struct bits *)part(image, base, &there);

	if (!to || offset > there || len > there - offset)
		return false;
	bits_copy(to, offset, bits, at, len);
	return true;
}
