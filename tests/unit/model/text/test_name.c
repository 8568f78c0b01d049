// SPDX-License-Identifier: GPL-2.0-or-later
// test_name.c - names, words and short ids
#include "model/text/name.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char long_id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void names_have_one_syntax(void **state)
{
	char text[NAME_LEN_MAX + 2];
	static const char *const good[] = { "a", "A9", "web_1.x-y", "0" };
	static const char *const bad[] = {
		"_a", ".a", "-a", "a b", "a/b", "a\n", "\xc3\xa4", "a:b"
	};

	struct error error = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(name_check("network", good[i], &error), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(name_check("network", bad[i], &error), -EINVAL);
	assert_string_equal(
		error.text,
		"Invalid network name (a:b), only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed");
	assert_int_equal(name_check("container", "", &error), -EINVAL);
	assert_string_equal(error.text, "invalid name: container name is empty");
	memset(text, 'a', sizeof(text));
	text[NAME_LEN_MAX] = '\0';
	assert_int_equal(name_check("network", text, &error), 0);
	text[NAME_LEN_MAX] = 'a';
	text[NAME_LEN_MAX + 1] = '\0';
	assert_int_equal(name_check("network", text, &error), -EINVAL);
}

static void a_word_has_no_space_and_fits(void **state)
{
	(void)state;
	assert_true(name_is_word("a", 1));
	assert_true(name_is_word("db:w\xc3\xa4rme", 64));
	assert_false(name_is_word("", 64));
	assert_false(name_is_word("ab", 1));
	assert_false(name_is_word("a b", 64));
	assert_false(name_is_word("a\nnameserver", 64));
	assert_false(name_is_word("a\x7f", 64));
}

static void an_id_is_cut_to_twelve_characters(void **state)
{
	char text[ID_SHORT_LEN + 1];

	(void)state;
	name_short_id(long_id, text);
	assert_string_equal(text, "0123456789ab");
	name_short_id("short", text);
	assert_string_equal(text, "short");
	name_short_id("", text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_one_syntax),
		cmocka_unit_test(a_word_has_no_space_and_fits),
		cmocka_unit_test(an_id_is_cut_to_twelve_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
