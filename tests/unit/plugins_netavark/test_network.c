// SPDX-License-Identifier: GPL-2.0-or-later
// test_network.c - a network of Podman's as netd is asked to make it, and compared with one it has
#include "plugins/netavark/network.h"

#include "given.h"

#include "base/cleanup.h"

#include <errno.h>

#define BLUE                                                                                       \
	"\"Name\": \"blue\", \"Driver\": \"bridge\", \"EnableIPv4\": true, \"EnableIPv6\": false"

static void expect_body(const char *info, const char *wanted)
{
	struct input input = given_blue(info, "", "");

	expect_json(network_body(&input.networks[0]), wanted);
	input_done(&input);
}

static void a_network_is_made_as_podman_has_it(void **state)
{
	(void)state;
	expect_body(", \"id\": \"" GIVEN_ID "\", \"network_interface\": \"podman1\", "
		    "\"internal\": true, \"options\": {\"mtu\": \"1400\", \"isolate\": \"true\"}, "
		    "\"labels\": {\"a\": \"b\"}",
		    "{" BLUE ", \"Id\": \"" GIVEN_ID "\", \"Internal\": true, "
		    "\"Labels\": {\"a\": \"b\", \"io.netd.podman\": \"blue\", "
		    "\"io.netd.transient\": \"true\"}, "
		    "\"Options\": {\"com.docker.network.bridge.name\": \"podman1\", "
		    "\"com.docker.network.driver.mtu\": \"1400\"}, "
		    "\"IPAM\": {\"Config\": [{\"Subnet\": \"10.50.0.0/24\", "
		    "\"Gateway\": \"10.50.0.1\", \"IPRange\": \"10.50.0.128/25\"}]}}");
}

static void servers_of_a_network_with_names_are_netds_too(void **state)
{
#define SERVERS "\"network_dns_servers\": [\"192.0.2.1\", \"fd00::53\"]"
#define LABELS                                                                                     \
	"\"Labels\": {\"io.netd.podman\": \"blue\", \"io.netd.podman.dns\": "                      \
	"\"192.0.2.1,fd00::53\", \"io.netd.transient\": \"true\"}, \"Options\": {}, "              \
	"\"Internal\": false, \"IPAM\": {\"Config\": [{\"Subnet\": \"10.50.0.0/24\", "             \
	"\"Gateway\": \"10.50.0.1\", \"IPRange\": \"10.50.0.128/25\"}]}"
	(void)state;
	expect_body(", \"dns_enabled\": true, " SERVERS,
		    "{" BLUE ", " LABELS ", \"Dns\": [\"192.0.2.1\", \"fd00::53\"]}");
	expect_body(", \"dns_enabled\": false, " SERVERS, "{" BLUE ", " LABELS "}");
#undef SERVERS
}

static void a_server_that_netd_refuses_for_a_network_is_its_containers_alone(void **state)
{
	static const char *const unfit[] = { "fe80::1", "127.0.0.11", "0.0.0.0",
					     "::",	"224.0.0.1",  "ff02::1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		assert_false(network_takes_server(unfit[i]));
	assert_true(network_takes_server("192.0.2.1"));
	assert_true(network_takes_server("127.0.0.53"));
	/* They come first, and take no room from those that follow. */
	expect_body(", \"dns_enabled\": true, \"network_dns_servers\": [\"fe80::1\", "
		    "\"127.0.0.11\", \"0.0.0.0\", \"192.0.2.1\", \"192.0.2.2\", \"192.0.2.3\"]",
		    "{" BLUE ", \"Labels\": {\"io.netd.podman\": \"blue\", \"io.netd.podman.dns\": "
		    "\"fe80::1,127.0.0.11,0.0.0.0,192.0.2.1,192.0.2.2,192.0.2.3\", "
		    "\"io.netd.transient\": \"true\"}, \"Options\": {}, \"Internal\": false, "
		    "\"IPAM\": {\"Config\": [{\"Subnet\": \"10.50.0.0/24\", "
		    "\"Gateway\": \"10.50.0.1\", \"IPRange\": \"10.50.0.128/25\"}]}, "
		    "\"Dns\": [\"192.0.2.1\", \"192.0.2.2\", \"192.0.2.3\"]}");
#undef LABELS
}

/* The range netd chooses from when Podman's network has this subnet. */
static const char *range_for(const char *subnet)
{
	static char text[64];
	char info[512];
	struct input input;
	json_t *body, *config;

	(void)snprintf(info, sizeof(info), "{\"blue\": {\"subnets\": [%s]}}", subnet);
	input = given("{\"blue\": {}}", info, "");
	body = network_body(&input.networks[0]);
	assert_non_null(body);
	config = json_array_get(json_object_get(json_object_get(body, "IPAM"), "Config"), 0);
	(void)snprintf(text, sizeof(text), "%s",
		       json_string_value(json_object_get(config, "IPRange"))
			       ? json_string_value(json_object_get(config, "IPRange"))
			       : "");
	json_decref(body);
	input_done(&input);
	return text;
}

static void netd_chooses_addresses_where_podman_does_not(void **state)
{
	(void)state;
	assert_string_equal(range_for("{\"subnet\": \"10.50.0.0/24\"}"), "10.50.0.128/25");
	assert_string_equal(range_for("{\"subnet\": \"fd00::/64\"}"), "fd00::8000:0:0:0/65");
	assert_string_equal(range_for("{\"subnet\": \"10.50.0.0/24\", \"lease_range\": "
				      "{\"start_ip\": \"10.50.0.128\", \"end_ip\": "
				      "\"10.50.0.254\"}}"),
			    "10.50.0.0/25");
	assert_string_equal(
		range_for("{\"subnet\": \"10.50.0.0/24\", \"lease_range\": "
			  "{\"start_ip\": \"10.50.0.1\", \"end_ip\": \"10.50.0.127\"}}"),
		"10.50.0.128/25");
	assert_string_equal(
		range_for("{\"subnet\": \"10.50.0.0/24\", \"lease_range\": "
			  "{\"start_ip\": \"10.50.0.1\", \"end_ip\": \"10.50.0.254\"}}"),
		"");
	assert_string_equal(range_for("{\"subnet\": \"10.50.0.0/29\"}"), "10.50.0.4/30");
	assert_string_equal(range_for("{\"subnet\": \"10.50.0.0/30\"}"), "");
	assert_string_equal(range_for("{\"subnet\": \"10.50.0.7/32\"}"), "");
}

static void a_bridge_that_podman_leaves_without_a_gateway_has_the_last_address(void **state)
{
	struct input input = given("{\"a\": {}}",
				   "{\"a\": {\"subnets\": [{\"subnet\": \"10.50.0.0/24\"}]}}", "");
	json_t *body = network_body(&input.networks[0]), *config;

	(void)state;
	config = json_array_get(json_object_get(json_object_get(body, "IPAM"), "Config"), 0);
	assert_string_equal(json_string_value(json_object_get(config, "Gateway")), "10.50.0.254");
	json_decref(body);
	input_done(&input);
}

static void what_netd_does_not_do_is_refused(void **state)
{
	static const struct {
		const char *info, *endpoint, *want;
	} cases[] = {
		{ ", \"driver\": \"macvlan\"", "",
		  "network blue: driver macvlan: netd wires bridge networks only, for now" },
		{ ", \"ipam_options\": {\"driver\": \"dhcp\"}", "",
		  "network blue: IPAM driver dhcp: " },
		{ ", \"options\": {\"vlan\": \"5\"}", "", "network blue: option vlan = 5: " },
		{ ", \"options\": {\"outbound_addr4\": \"fd00::1\"}", "",
		  "network blue: option outbound_addr4 = fd00::1: an IPv4 address is wanted" },
		{ ", \"options\": {\"outbound_addr6\": \"x\"}", "",
		  "network blue: option outbound_addr6 = x: an IPv6 address is wanted" },
		{ "", ", \"options\": {\"outbound_addr4\": \"192.0.2.7\"}",
		  "network blue: option outbound_addr4 of one container: " },
		{ "", ", \"static_ips\": [\"10.50.0.2\", \"10.50.0.3\"]",
		  "network blue: several subnets of one family: " },
		{ "", ", \"static_ips\": []", "network blue: static_ips has no address" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct input input = given_blue(cases[i].info, cases[i].endpoint, "");
		struct error error = { 0 };

		assert_true(network_check(&input.networks[0], &error) < 0);
		if (strncmp(error.text, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", error.text, cases[i].want);
		input_done(&input);
	}
}

static void options_that_hold_anyway_are_no_reason_to_refuse(void **state)
{
	struct input input =
		given_blue(", \"options\": {\"isolate\": \"strict\", \"mtu\": \"1400\", "
			   "\"mode\": \"managed\", \"com.example.note\": \"x\"}",
			   "", "");
	struct error error = { 0 };

	(void)state;
	assert_int_equal(network_check(&input.networks[0], &error), 0);
	assert_false(network_is_unmanaged(&input.networks[0]));
	input_done(&input);
}

static int compare_with(const char *info, const char *there, struct error *error)
{
	struct input input = given_blue(info, "", "");
	json_t *json = json_of(there);
	int err = network_compare(&input.networks[0], json, error);

	json_decref(json);
	input_done(&input);
	return err;
}

static int compare(const char *there, struct error *error)
{
	return compare_with("", there, error);
}

static void what_containers_leave_with_has_to_agree_where_podman_says_it(void **state)
{
	static const char there[] =
		"{\"Driver\": \"bridge\", \"Options\": {%s}, \"IPAM\": {\"Config\": "
		"[{\"Subnet\": \"10.50.0.0/24\", \"Gateway\": \"10.50.0.1\"}]}}";
	static const char says[] = ", \"options\": {\"outbound_addr4\": \"192.0.2.7\"}";
	static const struct {
		const char *info, *options;
		bool agrees;
	} cases[] = {
		{ says, "\"com.docker.network.host_ipv4\": \"192.0.2.7\"", true },
		{ says, "\"snat-ip\": \"192.0.2.7\"", true },
		{ says, "\"snat-ip\": \"192.0.2.8\"", false },
		{ says, "", false },
		{ "", "\"snat-ip\": \"192.0.2.8\"", true },
		{ ", \"internal\": true, \"options\": {\"outbound_addr4\": \"192.0.2.7\"}", "",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		char json[512];

		(void)snprintf(json, sizeof(json), there, cases[i].options);
		assert_int_equal(compare_with(cases[i].info, json, &error) == 0, cases[i].agrees);
	}
}

static void a_network_that_differs_is_told_apart(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(compare("{\"Driver\": \"bridge\", \"IPAM\": {\"Config\": [{\"Subnet\": "
				 "\"10.50.0.0/24\", \"Gateway\": \"10.50.0.1\"}]}}",
				 &error),
			 0);
	assert_true(compare("{\"Driver\": \"bridge\", \"IPAM\": {\"Config\": [{\"Subnet\": "
			    "\"10.50.0.0/16\", \"Gateway\": \"10.50.0.1\"}]}}",
			    &error) < 0);
	assert_string_equal(error.text,
			    "network blue is 10.50.0.0/16 in netd and 10.50.0.0/24 in "
			    "Podman: give one of them another name, or make them equal");
	assert_true(compare("{\"Driver\": \"bridge\", \"IPAM\": {\"Config\": [{\"Subnet\": "
			    "\"10.50.0.0/24\", \"Gateway\": \"10.50.0.9\"}]}}",
			    &error) < 0);
	assert_true(compare("{\"Driver\": \"bridge\", \"IPAM\": {\"Config\": [{\"Subnet\": "
			    "\"10.50.0.0/24\", \"Gateway\": \"10.50.0.1\"}, {\"Subnet\": "
			    "\"fd00::/64\"}]}}",
			    &error) < 0);
	assert_string_equal(error.text,
			    "network blue is fd00::/64 in netd and without IPv6 in "
			    "Podman: give one of them another name, or make them equal");
	assert_true(compare("{\"Driver\": \"host\"}", &error) < 0);
}

static void only_what_was_made_for_podman_and_is_empty_is_left_over(void **state)
{
	static const struct {
		const char *there;
		bool want;
	} cases[] = {
		{ "{\"Labels\": {\"io.netd.podman\": \"blue\"}, \"Containers\": {}}", true },
		{ "{\"Labels\": {\"io.netd.podman\": \"blue\"}, \"Containers\": {\"x\": {}}}",
		  false },
		{ "{\"Labels\": {\"io.netd.podman\": \"red\"}, \"Containers\": {}}", false },
		{ "{\"Labels\": {}, \"Containers\": {}}", false },
	};
	struct input input = given_blue("", "", "");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *there = json_of(cases[i].there);

		assert_int_equal(network_is_leftover(&input.networks[0], there), cases[i].want);
		json_decref(there);
	}
	input_done(&input);
}

static void names_are_served_where_podman_wants_them_and_on_its_default_network(void **state)
{
	static const struct {
		const char *info;
		bool want;
	} cases[] = {
		{ ", \"dns_enabled\": true", true },
		{ ", \"dns_enabled\": false", false },
		{ ", \"id\": \"" NETWORK_DEFAULT_ID "\"", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct input input = given_blue(cases[i].info, "", "");

		assert_int_equal(network_has_names(&input.networks[0]), cases[i].want);
		input_done(&input);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_made_as_podman_has_it),
		cmocka_unit_test(servers_of_a_network_with_names_are_netds_too),
		cmocka_unit_test(a_server_that_netd_refuses_for_a_network_is_its_containers_alone),
		cmocka_unit_test(netd_chooses_addresses_where_podman_does_not),
		cmocka_unit_test(
			a_bridge_that_podman_leaves_without_a_gateway_has_the_last_address),
		cmocka_unit_test(what_netd_does_not_do_is_refused),
		cmocka_unit_test(options_that_hold_anyway_are_no_reason_to_refuse),
		cmocka_unit_test(a_network_that_differs_is_told_apart),
		cmocka_unit_test(what_containers_leave_with_has_to_agree_where_podman_says_it),
		cmocka_unit_test(only_what_was_made_for_podman_and_is_empty_is_left_over),
		cmocka_unit_test(
			names_are_served_where_podman_wants_them_and_on_its_default_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
