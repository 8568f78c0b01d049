// SPDX-License-Identifier: GPL-2.0-or-later
// test_portset.c - sets of ports as the kernel prints them
#include "model/container/portset.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* From a copy of exactly its length: one byte too far is seen. */
static int parse(const char *text, struct portset *ret_set)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = portset_parse(copy, len, ret_set);
	free(copy);
	return err;
}

static void ports_and_ranges_are_read(void **state)
{
	static const struct {
		const char *text;
		uint16_t in[4], out[4];
		size_t n; /* of all */
	} cases[] = {
		{ "", { 0 }, { 1, 80, 65535 }, 0 },
		{ "\n", { 0 }, { 1, 80, 65535 }, 0 },
		{ "8080\n", { 8080 }, { 8079, 8081 }, 1 },
		{ "1-4,6", { 1, 2, 4, 6 }, { 5, 7 }, 5 },
		{ "30000-30010,8080,9148", { 30000, 30010, 8080, 9148 }, { 29999, 30011 }, 13 },
		{ "5-9,7-11,8", { 5, 8, 11 }, { 4, 12 }, 7 },
		{ "1-65535", { 1, 65535, 32768 }, { 0 }, 65535 },
		{ "0-65535", { 1, 65535 }, { 0 }, 65536 },
		{ "0065535", { 65535 }, { 65534 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct portset set;

		memset(&set, 0xff, sizeof(set));
		assert_int_equal(parse(cases[i].text, &set), 0);
		assert_int_equal(portset_count(&set, 0, 65535), cases[i].n);
		for (size_t k = 0; k < 4; k++) {
			if (cases[i].in[k])
				assert_true(portset_has(&set, cases[i].in[k]));
			if (cases[i].out[k])
				assert_false(portset_has(&set, cases[i].out[k]));
		}
	}
}

static void counting_has_both_ends(void **state)
{
	struct portset set;

	(void)state;
	assert_int_equal(parse("10-19,65535", &set), 0);
	assert_int_equal(portset_count(&set, 10, 19), 10);
	assert_int_equal(portset_count(&set, 19, 19), 1);
	assert_int_equal(portset_count(&set, 0, 9), 0);
	assert_int_equal(portset_count(&set, 20, 65534), 0);
	assert_int_equal(portset_count(&set, 65535, 65535), 1);
}

static void what_is_no_set_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"a",
		"80a",
		"80 ",
		" 80",
		"80,",
		",80",
		"80,,81",
		"80-",
		"-80",
		"81-80",
		"65536",
		"1-65536",
		"99999999999999999999",
		"80\n\n",
		"80\n81",
		"1--2",
		"1-2-3",
		"+80",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct portset set = { 0 };

		assert_int_equal(parse(bad[i], &set), -EINVAL);
		assert_int_equal(portset_count(&set, 0, 65535), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_and_ranges_are_read),
		cmocka_unit_test(counting_has_both_ends),
		cmocka_unit_test(what_is_no_set_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
