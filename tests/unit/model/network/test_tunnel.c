// SPDX-License-Identifier: GPL-2.0-or-later
// test_tunnel.c - names, addresses and sizes of tunnels
#include "model/network/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct network_spec spec_of(const char *id)
{
	struct network_spec spec = { .name = "web" };

	(void)snprintf(spec.id, sizeof(spec.id), "%s", id);
	return spec;
}

static void a_tunnel_is_called_after_the_networks_id(void **state)
{
	const struct network_spec spec = spec_of("0123456789abcdef0123");
	char name[IFNAME_LEN_MAX + 1], alias[TUNNEL_ALIAS_LEN + 1];

	(void)state;
	tunnel_name(&spec, name);
	assert_string_equal(name, "vx-0123456789ab");
	tunnel_alias(&spec, alias);
	assert_string_equal(alias, "netd tunnel web");
}

static void its_mac_is_another_on_each_host_and_in_each_network(void **state)
{
	const struct network_spec one = spec_of("01"), other = spec_of("02");
	const struct addr here = { AF_INET, { 192, 0, 2, 1 } },
			  there = { AF_INET, { 192, 0, 2, 2 } };
	const struct mac mac = tunnel_mac(&one, &here), again = tunnel_mac(&one, &here);
	const struct mac far = tunnel_mac(&one, &there), else_where = tunnel_mac(&other, &here);

	(void)state;
	assert_true(mac_is_interface(&mac));
	assert_memory_equal(&mac, &again, sizeof(mac));
	assert_memory_not_equal(&mac, &far, sizeof(mac));
	assert_memory_not_equal(&mac, &else_where, sizeof(mac));
}

static void a_packet_grows_by_what_the_way_adds(void **state)
{
	(void)state;
	assert_int_equal(tunnel_overhead(AF_INET), 50);
	assert_int_equal(tunnel_overhead(AF_INET6), 70);
}

static void numbers_follow_from_the_id_and_stay_in_their_range(void **state)
{
	(void)state;
	assert_int_equal(tunnel_choose_vni("01", 0), tunnel_choose_vni("01", 0));
	assert_int_not_equal(tunnel_choose_vni("01", 0), tunnel_choose_vni("01", 1));
	for (unsigned int i = 0; i < 100000; i++) {
		const uint32_t vni = tunnel_choose_vni("abc", i * 977);

		assert_in_range(vni, VXLAN_VNI_MIN, VXLAN_VNI_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_is_called_after_the_networks_id),
		cmocka_unit_test(its_mac_is_another_on_each_host_and_in_each_network),
		cmocka_unit_test(a_packet_grows_by_what_the_way_adds),
		cmocka_unit_test(numbers_follow_from_the_id_and_stay_in_their_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
