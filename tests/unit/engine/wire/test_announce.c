// SPDX-License-Identifier: GPL-2.0-or-later
// test_announce.c - neighbours hear whose an address is
#include "../rig.h"

#include <stdio.h>

/* On that link, that the endpoint's address is at its MAC: so often. */
static size_t n_said(const char *link, const struct endpoint *endpoint)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "%s: %s is at %s", link,
		       ADDR_STR(&endpoint->ip[FAMILY_4]), MAC_STR(&endpoint->mac));
	return fake_n_said(text);
}

static void the_host_and_the_bridge_hear_of_an_endpoint_before_it_speaks(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;
	char said[64];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	endpoint = rig_container(rig, "web")->endpoints[0];
	(void)snprintf(said, sizeof(said), "addrs.moved %s", MAC_STR(&endpoint->mac));
	assert_string_equal(fake_change(2), said);
	assert_string_equal(fake_change(3), "inside.setup eth0");
	assert_int_equal(n_said("netd0", endpoint), 1);
	assert_int_equal(fake_n_calls("announcer.send"), 1);
}

static void what_cannot_be_announced_is_found_out_by_the_neighbours(void **state)
{
	struct rig *rig = *state;

	fake_fail("announcer.send", -ENETDOWN);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	assert_true(fake_has_failed());
	fake_fail("addrs.moved", -EIO);
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	assert_true(fake_has_failed());
}

static void after_a_repair_all_of_a_network_hear_of_each_other(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web, *db;
	char gateway[128];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	web = rig_container(rig, "web")->endpoints[0];
	db = rig_container(rig, "db")->endpoints[0];
	fake_calls_clear();
	announce_network(rig->engine, rig_net(rig, "bridge"));
	assert_int_equal(fake_n_calls("addrs.moved"), 2);
	assert_int_equal(n_said(web->host_ifname, db), 1);
	assert_int_equal(n_said(db->host_ifname, web), 1);
	assert_int_equal(n_said(web->host_ifname, web), 0);
	(void)snprintf(gateway, sizeof(gateway), "%s: 172.17.0.1 is at %s", web->host_ifname,
		       MAC_STR(&fake_link(NULL, "netd0")->mac));
	assert_int_equal(fake_n_said(gateway), 1);
	assert_int_equal(fake_n_calls("announcer.send"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_host_and_the_bridge_hear_of_an_endpoint_before_it_speaks, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_announced_is_found_out_by_the_neighbours, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(after_a_repair_all_of_a_network_hear_of_each_other,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
