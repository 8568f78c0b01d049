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
	assert_true(prefix_contains(&routes[1].dst, &endpoint->ip[FAMILY_6]));
	assert_int_equal(routes[1].dst.len, SEGMENT_BLOCK_LEN);
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

static size_t n_host_routes(struct rig *rig)
{
	struct rtnl_route *routes = NULL;
	size_t n = 0;

	rig_done(rig,
		 rig->engine->door->routes.of_host(rig->engine->rtnl, &routes, &n, &rig->error));
	free(routes);
	return n;
}

static void the_route_to_who_ended_with_his_link_while_netd_was_down_goes(void **state)
{
	struct rig *rig = *state;
	char link[IFNAME_LEN_MAX + 1];

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE)); /* the segment stays */
	assert_int_equal(n_host_routes(rig), 3);		    /* by IPv6 they share one */
	(void)snprintf(link, sizeof(link), "%s",
		       rig_container(rig, "b")->endpoints[0]->host_ifname);
	rig_stop(rig);
	fake_link_take(NULL, link);
	fake_netns_remove(rig->netns_b);
	fake_calls_clear();
	rig_start(rig);
	assert_null(rig_container(rig, "b"));
	assert_int_equal(n_host_routes(rig), 2);
	assert_int_equal(fake_n_calls("routes.remove"), 1); /* by its record, not as a stray */
	assert_int_equal(fake_n_calls("bridges.doom"), 0); /* "a" comes after "b", and has a port */
	assert_int_equal(rig_resync(rig), 0);
}

/* The link of a connect that was broken off goes by its record, which then is gone, too. */
static void a_route_to_nobody_goes(void **state)
{
	struct rig *rig = *state;
	struct engine *engine;
	struct prefix to[2];
	const struct network *blue;

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	engine = rig->engine;
	blue = rig_net(rig, "blue");
	assert_int_equal(prefix_parse("10.9.7.7/32", &to[0]), 0);
	assert_int_equal(prefix_parse("fd00:9::77/128", &to[1]), 0);
	rig_done(rig, engine->door->routes.add(engine->rtnl, blue->segments[1].ifindex, to, 2,
					       &rig->error));
	assert_int_equal(n_host_routes(rig), 4);
	assert_int_equal(rig_resync(rig), 2);
	assert_int_equal(n_host_routes(rig), 2);
	rig_done(rig, engine->door->routes.add(engine->rtnl, blue->segments[1].ifindex, to, 2,
					       &rig->error));
	rig_restart(rig);
	assert_int_equal(n_host_routes(rig), 2);
	assert_int_equal(rig_resync(rig), 0);
}

/* What keeps the network from a third segment. */
static void a_segment_that_is_there_is_filled_whatever_forbids_another(void **state)
{
	struct rig *rig = *state;
	struct network *blue;

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	blue = rig_net(rig, "blue");
	rig->config.ip_forward = false;
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	assert_int_equal(rig_container(rig, "a")->endpoints[0]->segment, 1);
	rig_done(rig, rig_detach(rig, "a"));
	blue->segments[0].n_ports--;
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	assert_int_equal(rig_container(rig, "a")->endpoints[0]->segment, 0);
	rig_done(rig, rig_detach(rig, "a"));
	blue->segments[0].n_ports++;
	blue->segments[1].n_ports += SEGMENT_PORTS;
	assert_int_not_equal(rig_attach(rig, "a", rig->netns_a, ON_BLUE), 0);
	assert_non_null(strstr(rig->error.text, "container a on network blue: bridge "));
	assert_non_null(strstr(rig->error.text, "netd is not to make the host forward"));
	blue->segments[1].n_ports -= SEGMENT_PORTS;
}

#define HANDED_OVER                                                                                \
	"\"Networks\": [{\"Name\": \"blue\", "                                                     \
	"\"DriverOpts\": {\"org.netd.endpoint.handover\": \"tmp0\"}}]"

static void who_has_the_subnet_on_his_link_is_in_the_first_segment_or_nowhere(void **state)
{
	struct rig *rig = *state;
	struct network *blue;

	nearly_full(rig, false);
	rig_done(rig, attach(rig));
	blue = rig_net(rig, "blue");
	assert_int_not_equal(rig_attach(rig, "a", rig->netns_a, HANDED_OVER), 0);
	assert_non_null(strstr(rig->error.text, "with the IPv6 subnet on the link"));
	blue->segments[0].n_ports--;
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, HANDED_OVER));
	assert_int_equal(rig_container(rig, "a")->endpoints[0]->segment, 0);
}

static void the_first_of_an_internal_network_forwards_as_before_once_it_is_alone(void **state)
{
	struct rig *rig = *state;
	struct network *red;
	char path[64];

	rig_done(rig, rig_network(rig, "{\"Name\": \"red\", \"Internal\": true}"));
	red = rig_net(rig, "red");
	red->segments[0].n_ports = SEGMENT_FIRST_PORTS;
	fake_setting_write(NULL, "net/ipv4/conf/default/forwarding", "0");
	(void)snprintf(path, sizeof(path), "net/ipv4/conf/%s/forwarding", red->spec.bridge);
	fake_setting_write(NULL, path, "0");
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, "\"Networks\": [{\"Name\": \"red\"}]"));
	assert_string_equal(fake_setting(NULL, path), "1");
	rig_done(rig, rig_detach(rig, "b"));
	assert_int_equal(red->last_segment, 0);
	assert_string_equal(fake_setting(NULL, path), "0");
}

static void a_name_that_is_somebodys_is_left_to_him_in_words(void **state)
{
	struct rig *rig = *state;
	char json[160];

	nearly_full(rig, false);
	(void)snprintf(json, sizeof(json),
		       "{\"Name\": \"red\", \"Options\": "
		       "{\"com.docker.network.bridge.name\": \"%s\"}}",
		       second);
	assert_int_not_equal(rig_network(rig, json), 0);
	assert_non_null(strstr(rig->error.text, "conflicts with network blue"));
	fake_link_put(NULL, second);
	assert_int_not_equal(attach(rig), 0);
	assert_non_null(strstr(rig->error.text, "exists already and is not its own"));
	assert_non_null(fake_link(NULL, second));
	assert_int_equal(rig_net(rig, "blue")->last_segment, 0);
}

/* The default network's, which another `bip` moves. */
static void another_gateway_address_is_at_all_segments_in_place_of_the_old_one(void **state)
{
	struct rig *rig = *state;
	struct network *network = rig_net(rig, "bridge");

	segment_name(network, 1, second);
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ""));
	network->segments[0].n_ports = SEGMENT_FIRST_PORTS;
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, ""));
	assert_true(fake_has_addr(NULL, second, "172.17.0.1/32"));
	rig_stop(rig);
	assert_int_equal(prefix_parse("172.17.9.1/16", &rig->config.bip[FAMILY_4]), 0);
	rig_start(rig);
	assert_int_equal(rig_container(rig, "b")->endpoints[0]->segment, 1);
	assert_true(fake_has_addr(NULL, second, "172.17.9.1/32"));
	assert_false(fake_has_addr(NULL, second, "172.17.0.1/32"));
	assert_true(fake_has_addr(NULL, "netd0", "172.17.9.1/16"));
	assert_false(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
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
		cmocka_unit_test_setup_teardown(
			the_route_to_who_ended_with_his_link_while_netd_was_down_goes, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_route_to_nobody_goes, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_segment_that_is_there_is_filled_whatever_forbids_another, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_has_the_subnet_on_his_link_is_in_the_first_segment_or_nowhere,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_first_of_an_internal_network_forwards_as_before_once_it_is_alone,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_name_that_is_somebodys_is_left_to_him_in_words,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			another_gateway_address_is_at_all_segments_in_place_of_the_old_one,
			rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
