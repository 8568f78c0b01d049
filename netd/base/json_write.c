// SPDX-License-Identifier: GPL-2.0-or-later
// json_write.c - JSON written by jansson, all of it or nothing
#include "base/json_write.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Theory of operation. jansson tells its text in pieces to append(), and the buffer has an error of
 * its own. */

/* When jansson 2.14 has no memory for the key of an object, it leaves out the key, or a part of it,
 * and goes on. Then json_dumps returns no JSON, and nothing says so. The buffer remembers that
 * something did not go into it. -1 ends the writing. */
static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

/* The text is the caller's to free. NULL: out of memory, or json was NULL for the same reason. */
char *json_write(const json_t *json, size_t flags)
{
	struct buf out = { 0 };

	if (!json || json_dump_callback(json, append, &out, flags) < 0 || out.err) {
		buf_done(&out);
		return NULL;
	}
	return out.data;
}

/* A text of anybody's as a JSON string. Bytes that are not UTF-8 become question marks, for jansson
 * refuses them. NULL: out of memory. text NULL: JSON's null. */
json_t *json_text(const char *text)
{
	_cleanup_free_ char *plain = NULL;
	json_t *json = text ? json_string(text) : json_null();
	size_t step;

	if (json || !text)
		return json;
	/* json_string() has refused it, for one of two reasons; a second refusal is want of
	 * memory. */
	plain = strdup(text);
	for (char *c = plain; c && *c; c += step ? step : 1) {
		step = utf8_len(c, SIZE_MAX);
		if (step == 0)
			*c = '?';
	}
	return plain ? json_string(plain) : NULL;
}
