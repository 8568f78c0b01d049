// SPDX-License-Identifier: GPL-2.0-or-later
// base64.c - bytes as text and back (RFC 4648, section 4, with padding)
#include "base/base64.h"

#include <errno.h>
#include <string.h>

/* Three bytes are 24 bits, which are four letters of 6 bits. A text has one spelling: letters
 * outside the alphabet, spaces, missing padding and bits that mean nothing are refused, so that two
 * different texts never stand for the same bytes. */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	/* The last group may have one or two bytes; its missing letters are written as '='. */

	for (size_t at = 0; at < len; at += 3) {
		size_t n = len - at < 3 ? len - at : 3;
		uint32_t group = (uint32_t)bytes[at] << 16;
		char text[4];

		if (n > 1)
			group |= (uint32_t)bytes[at + 1] << 8;
		if (n > 2)
			group |= bytes[at + 2];
		for (size_t i = 0; i < 4; i++)
			text[i] = i <= n ? letters[group >> (18 - 6 * i) & 63] : '=';
		buf_append(out, text, sizeof(text));
	}
}

/* The most bytes that a text of this length stands for. */
size_t base64_room(size_t len)
{
	return len / 4 * 3;
}

/* -1: it is no letter of the alphabet. The NUL would be found by strchr(3) at the end of the
 * list. */
static int value_of(char letter)
{
	const char *at = letter ? strchr(letters, letter) : NULL;

	return at ? (int)(at - letters) : -1;
}

/* Four characters, the last one or two of which may be padding: a value of 0 there. */
static int read_group(const char *text, size_t n_padding, uint32_t *ret_group)
{
	uint32_t group = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - n_padding ? value_of(text[i]) : 0;

		if (value < 0)
			return -EINVAL;
		group = group << 6 | (uint32_t)value;
	}
	/* What is not part of a byte is zero, or two texts would stand for the same. */
	if (n_padding && group & ((1U << 8 * n_padding) - 1))
		return -EINVAL;
	*ret_group = group;
	return 0;
}

/* ret_data has base64_room(len) bytes. */
int base64_read(const char *text, size_t len, uint8_t *ret_data, size_t *ret_len)
{
	size_t n_padding = 0, n = 0;
	uint32_t group;

	if (len % 4 != 0)
		return -EINVAL;
	if (len > 0 && text[len - 1] == '=')
		/* Only the last group may have padding: '=' anywhere else is no letter. */
		n_padding = text[len - 2] == '=' ? 2 : 1;
	for (size_t at = 0; at < len; at += 4) {
		size_t padding = at + 4 == len ? n_padding : 0;
		int err = read_group(text + at, padding, &group);

		if (err < 0)
			return err;
		for (size_t i = 0; i < 3 - padding; i++)
			ret_data[n++] = (uint8_t)(group >> (16 - 8 * i));
	}
	*ret_len = n;
	return 0;
}
