// SPDX-License-Identifier: GPL-2.0-or-later
// test_forget.c - records of containers that are gone
#include "../rig.h"

static void a_detached_container_is_in_no_record(void **state)
{
	struct rig *rig = *state;
	char id[ID_LEN + 1];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	memcpy(id, rig_container(rig, "web")->spec.id, sizeof(id));
	rig_done(rig, rig_detach(rig, "web"));
	assert_false(forget_is_pending(rig->engine, id));
	rig_restart(rig);
	assert_null(rig_container(rig, "web"));
}

static void a_redirect_that_could_not_be_checked_is_owed(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_stop(rig);
	fake_fail("rules.redirect", -ENOMEM);
	rig_start(rig);
	fake_fail(NULL, 0);
	assert_true(runtime_of(rig_container(rig, "web"))->owed & OWED_REDIRECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_detached_container_is_in_no_record, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_redirect_that_could_not_be_checked_is_owed,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
