// SPDX-License-Identifier: GPL-2.0-or-later
// test_base64.c - the examples of RFC 4648, all lengths there and back, and what is no base64
#include "base/base64.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_examples_of_the_rfc_hold(void **state)
{
	static const struct {
		const char *data, *text;
	} cases[] = {
		{ "f", "Zg==" },	{ "fo", "Zm8=" },	 { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };

		base64_write(&text, cases[i].data, strlen(cases[i].data));
		assert_string_equal(text.data, cases[i].text);
		buf_done(&text);
	}
}

static void bytes_come_back(void **state)
{
	uint8_t data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct buf text = { 0 };
		uint8_t *again;
		size_t n = SIZE_MAX;

		base64_write(&text, data, len);
		again = malloc(base64_room(text.len) + 1);
		assert_int_equal(base64_read(text.data ? text.data : "", text.len, again, &n), 0);
		assert_int_equal(n, len);
		assert_memory_equal(again, data, len);
		free(again);
		buf_done(&text);
	}
}

static void what_is_no_base64_is_refused(void **state)
{
	static const char *const cases[] = {
		"Z",	 "Zg",	  "Zg=",  "Zg==Zg==",
		"Z===",	 "====",  "=g==", "Zg=g",
		"Zm9v ", "Zm9\n", "Zm9-", "Zh==" /* bits that belong to no byte */,
		"Zm9=",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i]), n;
		char *copy = malloc(len);
		uint8_t *data = malloc(base64_room(len) + 1);

		memcpy(copy, cases[i], len);
		assert_int_equal(base64_read(copy, len, data, &n), -EINVAL);
		free(copy);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_hold),
		cmocka_unit_test(bytes_come_back),
		cmocka_unit_test(what_is_no_base64_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
