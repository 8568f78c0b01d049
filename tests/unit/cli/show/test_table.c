// SPDX-License-Identifier: GPL-2.0-or-later
// test_table.c - columns
#include "cli/show/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void aligns(const char *text, const char *want)
{
	struct buf out = { 0 };

	buf_puts(&out, "");
	table_align(text, &out);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	(void)state;
	aligns("", "");
	aligns("A\tB\nlong\tx\n", "A      B\nlong   x\n");
	aligns("one line\n", "one line\n");
	aligns("\t\n", "   \n");
}

static void last_cell_is_neither_padded_nor_measured(void **state)
{
	(void)state;
	aligns("a\tvery long\nb\n", "a   very long\nb\n");
	aligns("a very long line\nb\tc\n", "a very long line\nb   c\n");
}

static void width_is_that_of_characters_and_not_of_bytes(void **state)
{
	(void)state;
	aligns("\xc3\xa4\tx\nab\ty\n", "\xc3\xa4    x\nab   y\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(last_cell_is_neither_padded_nor_measured),
		cmocka_unit_test(width_is_that_of_characters_and_not_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
