// SPDX-License-Identifier: GPL-2.0-or-later
// test_networks_update.c - another name and other labels for a network
#include "../rig.h"

static int rename_to(struct rig *rig, const char *network, const char *name)
{
	struct network_update update = { .name = "" };
	int err;

	(void)snprintf(update.name, sizeof(update.name), "%s", name);
	err = engine_network_update(rig->engine, network, &update, &rig->error);
	network_update_done(&update);
	return err;
}

static void its_bridge_and_its_containers_stay_and_are_called_after_it(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	rig_turn(rig);
	fake_calls_clear();
	rig_done(rig, rename_to(rig, "blue", "red"));
	assert_int_equal(fake_n_calls("veths.create"), 0);
	text = rig_picture(rig);
	assert_non_null(strstr(text, "alias 'web on red'"));
	assert_null(strstr(text, "(blue)"));
	free(text);
	assert_null(rig_net(rig, "blue"));
	assert_int_equal(rig_resync(rig), 0);
}

static void a_name_that_is_taken_and_a_predefined_network_are_refused(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	fake_calls_clear();
	assert_int_equal(rename_to(rig, "blue", "bridge"), -EPERM);
	assert_int_equal(rename_to(rig, "bridge", "red"), -EPERM);
	assert_int_equal(fake_n_changes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			its_bridge_and_its_containers_stay_and_are_called_after_it, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_and_a_predefined_network_are_refused, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
