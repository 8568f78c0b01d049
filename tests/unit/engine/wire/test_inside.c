// SPDX-License-Identifier: GPL-2.0-or-later
// test_inside.c - what is done inside of a container, and what it did itself
#include "../rig.h"

#include "base/cleanup.h"
#include "model/request/request.h"
#include "netd.h"

#include <stdio.h>

static json_t *look(struct rig *rig)
{
	json_t *report = NULL, *inside = NULL;

	rig_done(rig, engine_resync(rig->engine, true, &report, &inside, &rig->error));
	json_decref(report);
	return inside;
}

static void expect_seen(struct rig *rig, const char *sentence)
{
	json_t *seen = look(rig);

	assert_int_equal(json_array_size(seen), 1);
	assert_string_equal(json_string_value(json_array_get(seen, 0)), sentence);
	json_decref(seen);
}

static void an_interface_has_addresses_gateway_and_no_ipv6_where_the_network_has_none(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.17.0.2/16"));
	assert_string_equal(fake_setting(rig->netns_a, "net/ipv6/conf/eth0/disable_ipv6"), "1");
	text = rig_picture(rig);
	assert_non_null(strstr(text, "route 0.0.0.0/0 via 172.17.0.1"));
	free(text);
}

static void a_network_with_ipv6_gives_both(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_done(rig, rig_network(rig, "{\"Name\": \"six\", \"EnableIPv6\": true, \"IPAM\": "
				       "{\"Config\": [{\"Subnet\": \"fd00:6::/64\"}]}}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"six\"}]"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.18.0.2/24"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "fd00:6::2/64"));
	assert_string_equal(fake_setting(rig->netns_a, "net/ipv6/conf/eth0/accept_ra"), "0");
	text = rig_picture(rig);
	assert_non_null(strstr(text, "route 0.0.0.0/0 via 172.18.0.1"));
	assert_non_null(strstr(text, "route ::/0 via fd00:6::1"));
	free(text);
}

static void what_a_container_did_to_itself_is_said_and_left(void **state)
{
	struct rig *rig = *state;
	struct rtnl_link *eth0;
	json_t *seen;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	seen = look(rig);
	assert_int_equal(json_array_size(seen), 0);
	json_decref(seen);
	fake_addr_take(rig->netns_a, "eth0", "172.17.0.2/16");
	fake_calls_clear();
	expect_seen(rig, "container web, interface eth0: its address 172.17.0.2 was taken off");
	eth0 = fake_link(rig->netns_a, "eth0");
	memcpy(eth0->name, "lan", 4);
	expect_seen(rig, "container web, interface eth0: it was renamed, moved away or removed");
	assert_int_equal(fake_n_changes(), 0);
	memcpy(eth0->name, "eth0", 5);
}

static void the_mac_that_a_container_gave_itself_is_shown(void **state)
{
	struct rig *rig = *state;
	struct container *web;
	const struct mac mine = { { 2, 1, 2, 3, 4, 5 } };

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	web = rig_container(rig, "web");
	fake_link(rig->netns_a, "eth0")->mac = mine;
	engine_container_look(web);
	assert_memory_equal(&web->endpoints[0]->mac_now, &mine, sizeof(mine));
}

static void connect_again(struct rig *rig, const char *container, const char *network)
{
	json_t *settings = json_pack("{s:{s:s}}", "DriverOpts", NETD_OPTION_ANOTHER, "true");
	struct endpoint_spec spec;

	rig_done(rig, request_endpoint(network, settings, &spec, &rig->error));
	json_decref(settings);
	rig_done(rig, engine_connect(rig->engine, container, &spec, &rig->error));
	endpoint_spec_done(&spec);
}

static void expect_settings(struct rig *rig, const char *ifname, const char *ignore,
			    const char *announce, const char *filter)
{
	const char *const wanted[][2] = { { "arp_ignore", ignore },
					  { "arp_announce", announce },
					  { "rp_filter", filter } };
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		(void)snprintf(path, sizeof(path), "net/ipv4/conf/%s/%s", ifname, wanted[i][0]);
		assert_string_equal(fake_setting(rig->netns_a, path), wanted[i][1]);
	}
}

static void two_interfaces_on_one_network_are_kept_apart(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_connect(rig, "web", "blue"));
	expect_settings(rig, "eth0", "0", "0", "0");
	connect_again(rig, "web", "bridge");
	expect_settings(rig, "eth0", "1", "2", "2");
	expect_settings(rig, "eth1", "0", "0", "0"); /* alone on its network */
	expect_settings(rig, "eth2", "1", "2", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_interface_has_addresses_gateway_and_no_ipv6_where_the_network_has_none,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_network_with_ipv6_gives_both, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(what_a_container_did_to_itself_is_said_and_left,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_mac_that_a_container_gave_itself_is_shown,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(two_interfaces_on_one_network_are_kept_apart,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
