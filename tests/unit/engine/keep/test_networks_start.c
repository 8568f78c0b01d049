// SPDX-License-Identifier: GPL-2.0-or-later
// test_networks_start.c - the network "bridge" as netd.json has it
#include "../rig.h"

#include "base/cleanup.h"

/* A first start of a host where netd.json says this. */
static void configured(struct rig *rig, const char *bip, const char *fixed, const char *bip6,
		       const char *fixed6)
{
	const struct {
		const char *text;
		struct prefix *prefix;
	} settings[] = {
		{ bip, &rig->config.bip[FAMILY_4] },
		{ fixed, &rig->config.fixed[FAMILY_4] },
		{ bip6, &rig->config.bip[FAMILY_6] },
		{ fixed6, &rig->config.fixed[FAMILY_6] },
	};

	rig_stop(rig);
	rig_teardown_kernel(rig);
	fake_kernel_start();
	fake_netns_add(rig->netns_a, 0);
	fake_netns_add(rig->netns_b, 0);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].text)
			assert_int_equal(prefix_parse(settings[i].text, settings[i].prefix), 0);
	rig->config.ipv6 = true;
	rig_start(rig);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
}

static void addresses_come_out_of_the_part_that_is_set_of_both_families(void **state)
{
	struct rig *rig = *state;

	configured(rig, "10.9.0.1/16", "10.9.7.0/24", "fd09::1/64", "fd09::7:0/112");
	assert_true(fake_has_addr(NULL, "netd0", "10.9.0.1/16"));
	assert_true(fake_has_addr(NULL, "netd0", "fd09::1/64"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "10.9.7.1/16") ||
		    fake_has_addr(rig->netns_a, "eth0", "10.9.7.0/16"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "fd09::7:1/64") ||
		    fake_has_addr(rig->netns_a, "eth0", "fd09::7:0/64"));
}

static void without_an_address_of_the_bridge_the_part_is_the_ipv6_subnet(void **state)
{
	struct rig *rig = *state;

	configured(rig, NULL, NULL, NULL, "fd09:0:0:7::/64");
	assert_true(fake_has_addr(NULL, "netd0", "fd09:0:0:7::1/64"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "fd09:0:0:7::2/64"));
}

static void the_whole_subnet_is_chosen_from_where_no_part_is_set(void **state)
{
	struct rig *rig = *state;

	configured(rig, "10.9.0.1/16", NULL, "fd09::1/64", NULL);
	assert_true(fake_has_addr(rig->netns_a, "eth0", "10.9.0.2/16"));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "fd09::2/64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			addresses_come_out_of_the_part_that_is_set_of_both_families, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			without_an_address_of_the_bridge_the_part_is_the_ipv6_subnet, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_whole_subnet_is_chosen_from_where_no_part_is_set, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
