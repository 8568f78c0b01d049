// SPDX-License-Identifier: GPL-2.0-or-later
// test_overflow.c - segments after a network's first: made, visited, gone; wholly or not at all
#include "../rig.h"

#include "base/limits.h"

#define BLUE                                                                                       \
	"{\"Name\": \"blue\", \"EnableIPv6\": true, \"IPAM\": {\"Config\": ["                      \
	"{\"Subnet\": \"10.9.0.0/16\"}, {\"Subnet\": \"fd00:9::/64\"}]}}"
#define ON_BLUE "\"Networks\": [{\"Name\": \"blue\"}]"

static char bridge[IFNAME_LEN_MAX + 1], second[IFNAME_LEN_MAX + 1];

/* A network whose first bridge has but one port left, which "a" has if it is attached. */
static void nearly_full(struct rig *rig, bool attached)
{
	struct network *blue;

	rig_done(rig, rig_network(rig, BLUE));
	blue = rig_net(rig, "blue");
	(void)snprintf(bridge, sizeof(bridge), "%s", blue->spec.bridge);
	segment_name(blue, 1, second);
	if (attached)
		rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	blue->segments[0].n_ports = SEGMENT_FIRST_PORTS;
	rig_turn(rig);
}

static int attach(struct rig *rig)
{
	return rig_attach(rig, "b", rig->netns_b, ON_BLUE);
}

static int detach(struct rig *rig)
{
	int err = rig_detach(rig, "b");

	rig_turn(rig);
	return err;
}

static void behind_a_full_bridge_comes_another_with_a_route_to_who_is_there(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;
	struct rtnl_route *routes = NULL;
	size_t n = 0;

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	endpoint = rig_container(rig, "b")->endpoints[0];
	assert_int_equal(endpoint->segment, 1);
	assert_int_equal(fake_link(NULL, endpoint->host_ifname)->master,
			 fake_link(NULL, second)->ifindex);
	assert_true(fake_has_addr(NULL, second, "10.9.0.1/32"));
	assert_true(fake_link(NULL, bridge)->answers);
	assert_true(fake_link(NULL, second)->answers);
	rig_done(rig,
		 rig->engine->door->routes.of_host(rig->engine->rtnl, &routes, &n, &rig->error));
	assert_int_equal(n, 2);
	assert_true(addr_equal(&routes[0].dst.addr, &endpoint->ip[FAMILY_4]));
	assert_true(addr_equal(&routes[1].dst.addr, &endpoint->ip[FAMILY_6]));
	free(routes);
	assert_int_equal(rig_resync(rig), 0);
}

static void who_came_before_is_visited_once(void **state)
{
	struct rig *rig = *state;

	nearly_full(rig, true);
	rig_done(rig, attach(rig));
	fake_calls_clear();
	rig_turn(rig);
	fake_expect_changes("inside.by_gateway", NULL);
	rig_turn(rig);
	fake_expect_changes("inside.by_gateway", NULL); /* none since */
}

static void an_empty_segment_goes_and_the_first_answers_for_nobody(void **state)
{
	struct rig *rig = *state;

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	rig_done(rig, detach(rig));
	assert_null(fake_link(NULL, second));
	assert_false(fake_link(NULL, bridge)->answers);
	assert_int_equal(rig_net(rig, "blue")->last_segment, 0);
	assert_int_equal(rig_resync(rig), 0);
}

static void whatever_is_refused_a_second_segment_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	nearly_full(rig, false);
	assert_true(rig_fail_each(rig, attach, detach, -EIO) >= 9);
	assert_int_equal(rig_container(rig, "b")->endpoints[0]->segment, 1);
}

static void a_start_finds_the_segment_of_a_record(void **state)
{
	struct rig *rig = *state;

	nearly_full(rig, true);
	rig_done(rig, attach(rig));
	rig_restart(rig);
	assert_int_equal(rig_container(rig, "a")->endpoints[0]->segment, 0);
	assert_int_equal(rig_container(rig, "b")->endpoints[0]->segment, 1);
	assert_int_equal(rig_net(rig, "blue")->segments[1].n_ports, 1);
	fake_link_take(NULL, second);
	rig_restart(rig);
	assert_int_equal(
		fake_link(NULL, rig_container(rig, "b")->endpoints[0]->host_ifname)->master,
		fake_link(NULL, second)->ifindex);
	assert_int_equal(rig_resync(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			behind_a_full_bridge_comes_another_with_a_route_to_who_is_there, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(who_came_before_is_visited_once, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			an_empty_segment_goes_and_the_first_answers_for_nobody, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(whatever_is_refused_a_second_segment_leaves_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_start_finds_the_segment_of_a_record, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
