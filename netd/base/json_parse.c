// SPDX-License-Identifier: GPL-2.0-or-later
// json_parse.c - JSON of strangers and of netd's own records, with bounds
#include "base/json_parse.h"

#include "base/json_read.h"
#include "base/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Theory of operation. jansson builds the tree; bounds are kept here. A text is first looked
 * through for its depth and for how many values it has, in one pass without memory, and is refused
 * before jansson sees it. Then its end is checked, for a text may hold one value only. */

static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot decode the request");
}

/* Brackets and commas outside of strings, of which each begins a value: a short text may take a
 * hundred times its length in memory. jansson's own bound is 2,048 levels, each a frame of its
 * recursion, and json_decref recurses as deep again; so it never sees a deep text. Malformed text
 * may be miscounted, and is then refused for one reason or the other. "{" counts as a value and a
 * comma as one more, so the figure is no smaller than the real one less one for each bracket that
 * is empty. */
static int check_shape(const char *text, size_t len, struct error *error)
{
	bool quoted = false;
	size_t n_values = 0;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			n_values++;
			if (++depth > JSON_DEPTH_MAX)
				return error_set(error, ERROR_INVALID,
						 "invalid JSON: nested deeper than %d levels",
						 JSON_DEPTH_MAX);
		} else if (text[i] == '}' || text[i] == ']') {
			depth--;
		} else if (text[i] == ',') {
			n_values++;
		}
		if (n_values > JSON_VALUES_MAX)
			return error_set(error, ERROR_TOO_LARGE,
					 "there are more than %d values in it", JSON_VALUES_MAX);
	}
	return 0;
}

/* RFC 8259, 2: the four whitespace characters. The place of the first byte that is none of
 * these. */
static size_t skip_space(const char *text, size_t len, size_t pos)
{
	while (pos < len && text[pos] && strchr(" \t\r\n", text[pos]))
		pos++;
	return pos;
}

/* Any value is taken here; the caller wants an object. */
static int parse_bounded(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	json_error_t why;
	bool out_of_memory;
	/* Jansson would say "end of file expected", and a request has no file: the check below has
	 * its own sentence. */
	json_t *json = json_read(text, len, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &why,
				 &out_of_memory);

	/* Jansson says that memory is out by its code, or by no word at all. */
	if (!json && (out_of_memory || why.text[0] == '\0' ||
		      json_error_code(&why) == json_error_out_of_memory))
		return no_memory(error);
	if (!json)
		return error_set(error, ERROR_INVALID, "invalid JSON: %s (line %d, column %d)",
				 why.text, why.line, why.column);
	/* why.position is how many bytes jansson has read. */
	if (skip_space(text, len, (size_t)why.position) < len) {
		json_decref(json);
		return error_set(error, ERROR_INVALID, "unexpected content after JSON");
	}
	*ret_json = json;
	return 0;
}

/* The record is an object, which may be empty. *ret_json is the caller's. */
int json_parse_record(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	json_t *json = NULL;
	int err;

	/* Before jansson sees it: by the time it refuses, the stack is deep already. */
	err = check_shape(text, len, error);
	if (err < 0)
		return err;
	if (skip_space(text, len, 0) < len) {
		err = parse_bounded(text, len, &json, error);
		if (err < 0)
			return err;
	}
	/* No body, or null, is an object without fields: clients leave out a body that would say
	 * nothing. */
	if (!json || json_is_null(json)) {
		json_decref(json);
		json = json_object();
		if (!json)
			return no_memory(error);
	}
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(error, ERROR_INVALID, "invalid JSON: an object is wanted");
	}
	*ret_json = json;
	return 0;
}

/* The same for what came over a socket, whose length is bounded as well. */
int json_parse_body(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	if (len > (size_t)API_BODY_MAX)
		return error_set(error, ERROR_TOO_LARGE, "the request body has more than %d bytes",
				 API_BODY_MAX);
	return json_parse_record(text, len, ret_json, error);
}
