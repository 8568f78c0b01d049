// SPDX-License-Identifier: GPL-2.0-or-later
// test_segments_drift.c - what others do to bridges, as far as a message or a look shows it
#include "../rig.h"

#include "engine/wire/segments_drift.h"

static void each_difference_of_a_bridge_has_its_words(void **state)
{
	struct rig *rig = *state;
	const struct rtnl_link bridge = *fake_link(NULL, "netd0");
	const struct network *network = rig_net(rig, "bridge");
	struct rtnl_link link = bridge;

	assert_null(segments_drift_link(network, 0, &bridge));
	link.route_localnet = false;
	assert_non_null(strstr(segments_drift_link(network, 0, &link), "lost route_localnet"));
	link = bridge;
	link.bridge_differs = true;
	assert_string_equal(segments_drift_link(network, 0, &link), "has other options");
	link = bridge;
	link.ipv6 = true;
	assert_string_equal(segments_drift_link(network, 0, &link), "has IPv6 switched on");
	link = bridge;
	link.alias[0] = '\0';
	assert_string_equal(segments_drift_link(network, 0, &link), "lost its alias");
}

/* What there is of the network bridge, as a comparison sees it. */
static const char *look(struct rig *rig)
{
	struct present present = { 0 };
	const char *what;

	rig_done(rig, present_read(&present, rig->engine, false, &rig->error));
	what = segments_drift_of(rig->engine, rig_net(rig, "bridge"), 0, &present);
	present_done(&present);
	return what;
}

static void what_is_in_no_message_is_looked_for(void **state)
{
	struct rig *rig = *state;

	assert_null(look(rig));
	fake_setting_write(NULL, "net/ipv4/conf/netd0/forwarding", "0");
	assert_string_equal(look(rig), "has forwarding switched off");
	fake_bridge_deafen("netd0");
	assert_string_equal(look(rig), "lost the entry for its own MAC address");
	fake_routes_take(NULL, "netd0", "172.17.0.1/16");
	assert_string_equal(look(rig), "lost the route to its subnet");
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	assert_string_equal(look(rig), "lost its address");
	fake_link_take(NULL, "netd0");
	assert_string_equal(look(rig), "is missing");
}

static bool lost(struct rig *rig, enum rtnl_change change, int ifindex, const char *prefix)
{
	struct rtnl_event event = { .change = change, .ifindex = ifindex };

	if (prefix)
		assert_int_equal(prefix_parse(prefix, &event.prefix), 0);
	return segments_drift_lost(rig->engine, &event);
}

static void a_loss_is_a_bridges_or_its_subnets(void **state)
{
	struct rig *rig = *state;
	const int bridge = rig_net(rig, "bridge")->segments[0].ifindex;

	assert_true(lost(rig, RTNL_CHANGE_LINK_GONE, bridge, NULL));
	assert_false(lost(rig, RTNL_CHANGE_FDB_GONE, bridge, NULL)); /* that of another MAC */
	fake_bridge_deafen("netd0");
	assert_true(lost(rig, RTNL_CHANGE_FDB_GONE, bridge, NULL));
	assert_true(lost(rig, RTNL_CHANGE_ADDR_GONE, bridge, "172.17.0.1/16"));
	assert_false(rig->engine->wire->lost_link_local);
	assert_true(lost(rig, RTNL_CHANGE_ADDR_GONE, bridge, "fe80::1/64"));
	assert_true(rig->engine->wire->lost_link_local); /* looked for from now on */
	assert_true(lost(rig, RTNL_CHANGE_ROUTE_GONE, 0, "172.17.0.0/16"));
	assert_true(lost(rig, RTNL_CHANGE_ROUTE_GONE, 0, "172.17.0.1/32"));

	assert_false(lost(rig, RTNL_CHANGE_LINK_GONE, bridge + 1000, NULL));
	assert_false(lost(rig, RTNL_CHANGE_FDB_GONE, bridge + 1000, NULL));
	assert_false(lost(rig, RTNL_CHANGE_ADDR_GONE, bridge + 1000, "172.17.0.1/16"));
	assert_false(lost(rig, RTNL_CHANGE_ROUTE_GONE, 0, "172.17.0.9/32")); /* no segments */
	assert_false(lost(rig, RTNL_CHANGE_ROUTE_GONE, 0, "10.0.0.0/8"));
}

static bool forwards_no_more(struct rig *rig, int ifindex, uint8_t family)
{
	const struct rtnl_event event = { .change = RTNL_CHANGE_NO_FORWARD,
					  .ifindex = ifindex,
					  .family = family };

	return segments_drift_lost(rig->engine, &event);
}

static void a_family_that_a_network_does_not_have_is_not_lost(void **state)
{
	struct rig *rig = *state;
	const int bridge = rig_net(rig, "bridge")->segments[0].ifindex;

	assert_true(forwards_no_more(rig, bridge, AF_INET));
	assert_false(forwards_no_more(rig, bridge, AF_INET6));
	assert_false(forwards_no_more(rig, bridge + 1000, AF_INET));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_difference_of_a_bridge_has_its_words,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_in_no_message_is_looked_for, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_loss_is_a_bridges_or_its_subnets, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_family_that_a_network_does_not_have_is_not_lost,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("segments_drift", tests, NULL, NULL);
}
