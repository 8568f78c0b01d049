// SPDX-License-Identifier: GPL-2.0-or-later
// test_lines.c - text for a terminal: wrapped, indented, and nothing in it that acts
#include "cli/show/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void wraps(size_t indent, const char *text, const char *want)
{
	struct buf out = { 0 };
	struct lines lines = { .out = &out };

	lines_pad(&lines, indent);
	lines_wrap(&lines, indent, text);
	lines_end(&lines);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

#define TEN "123456789 "
#define FIFTY TEN TEN TEN TEN TEN

static void words_are_broken_at_the_width_and_go_on_at_the_indent(void **state)
{
	(void)state;
	wraps(2, "one  two\tthree\n", "  one two three\n");
	/* 2 + 78 is the width: the last word of the first line still fits. */
	wraps(2, FIFTY TEN TEN "12345678 b", "  " FIFTY TEN TEN "12345678\n  b\n");
	wraps(2, FIFTY TEN TEN "123456789 b", "  " FIFTY TEN "123456789\n  123456789 b\n");
}

static void a_word_wider_than_a_line_is_broken_too(void **state)
{
	char word[171] = "", want[256];

	(void)state;
	memset(word, 'x', 170);
	(void)snprintf(want, sizeof(want), "     %.75s\n     %.75s\n     %.20s\n", word, word,
		       word);
	wraps(5, word, want);
}

/* A process inside a container may be called anything, and a terminal acts on some of it. */
static void what_is_no_printable_ascii_is_a_question_mark(void **state)
{
	(void)state;
	wraps(1, "a\033[2Jb \xc3\xa4 \x7f", " a?[2Jb ?? ?\n");
}

static void colour_is_around_the_text_and_takes_no_column(void **state)
{
	struct buf out = { 0 };
	struct lines lines = { .out = &out, .colour = true };

	(void)state;
	lines_put(&lines, "ok", LINES_GREEN);
	assert_int_equal(lines.used, 2);
	lines_pad(&lines, 4);
	lines_put(&lines, "plain", LINES_PLAIN);
	assert_string_equal(out.data, "\033[32mok\033[0m  plain");
	lines.colour = false;
	out.len = 0;
	lines_put(&lines, "ok", LINES_GREEN);
	assert_string_equal(out.data, "ok");
	buf_done(&out);
}

static void a_long_name_is_cut_and_shows_it(void **state)
{
	char text[6];

	(void)state;
	lines_cut("abcde", sizeof(text), text);
	assert_string_equal(text, "abcde");
	lines_cut("abcdef", sizeof(text), text);
	assert_string_equal(text, "abcd~");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_broken_at_the_width_and_go_on_at_the_indent),
		cmocka_unit_test(a_word_wider_than_a_line_is_broken_too),
		cmocka_unit_test(what_is_no_printable_ascii_is_a_question_mark),
		cmocka_unit_test(colour_is_around_the_text_and_takes_no_column),
		cmocka_unit_test(a_long_name_is_cut_and_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
