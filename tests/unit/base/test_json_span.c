// SPDX-License-Identifier: GPL-2.0-or-later
// test_json_span.c - JSON read where it stands
#include "base/json_span.h"

#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of its exact size, so that one byte too far is seen. */
static char *copy(const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, text, len);
	return exact;
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"[",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"{\"a\"}",
		"{\"a\":}",
		"{a:1}",
		"{\"a\":1,}",
		"\"",
		"\"a",
		"\"\\",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u0000\"",
		"\"\\ud800\"",
		"\"\\udc00\"",
		"\"\\ud800\\u0041\"",
		"\"\t\"",
		"\"\xff\"",
		"\"\xc3\"",
		"01",
		"1.",
		"-",
		".5",
		"1e",
		"1e+",
		"+1",
		"tru",
		"nul",
		"falsy",
		"1 2",
		"[] x",
		"9223372036854775808",
		"-9223372036854775809",
		"]",
		"}",
		",",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = copy(texts[i]);
		struct error error = { 0 };
		struct json_span value;

		if (json_span_check(text, strlen(texts[i]), &value, &error) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
		assert_non_null(strstr(error.text, "invalid JSON"));
		free(text);
	}
}

static void a_text_is_no_deeper_than_it_may_be(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];
	struct json_span value;
	struct error error;

	(void)state;
	for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		assert_int_equal(json_span_check(text, (size_t)depth * 2, &value, &error),
				 depth > JSON_DEPTH_MAX ? -EINVAL : 0);
	}
	assert_non_null(strstr(error.text, "deeper"));
}

static void members_and_items_are_found(void **state)
{
	static const char source[] = " { \"a\" : [ 1 , {\"b\":\"],}\"} ,\"\\\"]\" , [[]] ] , "
				     "\"x\":null,\"c\":-7 ,\"d\":1.0,\"\\u0065\":true,\"c\":8 } ";
	static const char *const keys[] = { "c", "a", "e", "d", "none" };
	struct json_span value, got[5], item = { 0 }, inner;
	char *text = copy(source);
	struct error error;
	int64_t number = 0;

	(void)state;
	assert_int_equal(json_span_check(text, strlen(source), &value, &error), 0);
	json_span_members(&value, keys, 5, got);
	assert_true(json_span_integer(&got[0], &number));
	assert_int_equal(number, 8); /* the last one of that name */
	assert_true(json_span_is_true(&got[2]));
	assert_false(json_span_integer(&got[3], &number));
	assert_int_equal(json_span_kind(&got[4]), JSON_SPAN_NONE);

	assert_int_equal(json_span_count(&got[1]), 4);
	assert_true(json_span_next(&got[1], &item));
	assert_int_equal(item.len, 1);
	assert_true(json_span_next(&got[1], &item));
	json_span_members(&item, (const char *const[]) { "b" }, 1, &inner);
	assert_int_equal(inner.len, 5);
	assert_true(json_span_next(&got[1], &item));
	assert_true(json_span_next(&got[1], &item));
	assert_int_equal(item.len, 4);
	assert_false(json_span_next(&got[1], &item));
	/* What is neither has none. */
	assert_int_equal(json_span_count(&got[0]), 0);
	json_span_members(&got[0], keys, 5, got);
	assert_null(got[1].at);
	free(text);
}

static void the_smallest_and_the_largest_number_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} cases[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_span value;
		struct error error;
		int64_t number = 1;

		assert_int_equal(
			json_span_check(cases[i].text, strlen(cases[i].text), &value, &error), 0);
		assert_true(json_span_integer(&value, &number));
		assert_true(number == cases[i].number);
	}
}

static void a_string_is_decoded_and_cut(void **state)
{
	static const char source[] = "\"a\\n\\/\\u00e4\\ud83d\\ude00\xc3\xb6\\\"\"";
	static const char wanted[] = "a\n/\xc3\xa4\xf0\x9f\x98\x80\xc3\xb6\"";
	struct json_span value;
	struct error error;
	char text[32], *exact = copy(source);

	(void)state;
	assert_int_equal(json_span_check(exact, strlen(source), &value, &error), 0);
	assert_int_equal(json_span_text(&value, text, sizeof(text)), strlen(wanted));
	assert_string_equal(text, wanted);
	for (size_t size = 1; size <= strlen(wanted); size++) {
		char *small = malloc(size);

		assert_non_null(small);
		assert_int_equal(json_span_text(&value, small, size), strlen(wanted));
		assert_int_equal(strlen(small), size - 1);
		assert_memory_equal(small, wanted, size - 1);
		free(small);
	}
	free(exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_text_is_no_deeper_than_it_may_be),
		cmocka_unit_test(members_and_items_are_found),
		cmocka_unit_test(the_smallest_and_the_largest_number_are_read),
		cmocka_unit_test(a_string_is_decoded_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
