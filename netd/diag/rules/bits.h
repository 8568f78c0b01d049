// SPDX-License-Identifier: GPL-2.0-or-later
// bits.h - bytes of which each bit is known or not: registers, and headers of packets
#pragma once

#include "diag/rules/ruleset.h"

enum maybe {
	MAYBE_NO,
	MAYBE_YES,
	MAYBE, /* it depends on bits that are not known */
};

/* Bits that are not known are 0 in value. */
struct bits {
	uint8_t value[RULES_BYTES], known[RULES_BYTES];
};

void bits_set(struct bits *bits, size_t at, const void *value, size_t len);
void bits_forget(struct bits *bits, size_t at, size_t len);
/* Big-endian, as headers have numbers. */
void bits_set_u16(struct bits *bits, size_t at, uint16_t value);
void bits_copy(struct bits *to, size_t to_at, const struct bits *from, size_t from_at, size_t len);
bool bits_are_known(const struct bits *bits, size_t at, size_t len);

/* Where a register begins among the bytes of all. false: there is no such register, or len bytes
 * do not fit from there. */
bool bits_register(uint32_t number, size_t len, size_t *ret_at);

/* (value & mask) ^ xor. */
void bits_mask(struct bits *bits, size_t to, size_t from, const uint8_t *mask, const uint8_t * xor,
	       size_t len);
/* Of a number in words of host order, the first the highest: as the kernel does it. */
void bits_shift(struct bits *bits, size_t to, size_t from, size_t len, uint32_t by, bool left);
/* Swaps the bytes of each number of `size` bytes. */
void bits_swap(struct bits *bits, size_t to, size_t from, size_t len, size_t size);

/* Whether memcmp(bits, other) op 0 holds; op: NFT_CMP_*. */
enum maybe bits_compare(const struct bits *bits, size_t at, uint32_t op, const uint8_t *other,
			size_t len);
enum maybe bits_between(const struct bits *bits, size_t at, const uint8_t *from, const uint8_t *to,
			size_t len);

static inline enum maybe maybe_not(enum maybe maybe)
{
	return maybe == MAYBE ? MAYBE : maybe == MAYBE_NO ? MAYBE_YES : MAYBE_NO;
}
static inline enum maybe maybe_and(enum maybe a, enum maybe b)
{
	if (a == MAYBE_NO || b == MAYBE_NO)
		return MAYBE_NO;
	return a == MAYBE || b == MAYBE ? MAYBE : MAYBE_YES;
}
static inline enum maybe maybe_or(enum maybe a, enum maybe b)
{
	return maybe_not(maybe_and(maybe_not(a), maybe_not(b)));
}
static inline enum maybe maybe_if(bool is_so)
{
	return is_so ? MAYBE_YES : MAYBE_NO;
}
