// SPDX-License-Identifier: GPL-2.0-or-later
// path.h - the path of a request: version prefix, percent escapes, segments
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define API_SEGMENTS_MAX 6 /* the longest route has 5: netd/v1/containers/ID/ports */

/* "/v1.44/networks/a%20b/" is version 1.44 and the segments "networks" and "a b". Empty segments
 * (a slash at the end, two in a row) do not count. */
struct api_path {
	bool versioned;
	unsigned int major, minor;
	size_t n_segments;
	const char *segments[API_SEGMENTS_MAX]; /* decoded, in text */
	char *text;				/* owned */
};

/* Splits before it decodes, so an escaped slash stays within its segment. 0, -EINVAL (an escape
 * that is none, or of NUL), -ENOENT (more segments than any route has) or -ENOMEM. */
int api_path_parse(const char *url, struct api_path *ret_path);
void api_path_done(struct api_path *path);

/* Decodes %XX in place; false: malformed, or a NUL. */
bool api_path_unescape(char *text);

/* Whether the segments are those of pattern ("networks/ * /connect", without the spaces), where *
 * is any one segment; *ret_ref is the one it stood for, or NULL where there is no *. */
bool api_path_match(const struct api_path *path, const char *pattern, const char **ret_ref);
