// SPDX-License-Identifier: GPL-2.0-or-later
// test_json_write.c - each allocation of a writing fails once
#include "base/json_write.h"
#include "tests/real_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool counting;
static int fail_at, n_asked;

static bool must_fail(void)
{
	return counting && ++n_asked == fail_at;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : REAL(malloc)(size);
}

void *realloc(void *old, size_t size)
{
	return must_fail() ? NULL : REAL(realloc)(old, size);
}

static void fail_each(const json_t *json, size_t flags)
{
	char *whole = json_write(json, flags), *text;
	int n_failed = 0;

	assert_non_null(whole);
	for (fail_at = 1;; fail_at++) {
		n_asked = 0;
		counting = true;
		text = json_write(json, flags);
		counting = false;
		if (text)
			assert_string_equal(text, whole);
		n_failed += !text;
		free(text);
		if (n_asked < fail_at)
			break;
	}
	assert_true(n_failed > 1);
	free(whole);
}

static void what_is_written_is_all_or_nothing(void **state)
{
	json_t *json = json_object(), *inner = json_object();
	char key[32];

	(void)state;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(key, sizeof(key), "a key %d, which is long", i);
		assert_int_equal(json_object_set_new(inner, key, json_integer(i)), 0);
		assert_int_equal(json_object_set_new(json, key, json_string(key)), 0);
	}
	assert_int_equal(json_object_set_new(json, "inner", inner), 0);
	fail_each(json, JSON_COMPACT);
	fail_each(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
}

/* Each length, so that each part of a key once is the one without room. */
static void a_key_is_whole_wherever_memory_ends(void **state)
{
	(void)state;
	for (int len = 200; len < 270; len++) {
		json_t *json = json_object();
		char text[280];

		memset(text, 'x', sizeof(text));
		text[len] = '\0';
		assert_int_equal(json_object_set_new(json, "a", json_string(text)), 0);
		assert_int_equal(json_object_set_new(json, "Driver", json_string("bridge")), 0);
		fail_each(json, JSON_COMPACT);
		json_decref(json);
	}
}

static void nothing_is_written_of_nothing(void **state)
{
	json_t *text = json_string("not a container");

	(void)state;
	assert_null(json_write(NULL, JSON_COMPACT));
	assert_null(json_write(text, JSON_COMPACT));
	json_decref(text);
}

static void text_of_any_bytes_is_a_string(void **state)
{
	static const char *const cases[][2] = {
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "caf\xe9 caf\xc3\xa9", "caf? caf\xc3\xa9" },
		{ "\xff\xfe", "??" },
		{ "cut \xe2\x82", "cut ??" },
		{ "", "" },
	};
	json_t *json;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json = json_text(cases[i][0]);
		assert_string_equal(json_string_value(json), cases[i][1]);
		json_decref(json);
	}
	json = json_text(NULL);
	assert_true(json_is_null(json));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_all_or_nothing),
		cmocka_unit_test(a_key_is_whole_wherever_memory_ends),
		cmocka_unit_test(nothing_is_written_of_nothing),
		cmocka_unit_test(text_of_any_bytes_is_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
