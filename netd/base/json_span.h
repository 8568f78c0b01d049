// SPDX-License-Identifier: GPL-2.0-or-later
// json_span.h - JSON read where it stands: values are places in the text, and there is no tree
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value of a text that json_span_check() has taken, without the space around it. at NULL: there
 * is none. It is valid as long as the text. */
struct json_span {
	const char *at;
	size_t len;
};

enum json_span_kind {
	JSON_SPAN_NONE,
	JSON_SPAN_OBJECT,
	JSON_SPAN_ARRAY,
	JSON_SPAN_STRING,
	JSON_SPAN_NUMBER,
	JSON_SPAN_BOOL,
	JSON_SPAN_NULL,
};

/* Takes a text of anybody's as one value (RFC 8259), no deeper than JSON_DEPTH_MAX. Strings are
 * UTF-8 without NUL, and whole numbers fit into 64 bits. 0, or ERROR_INVALID and where it goes
 * wrong. */
int json_span_check(const char *text, size_t len, struct json_span *ret_value, struct error *error);

enum json_span_kind json_span_kind(const struct json_span *value);

/* The values of an object's members by these keys, or none; of a key that comes twice the last one.
 * What is no object has no member. A key is as long as JSON_SPAN_KEY_MAX at the most. */
void json_span_members(const struct json_span *object, const char *const *keys, size_t n,
		       struct json_span *ret_values);

/* The items of a list, one after the other; *at begins with an empty one. False: that was the last.
 * What is no list has none. */
bool json_span_next(const struct json_span *list, struct json_span *item);
size_t json_span_count(const struct json_span *list);

/* A string's characters, cut and terminated where there is no room for all; how many there are. 0
 * for what is no string. */
size_t json_span_text(const struct json_span *value, char *ret_text, size_t size);
/* False: it is no whole number, or written like none (1.0). */
bool json_span_integer(const struct json_span *value, int64_t *ret_number);
bool json_span_is_true(const struct json_span *value);
