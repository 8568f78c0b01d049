// SPDX-License-Identifier: GPL-2.0-or-later
// test_marks.c - what a change in the middle of its work leaves for the next start
#include "../rig.h"

static void one_that_is_set_is_found_by_either_id_until_it_is_cleared(void **state)
{
	struct marks marks = { 0 };
	struct rig *rig = *state;
	char id[ID_LEN + 1], other[ID_LEN + 1];

	tables_random_id(id);
	tables_random_id(other);
	assert_true(marks_set(rig->engine, MARK_CHANGING, id, other));
	rig_done(rig, marks_read(rig->engine, &marks, &rig->error));
	assert_int_equal(marks.n, 1);
	assert_string_equal(marks_find(&marks, MARK_CHANGING, id), other);
	assert_null(marks_find(&marks, MARK_DETACHED, id));
	marks_done(&marks);
	marks_unset(rig->engine, MARK_CHANGING, id, other);
	marks = (struct marks) { 0 };
	rig_done(rig, marks_read(rig->engine, &marks, &rig->error));
	assert_int_equal(marks.n, 0);
	marks_done(&marks);
}

static void no_change_leaves_one_behind(void **state)
{
	struct marks marks = { 0 };
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_connect(rig, "web", "blue"));
	rig_done(rig, rig_disconnect(rig, "web", "blue"));
	rig_done(rig, rig_detach(rig, "web"));
	rig_turn(rig);
	rig_done(rig, marks_read(rig->engine, &marks, &rig->error));
	assert_int_equal(marks.n, 0);
	marks_done(&marks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			one_that_is_set_is_found_by_either_id_until_it_is_cleared, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(no_change_leaves_one_behind, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
