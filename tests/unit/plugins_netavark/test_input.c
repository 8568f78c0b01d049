// SPDX-License-Identifier: GPL-2.0-or-later
// test_input.c - what Podman writes to netavark's stdin, decoded
#include "given.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>

static void expect_addr(const struct addr *addr, const char *wanted)
{
	assert_string_equal(ADDR_STR(addr), wanted);
}

static void a_whole_request_is_understood(void **state)
{
	struct input input = given(
		"{\"blue\": {\"static_ips\": [\"10.50.0.2\", \"fd00::2\"], \"aliases\": [\"a\"], "
		"\"static_mac\": \"02:00:00:00:00:01\", \"interface_name\": \"eth7\", "
		"\"options\": {\"metric\": \"5\"}}}",
		"{\"blue\": {\"name\": \"blue\", \"id\": \"" GIVEN_ID "\", \"driver\": \"bridge\", "
		"\"network_interface\": \"podman1\", \"internal\": true, \"dns_enabled\": true, "
		"\"subnets\": [{\"subnet\": \"10.50.0.0/24\", \"gateway\": \"10.50.0.1\", "
		"\"lease_range\": {\"start_ip\": \"10.50.0.10\", \"end_ip\": \"10.50.0.20\"}}, "
		"{\"subnet\": \"fd00::/64\"}], \"labels\": {\"l\": \"1\"}, "
		"\"options\": {\"mtu\": \"1400\"}, \"ipam_options\": {\"driver\": \"host-local\"}, "
		"\"network_dns_servers\": [\"192.0.2.53\"], \"brand_new\": []}}",
		", \"container_hostname\": \"h\", \"port_mappings\": [{}], "
		"\"dns_servers\": [\"9.9.9.9\"], \"brand_new\": 1");
	const struct input_network *network = &input.networks[0];

	(void)state;
	assert_string_equal(input.id, GIVEN_ID);
	assert_string_equal(input.name, "web");
	assert_string_equal(input.hostname, "h");
	assert_int_equal(json_array_size(input.ports), 1);
	assert_int_equal(input.n_networks, 1);
	assert_string_equal(network->name, "blue");
	assert_string_equal(network->interface, "podman1");
	assert_string_equal(network->ipam, "host-local");
	assert_string_equal(network->ifname, "eth7");
	assert_string_equal(network->mac, "02:00:00:00:00:01");
	assert_true(network->internal && network->dns_enabled);
	assert_false(network->more_subnets || network->more_ips);
	expect_addr(&network->ip[FAMILY_4], "10.50.0.2");
	expect_addr(&network->ip[FAMILY_6], "fd00::2");
	expect_addr(&network->subnet[FAMILY_4].gateway, "10.50.0.1");
	expect_addr(&network->subnet[FAMILY_4].lease_first, "10.50.0.10");
	expect_addr(&network->subnet[FAMILY_4].lease_last, "10.50.0.20");
	expect_addr(&network->subnet[FAMILY_6].prefix.addr, "fd00::");
	expect_addr(&network->subnet[FAMILY_6].gateway, "");
	input_done(&input);
}

static void networks_may_be_an_array(void **state)
{
	struct input input = given("[{\"name\": \"z\", \"static_ips\": [\"10.1.0.2\"]}, "
				   "{\"name\": \"a\", \"static_ips\": [\"10.2.0.2\"]}]",
				   "{\"a\": {\"driver\": \"bridge\"}, \"z\": {}}",
				   ", \"port_mappings\": null, \"dns_servers\": null");

	(void)state;
	assert_int_equal(input.n_networks, 2);
	assert_string_equal(input.networks[0].name, "z");
	expect_addr(&input.networks[0].ip[FAMILY_4], "10.1.0.2");
	assert_string_equal(input.networks[1].name, "a");
	assert_string_equal(input.networks[1].driver, "bridge");
	assert_null(input.ports);
	input_done(&input);
}

static void more_of_a_family_is_noticed_and_not_lost_silently(void **state)
{
	struct input input = given("{\"a\": {\"static_ips\": [\"10.1.0.2\", \"10.2.0.2\"]}}",
				   "{\"a\": {\"subnets\": [{\"subnet\": \"10.1.0.0/24\"}, "
				   "{\"subnet\": \"10.2.0.0/24\"}]}}",
				   "");

	(void)state;
	assert_true(input.networks[0].more_subnets && input.networks[0].more_ips);
	expect_addr(&input.networks[0].ip[FAMILY_4], "10.1.0.2");
	input_done(&input);
}

static void an_id_of_another_form_gives_one_of_netds_always_the_same(void **state)
{
	static const char format[] =
		"{\"container_id\": \"%s\", \"container_name\": \"w\", \"networks\": {\"a\": {}}, "
		"\"network_info\": {\"a\": {}}}";
	static const char *const names[] = { "buildah-buildah1", "buildah-buildah2", "AB", " " };
	struct input first = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = NULL;
		struct input input, again;
		struct error error;

		assert_true(asprintf(&text, format, names[i]) > 0);
		assert_int_equal(given_decode(text, &input, &error), 0);
		assert_int_equal(given_decode(text, &again, &error), 0);
		assert_int_equal(strspn(input.id, "0123456789abcdef"), 64);
		assert_int_equal(strlen(input.id), 64);
		assert_string_equal(input.id, again.id);
		assert_string_not_equal(input.id, first.id);
		memcpy(first.id, input.id, sizeof(first.id));
		input_done(&input);
		input_done(&again);
	}
}

#define REQUEST(networks, info)                                                                    \
	"{\"container_id\": \"" GIVEN_ID "\", \"container_name\": \"w\", \"networks\": " networks  \
	", \"network_info\": " info "}"

static void what_is_wrong_with_a_request_is_said(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "{", "invalid JSON: " },
		{ "{}", "container_id must be an id or a name" },
		{ "{\"container_id\": 5}", "container_id must be a string" },
		{ REQUEST("5", "{}"), "networks must be an object or an array of objects" },
		{ REQUEST("{}", "{}"), "networks has 0 entries, 1 to 64 are wanted" },
		{ REQUEST("{\"a\": {}}", "{}"),
		  "network_info.a is required: the container is to be on it" },
		{ REQUEST("[{}]", "{}"), "networks[0].name is required" },
		{ REQUEST("{\"a\": 5}", "{\"a\": {}}"), "networks.a must be an object" },
		{ REQUEST("{\"a\": {\"static_ips\": [\"x\"]}}", "{\"a\": {}}"),
		  "networks.a.static_ips must hold IP addresses" },
		{ REQUEST("{\"a\": {\"aliases\": [5]}}", "{\"a\": {}}"),
		  "networks.a.aliases must be an array of strings" },
		{ REQUEST("{\"a\": {}}", "{\"a\": {\"subnets\": [{\"subnet\": \"10.0.0.0\"}]}}"),
		  "network_info.a.subnets[0].subnet must be a subnet such as 10.89.0.0/24" },
		{ REQUEST("{\"a\": {}}", "{\"a\": {\"options\": {\"mtu\": 5}}}"),
		  "network_info.a.options.mtu must be a string" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct input input;
		struct error error = { 0 };

		assert_true(given_decode(cases[i].text, &input, &error) < 0);
		if (strncmp(error.text, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", error.text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_request_is_understood),
		cmocka_unit_test(networks_may_be_an_array),
		cmocka_unit_test(more_of_a_family_is_noticed_and_not_lost_silently),
		cmocka_unit_test(an_id_of_another_form_gives_one_of_netds_always_the_same),
		cmocka_unit_test(what_is_wrong_with_a_request_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
