// SPDX-License-Identifier: GPL-2.0-or-later
// test_once.c - a sentence is told once for the same cause
#include "base/once.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void who_tries_again_is_no_news(void **state)
{
	struct once once = { 0 };

	(void)state;
	assert_true(once_is_news(&once, "a is refused", 1));
	for (double at_s = 2; at_s < 3 * ONCE_AGAIN_S; at_s += ONCE_AGAIN_S / 2)
		assert_false(once_is_news(&once, "a is refused", at_s));
	assert_true(once_is_news(&once, "b is refused", 5));
}

static void after_a_silence_it_is_news_again(void **state)
{
	struct once once = { 0 };

	(void)state;
	assert_true(once_is_news(&once, "a", 10));
	assert_false(once_is_news(&once, "a", 10 + ONCE_AGAIN_S));
	assert_true(once_is_news(&once, "a", 11 + 2 * ONCE_AGAIN_S));
}

static void what_is_over_is_news_the_next_time(void **state)
{
	struct once once = { 0 };

	(void)state;
	once_forget(&once, "never said");
	assert_true(once_is_news(&once, "a", 1));
	assert_true(once_is_news(&once, "b", 1));
	once_forget(&once, "a");
	assert_true(once_is_news(&once, "a", 2));
	assert_false(once_is_news(&once, "b", 2));
}

static void the_oldest_makes_room(void **state)
{
	struct once once = { 0 };
	char text[16];

	(void)state;
	for (int i = 0; i <= ONCE_SLOTS; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		assert_true(once_is_news(&once, text, 1 + i));
	}
	assert_false(once_is_news(&once, "1", 2 + ONCE_SLOTS));
	assert_true(once_is_news(&once, "0", 2 + ONCE_SLOTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_tries_again_is_no_news),
		cmocka_unit_test(after_a_silence_it_is_news_again),
		cmocka_unit_test(what_is_over_is_news_the_next_time),
		cmocka_unit_test(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
