// SPDX-License-Identifier: GPL-2.0-or-later
// seen_text.c - JSON written as text, piece by piece, without a tree in between
#include "model/seen/seen_text.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A snapshot is megabytes, and it is written in turns of half a millisecond.
 * A tree of jansson's takes ten times the memory and three times the time of its text, and nothing
 * is ever asked of it. So the text is written at once; what jansson would see to (commas, escapes,
 * UTF-8) is seen to here, in one place. */

/* Whether a comma is wanted is told by the last byte: none behind an opening bracket or a colon. */
void seen_text_comma(struct buf *out)
{
	char last = out->len > 0 ? out->data[out->len - 1] : '[';

	if (last != '[' && last != '{' && last != ':')
		buf_append(out, ",", 1);
}

/* Most are ASCII, and there are millions. 0: it is no UTF-8. The number of bytes of the character
 * that begins here. */
static size_t character_len(const char *text)
{
	return (unsigned char)*text < 0x80 ? 1 : utf8_len(text, SIZE_MAX);
}

/* How much of text can be copied as it is. 0x7f is a control character, and is escaped like the
 * others. */
static size_t plain_len(const char *text, size_t left)
{
	size_t len = 0, step;

	do {
		len += utf8_plain_len(text + len, left - len);
		step = (unsigned char)text[len] < 0x80 ? 0 : utf8_len(text + len, left - len);
		len += step;
	} while (step > 0);
	return len;
}

/* A byte that is no UTF-8 becomes U+FFFD, the replacement character, for JSON is UTF-8 (RFC 8259,
 * 8.1). The bytes of the text never end the string, whatever they are. */
void seen_text_value(struct buf *out, const char *text)
{
	size_t left = strlen(text);

	buf_append(out, "\"", 1);
	for (;;) {
		/* Most texts are plain as a whole, and are copied at once. */
		size_t len = plain_len(text, left);

		buf_append(out, text, len);
		text += len;
		left -= len;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (character_len(text) == 1) /* a control character */
			buf_printf(out, "\\u%04x", (unsigned char)*text);
		else
			buf_puts(out, "\xef\xbf\xbd");
		text++;
		left--;
	}
	buf_append(out, "\"", 1);
}

/* Keys are netd's own words, without anything to escape. The value is written next, by whoever
 * calls. */
void seen_text_key(struct buf *out, const char *key)
{
	seen_text_comma(out);
	buf_append(out, "\"", 1);
	buf_puts(out, key);
	buf_append(out, "\":", 2);
}

/* NULL becomes null, which stands for "there is none". */
void seen_text_string(struct buf *out, const char *key, const char *value)
{
	seen_text_key(out, key);
	if (value)
		seen_text_value(out, value);
	else
		buf_puts(out, "null");
}

/* A number is written whole, whatever its size: readers must take 64 bits. */
void seen_text_number(struct buf *out, const char *key, uint64_t value)
{
	seen_text_key(out, key);
	buf_put_number(out, value);
}

/* The words are JSON's. */
void seen_text_bool(struct buf *out, const char *key, bool value)
{
	seen_text_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

/* Three places: microseconds. A double would be printed with digits that nobody measured. `seconds`
 * is a duration; a negative one is shown as 0. */
void seen_text_ms(struct buf *out, const char *key, double seconds)
{
	uint64_t us = seconds > 0 ? (uint64_t)(seconds * 1e6) : 0;

	seen_text_key(out, key);
	buf_printf(out, "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
}

/* RFC 3339 in UTC, with all nine digits. A reader compares such texts as they are, since they all
 * have one length. */
void seen_text_time(struct buf *out, const char *key, const struct timespec *when)
{
	struct tm parts = { 0 };

	(void)gmtime_r(&when->tv_sec, &parts); /* a year that does not fit is year 0 */
	seen_text_key(out, key);
	buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"", parts.tm_year + 1900,
		   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
		   when->tv_nsec);
}

/* An address that is not set becomes null. */
void seen_text_addr(struct buf *out, const char *key, const struct addr *addr)
{
	seen_text_string(out, key, addr_is_set(addr) ? ADDR_STR(addr) : NULL);
}

/* In the form of the kernel, with colons. */
void seen_text_mac(struct buf *out, const char *key, const struct mac *mac)
{
	seen_text_string(out, key, MAC_STR(mac));
}
