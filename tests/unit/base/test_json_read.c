// SPDX-License-Identifier: GPL-2.0-or-later
// test_json_read.c - each allocation of a reading fails, once or with all that follow
#include "base/json_read.h"
#include "tests/real_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool counting, lasting;
static int fail_at, n_asked;

void *malloc(size_t size)
{
	if (counting && (++n_asked == fail_at || (lasting && n_asked > fail_at)))
		return NULL;
	return REAL(malloc)(size);
}

static json_t *read_text(const char *text, json_error_t *why, bool *no_memory)
{
	return json_read(text, strlen(text), 0, why, no_memory);
}

/* What is read is all there is, or nothing, and the process goes on. */
static void fail_each(const char *text)
{
	json_t *whole, *json;
	json_error_t why;
	bool no_memory;

	whole = read_text(text, &why, &no_memory);
	assert_non_null(whole);
	assert_false(no_memory);
	for (fail_at = 1;; fail_at++) {
		n_asked = 0;
		counting = true;
		json = read_text(text, &why, &no_memory);
		counting = false;
		if (json)
			break;
		assert_true(no_memory);
	}
	assert_true(n_asked < fail_at && fail_at > 5);
	assert_true(json_equal(json, whole));
	json_decref(json);
	json_decref(whole);
}

static void what_is_read_is_all_or_nothing(void **state)
{
	char text[4096] = "{\"first\":{\"a\":1,\"b\":[true,null,2.5,{}]}";

	(void)state;
	for (int i = 0; i < 60; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       ",\"key %d\":[\"a value that is not short\",{\"%d\":%d}]", i, i, i);
	(void)strncat(text, "}", sizeof(text) - strlen(text) - 1);
	for (int i = 0; i < 2; i++) {
		lasting = i;
		fail_each("{\"Container\":\"a\",\"EndpointConfig\":{\"GwPriority\":1}}");
		fail_each("{\"a\\u00e4\\n\":\"a string with escapes \\\" \\\\ \\ud83d\\ude00\"}");
		fail_each(text);
	}
}

static void a_fault_of_the_text_is_told_as_ever(void **state)
{
	json_error_t why;
	bool no_memory;

	(void)state;
	assert_null(read_text("{\"a\":}", &why, &no_memory));
	assert_false(no_memory);
	assert_int_equal(json_error_code(&why), json_error_invalid_syntax);
	assert_null(json_read("\0", 1, JSON_DECODE_ANY, &why, &no_memory));
	assert_false(no_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_all_or_nothing),
		cmocka_unit_test(a_fault_of_the_text_is_told_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
