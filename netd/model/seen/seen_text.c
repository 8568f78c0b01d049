// SPDX-License-Identifier: GPL-2.0-or-later
// seen_text.c - JSON written as text, piece by piece, without a tree in between
#include "model/seen/seen_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A snapshot is megabytes, and it is written in turns of half a millisecond.
 * A tree of jansson's takes ten times the memory and three times the time of its text, and nothing
 * is ever asked of it. So the text is written at once; what jansson would see to (commas, escapes,
 * UTF-8) is seen to here, in one place. */

void seen_text_comma(struct buf *out)
{
	char last = out->len > 0 ? out->data[out->len - 1] : '[';

	if (last != '[' && last != '{' && last != ':')
		buf_puts(out, ",");
}

/* Length of the UTF-8 sequence at text; 0: it is none (RFC 3629, 4). A byte that continues one is
 * never zero, so nothing is read behind the end. */
static size_t utf8_len(const unsigned char *text)
{
	static const struct {
		unsigned char first, last, second_min, second_max;
		size_t len;
	} kinds[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (text[0] < kinds[i].first || text[0] > kinds[i].last)
			continue;
		if (kinds[i].len > 1 &&
		    (text[1] < kinds[i].second_min || text[1] > kinds[i].second_max))
			return 0;
		for (size_t k = 2; k < kinds[i].len; k++)
			if ((text[k] & 0xc0) != 0x80)
				return 0;
		return kinds[i].len;
	}
	return 0;
}

/* How much of text can be copied as it is. */
static size_t plain_len(const char *text)
{
	size_t len = 0, step;

	while ((unsigned char)text[len] >= 0x20 && text[len] != '"' && text[len] != '\\' &&
	       text[len] != 0x7f && (step = utf8_len((const unsigned char *)text + len)) > 0)
		len += step;
	return len;
}

void seen_text_value(struct buf *out, const char *text)
{
	buf_puts(out, "\"");
	for (;;) {
		size_t len = plain_len(text);

		buf_append(out, text, len);
		text += len;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (utf8_len((const unsigned char *)text) == 1) /* a control character */
			buf_printf(out, "\\u%04x", (unsigned char)*text);
		else
			buf_puts(out, "\xef\xbf\xbd");
		text++;
	}
	buf_puts(out, "\"");
}

void seen_text_key(struct buf *out, const char *key)
{
	seen_text_comma(out);
	buf_puts(out, "\"");
	buf_puts(out, key);
	buf_puts(out, "\":");
}

void seen_text_string(struct buf *out, const char *key, const char *value)
{
	seen_text_key(out, key);
	if (value)
		seen_text_value(out, value);
	else
		buf_puts(out, "null");
}

void seen_text_number(struct buf *out, const char *key, uint64_t value)
{
	seen_text_key(out, key);
	buf_printf(out, "%" PRIu64, value);
}

void seen_text_bool(struct buf *out, const char *key, bool value)
{
	seen_text_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

void seen_text_ms(struct buf *out, const char *key, double seconds)
{
	uint64_t us = seconds > 0 ? (uint64_t)(seconds * 1e6) : 0;

	seen_text_key(out, key);
	buf_printf(out, "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
}

void seen_text_time(struct buf *out, const char *key, const struct timespec *when)
{
	struct tm parts = { 0 };

	(void)gmtime_r(&when->tv_sec, &parts); /* a year that does not fit is year 0 */
	seen_text_key(out, key);
	buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"", parts.tm_year + 1900,
		   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
		   when->tv_nsec);
}

void seen_text_addr(struct buf *out, const char *key, const struct addr *addr)
{
	seen_text_string(out, key, addr_is_set(addr) ? ADDR_STR(addr) : NULL);
}

void seen_text_mac(struct buf *out, const char *key, const struct mac *mac)
{
	seen_text_string(out, key, MAC_STR(mac));
}
