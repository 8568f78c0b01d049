// SPDX-License-Identifier: GPL-2.0-or-later
// test_networks_prune.c - networks that nobody uses are removed together
#include "../rig.h"

static void the_unused_go_and_the_others_stay(void **state)
{
	struct rig *rig = *state;
	json_t *names = NULL;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_network(rig, "{\"Name\": \"red\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"red\"}]"));
	rig_done(rig, engine_network_prune(rig->engine, NULL, &names, &rig->error));
	assert_int_equal(json_array_size(names), 1);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "blue");
	json_decref(names);
	assert_null(rig_net(rig, "blue"));
	assert_non_null(rig_net(rig, "red"));
	assert_non_null(rig_net(rig, "bridge"));
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_unused_go_and_the_others_stay, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
