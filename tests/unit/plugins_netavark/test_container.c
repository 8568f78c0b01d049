// SPDX-License-Identifier: GPL-2.0-or-later
// test_container.c - a container of Podman's as netd is asked to attach it, its ports and its
// status
#include "plugins/netavark/container.h"

#include "given.h"

#include "base/cleanup.h"
#include "plugins/netavark/ports.h"

#include <errno.h>
#include <stdio.h>

static json_t *bindings_of(const struct input *input, bool ipv6)
{
	struct error error = { 0 };
	json_t *bindings;

	if (ports_bindings(input, ipv6, &bindings, &error) < 0)
		fail_msg("%s", error.text);
	return bindings;
}

static void expect_bindings(const char *mappings, bool ipv6, const char *wanted)
{
	char more[512];
	struct input input;

	(void)snprintf(more, sizeof(more), ", \"port_mappings\": %s", mappings);
	input = given_blue("", "", more);
	expect_json(bindings_of(&input, ipv6), wanted);
	input_done(&input);
}

#define MAPPING "\"container_port\": 80, \"host_port\": 8080, \"protocol\": "

static void what_podman_binds_itself_is_reserved(void **state)
{
	(void)state;
	expect_bindings("[{" MAPPING "\"tcp\", \"host_ip\": \"\", \"range\": 1}]", true,
			"{\"80/tcp\": [{\"HostIp\": \"0.0.0.0\", \"HostPort\": \"8080\", "
			"\"Reserved\": true}, {\"HostIp\": \"::\", \"HostPort\": \"8080\"}]}");
	expect_bindings("[{" MAPPING "\"udp\"}]", false,
			"{\"80/udp\": [{\"HostIp\": \"0.0.0.0\", \"HostPort\": \"8080\", "
			"\"Reserved\": true}]}");
	expect_bindings("[{" MAPPING "\"tcp\", \"host_ip\": \"::1\"}]", true,
			"{\"80/tcp\": [{\"HostIp\": \"::1\", \"HostPort\": \"8080\", "
			"\"Reserved\": true}]}");
	expect_bindings("[{" MAPPING "\"sctp\"}]", true,
			"{\"80/sctp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"}]}");
	expect_bindings("null", true, "{}");
}

static void a_range_is_each_of_its_ports(void **state)
{
	(void)state;
	expect_bindings("[{" MAPPING "\"tcp\", \"host_ip\": \"192.0.2.1\", \"range\": 2}]", true,
			"{\"80/tcp\": [{\"HostIp\": \"192.0.2.1\", \"HostPort\": \"8080\", "
			"\"Reserved\": true}], \"81/tcp\": [{\"HostIp\": \"192.0.2.1\", "
			"\"HostPort\": \"8081\", \"Reserved\": true}]}");
}

static void a_container_without_a_way_in_publishes_nothing(void **state)
{
	struct input input = given_blue(", \"internal\": true", "",
					", \"port_mappings\": [{" MAPPING "\"tcp\"}]");

	(void)state;
	expect_json(bindings_of(&input, true), "{}");
	input_done(&input);
}

static void what_is_wrong_with_a_mapping_is_said(void **state)
{
	static const struct {
		const char *mapping, *want;
	} cases[] = {
		{ "{}", "port_mappings[0].host_port is required" },
		{ "{\"host_port\": 1}", "port_mappings[0].container_port is required" },
		{ "{" MAPPING "\"icmp\"}", "port_mappings[0].protocol must be tcp, udp or sctp" },
		{ "{" MAPPING "\"tcp\", \"range\": 60000}",
		  "port_mappings[0].range goes beyond port 65535" },
		{ "{" MAPPING "\"tcp\", \"host_ip\": \"x\"}",
		  "port_mappings[0].host_ip must be an IP address" },
		{ "5", "port_mappings[0] must be an object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char more[256];
		struct error error = { 0 };
		struct input input;
		json_t *bindings;

		(void)snprintf(more, sizeof(more), ", \"port_mappings\": [%s]", cases[i].mapping);
		input = given_blue("", "", more);
		assert_true(ports_bindings(&input, true, &bindings, &error) < 0);
		assert_string_equal(error.text, cases[i].want);
		input_done(&input);
	}
}

static void a_container_is_attached_as_podman_has_it(void **state)
{
	struct input input = given_blue(
		", \"options\": {\"metric\": \"90\"}",
		", \"aliases\": [\"shop\", \"SHOP\", \"\"], \"static_mac\": \"02:00:00:00:00:01\"",
		", \"container_hostname\": \"till\", \"dns_servers\": [\"9.9.9.9\"]");
	json_t *none = json_object(), *body;
	struct error error = { 0 };

	(void)state;
	if (container_body(&input, "/run/netns/x", none, &body, &error) < 0)
		fail_msg("%s", error.text);
	expect_json(body, "{\"Id\": \"" GIVEN_ID "\", \"Name\": \"web\", \"NetnsPath\": "
			  "\"/run/netns/x\", \"Hostname\": \"till\", \"Dns\": [\"9.9.9.9\"], "
			  "\"PortBindings\": {}, \"Labels\": {\"io.netd.runtime\": \"podman\", "
			  "\"io.netd.podman.dns\": \"own\"}, "
			  "\"Networks\": [{\"Name\": \"blue\", \"Aliases\": [\"shop\"], "
			  "\"IPAMConfig\": {\"IPv4Address\": \"10.50.0.2\"}, \"MacAddress\": "
			  "\"02:00:00:00:00:01\", \"GwPriority\": 10, \"DriverOpts\": "
			  "{\"com.docker.network.endpoint.ifname\": \"eth0\", "
			  "\"org.netd.endpoint.metric\": \"90\"}}]}");
	json_decref(none);
	input_done(&input);
}

static void the_servers_of_the_network_are_asked_unless_the_container_has_some(void **state)
{
	struct input input = given_blue(", \"network_dns_servers\": [\"192.0.2.1\", \"192.0.2.2\"]",
					"", "");
	json_t *none = json_object(), *body;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(container_body(&input, "/n", none, &body, &error), 0);
	expect_json(json_incref(json_object_get(body, "Dns")), "[\"192.0.2.1\", \"192.0.2.2\"]");
	json_decref(body);
	json_decref(none);
	input_done(&input);
}

static void routes_of_a_network_are_routes_of_the_endpoint(void **state)
{
	struct input input = given_blue(
		", \"options\": {\"no_default_route\": \"true\"}, \"routes\": [{\"destination\": "
		"\"10.9.0.0/16\", \"gateway\": \"10.50.0.9\"}, {\"destination\": \"10.8.0.0/16\", "
		"\"metric\": 7, \"route_type\": \"blackhole\"}]",
		", \"options\": {\"host_interface_name\": \"web0\"}", "");
	struct error error = { 0 };
	json_t *settings;

	(void)state;
	assert_int_equal(container_settings(&input.networks[0], &settings, &error), 0);
	expect_json(settings,
		    "{\"Aliases\": [], \"IPAMConfig\": {\"IPv4Address\": \"10.50.0.2\"}, "
		    "\"GwPriority\": -2000000000, \"DriverOpts\": "
		    "{\"com.docker.network.endpoint.ifname\": \"eth0\", "
		    "\"org.netd.endpoint.host-ifname\": \"web0\", "
		    "\"org.netd.endpoint.default-route\": \"false\", \"org.netd.endpoint.routes\": "
		    "\"10.9.0.0/16 via 10.50.0.9 metric 100,blackhole 10.8.0.0/16 metric 7\"}}");
	input_done(&input);
}

static void a_route_without_a_destination_is_refused(void **state)
{
	static const char *const routes[] = { "{}", "{\"destination\": \"10.0.0.0/8, x\"}", "7" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		_cleanup_free_ char *info = NULL;
		struct error error = { 0 };
		struct input input;
		json_t *settings;

		assert_true(asprintf(&info, ", \"routes\": [%s]", routes[i]) > 0);
		input = given_blue(info, "", "");
		assert_true(container_settings(&input.networks[0], &settings, &error) < 0);
		assert_memory_equal(error.text, "network blue: a route ", 22);
		input_done(&input);
	}
}

static void what_cannot_be_a_name_is_no_alias(void **state)
{
	struct input input = given_blue(
		"", ", \"aliases\": [\"a b\", \"a,b\", \"\", \"ok\", \"a\\nb\", \"_x.y-z\"]", "");
	struct error error = { 0 };
	json_t *settings;

	(void)state;
	assert_int_equal(container_settings(&input.networks[0], &settings, &error), 0);
	expect_json(json_incref(json_object_get(settings, "Aliases")), "[\"ok\", \"_x.y-z\"]");
	json_decref(settings);
	input_done(&input);
}

static void a_metric_that_is_no_number_is_refused(void **state)
{
	struct input input = given_blue(", \"options\": {\"metric\": \"low\"}", "", "");
	struct error error = { 0 };
	json_t *settings;

	(void)state;
	assert_true(container_settings(&input.networks[0], &settings, &error) < 0);
	assert_string_equal(error.text, "network blue: option metric is \"low\": a number up to "
					"1000000000 is wanted");
	input_done(&input);
}

#define ATTACHED                                                                                   \
	"{\"NetworkSettings\": {\"Networks\": {\"blue\": {\"IPAddress\": \"10.50.0.2\", "          \
	"\"IPPrefixLen\": 24, \"Gateway\": \"10.50.0.1\", \"GlobalIPv6Address\": \"\", "           \
	"\"GlobalIPv6PrefixLen\": 0, \"IPv6Gateway\": \"\", \"MacAddress\": "                      \
	"\"02:00:00:00:00:01\"}}}}"

static void the_status_is_what_podman_reads(void **state)
{
	struct input input = given_blue(", \"dns_enabled\": true", "", "");
	json_t *container = json_of(ATTACHED);

	(void)state;
	expect_json(container_status(&input, container),
		    "{\"blue\": {\"dns_search_domains\": [\"dns.podman\"], \"dns_server_ips\": "
		    "[\"127.0.0.11\"], \"interfaces\": {\"eth0\": {\"mac_address\": "
		    "\"02:00:00:00:00:01\", \"subnets\": [{\"ipnet\": \"10.50.0.2/24\", "
		    "\"gateway\": \"10.50.0.1\"}]}}}}");
	json_decref(container);
	input_done(&input);
}

static void a_network_without_dns_says_nothing_about_it(void **state)
{
	struct input input = given_blue("", "", "");
	json_t *container = json_of(ATTACHED), *status = container_status(&input, container);
	json_t *blue = json_object_get(status, "blue");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(blue, "dns_server_ips")), 0);
	assert_int_equal(json_array_size(json_object_get(blue, "dns_search_domains")), 0);
	json_decref(status);
	json_decref(container);
	input_done(&input);
}

static void another_prefix_or_gateway_is_not_as_asked(void **state)
{
	struct input input = given_blue("", "", "");
	json_t *container = json_of(ATTACHED);
	json_t *settings = (json_t *)container_find(container, "blue");

	(void)state;
	assert_non_null(settings);
	assert_null(container_find(container, "red"));
	assert_true(container_is_as_asked(&input.networks[0], settings));
	(void)json_object_set_new(settings, "IPPrefixLen", json_integer(16));
	assert_false(container_is_as_asked(&input.networks[0], settings));
	(void)json_object_set_new(settings, "IPPrefixLen", json_integer(24));
	(void)json_object_set_new(settings, "Gateway", json_string("10.50.0.9"));
	assert_false(container_is_as_asked(&input.networks[0], settings));
	json_decref(container);
	input_done(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_podman_binds_itself_is_reserved),
		cmocka_unit_test(a_range_is_each_of_its_ports),
		cmocka_unit_test(a_container_without_a_way_in_publishes_nothing),
		cmocka_unit_test(what_is_wrong_with_a_mapping_is_said),
		cmocka_unit_test(a_container_is_attached_as_podman_has_it),
		cmocka_unit_test(
			the_servers_of_the_network_are_asked_unless_the_container_has_some),
		cmocka_unit_test(routes_of_a_network_are_routes_of_the_endpoint),
		cmocka_unit_test(a_route_without_a_destination_is_refused),
		cmocka_unit_test(what_cannot_be_a_name_is_no_alias),
		cmocka_unit_test(a_metric_that_is_no_number_is_refused),
		cmocka_unit_test(the_status_is_what_podman_reads),
		cmocka_unit_test(a_network_without_dns_says_nothing_about_it),
		cmocka_unit_test(another_prefix_or_gateway_is_not_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
