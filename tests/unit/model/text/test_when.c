// SPDX-License-Identifier: GPL-2.0-or-later
// test_when.c - points in time as Docker's clients write them
#include "model/text/when.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct timespec now = { 1700000000, 500000000 };

static void each_form_gives_its_moment(void **state)
{
	static const struct {
		const char *text;
		time_t seconds;
		long ns;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1700000000", 1700000000, 0 },
		{ "1700000000.5", 1700000000, 500000000 },
		{ "1700000000.000000001", 1700000000, 1 },
		{ "1.1234567899", 1, 123456789 },
		{ "10m", 1699999400, 500000000 },
		{ "1h30m", 1699994600, 500000000 },
		{ "1.5h", 1699994600, 500000000 },
		{ "600ms", 1699999999, 900000000 },
		{ "500000us", 1700000000, 0 },
		{ "0s", 1700000000, 500000000 },
		{ "1ns", 1700000000, 499999999 },
		{ "3\xc2\xb5s", 1700000000, 499997000 },
		{ "2023-11-14T22:13:20Z", 1700000000, 0 },
		{ "2023-11-14T22:13:20.25Z", 1700000000, 250000000 },
		{ "2023-11-14T23:13:20+01:00", 1700000000, 0 },
		{ "2023-11-14T16:43:20-05:30", 1700000000, 0 },
		{ "2023-11-14T22:13:20", 1700000000, 0 },
		{ "2023-11-14T22:13", 1699999980, 0 },
		{ "2023-11-14T22", 1699999200, 0 },
		{ "2023-11-14", 1699920000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *copy = strdup(cases[i].text);
		struct timespec when;

		if (when_parse(copy, &now, &when) < 0)
			fail_msg("%s was refused", copy);
		if (when.tv_sec != cases[i].seconds || when.tv_nsec != cases[i].ns)
			fail_msg("%s gave %lld.%09ld", copy, (long long)when.tv_sec, when.tv_nsec);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const cases[] = { "",
					     "x",
					     "-1",
					     "1.",
					     ".5",
					     "1.x",
					     "5 m",
					     "10q",
					     "m",
					     "1h-2m",
					     "99999999999999999999",
					     "99999999999h",
					     "2023-11-14T22:13:20+1:00",
					     "2023-11-14T22:13:20+25:00",
					     "2023-11-14T22:13:20ZZ",
					     "2023-11-14 22:13:20",
					     "2023-13-14" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *copy = strdup(cases[i]);
		struct timespec when;

		if (when_parse(copy, &now, &when) != -EINVAL)
			fail_msg("%s was taken", copy);
	}
}

static void moments_are_ordered(void **state)
{
	const struct timespec a = { 1, 5 }, b = { 1, 6 }, c = { 2, 0 };

	(void)state;
	assert_int_equal(when_compare(&a, &a), 0);
	assert_int_equal(when_compare(&a, &b), -1);
	assert_int_equal(when_compare(&c, &b), 1);
	assert_int_equal(when_compare(&a, &c), -1);
}

static int utc(void **state)
{
	(void)state;
	return setenv("TZ", "UTC", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_gives_its_moment),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(moments_are_ordered),
	};

	return cmocka_run_group_tests_name("when", tests, utc, NULL);
}
