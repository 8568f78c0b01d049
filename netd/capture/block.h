// SPDX-License-Identifier: GPL-2.0-or-later
// block.h - the packets in a block of a packet socket's ring (TPACKET_V3 of packet(7))
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block that the kernel has filled and handed over; it belongs to whoever reads it until he gives
 * it back. Packets are shown where they are. */
struct block {
	const uint8_t *data;
	size_t len;
	size_t at; /* of the next packet */
	uint32_t n_left;
};

struct block_packet {
	uint64_t time_ns;
	const uint8_t *data; /* from the Ethernet header on */
	size_t len, full_len;
	bool is_out;	    /* sent by the interface, which did not receive it */
	uint8_t type;	    /* PACKET_HOST … */
	bool is_unfinished; /* the checksum is left to whoever sends it on a wire */
	bool has_tag;
	uint8_t tag[4]; /* of a VLAN, as it is on a wire */
};

/* len: of the whole block. */
void block_begin(struct block *block, const void *data, size_t len);
/* The next packet; false: there is none, or what stands there cannot be one. */
bool block_next(struct block *block, struct block_packet *ret_packet);
