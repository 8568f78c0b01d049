// SPDX-License-Identifier: GPL-2.0-or-later
// test_present.c - what the kernel has at one moment is read once and found again
#include "../rig.h"

#include "engine/wire/present.h"

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

static void everything_is_found_by_its_link(void **state)
{
	struct rig *rig = *state;
	const int bridge = fake_link(NULL, "netd0")->ifindex;
	const struct prefix addr = prefix("172.17.0.1/16"), subnet = prefix("172.17.0.0/16"),
			    other = prefix("172.17.0.1/24");
	struct present present = { 0 };

	rig_done(rig, present_read(&present, rig->engine, true, &rig->error));
	assert_string_equal(present_link(&present, bridge)->name, "netd0");
	assert_null(present_link(&present, 0)); /* of what could not be made */
	assert_null(present_link(&present, bridge + 1000));
	assert_true(present_has_addr(&present, bridge, &addr));
	assert_false(present_has_addr(&present, bridge + 1000, &addr));
	assert_false(present_has_addr(&present, bridge, &other));
	assert_true(present_has_route(&present, bridge, &subnet));
	assert_false(present_has_route(&present, bridge + 1000, &subnet));
	assert_null(present_host_route(&present, bridge, &addr)); /* there are none */
	present_done(&present);
}

static void a_route_to_a_single_host_is_found_by_address_and_link(void **state)
{
	struct rtnl_route routes[3] = { { .ifindex = 7 }, { .ifindex = 9 }, { .ifindex = 7 } };
	struct present present = { .host_routes = routes, .n_host_routes = 3 };
	const struct prefix none = prefix("10.0.0.3/32"), wider = prefix("10.0.0.1/26");

	(void)state;
	routes[0].dst = routes[1].dst = prefix("10.0.0.1/32");
	routes[2].dst = prefix("10.0.0.2/32");
	assert_ptr_equal(present_host_route(&present, 7, &routes[0].dst), &routes[0]);
	assert_ptr_equal(present_host_route(&present, 9, &routes[1].dst), &routes[1]);
	assert_ptr_equal(present_host_route(&present, 7, &routes[2].dst), &routes[2]);
	assert_null(present_host_route(&present, 9, &routes[2].dst));
	assert_null(present_host_route(&present, 7, &none));
	assert_null(present_host_route(&present, 7, &wider));
}

static void it_is_of_its_moment_until_it_is_read_again(void **state)
{
	struct rig *rig = *state;
	struct present present = { 0 };
	int ifindex;

	rig_done(rig, present_read(&present, rig->engine, false, &rig->error));
	fake_link_put(NULL, "vpn0");
	ifindex = fake_link(NULL, "vpn0")->ifindex;
	assert_null(present_link(&present, ifindex));
	rig_done(rig, present_read(&present, rig->engine, false, &rig->error));
	assert_non_null(present_link(&present, ifindex));
	present_done(&present);
	assert_int_equal(present.n_links, 0);
	present_done(&present); /* safe to call twice */
}

static void what_cannot_be_read_is_an_error_and_frees_as_ever(void **state)
{
	struct rig *rig = *state;
	struct present present = { 0 };
	static const char *const calls[] = { "links.all", "addrs.all", "routes.of_addrs",
					     "routes.of_host" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fake_fail(calls[i], -EIO);
		assert_int_equal(present_read(&present, rig->engine, true, &rig->error), -EIO);
		fake_fail(NULL, 0);
	}
	present_done(&present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_is_found_by_its_link, rig_setup,
						rig_teardown),
		cmocka_unit_test(a_route_to_a_single_host_is_found_by_address_and_link),
		cmocka_unit_test_setup_teardown(it_is_of_its_moment_until_it_is_read_again,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error_and_frees_as_ever,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("present", tests, NULL, NULL);
}
