// SPDX-License-Identifier: GPL-2.0-or-later
// test_host_way.c - the host's IPv6 routes to blocks of addresses: made, joined, mended, handed on
#include "../rig.h"

#include "base/limits.h"

#include <stdio.h>

#define BLUE                                                                                       \
	"{\"Name\": \"blue\", \"EnableIPv6\": true, \"IPAM\": {\"Config\": ["                      \
	"{\"Subnet\": \"10.9.0.0/16\"}, {\"Subnet\": \"fd00:9::/64\"}]}}"
#define ON_BLUE "\"Networks\": [{\"Name\": \"blue\"}]"
#define NETNS_C "/run/netns/c"

static struct network *blue;

/* The first segment of network blue is full. a has fd00:9::2, b ::3, c ::4. */
static int setup(void **state)
{
	int err = rig_setup(state);
	struct rig *rig = *state;

	fake_netns_add(NETNS_C, 0);
	rig_done(rig, rig_network(rig, BLUE));
	blue = rig_net(rig, "blue");
	blue->segments[0].n_ports = SEGMENT_FIRST_PORTS;
	return err;
}

static int attach_a(struct rig *rig)
{
	return rig_attach(rig, "a", rig->netns_a, ON_BLUE);
}

static int attach_b(struct rig *rig)
{
	return rig_attach(rig, "b", rig->netns_b, ON_BLUE);
}

static int attach_c(struct rig *rig)
{
	return rig_attach(rig, "c", NETNS_C, ON_BLUE);
}

/* The next that comes has a port in the first segment. */
static void free_one(void)
{
	blue->segments[0].n_ports--;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

/* The host's IPv6 routes in the order of addresses, blocks first: "DST at SEGMENT" each. */
static void expect_ways(struct rig *rig, const char *expected)
{
	struct present present = { 0 };
	char text[1024] = "";

	rig_done(rig, present_read(&present, rig->engine, true, &rig->error));
	for (size_t i = 0; i < present.n_host_routes; i++) {
		const struct rtnl_route *route = &present.host_routes[i];
		uint32_t number = 99;

		if (route->dst.addr.family != AF_INET6)
			continue;
		(void)tables_find_bridge(rig->engine, route->ifindex, &number);
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s at %u\n",
			       PREFIX_STR(&route->dst), number);
	}
	present_done(&present);
	assert_string_equal(text, expected);
}

static void add(struct rig *rig, uint32_t number, const char *dst)
{
	const struct prefix to = prefix(dst);

	rig_done(rig,
		 rig->engine->door->routes.add(rig->engine->rtnl, blue->segments[number].ifindex,
					       &to, 1, &rig->error));
}

static void take(struct rig *rig, uint32_t number, const char *dst)
{
	const struct prefix to = prefix(dst);

	rig_done(rig,
		 rig->engine->door->routes.remove(rig->engine->rtnl, blue->segments[number].ifindex,
						  &to, 1, &rig->error));
}

static void neighbours_share_a_route_until_the_last_of_them_goes(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, attach_a(rig));
	expect_ways(rig, "fd00:9::/122 at 1\n");
	rig_done(rig, attach_b(rig));
	expect_ways(rig, "fd00:9::/122 at 1\n");
	rig_done(rig, rig_detach(rig, "a"));
	expect_ways(rig, "fd00:9::/122 at 1\n");
	assert_int_equal(rig_resync(rig), 0);
	rig_done(rig, rig_attach(rig, "a", rig->netns_a,
				 "\"Networks\": [{\"Name\": \"blue\", \"IPAMConfig\": "
				 "{\"IPv6Address\": \"fd00:9::1:7\"}}]"));
	expect_ways(rig, "fd00:9::/122 at 1\nfd00:9::1:0/122 at 1\n");
	rig_done(rig, rig_detach(rig, "b"));
	expect_ways(rig, "fd00:9::1:0/122 at 1\n");
	rig_done(rig, rig_detach(rig, "a"));
	expect_ways(rig, "");
}

static void who_is_elsewhere_has_his_own_and_a_block_changes_hands(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, attach_a(rig));
	rig_done(rig, attach_b(rig));
	free_one();
	rig_done(rig, attach_c(rig));
	expect_ways(rig, "fd00:9::/122 at 1\nfd00:9::4/128 at 0\n");
	assert_int_equal(rig_resync(rig), 0);
	rig_restart(rig);
	blue = rig_net(rig, "blue");
	expect_ways(rig, "fd00:9::/122 at 1\nfd00:9::4/128 at 0\n");
	/* as many here as there: the first segment's, whose subnet leads there anyway */
	rig_done(rig, rig_detach(rig, "b"));
	expect_ways(rig, "fd00:9::2/128 at 1\n");
	assert_int_equal(rig_resync(rig), 0);
	rig_done(rig, rig_detach(rig, "c"));
	expect_ways(rig, "fd00:9::/122 at 1\n");
	assert_int_equal(rig_resync(rig), 0);
}

static int detach_c(struct rig *rig)
{
	return rig_detach(rig, "c");
}

static int attach_c_first(struct rig *rig)
{
	int err;

	blue->segments[0].n_ports = SEGMENT_FIRST_PORTS - 1;
	err = attach_c(rig);
	blue->segments[0].n_ports = SEGMENT_FIRST_PORTS;
	return err;
}

/* c makes the block the first segment's. */
static void a_block_that_cannot_be_handed_on_stays_where_it_was(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, attach_a(rig));
	assert_true(rig_fail_each(rig, attach_c_first, detach_c, -EIO) >= 6);
	assert_int_equal(fake_n_calls("routes.add"), 1); /* the last time none was refused */
	assert_int_equal(fake_n_calls("routes.remove"), 1);
	expect_ways(rig, "fd00:9::2/128 at 1\n");
	assert_int_equal(rig_resync(rig), 0);
}

static void single_routes_of_a_netd_before_are_joined_by_a_start_that_loses_nobody(void **state)
{
	struct rig *rig = *state;
	char order[16] = "";

	rig_done(rig, attach_a(rig));
	rig_done(rig, attach_b(rig));
	free_one();
	rig_done(rig, attach_c(rig));
	rig_stop(rig);
	rig_start(rig);
	blue = rig_net(rig, "blue");
	add(rig, 1, "fd00:9::2/128");
	add(rig, 1, "fd00:9::3/128");
	take(rig, 1, "fd00:9::/122");
	take(rig, 0, "fd00:9::4/128");
	fake_calls_clear();
	rig_restart(rig);
	blue = rig_net(rig, "blue");
	expect_ways(rig, "fd00:9::/122 at 1\nfd00:9::4/128 at 0\n");
	/* c has a route of its own before the block has one, and the spare ones go behind both.
	 * The last is c's again: its port was found without it. */
	for (size_t i = 0; i < fake_n_changes(); i++)
		if (strncmp(fake_change(i), "routes.", 7) == 0)
			(void)snprintf(order + strlen(order), sizeof(order) - strlen(order), "%c",
				       fake_change(i)[7]);
	assert_string_equal(order, "aarra"); /* add, remove */
	assert_int_equal(rig_resync(rig), 0);
}

static void what_others_do_to_them_is_mended(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, attach_a(rig));
	rig_done(rig, attach_b(rig));
	free_one();
	rig_done(rig, attach_c(rig));
	take(rig, 1, "fd00:9::/122");
	assert_int_equal(rig_resync(rig), 1);
	take(rig, 0, "fd00:9::4/128");
	assert_int_equal(rig_resync(rig), 1);
	add(rig, 1, "fd00:9::40/122"); /* nobody is there */
	add(rig, 0, "fd00:9::9/128");
	assert_int_equal(rig_resync(rig), 2);
	add(rig, 1, "fd00:9::2/128"); /* right, and of no use: told of together */
	add(rig, 1, "fd00:9::3/128");
	assert_int_equal(rig_resync(rig), 1);
	expect_ways(rig, "fd00:9::/122 at 1\nfd00:9::4/128 at 0\n");
	/* in the first segment alone they are the administrator's */
	add(rig, 0, "fd00:9::99/128");
	assert_int_equal(rig_resync(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			neighbours_share_a_route_until_the_last_of_them_goes, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_is_elsewhere_has_his_own_and_a_block_changes_hands, setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_block_that_cannot_be_handed_on_stays_where_it_was,
						setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			single_routes_of_a_netd_before_are_joined_by_a_start_that_loses_nobody,
			setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_others_do_to_them_is_mended, setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
