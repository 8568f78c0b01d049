// SPDX-License-Identifier: GPL-2.0-or-later
// test_compiled.c - a filter that a process without rights hands over, and what is none
#include "capture/compiled.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct compiled compiled;

/* An exact copy, so that a sanitizer sees one byte too far. */
static int read_copy(const void *data, size_t len, struct error *error)
{
	void *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, len);
	err = compiled_read(copy, len, &compiled, error);
	free(copy);
	return err;
}

static void a_program_arrives_as_it_was(void **state)
{
	const struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
					    BPF_STMT(BPF_RET | BPF_K, 96) };
	struct buf buf = { 0 };
	struct error error;

	(void)state;
	compiled_put_program(&buf, code, 2);
	assert_int_equal(read_copy(buf.data, buf.len, &error), 0);
	assert_int_equal(compiled.n, 2);
	assert_memory_equal(compiled.code, code, sizeof(code));
	/* Cut, it is none. */
	for (size_t len = 0; len < buf.len; len++)
		if ((len - 1) % sizeof(code[0]) != 0 || len == 1)
			assert_true(read_copy(buf.data, len, &error) < 0);
	buf_done(&buf);
}

static void the_longest_fits_and_a_longer_one_does_not(void **state)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	struct buf buf = { 0 };
	struct error error;

	(void)state;
	compiled_put_program(&buf, code, BPF_MAXINSNS);
	assert_int_equal(buf.len, COMPILED_SIZE);
	assert_int_equal(read_copy(buf.data, buf.len, &error), 0);
	buf_done(&buf);
	buf = (struct buf) { 0 };
	compiled_put_program(&buf, code, BPF_MAXINSNS + 1);
	assert_true(read_copy(buf.data, buf.len, &error) < 0);
	assert_int_equal(error.kind, ERROR_INTERNAL);
	buf_done(&buf);
}

static void a_refusal_is_plain_text(void **state)
{
	struct buf buf = { 0 };
	struct error error;

	(void)state;
	compiled_put_refusal(&buf, "syntax\x1b[2J error");
	assert_true(read_copy(buf.data, buf.len, &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.text, "syntax?[2J error");
	buf_done(&buf);
}

static void everything_is_taken_up_to_a_length(void **state)
{
	(void)state;
	compiled_take_all(96, &compiled);
	assert_int_equal(compiled.n, 1);
	assert_int_equal(compiled.code[0].code, BPF_RET | BPF_K);
	assert_int_equal(compiled.code[0].k, 96);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_arrives_as_it_was),
		cmocka_unit_test(the_longest_fits_and_a_longer_one_does_not),
		cmocka_unit_test(a_refusal_is_plain_text),
		cmocka_unit_test(everything_is_taken_up_to_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
