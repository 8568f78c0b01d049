// SPDX-License-Identifier: GPL-2.0-or-later
// test_doctored.c - what a script learns of a report by netctl's exit status
#include "cli/show/doctored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undecided_is_neither_well_nor_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
