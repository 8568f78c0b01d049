// SPDX-License-Identifier: GPL-2.0-or-later
// record.h - what the programs in the kernel and netd-trace hand each other
#pragma once

#include "trace/layout.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As the programs write it, field by field (program.c): it has no holes. Ports stand as in the
 * packet, everything else in the machine's order. */
struct record {
	uint64_t time_ns;  /* CLOCK_MONOTONIC */
	uint64_t location; /* of a drop: the instruction behind the call that dropped it */
	uint64_t packet;   /* the kernel's address of it: the same across veth and routing */
	uint32_t netns;	   /* inode */
	uint32_t index;	   /* of the link; 0: it has none there */
	char link[16];
	uint8_t from[16], to[16]; /* an IPv4 address is the first 4 */
	uint16_t from_port, to_port;
	uint32_t sequence, acknowledged; /* TCP's; of others bytes of what they carry */
	uint8_t point;			 /* enum layout_point */
	uint8_t version;		 /* 4, 6 */
	uint8_t protocol;
	uint8_t flags;	 /* TCP's */
	uint32_t reason; /* enum skb_drop_reason of this kernel; 0: it has none */
	uint32_t bytes;	 /* skb->len */
	uint8_t icmp_type, icmp_code;
	uint8_t is_quoted; /* ports and sequence are those of the packet that an ICMP error quotes
			    */
	uint8_t unused;
	uint32_t identity; /* the header's own, which NAT leaves as it is */
};
static_assert(sizeof(struct record) == 112, "no holes, and a multiple of 8");

/* What is wanted of the packets of a namespace that is asked for. The programs write what they
 * learn: the connection's first sequence number is what survives NAT of whatever kind. Of who
 * follows a container protocol (IPPROTO_ICMP: of either family) and port are what one of its
 * packets must have, 0: any. */
struct record_flow {
	uint32_t protocol;  /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP; 0: all packets */
	uint16_t port;	    /* of who asks, or the id of its echo requests, as in the packet */
	uint16_t has_peers; /* only what goes to, or comes from, one of the map's */
	uint32_t sequence;  /* of the SYN */
	uint32_t has_sequence;
	uint32_t n_lost; /* records for which the ring had no room */
	/* Of who follows a container, so that nothing is looked for where nothing is: ends are
	 * published, packets were noted, flows were learned. */
	uint32_t has_published, has_seen, has_tuples;
	uint64_t addresses; /* a bit for each (record_address_bit()): who has none is not among them
			     */
	uint64_t n_uncounted; /* of who counts: drops at places for which there was no room */
};
static_assert(sizeof(struct record_flow) == 48, "no holes");

/* The bit of an address: its two words together, and of what this makes of them the upper six bits,
 * which say which bit it is. */
#define RECORD_BIT_FACTOR 0x1e3779b1
#define RECORD_BIT_SHIFT 58
static inline uint64_t record_address_bit(const uint8_t addr[16])
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	return UINT64_C(1) << ((words[0] ^ words[1]) * RECORD_BIT_FACTOR >> RECORD_BIT_SHIFT);
}

/* Who follows a container knows by these what is its own where NAT has made something else of it:
 * an end of a connection, a packet by its place in memory, and a flow by its two ends. */
struct record_end {
	uint8_t addr[16];
	uint16_t port; /* as in the packet */
	uint8_t protocol, unused;
};
static_assert(sizeof(struct record_end) == 20, "no holes");

struct record_seen {
	uint32_t sequence, acknowledged, identity, unused;
};
static_assert(sizeof(struct record_seen) == 16, "no holes");

struct record_tuple {
	uint8_t from[16], to[16];
	uint16_t from_port, to_port;
	uint8_t protocol, unused[3];
};
static_assert(sizeof(struct record_tuple) == 40, "no holes");

/* Where packets are thrown away, and why: what a number of them stands for. */
struct record_drop {
	uint64_t location;
	uint32_t netns, reason; /* as in struct record */
	uint32_t index;		/* of the link; 0: the packet has none there */
	uint32_t unused;
};
static_assert(sizeof(struct record_drop) == 24, "no holes");

/* And that number, each processor's own. The name is in that of who threw away the first. */
struct record_dropped {
	uint64_t n;
	char link[16]; /* "": it has none, or another processor has it */
};
static_assert(sizeof(struct record_dropped) == 24, "no holes, and a multiple of 8");
