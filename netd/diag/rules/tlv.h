// SPDX-License-Identifier: GPL-2.0-or-later
// tlv.h - netlink attributes of bytes that nobody vouches for
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLV_TYPES 32 /* no message of nftables has as many */

/* The payload of one attribute, in place; data NULL: it is not there. */
struct tlv {
	const uint8_t *data;
	size_t len;
};

/* Attributes by type. */
struct tlv_set {
	struct tlv of[TLV_TYPES];
	uint32_t seen;	/* 1 << type */
	uint32_t odd;	/* a type over 31, which `seen` has no room for; 0: none */
	bool is_broken; /* lengths that do not add up, or a type twice */
};

/* What is broken ends the reading; what was read until there stands. */
void tlv_read(struct tlv in, struct tlv_set *ret_set);
/* The next attribute of a list whatever its type, in front of *list, which then begins behind it.
 * false: the end, or nothing that could be read. */
bool tlv_next(struct tlv *list, struct tlv *ret_item, uint16_t *ret_type);
/* The first type that is there and not among those of the mask `known`; 0: none. */
uint32_t tlv_stranger(const struct tlv_set *set, uint32_t known);

/* Numbers as nftables sends them, big-endian. false: not there, or of another length. */
bool tlv_u32(const struct tlv_set *set, unsigned int type, uint32_t *ret_value);
bool tlv_u64(const struct tlv_set *set, unsigned int type, uint64_t *ret_value);
bool tlv_u16(const struct tlv_set *set, unsigned int type, uint16_t *ret_value);
bool tlv_u8(const struct tlv_set *set, unsigned int type, uint8_t *ret_value);
/* The same of what may be missing: true, and what was there before stays. */
bool tlv_u32_if(const struct tlv_set *set, unsigned int type, uint32_t *ret_value);
bool tlv_u8_if(const struct tlv_set *set, unsigned int type, uint8_t *ret_value);
/* Up to the NUL, or the end; false: not there, or longer than size less one. */
bool tlv_text(const struct tlv_set *set, unsigned int type, char *ret_text, size_t size);
/* The attributes inside an attribute; an empty set when it is not there. */
void tlv_inside(const struct tlv_set *set, unsigned int type, struct tlv_set *ret_set);
