// SPDX-License-Identifier: GPL-2.0-or-later
// test_resync.c - what the kernel has against what should be: found, repaired, and else left alone
#include "../rig.h"

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, PORT));
	rig_turn(rig);
	fake_calls_clear();
}

/* Found, repaired, and not found again. */
static void expect_repair(struct rig *rig, char *before)
{
	assert_true(rig_resync(rig) > 0);
	rig_expect_same(rig, before);
	fake_calls_clear();
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_changes(), 0);
}

static void nothing_is_changed_where_nothing_differs(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_changes(), 0);
	assert_true(fake_n_looks() > 0);
}

static void a_dry_run_says_what_differs_and_changes_nothing(void **state)
{
	struct rig *rig = *state;
	json_t *report = NULL, *inside = NULL;

	attach_web(rig);
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	rig_done(rig, engine_resync(rig->engine, true, &report, &inside, &rig->error));
	assert_int_equal(json_array_size(report), 1);
	assert_string_equal(json_string_value(json_array_get(report, 0)),
			    "bridge netd0 of network bridge lost its address");
	json_decref(report);
	json_decref(inside);
	assert_int_equal(fake_n_changes(), 0);
	assert_false(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
}

static void an_address_that_was_taken_off_a_bridge_is_back(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	expect_repair(rig, before);
}

static void a_bridge_that_was_deleted_is_made_again_with_its_ports(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_link_take(NULL, "netd0");
	expect_repair(rig, before);
}

static void a_link_that_was_deleted_is_made_again_inside_too(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_link_take(NULL, rig_container(rig, "web")->endpoints[0]->host_ifname);
	assert_null(fake_link(rig->netns_a, "eth0"));
	expect_repair(rig, before);
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.17.0.2/16"));
}

static void a_port_with_other_modes_or_set_down_is_as_it_was(void **state)
{
	struct rig *rig = *state;
	struct rtnl_link *port;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	port = fake_link(NULL, rig_container(rig, "web")->endpoints[0]->host_ifname);
	port->port = RTNL_PORT_OTHER;
	expect_repair(rig, before);
	before = rig_picture(rig);
	port->flags = 0;
	expect_repair(rig, before);
}

static void rules_that_were_flushed_are_back(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_rules_flush();
	expect_repair(rig, before);
}

static void what_cannot_be_repaired_is_said_and_keeps_nothing_else_from_it(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	fake_rules_flush();
	fake_fail("bridges.ensure", -EIO);
	assert_true(rig_resync(rig) >= 2);
	assert_false(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
	fake_fail(NULL, 0);
	assert_true(rig_resync(rig) > 0);
	assert_true(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_changed_where_nothing_differs, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_dry_run_says_what_differs_and_changes_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(an_address_that_was_taken_off_a_bridge_is_back,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_bridge_that_was_deleted_is_made_again_with_its_ports, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_that_was_deleted_is_made_again_inside_too,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_port_with_other_modes_or_set_down_is_as_it_was,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(rules_that_were_flushed_are_back, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_repaired_is_said_and_keeps_nothing_else_from_it, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
