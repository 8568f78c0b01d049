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
	/* Of a dropped packet with its bytes (PROGRAM_DROPS): what connection tracking knows of
	 * what it was sent as, before any NAT. */
	uint8_t sent_from[16], sent_to[16];
	uint16_t sent_from_port, sent_to_port; /* as in the packet */
	uint8_t has_sent, unused_sent[3];
};
static_assert(sizeof(struct record) == 152, "no holes, and a multiple of 8");

#define RECORD_PAIRS 1024
#define RECORD_PAIR_SHIFT 22

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
	/* A bit for each (RECORD_BIT()): who has none is not among them. */
	uint64_t addresses;   /* of the container's */
	uint64_t ends;	      /* of these, and of ends that are published */
	uint64_t ports;	      /* of those */
	uint32_t own;	      /* inode of the container's namespace; 0: none */
	uint32_t n_bytes;     /* that are wanted of a dropped packet at the most */
	uint64_t n_uncounted; /* of who counts: drops at places for which there was no room */
	/* Bytes that are set, for nobody reads and writes one at a time: RECORD_PAIR() of the
	 * addresses of each flow that was learned, in whichever direction. */
	uint8_t pairs[RECORD_PAIRS];
};
static_assert(sizeof(struct record_flow) == 72 + RECORD_PAIRS, "no holes");

/* Words of 32 bits, as they stand in memory, are made one by XOR, multiplied, and of that 32 bits
 * the upper ones say which. */
#define RECORD_FACTOR 0x9e3779b1U
#define RECORD_BIT_SHIFT 26
#define RECORD_BIT(word) (UINT64_C(1) << ((uint32_t)(word)*RECORD_FACTOR >> RECORD_BIT_SHIFT))

static inline uint32_t record_address_word(const uint8_t addr[16])
{
	uint32_t words[4];

	memcpy(words, addr, sizeof(words));
	return words[0] ^ words[1] ^ words[2] ^ words[3];
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
