// SPDX-License-Identifier: GPL-2.0-or-later
// bits.c - bytes of which each bit is known or not: registers, and headers of packets
#include "diag/rules/bits.h"

#include <string.h>

/* Theory of operation. A value is a pair of bytes: what it is, and which of its bits are known.
 * A bit that is not known is 0 in the value, always. So the value is the smallest number that
 * it can be, and value | ~known is the largest; comparisons rest on that.
 *
 * Callers check that ranges fit (bits_register()), so nothing here looks at an end. */

void bits_set(struct bits *bits, size_t at, const void *value, size_t len)
{
	memcpy(bits->value + at, value, len);
	memset(bits->known + at, 0xff, len);
}

/* The value becomes 0 as well: see above. */
void bits_forget(struct bits *bits, size_t at, size_t len)
{
	memset(bits->value + at, 0, len);
	memset(bits->known + at, 0, len);
}

/* In the order of the wire, as headers have their numbers. */
void bits_set_u16(struct bits *bits, size_t at, uint16_t value)
{
	uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	bits_set(bits, at, bytes, sizeof(bytes));
}

/* memmove(3), because a register may be copied to one that overlaps it. */
void bits_copy(struct bits *to, size_t to_at, const struct bits *from, size_t from_at, size_t len)
{
	memmove(to->value + to_at, from->value + from_at, len);
	memmove(to->known + to_at, from->known + from_at, len);
}

/* One unknown bit is enough for "no". */
bool bits_are_known(const struct bits *bits, size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bits->known[at + i] != 0xff)
			return false;
	return true;
}

/* The kernel has 4 registers of 16 bytes, and the same bytes as 16 registers of 4. false: no
 * such register, or the range goes beyond the last one. */
bool bits_register(uint32_t number, size_t len, size_t *ret_at)
{
	size_t at;

	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		at = (number - NFT_REG_1) * (size_t)NFT_REG_SIZE;
	else if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		at = (number - NFT_REG32_00) * (size_t)NFT_REG32_SIZE;
	else
		return false;
	/* at is never beyond the end, so this cannot wrap around. */
	if (len > RULES_BYTES - at)
		return false;
	*ret_at = at;
	return true;
}

/* A bit that is masked out is known whatever it was. xor turns known bits around, and unknown
 * ones stay unknown. */
void bits_mask(struct bits *bits, size_t to, size_t from, const uint8_t *mask, const uint8_t * xor,
	       size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* Each byte is read before it is written: to and from may be one register. */
		uint8_t known = bits->known[from + i] | (uint8_t)~mask[i];

		bits->value[to + i] = (uint8_t)((bits->value[from + i] & mask[i]) ^ xor[i]) & known;
		bits->known[to + i] = known;
	}
}

/* Words are in the order of the wire, and the kernel shifts them as numbers of the host
 * (nft_bitwise.c), carrying from one to the next. fill: what comes in at the open end. */
static void shift_words(uint8_t *to, const uint8_t *from, size_t n, uint32_t by, bool left,
			uint32_t fill)
{
	/* A copy, for to and from may overlap. */
	uint32_t words[RULES_BYTES / 4], carry = fill;

	memcpy(words, from, n * 4);
	for (size_t i = 0; i < n; i++) {
		/* The word that bits are taken from comes first. */
		size_t at = left ? n - 1 - i : i;
		uint32_t word = words[at];

		if (left) {
			words[at] = word << by | carry >> (32 - by);
			carry = word;
		} else {
			words[at] = word >> by | carry << (32 - by);
			carry = word;
		}
	}
	memcpy(to, words, n * 4);
}

/* Shifts by 0 and by 32 and more are not made by the kernel, but a file may have them. */
void bits_shift(struct bits *bits, size_t to, size_t from, size_t len, uint32_t by, bool left)
{
	size_t n = (len + 3) / 4;

	if (by == 0 || by > 31) {
		bits_copy(bits, to, bits, from, n * 4);
		if (by > 0)
			bits_forget(bits, to, n * 4);
		return;
	}
	/* Zeroes come in from the side, and those are known. */
	shift_words(bits->value + to, bits->value + from, n, by, left, 0);
	shift_words(bits->known + to, bits->known + from, n, by, left, ~0U);
}

/* Each group of `size` bytes is turned around, value and known alike. */
void bits_swap(struct bits *bits, size_t to, size_t from, size_t len, size_t size)
{
	/* The whole is read before any of it is written. */
	struct bits copy = { 0 };

	bits_copy(&copy, 0, bits, from, len);
	for (size_t i = 0; i + size <= len; i += size)
		for (size_t j = 0; j < size; j++) {
			bits->value[to + i + j] = copy.value[i + size - 1 - j];
			bits->known[to + i + j] = copy.known[i + size - 1 - j];
		}
}

/* A known bit that differs decides, whatever the others are. */
static enum maybe equal(const struct bits *bits, size_t at, const uint8_t *other, size_t len)
{
	/* Nothing differs so far. */
	enum maybe result = MAYBE_YES;

	for (size_t i = 0; i < len; i++) {
		if ((bits->value[at + i] ^ other[i]) & bits->known[at + i])
			return MAYBE_NO;
		if (bits->known[at + i] != 0xff)
			result = MAYBE;
	}
	return result;
}

/* The smallest and the largest that it can be. Smaller for certain if even the largest value
 * is; not smaller for certain if even the smallest is not. Numbers are compared as bytes, as
 * the kernel does by memcmp(). */
static enum maybe less(const struct bits *bits, size_t at, const uint8_t *other, size_t len)
{
	/* The largest that it can be. */
	uint8_t most[RULES_BYTES] = { 0 };

	for (size_t i = 0; i < len; i++)
		most[i] = bits->value[at + i] | (uint8_t)~bits->known[at + i];
	if (memcmp(most, other, len) < 0)
		return MAYBE_YES;
	return memcmp(bits->value + at, other, len) >= 0 ? MAYBE_NO : MAYBE;
}

/* The mirror of less(): larger for certain if even the smallest value is. */
static enum maybe more(const struct bits *bits, size_t at, const uint8_t *other, size_t len)
{
	uint8_t most[RULES_BYTES] = { 0 };

	for (size_t i = 0; i < len; i++)
		most[i] = bits->value[at + i] | (uint8_t)~bits->known[at + i];
	if (memcmp(bits->value + at, other, len) > 0)
		return MAYBE_YES;
	return memcmp(most, other, len) <= 0 ? MAYBE_NO : MAYBE;
}

/* The two orders and their opposites. An operation that is not known may be anything. */
enum maybe bits_compare(const struct bits *bits, size_t at, uint32_t op, const uint8_t *other,
			size_t len)
{
	switch (op) {
	case NFT_CMP_EQ:
		return equal(bits, at, other, len);
	case NFT_CMP_NEQ:
		return maybe_not(equal(bits, at, other, len));
	case NFT_CMP_LT:
		return less(bits, at, other, len);
	case NFT_CMP_GTE:
		return maybe_not(less(bits, at, other, len));
	case NFT_CMP_GT:
		return more(bits, at, other, len);
	case NFT_CMP_LTE:
		return maybe_not(more(bits, at, other, len));
	default:
		return MAYBE;
	}
}

/* Both ends belong to the range. */
enum maybe bits_between(const struct bits *bits, size_t at, const uint8_t *from, const uint8_t *to,
			size_t len)
{
	return maybe_and(maybe_not(less(bits, at, from, len)), maybe_not(more(bits, at, to, len)));
}
