// SPDX-License-Identifier: GPL-2.0-or-later
// test_flows.c - flows of ports that changed are forgotten, beside the loop
#include "../rig.h"

#include "base/deadline.h"

#include <unistd.h>

#define PATIENCE_MS 30000
#define UDP "\"PortBindings\": {\"53/udp\": [{\"HostPort\": \"5353\"}]}"
#define TCP "\"PortBindings\": {\"53/tcp\": [{\"HostPort\": \"5353\"}]}"

/* The loop goes on until a walk has ended, and is known to have. */
static void await_walk(struct rig *rig)
{
	int64_t deadline = deadline_after(PATIENCE_MS);
	size_t before = fake_n_walks();

	while ((fake_n_walks() == before || run_dir_has_mark(rig->engine, "stale-flows")) &&
	       deadline_pause(deadline, 1000))
		rig_turn(rig);
	assert_true(fake_n_walks() > before);
	assert_false(run_dir_has_mark(rig->engine, "stale-flows"));
}

/* Until nothing is to be walked for: without a flow no child is. */
static void await_no_owed(struct rig *rig)
{
	int64_t deadline = deadline_after(PATIENCE_MS);

	while (run_dir_has_mark(rig->engine, "stale-flows") && deadline_pause(deadline, 1000))
		rig_turn(rig);
	assert_false(run_dir_has_mark(rig->engine, "stale-flows"));
}

/* To the host itself, to the container by the port and by another one, and past all. */
static void begin_flows(void)
{
	fake_flow_put("192.0.2.1", 5353, "192.0.2.1", 5353);
	fake_flow_put("192.0.2.1", 5353, "172.17.0.2", 53);
	fake_flow_put("192.0.2.1", 5454, "172.17.0.2", 53);
	fake_flow_put("203.0.113.1", 5353, "203.0.113.1", 5353);
}

static void those_of_a_port_that_comes_are_forgotten(void **state)
{
	struct rig *rig = *state;

	begin_flows();
	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	assert_true(run_dir_has_mark(rig->engine, "stale-flows"));
	await_walk(rig);
	assert_int_equal(fake_n_flows(), 1);
}

static void those_of_a_port_that_goes_are_too(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	await_no_owed(rig);
	begin_flows();
	rig_done(rig, rig_detach(rig, "dns"));
	await_walk(rig);
	assert_int_equal(fake_n_flows(), 1);
}

static void no_udp_no_walk(void **state)
{
	struct rig *rig = *state;

	begin_flows();
	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, TCP));
	assert_int_equal(rig->engine->wire->n_stale_ports, 0);
	assert_false(run_dir_has_mark(rig->engine, "stale-flows"));
}

static void no_flow_no_walk(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	await_no_owed(rig);
	assert_true(fake_n_calls("flows.any") > 0);
	assert_int_equal(fake_n_walks(), 0);
}

/* Which ports they were nobody knows by then: all flows into networks are held to all ports. */
static void what_a_netd_that_ended_left_is_found_by_the_next(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	await_no_owed(rig);
	begin_flows();
	rig_stop(rig);
	assert_int_equal(fake_n_walks(), 0);
	rig_start(rig);
	run_dir_set_mark(rig->engine, "stale-flows", true);
	rig_restart(rig);
	await_walk(rig);
	assert_int_equal(fake_n_flows(), 2); /* as the port says, and past all */
}

static void a_walk_that_fails_is_made_again(void **state)
{
	struct rig *rig = *state;

	begin_flows();
	fake_fail("flows.forget", -EIO);
	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	await_walk(rig);
	assert_int_equal(fake_n_flows(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(those_of_a_port_that_comes_are_forgotten, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(those_of_a_port_that_goes_are_too, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(no_udp_no_walk, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(no_flow_no_walk, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_a_netd_that_ended_left_is_found_by_the_next,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_walk_that_fails_is_made_again, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
