// SPDX-License-Identifier: GPL-2.0-or-later
// test_json_parse.c - what text is taken for JSON, and its bounds
#include "base/json_parse.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error error;

/* Of an exact-size copy, so that the sanitizer sees one byte too far. */
static int parse(const char *text, size_t len, json_t **ret_json)
{
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(&error, 0, sizeof(error));
	return json_parse_body(copy, len, ret_json, &error);
}

static json_t *body(const char *text)
{
	json_t *json;

	if (parse(text, strlen(text), &json) < 0)
		fail_msg("%s: %s", text, error.text);
	return json;
}

static void an_empty_body_is_an_empty_object(void **state)
{
	static const char *const cases[] = { "", "  \r\n\t", "{}", "null", " {} \n", " null " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json = body(cases[i]);

		assert_true(json_is_object(json));
		assert_int_equal(json_object_size(json), 0);
		json_decref(json);
	}
}

static void text_that_is_no_object_is_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "[]", "invalid JSON: an object is wanted" },
		{ "7", "invalid JSON: an object is wanted" },
		{ "\"x\"", "invalid JSON: an object is wanted" },
		{ "{", "invalid JSON: " },
		{ "{\"a\":}", "invalid JSON: " },
		{ "{'a':1}", "invalid JSON: " },
		{ "{\"a\":\"\\u0000\"}", "invalid JSON: " },
		{ "{\"a\":\"\xff\"}", "invalid JSON: " },
		{ "{\"a\":99999999999999999999}", "invalid JSON: " },
		{ "{} {}", "unexpected content after JSON" },
		{ "{}x", "unexpected content after JSON" },
		{ "{}]", "unexpected content after JSON" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json;

		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &json), -EINVAL);
		assert_int_equal(error.kind, ERROR_INVALID);
		if (strncmp(error.text, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("%s: %s", cases[i].text, error.text);
	}
	assert_int_equal(parse("{}\0", 3, &(json_t *) { NULL }), -EINVAL);
}

static int parse_nested(int depth)
{
	char text[256] = "{\"\\\"[{\":";
	size_t at = strlen(text);
	json_t *json = NULL;
	int err;

	for (int i = 0; i < depth - 1; i++)
		text[at++] = '[';
	text[at++] = '1';
	for (int i = 0; i < depth - 1; i++)
		text[at++] = ']';
	text[at++] = '}';
	err = parse(text, at, &json);
	json_decref(json);
	return err;
}

static void nesting_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(JSON_DEPTH_MAX), 0);
	assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1), -EINVAL);
	assert_string_equal(error.text, "invalid JSON: nested deeper than 32 levels");
}

/* Of two bytes each, so that jansson would take a hundred times the length of the text. */
static void values_have_a_limit(void **state)
{
	static const char head[] = "{\"a\":[", item[] = "0,";
	size_t len = sizeof(head) - 1;
	_cleanup_free_ char *text = malloc(len + (size_t)JSON_VALUES_MAX * 2 + 2);
	json_t *json;

	(void)state;
	assert_non_null(text);
	memcpy(text, head, len);
	for (size_t i = 0; i < JSON_VALUES_MAX - 2; i++, len += 2)
		memcpy(text + len, item, 2);
	memcpy(text + len, "0]}", 3);
	assert_int_equal(json_parse_record(text, len + 3, &json, &error), 0);
	json_decref(json);
	memcpy(text + len, "0,0]}", 5);
	assert_int_equal(json_parse_record(text, len + 5, &json, &error), -E2BIG);
	assert_string_equal(error.text, "there are more than 3145728 values in it");
	/* In a string there are none. */
	memset(text + 6, ',', len);
	text[5] = '"';
	memcpy(text + len, "\"}", 2);
	assert_int_equal(json_parse_record(text, len + 2, &json, &error), 0);
	json_decref(json);
}

static void length_has_a_limit(void **state)
{
	_cleanup_free_ char *text = malloc(API_BODY_MAX + 1);
	json_t *json;

	(void)state;
	memset(text, ' ', API_BODY_MAX + 1);
	assert_int_equal(parse(text, API_BODY_MAX, &json), 0);
	json_decref(json);
	assert_int_equal(parse(text, API_BODY_MAX + 1, &json), -E2BIG);
	assert_string_equal(error.text, "the request body has more than 1048576 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_body_is_an_empty_object),
		cmocka_unit_test(text_that_is_no_object_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(values_have_a_limit),
		cmocka_unit_test(length_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
