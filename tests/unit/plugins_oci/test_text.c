// SPDX-License-Identifier: GPL-2.0-or-later
// test_text.c - lists in one annotation
#include "plugins/oci/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void lists(const char *text, const char *want)
{
	json_t *list = oci_list(text);
	char *printed = json_dumps(list, JSON_COMPACT);

	assert_string_equal(printed, want);
	free(printed);
	json_decref(list);
}

static void words_stand_between_commas_and_white_space(void **state)
{
	(void)state;
	lists(NULL, "[]");
	lists("", "[]");
	lists(" ,\t\n,", "[]");
	lists("web", "[\"web\"]");
	lists("web,db", "[\"web\",\"db\"]");
	lists(", web ,\r\n db,,x", "[\"web\",\"db\",\"x\"]");
	lists("a:b=c;d", "[\"a:b=c;d\"]");
}

static void what_is_no_utf8_is_no_list(void **state)
{
	(void)state;
	assert_null(oci_list("web,\xff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_stand_between_commas_and_white_space),
		cmocka_unit_test(what_is_no_utf8_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
