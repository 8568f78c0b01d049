// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_json_span.c - any bytes as JSON that is read where it stands: what jansson takes is taken,
// what is taken is read as jansson reads it
#include "base/json_parse.h"
#include "base/json_span.h"
#include "base/limits.h"

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void compare(const struct json_span *value, const json_t *json);

static void compare_text(const struct json_span *value, const json_t *json)
{
	size_t len = json_string_length(json);
	char *text = malloc(len + 1);

	assert(text && json_span_text(value, text, len + 1) == len);
	assert(memcmp(text, json_string_value(json), len + 1) == 0);
	free(text);
}

static void compare_members(const struct json_span *value, json_t *json)
{
	const char *key;
	json_t *member;

	json_object_foreach (json, key, member) {
		struct json_span found;

		if (strlen(key) > JSON_SPAN_KEY_MAX)
			continue;
		json_span_members(value, &key, 1, &found);
		compare(&found, member);
	}
}

static void compare(const struct json_span *value, const json_t *json)
{
	struct json_span item = { 0 };
	int64_t number = 0;

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		assert(json_span_kind(value) == JSON_SPAN_OBJECT);
		compare_members(value, (json_t *)json);
		break;
	case JSON_ARRAY:
		assert(json_span_kind(value) == JSON_SPAN_ARRAY);
		assert(json_span_count(value) == json_array_size(json));
		for (size_t i = 0; json_span_next(value, &item); i++)
			compare(&item, json_array_get(json, i));
		break;
	case JSON_STRING:
		assert(json_span_kind(value) == JSON_SPAN_STRING);
		compare_text(value, json);
		break;
	case JSON_INTEGER:
		assert(json_span_integer(value, &number) && number == json_integer_value(json));
		break;
	case JSON_REAL:
		assert(json_span_kind(value) == JSON_SPAN_NUMBER);
		assert(!json_span_integer(value, &number));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		assert(json_span_kind(value) == JSON_SPAN_BOOL);
		assert(json_span_is_true(value) == json_is_true(json));
		break;
	case JSON_NULL:
		assert(json_span_kind(value) == JSON_SPAN_NULL);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* of its exact size: one byte too far is seen */
	struct json_span value;
	struct error error = { 0 };
	json_t *json = NULL;
	bool is_taken;

	assert(text);
	memcpy(text, data, size);
	is_taken = json_span_check(text, size, &value, &error) == 0;
	assert(is_taken || error.text[0]);
	/* An object, or nothing at all, which jansson's door takes for an empty one. */
	if (json_parse_record(text, size, &json, &error) == 0) {
		assert(is_taken || json_object_size(json) == 0);
		if (is_taken && json_span_kind(&value) == JSON_SPAN_OBJECT)
			compare(&value, json);
	} else if (is_taken && json_span_kind(&value) == JSON_SPAN_OBJECT) {
		/* jansson counts what a real number is worth, and there nobody does. */
		assert(strstr(error.text, "real number"));
	}
	json_decref(json);
	free(text);
	return 0;
}
