// SPDX-License-Identifier: GPL-2.0-or-later
// json_write.c - JSON written by jansson, all of it or nothing
#include "base/json_write.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* When jansson 2.14 has no memory for the key of an object, it leaves out the key, or a part of
 * it, and goes on. Then json_dumps returns no JSON, and nothing says so. The buffer remembers that
 * something did not go into it. */
static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

char *json_write(const json_t *json, size_t flags)
{
	struct buf out = { 0 };

	if (!json || json_dump_callback(json, append, &out, flags) < 0 || out.err) {
		buf_done(&out);
		return NULL;
	}
	return out.data;
}

json_t *json_text(const char *text)
{
	_cleanup_free_ char *plain = NULL;
	json_t *json = text ? json_string(text) : json_null();
	size_t step;

	if (json || !text)
		return json;
	plain = strdup(text);
	for (char *c = plain; c && *c; c += step ? step : 1) {
		step = utf8_len(c, SIZE_MAX);
		if (step == 0)
			*c = '?';
	}
	return plain ? json_string(plain) : NULL;
}
