// SPDX-License-Identifier: GPL-2.0-or-later
// test_start.c - what a start finds, and leaves when it fails
#include "../rig.h"

static void a_start_that_is_refused_anything_leaves_what_it_found(void **state)
{
	struct rig *rig = *state;
	size_t n_failed = 0;

	rig_stop(rig);
	rig_teardown_kernel(rig);
	for (size_t n = 1;; n++) {
		char *before, *after;
		int err;

		fake_kernel_start();
		before = fake_kernel_print();
		fake_fail_nth(n, -EIO);
		err = rig_try_start(rig);
		if (!fake_has_failed()) {
			rig_done(rig, err);
			free(before);
			break;
		}
		if (err == 0) { /* what it can do without */
			rig_stop(rig);
		} else {
			after = fake_kernel_print();
			assert_string_equal(before, after);
			free(after);
			n_failed++;
		}
		free(before);
		fake_kernel_stop();
	}
	assert_true(n_failed >= 2);
	fake_netns_add(rig->netns_a, 0);
	fake_netns_add(rig->netns_b, 0);
}

static void the_networks_that_are_there_from_the_start_are(void **state)
{
	struct rig *rig = *state;

	assert_non_null(rig_net(rig, "bridge"));
	assert_non_null(rig_net(rig, "host"));
	assert_non_null(rig_net(rig, "none"));
	assert_true(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
	assert_true(fake_link(NULL, "netd0")->forwards4);
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), 1);
}

static void a_second_start_changes_neither_bridge_nor_settings(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	rig_restart(rig);
	rig_restart(rig);
	rig_expect_same(rig, before);
}

static void a_bridge_of_a_network_that_no_record_has_is_removed(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"blue0\"}}"));
	rig_stop(rig);
	rig_forget_records(rig);
	rig_start(rig);
	assert_null(fake_link(NULL, "blue0"));
	assert_non_null(fake_link(NULL, "netd0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_start_that_is_refused_anything_leaves_what_it_found, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(the_networks_that_are_there_from_the_start_are,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_second_start_changes_neither_bridge_nor_settings,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_bridge_of_a_network_that_no_record_has_is_removed,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
