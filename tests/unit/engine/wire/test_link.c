// SPDX-License-Identifier: GPL-2.0-or-later
// test_link.c - the veth pair of an endpoint: its alias, its repair and its port's modes
#include "../rig.h"

#include "engine/wire/link.h"

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	fake_calls_clear();
}

static void a_port_of_the_bridge_is_called_after_container_and_network(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;
	char alias[LINK_ALIAS_MAX];

	attach_web(rig);
	endpoint = rig_container(rig, "web")->endpoints[0];
	link_alias(endpoint, alias);
	assert_string_equal(alias, "web on bridge");
	assert_string_equal(fake_link(NULL, endpoint->host_ifname)->alias, alias);
	assert_int_equal(fake_link(NULL, endpoint->host_ifname)->master,
			 fake_link(NULL, "netd0")->ifindex);
}

static void a_link_is_repaired_to_what_it_was_made(void **state)
{
	struct rig *rig = *state;
	struct endpoint *endpoint;
	struct rtnl_link *link;

	attach_web(rig);
	endpoint = rig_container(rig, "web")->endpoints[0];
	link = fake_link(NULL, endpoint->host_ifname);
	link->flags = 0;
	link->mtu = 900;
	link->port = RTNL_PORT_OTHER;
	rig_done(rig, link_repair(rig->engine, endpoint, &rig->error));
	link = fake_link(NULL, endpoint->host_ifname);
	assert_int_equal(link->mtu, 1500);
	assert_int_equal(link->port, 0);
	assert_true(link->flags & 1);
	fake_expect_changes("veths.repair", NULL);
}

static void networks_without_icc_isolate_and_who_publishes_hairpins(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;

	rig_done(rig, rig_network(rig, "{\"Name\": \"shy\", \"Options\": "
				       "{\"com.docker.network.bridge.enable_icc\": \"false\"}}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 "\"Networks\": [{\"Name\": \"shy\"}], " PORT));
	endpoint = rig_container(rig, "web")->endpoints[0];
	assert_true(link_isolates(endpoint));
	assert_int_equal(fake_link(NULL, endpoint->host_ifname)->port,
			 RTNL_PORT_ISOLATED | RTNL_PORT_HAIRPIN);
}

static void each_difference_of_a_port_has_its_words(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web;
	struct rtnl_link link, port;

	attach_web(rig);
	web = rig_container(rig, "web")->endpoints[0];
	port = *fake_link(NULL, web->host_ifname);
	assert_null(link_differs(web, &port, NULL));
	link = port;
	link.master = 0;
	assert_string_equal(link_differs(web, &link, NULL), "is out of its bridge");
	link = port;
	link.flags = 0;
	assert_string_equal(link_differs(web, &link, NULL), "was set down");
	link = port;
	link.port |= RTNL_PORT_ISOLATED;
	assert_non_null(strstr(link_differs(web, &link, NULL), "is isolated or not"));
	link = port;
	link.port |= RTNL_PORT_OTHER;
	assert_non_null(strstr(link_differs(web, &link, NULL), "other settings as a port"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_port_of_the_bridge_is_called_after_container_and_network, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_is_repaired_to_what_it_was_made, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			networks_without_icc_isolate_and_who_publishes_hairpins, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(each_difference_of_a_port_has_its_words, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
