// SPDX-License-Identifier: GPL-2.0-or-later
// test_doctored.c - what a script learns of a report by netctl's exit status
#include "cli/show/doctored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static int status_of(const char *verdict)
{
	json_t *report = json_pack("{s:s}", "Verdict", verdict);
	int status = doctored_status(report);

	json_decref(report);
	return status;
}

static void undecided_is_neither_well_nor_a_failure(void **state)
{
	(void)state;
	assert_int_equal(status_of("well"), 0);
	assert_int_equal(status_of("ill"), 1);
	assert_int_equal(status_of("undecided"), 3);
}

/* Of a netd elsewhere the number may be any, and a line stays one. */
static void no_number_of_places_tears_a_line(void **state)
{
	static const struct {
		json_int_t more;
		const char *want;
	} numbers[] = {
		{ -1, "  web  " },
		{ 0, "  web  " },
		{ 1, "  web +1  " },
		{ 100000000000000, "  web +10000  it" },
		{ INT64_MAX, "  web +10000  it" },
		{ INT64_MIN, "  web  " },
	};
	struct explained_look look = { .verbose = true };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *report = json_pack("{s:s, s:[{s:s, s:s, s:[s], s:I, s:s}]}", "Verdict",
					   "ill", "Findings", "Code", "bridge-down", "State", "bad",
					   "Places", "web", "MorePlaces", numbers[i].more, "Say",
					   "it is down");
		struct buf out = { 0 };

		assert_non_null(report);
		doctored_screen(report, &look, &out);
		if (!strstr(out.data, numbers[i].want))
			fail_msg("%lld more: %s", (long long)numbers[i].more, out.data);
		buf_done(&out);
		json_decref(report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undecided_is_neither_well_nor_a_failure),
		cmocka_unit_test(no_number_of_places_tears_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
