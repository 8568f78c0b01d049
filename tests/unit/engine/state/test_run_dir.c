// SPDX-License-Identifier: GPL-2.0-or-later
// test_run_dir.c - marks in the run directory
#include "../rig.h"

static void marks_are_files_that_come_and_go(void **state)
{
	struct rig *rig = *state;

	assert_false(run_dir_has_mark(rig->engine, "m"));
	run_dir_set_mark(rig->engine, "m", true);
	assert_true(run_dir_has_mark(rig->engine, "m"));
	run_dir_set_mark(rig->engine, "m", false);
	assert_false(run_dir_has_mark(rig->engine, "m"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(marks_are_files_that_come_and_go, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
