// SPDX-License-Identifier: GPL-2.0-or-later
// utf8.c - which bytes are characters of UTF-8
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* RFC 3629: one to four bytes, and one form for each character. */

/* By the first byte; 0: no character begins with it. 10xxxxxx is never a first byte; 11111xxx is
 * none any more. */
static size_t len_by_first(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0 || first >= 0xf8)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* 0: no character stands there, or it does not end within left. */
size_t utf8_len(const char *text, size_t left)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *at = (const uint8_t *)text;
	size_t n = left > 0 ? len_by_first(at[0]) : 0;
	/* The first byte's own bits. */
	uint32_t code;

	if (n <= 1 || n > left)
		return n == 1;
	code = at[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	/* A longer form than needed, a half of a pair of UTF-16, beyond the last one. */
	if (code < smallest[n] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return 0;
	return n;
}

/* Each byte of a word. */
#define EACH(byte) (0x0101010101010101U * (uint8_t)(byte))

/* Whether one of eight bytes is 0. A borrow reaches the bytes above one that is 0 and no others, so
 * the answer is right for all of them together. */
static bool has_zero(uint64_t word)
{
	return ((word - EACH(1)) & ~word & EACH(0x80)) != 0;
}

static bool is_plain_word(uint64_t word)
{
	/* As above: a byte below a space borrows. */
	bool is_low = ((word - EACH(' ')) & ~word & EACH(0x80)) != 0;

	return !is_low && (word & EACH(0x80)) == 0 && !has_zero(word ^ EACH('"')) &&
	       !has_zero(word ^ EACH('\\')) && !has_zero(word ^ EACH(0x7f));
}

size_t utf8_plain_len(const char *text, size_t len)
{
	uint64_t word;
	size_t at = 0;

	for (; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (!is_plain_word(word))
			break;
	}
	/* What is left, or the word in which it ends. */
	while (at < len && text[at] >= 0x20 && text[at] < 0x7f && text[at] != '"' &&
	       text[at] != '\\')
		at++;
	return at;
}
