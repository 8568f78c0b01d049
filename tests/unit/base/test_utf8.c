// SPDX-License-Identifier: GPL-2.0-or-later
// test_utf8.c - characters of UTF-8, and what only looks like one
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void characters_have_their_length(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{ "a", 1 },
		{ "\x01", 1 },
		{ "", 1 },
		/* the NUL */ { "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xf0\x9f\x90\xb3", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(utf8_len(cases[i].text, SIZE_MAX), cases[i].len);
		assert_int_equal(utf8_len(cases[i].text, cases[i].len), cases[i].len);
		assert_int_equal(utf8_len(cases[i].text, cases[i].len - 1), 0);
	}
}

static void what_is_none_has_no_length(void **state)
{
	static const char *const cases[] = {
		"\x80",
		"\xbf",
		"\xff",
		"\xf8\x88\x80\x80\x80", /* five bytes */
		"\xc0\xaf",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf", /* longer than needed */
		"\xed\xa0\x80",
		"\xed\xbf\xbf",	    /* halves of a pair */
		"\xf4\x90\x80\x80", /* beyond the last */
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x90", /* the text ends */
		"\xc3(",
		"\xe2(\x82",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_len(cases[i], SIZE_MAX), 0);
}

/* Each byte at each place of two words and what is left of a third. */
static void a_text_is_plain_up_to_the_first_byte_that_is_not(void **state)
{
	char text[20];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++)
		for (int byte = 0; byte < 256; byte++) {
			bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(utf8_plain_len(text, sizeof(text)),
					 is_plain ? sizeof(text) : at);
			assert_int_equal(utf8_plain_len(text, at), at);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_have_their_length),
		cmocka_unit_test(what_is_none_has_no_length),
		cmocka_unit_test(a_text_is_plain_up_to_the_first_byte_that_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
