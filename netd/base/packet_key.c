// SPDX-License-Identifier: GPL-2.0-or-later
// packet_key.c - a number by which a packet is known again, wherever it is seen and whoever tells
// it
#include "base/packet_key.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>

/* Theory of operation. Two observers see the same packet in different ways (programs in the kernel,
 * the messages of nftables, a capture) and must agree on its number. So only those parts of a
 * packet are used that no router changes: of TCP both numbers, of UDP and ICMP the first 8 bytes
 * behind the IP header, of all the identification or the length. Addresses and ports are left out,
 * for NAT changes them; so two packets may have one number, which is rare. */

/* A number that a double holds exactly: JSON readers have no more. */
#define KEY_BITS 53
#define HEADERS 28 /* IPv4 without options, and the 8 bytes of UDP or ICMP */
#define HEADER 8   /* those, behind IPv6 */

/* An error carries the packet that it is about, and who reads it may have that one's numbers. Its 8
 * bytes are those of an inner packet's numbers, which may be seen elsewhere. */
static bool is_error(const struct packet_key *packet)
{
	if (packet->protocol == IPPROTO_ICMPV6)
		return !(packet->icmp_type & ICMP6_INFOMSG_MASK);
	return packet->protocol == IPPROTO_ICMP &&
	       (packet->icmp_type == ICMP_DEST_UNREACH || packet->icmp_type == ICMP_SOURCE_QUENCH ||
		packet->icmp_type == ICMP_REDIRECT || packet->icmp_type == ICMP_TIME_EXCEEDED ||
		packet->icmp_type == ICMP_PARAMETERPROB);
}

/* How many of the 8 bytes are the packet's own. The length stands at the beginning of identity for
 * IPv4, which has it in bytes 2 and 3 of its header, and at its end for IPv6, which has the
 * payload's in bytes 4 and 5. */
static size_t carried(const struct packet_key *packet)
{
	const uint8_t *length = packet->identity + (packet->version == 6 ? 2 : 0);
	size_t len = (size_t)length[0] << 8 | length[1];
	size_t before = packet->version == 6 ? HEADER : HEADERS;

	return len > before ? len - before : 0;
}

/* 0 is no key: it means "not known". */
uint64_t packet_key(const struct packet_key *packet)
{
	uint32_t numbers[2] = { packet->sequence, packet->acknowledged }, identity;
	uint64_t key = packet->protocol;

	if (packet->protocol != IPPROTO_TCP) {
		size_t own = carried(packet);

		if (is_error(packet) ||
		    (packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_ICMP &&
		     packet->protocol != IPPROTO_ICMPV6))
			own = 0;
		/* Bytes behind the packet's end are whatever the observer had there. */
		if (own < sizeof(numbers))
			memset((uint8_t *)numbers + own, 0, sizeof(numbers) - own);
	}
	memcpy(&identity, packet->identity, sizeof(identity));
	/* The constant is 2 to the 64 divided by the golden ratio; the shifts bring high bits
	 * down. */
	key = (key ^ identity) * 0x9e3779b97f4a7c15;
	key = (key ^ key >> 29 ^ numbers[0]) * 0x9e3779b97f4a7c15;
	key = (key ^ key >> 29 ^ numbers[1]) * 0x9e3779b97f4a7c15;
	key >>= 64 - KEY_BITS;
	return key ? key : 1;
}
