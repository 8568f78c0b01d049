// SPDX-License-Identifier: GPL-2.0-or-later
// test_nearest.c - which of the known words was meant
#include "base/nearest.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = { "bridge", "host", "none", "network", "subnet", "ps", NULL };

static void finds_the_word_that_was_mistyped(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("brige", words), "bridge");
	assert_string_equal(nearest_of("netwrok", words), "network");
	assert_string_equal(nearest_of("subnt", words), "subnet");
	assert_string_equal(nearest_of("pss", words), "ps");
	assert_string_equal(nearest_of("sp", words), "ps"); /* two letters exchanged are one slip */
	assert_string_equal(nearest_of("bridge", words), "bridge");
}

static void says_nothing_where_nothing_looks_like_it(void **state)
{
	(void)state;
	assert_null(nearest_of("weave", words));
	assert_null(nearest_of("xy", words));
	assert_null(nearest_of("", words));
	assert_null(nearest_of("bridge", (const char *const[]) { NULL }));
}

static void the_first_of_equals_wins(void **state)
{
	static const char *const twins[] = { "porta", "portb", NULL };

	(void)state;
	assert_string_equal(nearest_of("port", twins), "porta");
}

/* An exact copy on the heap, so that a sanitizer sees one byte too far. */
static void words_that_are_too_long_are_left_alone(void **state)
{
	char *longest = malloc(NEAREST_LEN_MAX + 1), *longer = malloc(NEAREST_LEN_MAX + 2);

	(void)state;
	assert_non_null(longest);
	assert_non_null(longer);
	memset(longest, 'a', NEAREST_LEN_MAX);
	memset(longer, 'a', NEAREST_LEN_MAX + 1);
	longest[NEAREST_LEN_MAX] = longer[NEAREST_LEN_MAX + 1] = '\0';
	assert_string_equal(nearest_of(longest, (const char *const[]) { longest, NULL }), longest);
	assert_null(nearest_of(longest, (const char *const[]) { longer, NULL }));
	assert_null(nearest_of(longer, (const char *const[]) { longest, NULL }));
	free(longest);
	free(longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_word_that_was_mistyped),
		cmocka_unit_test(says_nothing_where_nothing_looks_like_it),
		cmocka_unit_test(the_first_of_equals_wins),
		cmocka_unit_test(words_that_are_too_long_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
