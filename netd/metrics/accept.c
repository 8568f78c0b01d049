// SPDX-License-Identifier: GPL-2.0-or-later
// accept.c - which format a reader asks for
#include "metrics/accept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. A reader says by the header Accept which formats it understands, and how
 * well (RFC 9110, 12.5.1):
 *
 * Accept  = range *( "," range )
 * range   = type "/" subtype *( ";" name "=" value )
 *
 * Two formats are written, so of all ranges only the best quality of either is kept.
 * OpenMetrics is given to a reader that asks for it by name and values it no less than plain
 * text. Everybody else gets the older format, which every reader of metrics understands; so
 * does who sends no header, or one that cannot be read. */

#define OPEN "application/openmetrics-text"

/* A type that is longer than this is none that is known, and stays empty. */
struct range {
	char type[64];
	double quality;
	bool is_other_version;
};

/* Blanks and tabs on both sides; *text moves to the first byte that is left. Nothing here ends
 * with a zero byte: the header is read in place. */
static size_t trim(const char **text, size_t len)
{
	while (len > 0 && (**text == ' ' || **text == '\t')) {
		(*text)++;
		len--;
	}
	while (len > 0 && ((*text)[len - 1] == ' ' || (*text)[len - 1] == '\t'))
		len--;
	return len;
}

/* NAME=VALUE, quoted or not; false: it is another. Names of parameters do not depend on case.
 * What is longer than the room is cut: no value that is looked for is that long. */
static bool get_parameter(const char *text, size_t len, const char *name, char *ret_value,
			  size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(text, name, name_len) != 0 || text[name_len] != '=')
		return false;
	text += name_len + 1;
	len -= name_len + 1;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len >= size)
		len = size - 1;
	memcpy(ret_value, text, len);
	ret_value[len] = '\0';
	return true;
}

/* One of the list: TYPE/SUBTYPE;q=0.5;version=1.0.0 */
static struct range read_range(const char *text, size_t len)
{
	struct range range = { .quality = 1. };
	/* The quality is 1 where none is given. */
	bool is_first = true;

	for (size_t at = 0; at <= len; is_first = false) {
		const char *part = text + at, *end = memchr(part, ';', len - at);
		size_t part_len = end ? (size_t)(end - part) : len - at;
		char value[16];

		at += part_len + 1;
		part_len = trim(&part, part_len);
		if (is_first && part_len < sizeof(range.type)) {
			memcpy(range.type, part, part_len);
		} else if (get_parameter(part, part_len, "q", value, sizeof(value))) {
			/* What is no number is 0, which means "not acceptable" by the same RFC. */
			range.quality = strtod(value, NULL);
		} else if (get_parameter(part, part_len, "version", value, sizeof(value))) {
			/* 0.0.1 came before 1.0.0 and is understood by nobody who sends that
			 * alone. */
			range.is_other_version = strcmp(value, "1.0.0") != 0;
		}
	}
	return range;
}

/* A browser sends the pattern of all types, and shows text. The name OpenMetrics is not meant
 * by a pattern: who does not ask for it may not understand it. */
static bool is_text(const char *type)
{
	return strcasecmp(type, "text/plain") == 0 || strcasecmp(type, "text/*") == 0 ||
	       strcmp(type, "*/*") == 0;
}

/* accept NULL: there is no such header. */
enum page_format accept_format(const char *accept)
{
	double open = 0., text = 0.;
	size_t len = accept ? strlen(accept) : 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(accept + at, ',', len - at);
		size_t range_len = end ? (size_t)(end - accept) - at : len - at;
		struct range range = read_range(accept + at, range_len);

		at += range_len + 1;
		if (strcasecmp(range.type, OPEN) == 0 && !range.is_other_version &&
		    range.quality > open)
			open = range.quality;
		else if (is_text(range.type) && range.quality > text)
			text = range.quality;
	}
	return open > 0. && open >= text ? PAGE_OPENMETRICS : PAGE_TEXT;
}
