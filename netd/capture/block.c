// SPDX-License-Identifier: GPL-2.0-or-later
// block.c - the packets in a block of a packet socket's ring (TPACKET_V3 of packet(7))
#include "capture/block.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

/* Theory of operation. The block is memory that the kernel writes, and no number in it is believed
 * that would lead out of it. A packet is its header, at TPACKET_ALIGN(sizeof(header)) a sockaddr_ll
 * that tells the direction, and at tp_mac the bytes.
 *
 * The status of a packet has bits for "its checksum is to be computed by the hardware" and for the
 * tag of a VLAN, which the kernel takes out of the frame. */

/* len is the size of a block, as the ring was made. */
void block_begin(struct block *block, const void *data, size_t len)
{
	struct tpacket_block_desc head;

	memcpy(&head, data, sizeof(head));
	*block = (struct block) { .data = data,
				  .len = len,
				  .at = head.hdr.bh1.offset_to_first_pkt,
				  .n_left = head.hdr.bh1.num_pkts };
}

/* The tag as it stands in a frame: type, then priority and number, both in network order. A kernel
 * before the flag TPID_VALID means the usual type. */
static void read_tag(const struct tpacket3_hdr *head, struct block_packet *packet)
{
	uint16_t type = htons(head->tp_status & TP_STATUS_VLAN_TPID_VALID ? head->hv1.tp_vlan_tpid
									  : ETH_P_8021Q);
	uint16_t tci = htons((uint16_t)head->hv1.tp_vlan_tci);

	packet->has_tag = head->tp_status & TP_STATUS_VLAN_VALID;
	memcpy(packet->tag, &type, sizeof(type));
	memcpy(packet->tag + sizeof(type), &tci, sizeof(tci));
}

/* One that cannot be ends the block. All three places are checked against the block before any is
 * read. */
static bool read_packet(const struct block *block, const struct tpacket3_hdr *head,
			struct block_packet *packet)
{
	struct sockaddr_ll addr;
	size_t addr_at = block->at + TPACKET_ALIGN(sizeof(*head));

	if (addr_at + sizeof(addr) > block->len || head->tp_mac > block->len - block->at ||
	    head->tp_snaplen > block->len - block->at - head->tp_mac)
		return false;
	memcpy(&addr, block->data + addr_at, sizeof(addr));
	*packet = (struct block_packet) {
		.time_ns = (uint64_t)head->tp_sec * 1000000000 + head->tp_nsec,
		.data = block->data + block->at + head->tp_mac,
		.len = head->tp_snaplen,
		.full_len = head->tp_len,
		.is_out = addr.sll_pkttype == PACKET_OUTGOING,
		.type = addr.sll_pkttype,
		.is_unfinished = head->tp_status & TP_STATUS_CSUMNOTREADY,
	};
	read_tag(head, packet);
	return true;
}

/* false: there are no more packets in the block. */
bool block_next(struct block *block, struct block_packet *ret_packet)
{
	struct tpacket3_hdr head;

	if (block->n_left == 0)
		return false;
	if (block->at > block->len || sizeof(head) > block->len - block->at) {
		block->n_left = 0;
		return false;
	}
	memcpy(&head, block->data + block->at, sizeof(head));
	if (!read_packet(block, &head, ret_packet)) {
		block->n_left = 0;
		return false;
	}
	block->n_left--;
	/* 0 behind the last one; anything else that would stand still is none either. */
	if (head.tp_next_offset == 0 || head.tp_next_offset > block->len - block->at)
		block->n_left = 0;
	block->at += head.tp_next_offset;
	return true;
}
