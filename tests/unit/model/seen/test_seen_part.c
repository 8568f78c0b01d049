// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_part.c - what a snapshot consists of, and how an observer says which of it he wants
#include "model/seen/seen_part.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void who_names_none_gets_all(void **state)
{
	static const char *const texts[] = { NULL, "", "," };
	unsigned int parts;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		parts = 0;
		assert_int_equal(seen_part_parse(texts[i], &parts, NULL), 0);
		assert_int_equal(parts, SEEN_ALL);
	}
	/* nothing before, between and behind commas is no part */
	assert_int_equal(seen_part_parse(texts[2], &parts, NULL), -EINVAL);
}

static void each_part_is_known_by_its_key(void **state)
{
	unsigned int parts;

	(void)state;
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		assert_int_equal(seen_part_parse(seen_part_key[part], &parts, NULL), 0);
		assert_int_equal(parts, SEEN_BIT(part));
	}
	assert_int_equal(seen_part_parse("links,counters,links", &parts, NULL), 0);
	assert_int_equal(parts, SEEN_BIT(SEEN_LINKS) | SEEN_BIT(SEEN_COUNTERS));
}

static void what_is_none_is_named_with_all_there_are(void **state)
{
	static const char *const texts[] = { "link",   "linksx",       "links,",
					     ",links", "links, ports", "links;ports" };
	char longest[1000];
	unsigned int parts = 7;
	struct error error;

	(void)state;
	assert_int_equal(seen_part_parse("routes,links", &parts, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no part \"routes\""));
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%s", seen_part_key[part]);
		name[0] = (char)(name[0] | 0x20); /* lower case */
		assert_non_null(strstr(error.text, name));
	}
	assert_int_equal(parts, 7); /* untouched */
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(seen_part_parse(texts[i], &parts, NULL), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(seen_part_parse(longest, &parts, &error), -EINVAL);
	assert_non_null(strstr(error.text, "counters")); /* not cut off by it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_names_none_gets_all),
		cmocka_unit_test(each_part_is_known_by_its_key),
		cmocka_unit_test(what_is_none_is_named_with_all_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
