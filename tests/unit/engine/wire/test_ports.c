// SPDX-License-Identifier: GPL-2.0-or-later
// test_ports.c - host ports: reserved with the container, and given back
#include <netinet/in.h>

#include "../rig.h"

#define BIND(binding) "\"PortBindings\": {\"80/tcp\": [" binding "]}"

static void a_port_is_reserved_for_both_families_and_free_again_with_the_container(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BIND("{\"HostPort\": \"8080\"}")));
	assert_int_equal(fake_n_reserved(), 2);
	assert_true(fake_port_is_reserved(IPPROTO_TCP, "::", 8080));
	rig_done(rig, rig_detach(rig, "web"));
	rig_turn(rig);
	assert_int_equal(fake_n_reserved(), 0);
}

static void one_that_a_program_has_is_a_conflict_and_nothing_is_done(void **state)
{
	struct rig *rig = *state;
	char *before;

	fake_port_hold(IPPROTO_TCP, "::", 8080);
	before = rig_picture(rig);
	assert_int_equal(rig_attach(rig, "web", rig->netns_a, BIND("{\"HostPort\": \"8080\"}")),
			 -EEXIST);
	assert_int_equal(rig->error.reason, ERROR_REASON_PORT_IN_USE);
	rig_turn(rig);
	assert_int_equal(fake_n_calls("veths.create"), 0);
	rig_expect_same(rig, before);
}

static void two_containers_do_not_get_one_port(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BIND("{\"HostPort\": \"8080\"}")));
	assert_int_equal(rig_attach(rig, "two", rig->netns_b, BIND("{\"HostPort\": \"8080\"}")),
			 -EEXIST);
	assert_non_null(strstr(rig->error.text, "web"));
	assert_int_equal(rig_attach(rig, "two", rig->netns_b,
				    BIND("{\"HostPort\": \"8080\", "
					 "\"HostIp\": \"127.0.0.1\"}")),
			 -EEXIST);
}

static void the_sockets_are_taken_again_after_a_start(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BIND("{\"HostPort\": \"8080\"}")));
	rig_stop(rig);
	assert_int_equal(fake_n_reserved(), 0);
	rig_start(rig);
	assert_int_equal(rig_container(rig, "web")->n_ports, 2);
	ports_rebind(rig_container(rig, "web"), false);
	assert_int_equal(fake_n_reserved(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_port_is_reserved_for_both_families_and_free_again_with_the_container,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			one_that_a_program_has_is_a_conflict_and_nothing_is_done, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(two_containers_do_not_get_one_port, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(the_sockets_are_taken_again_after_a_start,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
