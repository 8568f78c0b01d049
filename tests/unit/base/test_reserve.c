// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/reserve.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool short_of_memory;

static void *maybe(void *old, size_t size)
{
	return short_of_memory ? NULL : realloc(old, size);
}

static void what_malloc_does_not_have_comes_out_of_the_reserve(void **state)
{
	char *text = reserve_realloc_by(maybe, NULL, 5);

	(void)state;
	memcpy(text, "text", 5);
	short_of_memory = true;
	text = reserve_realloc_by(maybe, text, 5000);
	assert_non_null(text);
	assert_string_equal(text, "text");
	text = reserve_realloc_by(maybe, text, 9000); /* and grows there */
	assert_string_equal(text, "text");
	short_of_memory = false;
	text = reserve_realloc_by(maybe, text, 20000);
	assert_string_equal(text, "text");
	assert_null(reserve_realloc_by(maybe, text, 0));
}

static void the_reserve_is_whole_again_when_all_is_given_back(void **state)
{
	(void)state;
	short_of_memory = true;
	for (int i = 0; i < 100; i++) {
		void *half = reserve_realloc_by(maybe, NULL, RESERVE_SIZE / 3);
		void *more = reserve_realloc_by(maybe, NULL, RESERVE_SIZE / 3);

		assert_non_null(half);
		assert_non_null(more);
		assert_null(reserve_realloc_by(maybe, half, 0));
		assert_null(reserve_realloc_by(maybe, more, 0));
	}
	short_of_memory = false;
}

static void more_than_the_reserve_is_refused_and_the_old_stays(void **state)
{
	char *text = reserve_realloc_by(maybe, NULL, 5);

	(void)state;
	memcpy(text, "text", 5);
	short_of_memory = true;
	assert_null(reserve_realloc_by(maybe, text, RESERVE_SIZE + 1));
	assert_null(reserve_realloc_by(maybe, text, SIZE_MAX - 64));
	assert_string_equal(text, "text");
	short_of_memory = false;
	assert_null(reserve_realloc_by(maybe, text, 0));
	assert_null(reserve_realloc(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_malloc_does_not_have_comes_out_of_the_reserve),
		cmocka_unit_test(the_reserve_is_whole_again_when_all_is_given_back),
		cmocka_unit_test(more_than_the_reserve_is_refused_and_the_old_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
