// SPDX-License-Identifier: GPL-2.0-or-later
// test_subnets.c - subnets that netd chooses, and those that are somebody's
#include "../rig.h"

static const char *subnet_of(struct rig *rig, const char *name)
{
	static char text[PREFIX_STR_MAX];

	return prefix_print(&rig_net(rig, name)->spec.subnet[FAMILY_4].prefix, text);
}

static void networks_get_one_after_the_other(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"a\"}"));
	rig_done(rig, rig_network(rig, "{\"Name\": \"b\"}"));
	assert_string_equal(subnet_of(rig, "a"), "172.18.0.0/24");
	assert_string_equal(subnet_of(rig, "b"), "172.18.1.0/24");
}

static void what_overlaps_another_network_is_refused(void **state)
{
	struct rig *rig = *state;

	assert_true(rig_network(rig, "{\"Name\": \"a\", \"IPAM\": {\"Config\": "
				     "[{\"Subnet\": \"172.17.4.0/24\"}]}}") < 0);
	assert_null(rig_net(rig, "a"));
	assert_true(rig_network(rig, "{\"Name\": \"a\", \"IPAM\": {\"Config\": "
				     "[{\"Subnet\": \"172.16.0.0/12\"}]}}") < 0);
	assert_null(rig_net(rig, "a"));
}

/* What the host reaches by an interface of its own. */
static void so_is_what_a_route_of_the_host_leads_to(void **state)
{
	struct rig *rig = *state;

	assert_true(rig_network(rig, "{\"Name\": \"a\", \"IPAM\": {\"Config\": "
				     "[{\"Subnet\": \"192.0.2.0/24\"}]}}") < 0);
	assert_non_null(strstr(rig->error.text, "eth0"));
	assert_null(rig_net(rig, "a"));
}

static void what_a_route_of_the_host_leads_to_is_not_chosen(void **state)
{
	struct rig *rig = *state;

	fake_link_put(NULL, "vpn0");
	fake_addr_put(NULL, "vpn0", "172.18.0.129/25");
	rig_done(rig, rig_network(rig, "{\"Name\": \"a\"}"));
	assert_string_equal(subnet_of(rig, "a"), "172.18.1.0/24");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(networks_get_one_after_the_other, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(so_is_what_a_route_of_the_host_leads_to, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(what_overlaps_another_network_is_refused, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(what_a_route_of_the_host_leads_to_is_not_chosen,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
