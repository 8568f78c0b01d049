// SPDX-License-Identifier: GPL-2.0-or-later
// test_buf.c - the growable buffer
#include "base/buf.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void appended_text_is_kept_and_terminated(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_append(&buf, "", 0);
	assert_string_equal(buf.data, "");
	buf_puts(&buf, "one");
	buf_append(&buf, "\0two", 4);
	buf_printf(&buf, "%d%s", 3, "!");
	assert_int_equal(buf.len, 9);
	assert_memory_equal(buf.data, "one\0two3!", 10);
	assert_int_equal(buf.err, 0);
	buf_done(&buf);
	assert_null(buf.data);
}

static void growth_keeps_what_was_there(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_printf(&buf, "%04d", i);
	assert_int_equal(buf.len, 40000);
	assert_memory_equal(buf.data + 4 * 1234, "1234", 4);
	assert_int_equal(buf.data[40000], 0);
	buf_done(&buf);
}

/* At the edge the text must be printed a second time, after growing. */
static void every_length_of_formatted_text_fits(void **state)
{
	(void)state;
	for (int len = 0; len < 700; len++) {
		struct buf buf = { 0 };

		buf_puts(&buf, "x");
		buf_printf(&buf, "%*s", len, "");
		assert_int_equal(buf.len, len + 1);
		assert_int_equal(strlen(buf.data), len + 1);
		buf_done(&buf);
	}
}

static void consuming_drops_the_front(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_consume(&buf, 5); /* nothing there */
	buf_puts(&buf, "hello world");
	buf_consume(&buf, 0);
	buf_consume(&buf, 6);
	assert_string_equal(buf.data, "world");
	buf_consume(&buf, 100);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_done(&buf);
}

static void a_number_is_what_printf_makes_of_it(void **state)
{
	static const uint64_t numbers[] = { 0,	       1,	   9,	       10,
					    99,	       100,	   65535,      65536,
					    999999999, 1000000000, UINT32_MAX, UINT64_MAX };
	struct buf buf = { 0 }, want = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		buf_put_number(&buf, numbers[i]);
		buf_printf(&want, "%" PRIu64, numbers[i]);
		assert_string_equal(buf.data, want.data);
	}
	buf_done(&buf);
	buf_done(&want);
}

static void an_impossible_size_is_a_sticky_error(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_puts(&buf, "kept");
	buf_append(&buf, "x", SIZE_MAX - 2);
	assert_int_equal(buf.err, -ENOMEM);
	buf_puts(&buf, "more");
	buf_printf(&buf, "%d", 1);
	assert_string_equal(buf.data, "kept");
	assert_int_equal(buf.len, 4);
	buf_done(&buf);
	assert_int_equal(buf.err, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_text_is_kept_and_terminated),
		cmocka_unit_test(growth_keeps_what_was_there),
		cmocka_unit_test(every_length_of_formatted_text_fits),
		cmocka_unit_test(consuming_drops_the_front),
		cmocka_unit_test(a_number_is_what_printf_makes_of_it),
		cmocka_unit_test(an_impossible_size_is_a_sticky_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
