// SPDX-License-Identifier: GPL-2.0-or-later
// test_journal.c - changes written and read back, and what was damaged in between
#include "base/journal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(string)                                                                               \
	{                                                                                          \
		.kind = JOURNAL_TEXT, .text = (string)                                             \
	}
#define NUMBER(value)                                                                              \
	{                                                                                          \
		.kind = JOURNAL_NUMBER, .number = (value)                                          \
	}

/* Two transactions: two changes, and one. */
static void write_two(struct buf *out)
{
	const struct journal_value first[] = { TEXT("a \"q\" \\ \n \x01 \xc3\xa9"),
					       NUMBER(INT64_MIN),
					       { .kind = JOURNAL_NULL } };
	const struct journal_value second[] = { NUMBER(INT64_MAX) };
	struct journal_mark mark = { 1, 2, 0xfedcba9876543210 };
	uint64_t chain;
	size_t from;

	journal_write_head(out, "networks", &chain);
	from = out->len;
	journal_write_change(out, "put", first, 3);
	journal_write_change(out, "other", second, 1);
	journal_write_commit(out, from, &mark, &chain);
	from = out->len;
	mark = (struct journal_mark) { 2, 1, UINT64_MAX };
	journal_write_change(out, "delete", NULL, 0);
	journal_write_commit(out, from, &mark, &chain);
	assert_int_equal(out->err, 0);
}

static int append(const char *name, const struct journal_value *values, size_t n, void *data,
		  struct error *error)
{
	struct buf *seen = data;

	(void)error;
	buf_puts(seen, name);
	for (size_t i = 0; i < n; i++) {
		if (values[i].kind == JOURNAL_TEXT)
			buf_printf(seen, " '%s'", values[i].text);
		else if (values[i].kind == JOURNAL_NUMBER)
			buf_printf(seen, " %lld", (long long)values[i].number);
		else
			buf_puts(seen, " null");
	}
	buf_puts(seen, ";");
	return 0;
}

static void what_was_written_is_read_back_in_order(void **state)
{
	struct buf out = { 0 }, seen = { 0 };
	struct journal journal;

	(void)state;
	write_two(&out);
	assert_int_equal(journal_check(out.data, out.len, &journal, NULL), 0);
	assert_true(journal.whole);
	assert_int_equal(journal.len, out.len);
	assert_string_equal(journal.of, "networks");
	assert_int_equal(journal.mark.generation, 2);
	assert_int_equal(journal.mark.n_rows, 1);
	assert_true(journal.mark.digest == UINT64_MAX);
	assert_int_equal(journal_each(out.data, &journal, append, &seen, NULL), 0);
	assert_string_equal(seen.data,
			    "put 'a \"q\" \\ \n \x01 \xc3\xa9' -9223372036854775808 null;"
			    "other 9223372036854775807;delete;");
	buf_done(&out);
	buf_done(&seen);
}

static void a_transaction_goes_on_from_the_one_before(void **state)
{
	struct buf out = { 0 };
	struct journal journal;
	struct journal_mark mark = { 3, 0, 0 };
	size_t from;

	(void)state;
	write_two(&out);
	assert_int_equal(journal_check(out.data, out.len, &journal, NULL), 0);
	assert_in_range(journal.first_len, 1, journal.len - 1);
	from = out.len;
	journal_write_commit(&out, from, &mark, &journal.chain);
	assert_int_equal(journal_check(out.data, out.len, &journal, NULL), 0);
	assert_true(journal.whole);
	assert_int_equal(journal.mark.generation, 3);
	assert_int_equal(journal_check(out.data, journal.first_len, &journal, NULL), 0);
	assert_true(journal.whole);
	assert_int_equal(journal.mark.generation, 1);
	buf_done(&out);
}

/* An exact copy, so that a byte read too far is seen. */
static int check_copy(const char *data, size_t len, struct journal *ret_journal)
{
	char *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, len);
	err = journal_check(copy, len, ret_journal, NULL);
	free(copy);
	return err;
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
	struct buf out = { 0 };
	struct journal journal;

	(void)state;
	write_two(&out);
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.data[bit / 8] = (char)(out.data[bit / 8] ^ 1 << bit % 8);
		if (check_copy(out.data, out.len, &journal) == 0) {
			assert_false(journal.whole);
			assert_int_equal(journal.mark.generation, 1);
		}
		out.data[bit / 8] = (char)(out.data[bit / 8] ^ 1 << bit % 8);
	}
	buf_done(&out);
}

static void cut_anywhere_the_whole_transactions_are_left(void **state)
{
	struct buf out = { 0 };
	struct journal journal, two;

	(void)state;
	write_two(&out);
	assert_int_equal(check_copy(out.data, out.len, &two), 0);
	for (size_t len = 0; len < out.len; len++) {
		if (check_copy(out.data, len, &journal) < 0)
			continue;
		assert_int_equal(journal.mark.generation, 1);
		assert_int_equal(journal.whole, journal.len == len);
		assert_true(journal.len < two.len);
	}
	buf_done(&out);
}

static void lines_that_are_missing_swapped_or_doubled_are_noticed(void **state)
{
	struct buf out = { 0 }, other = { 0 };
	struct journal journal;
	const char *lines[8];
	size_t n = 0;

	(void)state;
	write_two(&out);
	for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
		lines[n++] = line;
	assert_int_equal(n, 6);
	for (size_t left_out = 0; left_out < n; left_out++) {
		for (int copies = 0; copies <= 2; copies += 2) {
			other.len = 0;
			for (size_t i = 0; i < n; i++)
				for (int k = 0; k < (i == left_out ? copies : 1); k++)
					buf_printf(&other, "%s\n", lines[i]);
			assert_true(check_copy(other.data, other.len, &journal) < 0 ||
				    !journal.whole || journal.mark.generation == 1);
		}
	}
	buf_done(&out);
	buf_done(&other);
}

static void what_is_no_journal_is_refused_in_words(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"{}\n",
		"{\"netd\":\"journal\",\"version\":2,\"of\":\"networks\"}\n",
		"{\"netd\":\"journal\",\"version\":1,\"of\":\"\"}\n",
		"{\"netd\":\"journal\",\"version\":1,\"of\":\"Networks\"}\n",
		"{\"netd\":\"journal\",\"version\":1,\"of\":\"abcdefghijklmnopq\"}\n",
		"{\"netd\":\"journal\",\"version\":1,\"of\":\"networks\"}\n",
	};
	struct journal journal;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		error = (struct error) { 0 };
		assert_true(journal_check(texts[i], strlen(texts[i]), &journal, &error) < 0);
		assert_true(strlen(error.text) > 10);
	}
}

static void a_line_that_is_no_change_is_refused(void **state)
{
	static const char *const lines[] = {
		"[]",	      "{}",	     "[1]",
		"[\"a\",[]]", "[\"a\",1.5]", "[\"a\",true]",
		"[\"a\"] x",  "x",	     "[\"a\",1,2,3,4,5,6,7,8,9,10,11,12,13]"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buf out = { 0 }, seen = { 0 };
		const struct journal_mark mark = { 1, 0, 0 };
		struct journal journal;
		struct error error = { 0 };
		uint64_t chain;
		size_t from;

		journal_write_head(&out, "x", &chain);
		from = out.len;
		buf_printf(&out, "%s\n", lines[i]);
		journal_write_commit(&out, from, &mark, &chain);
		assert_int_equal(journal_check(out.data, out.len, &journal, NULL), 0);
		assert_true(journal_each(out.data, &journal, append, &seen, &error) < 0);
		assert_non_null(strstr(error.text, "no change"));
		buf_done(&out);
		buf_done(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back_in_order),
		cmocka_unit_test(a_transaction_goes_on_from_the_one_before),
		cmocka_unit_test(a_flipped_bit_anywhere_is_noticed),
		cmocka_unit_test(cut_anywhere_the_whole_transactions_are_left),
		cmocka_unit_test(lines_that_are_missing_swapped_or_doubled_are_noticed),
		cmocka_unit_test(what_is_no_journal_is_refused_in_words),
		cmocka_unit_test(a_line_that_is_no_change_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
