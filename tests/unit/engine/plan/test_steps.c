// SPDX-License-Identifier: GPL-2.0-or-later
// test_steps.c - the steps of a plan and their inverses
#include "../rig.h"

#include "engine/plan/steps.h"

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	fake_calls_clear();
}

static void a_step_that_is_refused_is_undone_with_those_before_it_from_the_end(void **state)
{
	struct rig *rig = *state;

	fake_fail("rules.redirect", -EPERM);
	assert_int_equal(rig_attach(rig, "web", rig->netns_a, ""), -EPERM);
	fake_expect_changes("rules.add", "veths.create", "addrs.moved", "inside.setup",
			    "dns_sockets.open", "rules.redirect", "rules.unredirect", "links.doom",
			    "rules.take", NULL);
}

static void ports_alone_are_reserved_and_published_and_nothing_else_is_touched(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	rig_done(rig, rig_ports_add(rig, "web", "{" PORT "}"));
	fake_expect_changes("host_ports.reserve", "host_ports.reserve", "rules.add",
			    "veths.set_modes", NULL);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_step_that_is_refused_is_undone_with_those_before_it_from_the_end,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			ports_alone_are_reserved_and_published_and_nothing_else_is_touched,
			rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
