// SPDX-License-Identifier: GPL-2.0-or-later
// packet_key.h - a number by which a packet is known again, wherever it is seen and whoever tells
// it
#pragma once

#include <stdint.h>

/* What neither routing nor NAT makes another of. */
struct packet_key {
	uint8_t version;     /* 4, 6 */
	uint8_t protocol;    /* IPPROTO_* */
	uint8_t icmp_type;   /* of ICMP */
	uint8_t identity[4]; /* bytes 2 to 5 of the IP header: length and number, of IPv6 a half of
				the flow's label and the length */
	/* TCP's two numbers, in the machine's order; of UDP and ICMP the first 8 bytes behind their
	 * header of 8, as they are. Of a packet that ends before, whatever is there. */
	uint32_t sequence, acknowledged;
};

/* 53 bits, which JSON takes as a number; never 0. Different packets may have the same, as two
 * datagrams of the same bytes do. */
uint64_t packet_key(const struct packet_key *packet);
