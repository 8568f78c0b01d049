// SPDX-License-Identifier: GPL-2.0-or-later
// test_ports_choose.c - ports that a binding leaves to netd, or chooses from a range
#include <netinet/in.h>

#include "../rig.h"

#define BIND(port) "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"" port "\"}]}"

static void a_free_port_is_one_of_the_hosts_range(void **state)
{
	struct rig *rig = *state;
	const struct container *web;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BIND("")));
	web = rig_container(rig, "web");
	assert_int_equal(web->n_ports, 2);
	assert_in_range(web->ports[0].host_port, 32768, 60999);
	assert_int_equal(web->ports[0].host_port, web->ports[1].host_port);
	assert_true(fake_port_is_reserved(IPPROTO_TCP, "0.0.0.0", web->ports[0].host_port));
}

static void the_first_of_a_range_that_nobody_has_is_taken(void **state)
{
	struct rig *rig = *state;

	fake_port_hold(IPPROTO_TCP, "0.0.0.0", 9000);
	fake_port_hold(IPPROTO_TCP, "::", 9001);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BIND("9000-9002")));
	assert_int_equal(rig_container(rig, "web")->ports[0].host_port, 9002);
	assert_int_equal(fake_n_reserved(), 4);
}

static void a_range_that_is_full_is_said_to_be(void **state)
{
	struct rig *rig = *state;

	fake_port_hold(IPPROTO_TCP, "0.0.0.0", 9000);
	fake_port_hold(IPPROTO_TCP, "0.0.0.0", 9001);
	assert_true(rig_attach(rig, "web", rig->netns_a, BIND("9000-9001")) < 0);
	assert_int_equal(fake_n_reserved(), 2);
	assert_null(rig_container(rig, "web"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_free_port_is_one_of_the_hosts_range, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(the_first_of_a_range_that_nobody_has_is_taken,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_range_that_is_full_is_said_to_be, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
