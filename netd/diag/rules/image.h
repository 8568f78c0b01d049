// SPDX-License-Identifier: GPL-2.0-or-later
// image.h - the headers of a packet as far as they are known, for rules that read bytes
#pragma once

#include "diag/rules/bits.h"

struct image {
	struct bits link, net, transport;
	size_t link_len, net_len, transport_len; /* 0: there is none */
	bool link_is_unknown;			 /* whether there is one */
};

void image_of(const struct rules_packet *packet, struct image *ret_image);
/* What rules wrote into the headers, back into the packet. */
void image_to(const struct image *image, struct rules_packet *packet);
/* Reads len bytes into bits at 0, behind them zeroes up to the next word. MAYBE_NO: the packet has
 * no such bytes, and the rule does not match; MAYBE: whether it has is not known. base:
 * NFT_PAYLOAD_*. */
enum maybe image_read(const struct image *image, uint32_t base, size_t offset, size_t len,
		      struct bits *ret_bits);
/* false: nobody follows such bytes, or nothing is there to be written to. */
bool image_write(struct image *image, uint32_t base, size_t offset, size_t len,
		 const struct bits *bits, size_t at);
