// SPDX-License-Identifier: GPL-2.0-or-later
// path.c - the path of a request: version prefix, percent escapes, segments
#include "api/call/path.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A path is split at its slashes first and decoded segment by segment
 * afterwards, so an escaped slash cannot make two segments of one. libmicrohttpd leaves escapes
 * alone for that. Nothing here depends on what is asked for: routes are patterns of segments, tried
 * one after the other. */

/* -1: it is none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The text is shorter afterwards, or as long. */
bool api_path_unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		int high, low;

		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		/* The second digit is looked at only where the first is one: text[1] may be the
		 * end. */
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		/* A NUL would end the text for all who read it from here on. */
		if (low < 0 || high + low == 0)
			return false;
		/* In place: what is decoded is never longer than what it stood for. */
		*out++ = (char)(high << 4 | low);
		text += 2;
	}
	*out = '\0';
	return true;
}

/* At most three digits, which is more than any version of the API has. */
static bool parse_number(const char **text, unsigned int *ret_number)
{
	unsigned int number = 0, n_digits = 0;

	for (; isdigit((unsigned char)**text) && n_digits < 3; ++*text, n_digits++)
		number = number * 10 + (unsigned int)(**text - '0');
	*ret_number = number;
	return n_digits > 0;
}

/* "v1.44" or "v1"; anything else is a segment like others. */
static bool parse_version(const char *segment, struct api_path *path)
{
	unsigned int major, minor = 0;

	if (*segment++ != 'v' || !parse_number(&segment, &major))
		return false;
	if (*segment == '.' && (segment++, !parse_number(&segment, &minor)))
		return false;
	if (*segment)
		return false;
	path->versioned = true;
	path->major = major;
	path->minor = minor;
	return true;
}

/* Escapes are decoded behind the split: a slash that is escaped is part of a name. strsep(3) writes
 * zeroes into the path's own copy. */
static int split(struct api_path *path)
{
	char *rest = path->text, *segment;

	while ((segment = strsep(&rest, "/"))) {
		/* Clients that join a base and a path may write a slash too many. */
		if (!*segment)
			continue;
		if (!api_path_unescape(segment))
			return -EINVAL;
		/* Once, and first: a network may well be called "v1". */
		if (path->n_segments == 0 && !path->versioned && parse_version(segment, path))
			continue;
		/* No route is so long, so there is nothing to keep. */
		if (path->n_segments == API_SEGMENTS_MAX)
			return -ENOENT;
		path->segments[path->n_segments++] = segment;
	}
	return 0;
}

int api_path_parse(const char *url, struct api_path *ret_path)
{
	struct api_path path = { .text = strdup(url) };
	int err;

	if (!path.text)
		return -ENOMEM;
	/* The segments point into the text, which lives as long as the path. */
	err = split(&path);
	if (err < 0) {
		api_path_done(&path);
		return err;
	}
	*ret_path = path;
	return 0;
}

void api_path_done(struct api_path *path)
{
	free(path->text);
	*path = (struct api_path) { 0 };
}

/* A pattern has no empty segments and no escapes. */
bool api_path_match(const struct api_path *path, const char *pattern, const char **ret_ref)
{
	const char *ref = NULL;

	for (size_t i = 0; i < path->n_segments; i++) {
		size_t len = strcspn(pattern, "/");

		if (len == 1 && *pattern == '*')
			ref = path->segments[i];
		/* The pattern may have ended before: then len is 0, and no segment is empty. */
		else if (len != strlen(path->segments[i]) ||
			 memcmp(pattern, path->segments[i], len) != 0)
			return false;
		pattern += len;
		if (*pattern)
			pattern++;
	}
	if (*pattern)
		return false;
	/* Written only where the whole path fits: a caller tries one pattern after the other. */
	*ret_ref = ref;
	return true;
}
