// SPDX-License-Identifier: GPL-2.0-or-later
// test_networks.c - networks come and go with their bridges
#include "../rig.h"

static int create(struct rig *rig)
{
	return rig_network(rig, "{\"Name\": \"blue\"}");
}

static int drop(struct rig *rig)
{
	return engine_network_remove(rig->engine, "blue", &rig->error);
}

static void whatever_is_refused_a_network_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	assert_true(rig_fail_each(rig, create, drop, -EIO) >= 2);
	assert_non_null(rig_net(rig, "blue"));
}

static void one_that_is_removed_leaves_the_kernel_as_it_was(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	rig_done(rig, create(rig));
	rig_done(rig, drop(rig));
	rig_expect_same(rig, before);
	assert_int_equal(fake_n_calls("bridges.doom"), 1);
}

static void a_name_that_is_taken_and_a_network_in_use_are_refused(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, create(rig));
	assert_int_equal(create(rig), -EEXIST);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	fake_calls_clear();
	assert_int_equal(drop(rig), -EPERM);
	assert_non_null(strstr(rig->error.text, "has active endpoints"));
	assert_int_equal(fake_n_changes(), 0);
}

static void a_bridge_name_that_a_link_of_another_kind_has_is_a_conflict(void **state)
{
	struct rig *rig = *state;

	fake_link_put(NULL, "wan0");
	assert_int_equal(rig_network(rig, "{\"Name\": \"blue\", \"Options\": "
					  "{\"com.docker.network.bridge.name\": \"wan0\"}}"),
			 -EEXIST);
	assert_non_null(fake_link(NULL, "wan0"));
	assert_null(rig_net(rig, "blue"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_is_refused_a_network_leaves_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(one_that_is_removed_leaves_the_kernel_as_it_was,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_and_a_network_in_use_are_refused, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_bridge_name_that_a_link_of_another_kind_has_is_a_conflict, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
