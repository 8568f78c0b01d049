// SPDX-License-Identifier: GPL-2.0-or-later
// test_drift.c - what others do to links, heard of and judged
#include "../rig.h"

#include "engine/keep/drift.h"

static struct endpoint *attach_web(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	return rig_container(rig, "web")->endpoints[0];
}

/* Whether what happened since makes netd compare everything. */
static bool is_suspected(struct rig *rig)
{
	bool suspected;

	ev_invoke(rig->loop, &rig->engine->keep->rtnl_io, EV_READ);
	suspected = ev_is_active(&rig->engine->resync_timer);
	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	return suspected;
}

static void what_netd_does_itself_is_not_suspected(void **state)
{
	struct rig *rig = *state;

	(void)attach_web(rig);
	(void)is_suspected(rig); /* a bridge is told to forward nothing until it does */
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	assert_false(is_suspected(rig));
	rig_done(rig, rig_detach(rig, "db"));
	assert_false(is_suspected(rig));
}

static void a_bridge_that_others_change_is(void **state)
{
	struct rig *rig = *state;
	struct rtnl_link *bridge = fake_link(NULL, "netd0"), before = *bridge;

	(void)is_suspected(rig);
	assert_false(is_suspected(rig));
	bridge->flags = 0;
	(void)fake_link(NULL, "netd0");
	assert_true(is_suspected(rig));
	*bridge = before;
	(void)fake_link(NULL, "netd0");
	assert_false(is_suspected(rig));
	bridge->mac.bytes[5] ^= 1;
	(void)fake_link(NULL, "netd0");
	assert_true(is_suspected(rig));
	*bridge = before;
}

static void a_port_that_others_change_is(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);
	struct rtnl_link *port = fake_link(NULL, web->host_ifname);

	(void)is_suspected(rig);
	port->port = RTNL_PORT_HAIRPIN;
	(void)fake_link(NULL, web->host_ifname);
	assert_true(is_suspected(rig));
	port->port = 0;
	port->mtu = 900;
	(void)fake_link(NULL, web->host_ifname);
	assert_true(is_suspected(rig));
}

static void each_loss_is(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);

	(void)is_suspected(rig);
	fake_routes_take(NULL, "netd0", "172.17.0.1/16");
	assert_true(is_suspected(rig));
	fake_bridge_deafen("netd0");
	assert_true(is_suspected(rig));
	fake_setting_write(NULL, "net/ipv4/conf/netd0/forwarding", "0");
	assert_true(is_suspected(rig));
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	assert_true(is_suspected(rig));
	fake_link_take(NULL, web->host_ifname);
	assert_true(is_suspected(rig));
	fake_link_take(NULL, "netd0");
	assert_true(is_suspected(rig));
	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	assert_true(is_suspected(rig));
}

static void what_is_none_of_netds_is_not(void **state)
{
	struct rig *rig = *state;

	(void)attach_web(rig);
	(void)is_suspected(rig);
	fake_link_put(NULL, "vpn0");
	fake_addr_put(NULL, "vpn0", "10.9.0.1/24");
	assert_false(is_suspected(rig));
	fake_link(NULL, "vpn0")->mtu = 900;
	fake_routes_take(NULL, "vpn0", "10.9.0.1/24");
	assert_false(is_suspected(rig));
	fake_addr_take(NULL, "vpn0", "10.9.0.1/24");
	fake_link_take(NULL, "vpn0");
	assert_false(is_suspected(rig));
}

static void events_that_were_lost_make_netd_look_at_everything(void **state)
{
	struct rig *rig = *state;

	(void)attach_web(rig);
	(void)is_suspected(rig);
	fake_events_lose();
	assert_true(is_suspected(rig));
	assert_false(is_suspected(rig));
}

/* Its other end was down and is up again, maybe with another MAC. */
static void who_comes_back_is_announced_again(void **state)
{
	struct rig *rig = *state;
	struct rtnl_link *eth0;

	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	(void)attach_web(rig);
	(void)is_suspected(rig);
	eth0 = fake_link(rig->netns_a, "eth0");
	eth0->flags &= ~1U;
	(void)fake_link(rig->netns_a, "eth0");
	assert_false(is_suspected(rig));
	fake_calls_clear();
	eth0->flags |= 1;
	eth0->mac = (struct mac) { { 2, 1, 2, 3, 4, 5 } };
	(void)fake_link(rig->netns_a, "eth0");
	assert_false(is_suspected(rig));
	assert_int_equal(fake_n_calls("addrs.moved"), 1);
	assert_int_equal(fake_n_calls("announcer.send"), 1); /* to the neighbour */
	assert_memory_equal(&rig_container(rig, "web")->endpoints[0]->mac_now, &eth0->mac,
			    sizeof(struct mac));
}

static void flap(struct rig *rig, const char *netns)
{
	fake_link(netns, "eth0")->flags &= ~1U;
	(void)fake_link(netns, "eth0");
	assert_false(is_suspected(rig));
	fake_link(netns, "eth0")->flags |= 1;
	(void)fake_link(netns, "eth0");
	assert_false(is_suspected(rig));
}

/* Each neighbour hears of it at once, and once more at the end for all that came behind. */
static void one_that_flaps_is_announced_once_a_second(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	(void)attach_web(rig);
	(void)is_suspected(rig);
	fake_calls_clear();
	for (int i = 0; i < 100; i++)
		flap(rig, rig->netns_a);
	assert_int_equal(fake_n_calls("announcer.send"), 1);
	assert_int_equal(fake_n_calls("addrs.moved"), 1);
	flap(rig, rig->netns_b); /* does not wait for the other */
	assert_int_equal(fake_n_calls("announcer.send"), 2);
	while (fake_n_calls("announcer.send") == 2)
		ev_run(rig->loop, EVRUN_ONCE);
	assert_int_equal(fake_n_calls("announcer.send"), 3);
	assert_int_equal(fake_n_calls("addrs.moved"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_netd_does_itself_is_not_suspected, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_bridge_that_others_change_is, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_port_that_others_change_is, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(each_loss_is, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_none_of_netds_is_not, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(events_that_were_lost_make_netd_look_at_everything,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(who_comes_back_is_announced_again, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(one_that_flaps_is_announced_once_a_second,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
