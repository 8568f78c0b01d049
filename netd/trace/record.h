// SPDX-License-Identifier: GPL-2.0-or-later
// record.h - what the programs in the kernel and netd-trace hand each other
#pragma once

#include "trace/layout.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

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
	uint32_t sequence, acknowledged; /* TCP's */
	uint8_t point;			 /* enum layout_point */
	uint8_t version;		 /* 4, 6 */
	uint8_t protocol;
	uint8_t flags;	 /* TCP's */
	uint32_t reason; /* enum skb_drop_reason of this kernel; 0: it has none */
	uint32_t bytes;	 /* skb->len */
	uint8_t icmp_type, icmp_code;
	uint8_t is_quoted; /* ports and sequence are those of the packet that an ICMP error quotes
			    */
	uint8_t unused[5];
};
static_assert(sizeof(struct record) == 112, "no holes, and a multiple of 8");

/* What is wanted of the packets of a namespace that is asked for. The programs write what they
 * learn: the connection's first sequence number is what survives NAT of whatever kind. */
struct record_flow {
	uint32_t protocol; /* IPPROTO_TCP, IPPROTO_UDP; 0: all packets */
	uint16_t port;	   /* of who asks, as in the packet */
	uint16_t unused;
	uint32_t sequence; /* of the SYN */
	uint32_t has_sequence;
	uint32_t n_lost; /* records for which the ring had no room */
};
static_assert(sizeof(struct record_flow) == 20, "no holes");
