// SPDX-License-Identifier: GPL-2.0-or-later
// test_flows.c - what conntrack remembers of ports
#include "../rig.h"

#define UDP "\"PortBindings\": {\"53/udp\": [{\"HostPort\": \"5353\"}]}"

static void flows_are_asked_for_where_a_port_came_or_went(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, UDP));
	assert_true(rig->engine->wire->n_stale_ports > 0);
}

static void without_a_port_none_are(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "dns", rig->netns_a, ""));
	assert_int_equal(rig->engine->wire->n_stale_ports, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(flows_are_asked_for_where_a_port_came_or_went,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(without_a_port_none_are, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
