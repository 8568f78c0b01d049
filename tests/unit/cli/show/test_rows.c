// SPDX-License-Identifier: GPL-2.0-or-later
// test_rows.c - what lists have in common
#include "cli/show/rows.h"

#include "cli/line/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void times_have_the_form_of_dockers_lists(void **state)
{
	char text[ROW_TIME_MAX];

	(void)state;
	row_time("2025-01-02T03:04:05.6Z", text);
	assert_string_equal(text, "2025-01-02 03:04:05.6 +0000 UTC");
	row_time("yesterday", text);
	assert_string_equal(text, "yesterday");
	row_time("", text);
	assert_string_equal(text, "");
	row_time("Tea at five", text); /* no time, though it has a T */
	assert_string_equal(text, "Tea at five");
	row_time_unix(1735787045, text);
	assert_string_equal(text, "2025-01-02 03:04:05 +0000 UTC");
}

static void a_time_that_is_too_long_is_cut(void **state)
{
	char text[ROW_TIME_MAX], time[200];

	(void)state;
	memset(time, '1', sizeof(time));
	memcpy(time, "2025-01-02T", 11);
	memcpy(time + sizeof(time) - 2, "Z", 2);
	row_time(time, text);
	assert_int_equal(strlen(text), ROW_TIME_MAX - 1);
}

static void labels_are_one_text(void **state)
{
	json_t *labels = json_loads("{\"a\": \"1\", \"b\": \"\", \"c\": null}", 0, NULL);
	struct buf out = { 0 };

	(void)state;
	row_labels(labels, &out);
	assert_string_equal(out.data, "a=1,b=,c=");
	buf_done(&out);
	json_decref(labels);
}

static void ids_are_shortened_unless_all_of_them_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(row_id_len("0123456789abcdef", false), 12);
	assert_int_equal(row_id_len("0123456789abcdef", true), 16);
	assert_int_equal(row_id_len("0123", false), 4);
}

static json_t *make_row(const json_t *object, bool whole_ids)
{
	return json_pack("{s:s}", "Name", whole_ids ? "whole" : cli_str(object, "Name"));
}

static void expect_order(const char *sort, const char *const *want, size_t n)
{
	json_t *objects = json_loads(
		"[{\"Name\": \"net10\"}, {\"Name\": \"net9\"}, {\"Name\": \"a\"}]", 0, NULL);
	json_t *rows = NULL;
	struct error error;

	assert_int_equal(rows_make(objects, make_row, false, sort, &rows, &error), 0);
	assert_int_equal(json_array_size(rows), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(cli_str(json_array_get(rows, i), "Name"), want[i]);
	json_decref(rows);
	json_decref(objects);
}

static void rows_are_sorted_by_the_numbers_in_their_names(void **state)
{
	static const char *const sorted[] = { "a", "net9", "net10" };
	static const char *const as_given[] = { "net10", "net9", "a" };

	(void)state;
	expect_order("Name", sorted, 3);
	expect_order(NULL, as_given, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_the_form_of_dockers_lists),
		cmocka_unit_test(a_time_that_is_too_long_is_cut),
		cmocka_unit_test(labels_are_one_text),
		cmocka_unit_test(ids_are_shortened_unless_all_of_them_is_wanted),
		cmocka_unit_test(rows_are_sorted_by_the_numbers_in_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
