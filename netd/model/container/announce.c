// SPDX-License-Identifier: GPL-2.0-or-later
// announce.c - the frame that tells a link whose an address is from now on
#include "model/container/announce.h"

#include "base/wire.h"

#include <linux/if_ether.h>
#include <net/if_arp.h>

/* A container may get an address that another one had a moment ago. Neighbours remember the old MAC
 * address for it, and would send to nobody. So a frame is sent on the link that tells the new one:
 * a gratuitous ARP for IPv4, an unsolicited neighbour advertisement for IPv6. The frame is made
 * here as bytes; whoever calls sends it. */
#define ICMPV6 58
#define NA_LEN 32 /* header, target, one option of 8 */
#define NA_TYPE 136
#define NA_OVERRIDE 0x20000000
#define NA_TARGET_LINK_ADDRESS 2
#define ND_HOP_LIMIT 255 /* RFC 4861, 7.1.2: a router in between would have made it less */

static const struct mac broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
/* Every IPv6 host listens to it: 33:33 and the end of ff02::1 (RFC 2464, 7). */
static const struct mac all_nodes_mac = { { 0x33, 0x33, 0, 0, 0, 1 } };
static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };

/* Six bytes, as they stand in a frame. */
static void put_mac(struct wire *wire, const struct mac *mac)
{
	wire_put_bytes(wire, mac->bytes, sizeof(mac->bytes));
}

/* The head of the frame: 14 bytes. */
static void put_ethernet(struct wire *wire, const struct mac *destination, const struct mac *source,
			 uint16_t type)
{
	put_mac(wire, destination);
	put_mac(wire, source);
	wire_put_u16(wire, type);
}

/* 28 bytes behind the head. */
static void put_arp(struct wire *wire, const struct addr *addr, const struct mac *mac)
{
	static const struct mac none;

	/* RFC 826: hardware and protocol, the lengths of their addresses, then what is said of
	 * them. */
	wire_put_u16(wire, ARPHRD_ETHER);
	wire_put_u16(wire, ETH_P_IP);
	wire_put_u8(wire, ETH_ALEN);
	wire_put_u8(wire, 4);
	/* RFC 5227, 3: an announcement is a request and no reply. */
	wire_put_u16(wire, ARPOP_REQUEST);
	put_mac(wire, mac);
	wire_put_bytes(wire, addr->bytes, 4);
	/* RFC 5227, 2.3: sender and target are the address, and the target has no MAC. */
	put_mac(wire, &none);
	wire_put_bytes(wire, addr->bytes, 4);
}

/* 40 bytes behind the head. */
static void put_ipv6(struct wire *wire, const struct addr *source)
{
	wire_put_u32(wire, 0x60000000); /* version; no class, no label */
	wire_put_u16(wire, NA_LEN);
	wire_put_u8(wire, ICMPV6);
	wire_put_u8(wire, ND_HOP_LIMIT);
	/* The address speaks for itself: RFC 4861, 4.4 wants one of the interface that sends. */
	wire_put_bytes(wire, source->bytes, 16);
	wire_put_bytes(wire, all_nodes, sizeof(all_nodes));
}

/* RFC 4443, 2.3: over both addresses, length and protocol too. All of it has an even length. */
static uint16_t checksum(const uint8_t *addresses_and_message, size_t len)
{
	uint32_t sum = NA_LEN + ICMPV6;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)addresses_and_message[i] << 8 | addresses_and_message[i + 1];
	/* Twice: the first sum may carry once more. */
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/* NA_LEN bytes behind the head of IPv6. */
static void put_advertisement(struct wire *wire, const struct addr *addr, const struct mac *mac)
{
	/* Both addresses stand right before the message, as the pseudo-header has them. */
	size_t start = wire->pos, pseudo_header = start - 32;

	wire_put_u8(wire, NA_TYPE);
	wire_put_u8(wire, 0);
	/* The checksum counts its own field as zero (RFC 4443, 2.3), and is put there at the
	 * end. */
	wire_put_u16(wire, 0);
	/* RFC 4861, 4.4: not solicited, and what neighbours have is to be replaced. */
	wire_put_u32(wire, NA_OVERRIDE);
	wire_put_bytes(wire, addr->bytes, 16);
	wire_put_u8(wire, NA_TARGET_LINK_ADDRESS);
	wire_put_u8(wire, 1); /* in units of 8 bytes */
	put_mac(wire, mac);
	wire_patch_u16(wire, start + 2,
		       checksum(wire->data + pseudo_header, wire->pos - pseudo_header));
}

/* The number of bytes of the frame. */
size_t announce_frame(const struct addr *addr, const struct mac *mac,
		      uint8_t ret_frame[static ANNOUNCE_FRAME_MAX])
{
	struct wire wire = wire_writer(ret_frame, ANNOUNCE_FRAME_MAX);

	if (addr->family == AF_INET) {
		put_ethernet(&wire, &broadcast, mac, ETH_P_ARP);
		put_arp(&wire, addr, mac);
	} else if (addr->family == AF_INET6) {
		put_ethernet(&wire, &all_nodes_mac, mac, ETH_P_IPV6);
		put_ipv6(&wire, addr);
		put_advertisement(&wire, addr, mac);
	}
	/* 0 for no address. The frame fits by its size, so the wire has no error. */
	return wire.pos;
}
