// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_block.c - text as blocks of lines, which are filled, framed and put beside each other
#include "cli/graph/graph_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The lines of a block, each with its end, and that its width is that of the longest. */
static void has(const struct graph_block *block, const char *want)
{
	struct buf all = { 0 };
	size_t longest = 0;

	for (size_t i = 0; i < block->n; i++) {
		const struct buf *text = &block->lines[i].text;

		longest = text->len > longest ? text->len : longest;
		buf_printf(&all, "%s\n", text->data ? text->data : "");
	}
	assert_int_equal(block->err, 0);
	assert_string_equal(all.data ? all.data : "", want);
	assert_int_equal(block->width, longest);
	buf_done(&all);
}

static void words_go_on_below_where_a_line_is_full(void **state)
{
	const struct graph_block_fill fill = {
		.edge = '|', .indent = 2, .enough = 12, .width = 12
	};
	struct graph_block block = { 0 };

	(void)state;
	graph_block_line_add(&block, '|');
	graph_block_words(&block, &fill, "one two  three four");
	graph_block_filled(&block);
	has(&block, "  one two\n  three four\n");
	graph_block_done(&block);
	assert_int_equal(block.n, 0);
}

static void a_line_that_is_long_enough_is_not_made_longer(void **state)
{
	const struct graph_block_fill fill = { .edge = '|', .enough = 8, .width = 40 };
	struct graph_block block = { 0 };

	(void)state;
	graph_block_words(&block, &fill, "one two three");
	graph_block_word(&block, &fill, ":tail", 0); /* which is no word of its own */
	graph_block_filled(&block);
	has(&block, "one two\nthree:tail\n");
	graph_block_done(&block);
}

static void a_word_wider_than_a_line_is_whole_over_several(void **state)
{
	const struct graph_block_fill fill = { .edge = '|', .indent = 1, .enough = 6, .width = 6 };
	struct graph_block block = { 0 };

	(void)state;
	graph_block_word(&block, &fill, "ab", 1);
	graph_block_word(&block, &fill, "0123456789abcdef", 1);
	graph_block_filled(&block);
	has(&block, " ab\n 01234\n 56789\n abcde\n f\n");
	graph_block_done(&block);
}

static struct graph_block block_of(const char *text, char edge)
{
	struct graph_block block = { 0 };
	const struct graph_block_fill fill = { .edge = edge, .enough = 1, .width = 80 };

	graph_block_words(&block, &fill, text);
	graph_block_filled(&block);
	return block;
}

static void blocks_beside_each_other_begin_in_their_columns(void **state)
{
	struct graph_block parts[] = { block_of("a bbb", '|'), block_of("cc d e", '|') };
	struct graph_block block = { 0 };

	(void)state;
	graph_block_beside(&block, parts, 2, 2);
	has(&block, "a    cc\nbbb  d\n     e\n");
	graph_block_done(&block);
	graph_block_done(&parts[0]);
	graph_block_done(&parts[1]);
}

static void a_frame_is_as_wide_as_its_text_or_its_title(void **state)
{
	struct graph_block inside = block_of("text more", '~'), block = { 0 }, wide = { 0 };

	(void)state;
	graph_block_frame(&block, &inside, "", '-');
	has(&block, "+-----+\n~text |\n~more |\n+-----+\n");
	graph_block_frame(&wide, &inside, "title", '=');
	has(&wide, "+= title =+\n~text     |\n~more     |\n+=========+\n");
	graph_block_done(&inside);
	graph_block_done(&block);
	graph_block_done(&wide);
}

static void what_lacked_memory_is_told_to_the_last(void **state)
{
	struct graph_block broken = { .err = -1 }, beside = { 0 }, frame = { 0 };

	(void)state;
	graph_block_beside(&beside, &broken, 1, 1);
	assert_int_equal(beside.err, -1);
	graph_block_frame(&frame, &beside, "", '-');
	assert_true(frame.err < 0);
	assert_null(graph_block_line_add(&broken, '|'));
	graph_block_done(&broken);
	graph_block_done(&beside);
	graph_block_done(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_go_on_below_where_a_line_is_full),
		cmocka_unit_test(a_line_that_is_long_enough_is_not_made_longer),
		cmocka_unit_test(a_word_wider_than_a_line_is_whole_over_several),
		cmocka_unit_test(blocks_beside_each_other_begin_in_their_columns),
		cmocka_unit_test(a_frame_is_as_wide_as_its_text_or_its_title),
		cmocka_unit_test(what_lacked_memory_is_told_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
