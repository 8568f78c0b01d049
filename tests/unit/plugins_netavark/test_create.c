// SPDX-License-Identifier: GPL-2.0-or-later
// test_create.c - what Podman 6 leaves to netavark when it makes a network
#include "plugins/netavark/verbs.h"

#include "given.h"

#include "base/cleanup.h"

#include <stdio.h>

static json_t *create(const char *network, const char *used, struct error *error)
{
	json_t *out = NULL;
	char text[2048];
	int len = snprintf(text, sizeof(text),
			   "{\"network\": %s, \"used\": %s, \"options\": {\"subnet_pools\": "
			   "[{\"base\": \"10.89.0.0/16\", \"size\": 24}], "
			   "\"default_interface_name\": \"podman\", \"check_used_subnets\": true}}",
			   network, used);
	char *exact = malloc((size_t)len);

	assert_non_null(exact);
	memcpy(exact, text, (size_t)len);
	*error = (struct error) { 0 };
	if (verb_create(exact, (size_t)len, NULL, &out, error) < 0)
		out = NULL;
	free(exact);
	return out;
}

static json_t *created(const char *network, const char *used)
{
	struct error error;
	json_t *out = create(network, used, &error);

	if (!out)
		fail_msg("%s", error.text);
	assert_non_null(json_object_get(out, "created"));
	(void)json_object_del(out, "created");
	return out;
}

static void a_bare_network_is_completed(void **state)
{
	(void)state;
	expect_json(created("{\"name\": \"n\", \"id\": \"" GIVEN_ID "\", \"dns_enabled\": true}",
			    "{\"interfaces\": [\"podman0\"], \"names\": {}, \"subnets\": "
			    "[\"10.89.0.0/24\"]}"),
		    "{\"name\": \"n\", \"id\": \"" GIVEN_ID
		    "\", \"dns_enabled\": true, \"driver\": \"bridge\", "
		    "\"network_interface\": \"podman1\", \"ipam_options\": {\"driver\": "
		    "\"host-local\"}, \"ipv6_enabled\": false, \"subnets\": [{\"subnet\": "
		    "\"10.89.1.0/24\", \"gateway\": "
		    "\"10.89.1.1\"}]}");
}

static void what_was_given_is_kept(void **state)
{
	(void)state;
	expect_json(created("{\"name\": \"n\", \"driver\": \"bridge\", \"network_interface\": "
			    "\"br7\", \"internal\": true, \"subnets\": [{\"subnet\": "
			    "\"10.1.0.9/24\"}], \"labels\": {\"a\": \"b\"}}",
			    "{}"),
		    "{\"name\": \"n\", \"driver\": \"bridge\", \"network_interface\": \"br7\", "
		    "\"internal\": true, \"labels\": {\"a\": \"b\"}, \"ipam_options\": "
		    "{\"driver\": \"host-local\"}, \"ipv6_enabled\": false, \"subnets\": "
		    "[{\"subnet\": \"10.1.0.0/24\"}]}");
}

static void ipv6_asks_for_a_subnet_of_its_own(void **state)
{
	json_t *out = created("{\"name\": \"n\", \"ipv6_enabled\": true}", "{}");
	json_t *subnets = json_object_get(out, "subnets");

	(void)state;
	assert_int_equal(json_array_size(subnets), 2);
	assert_memory_equal(
		json_string_value(json_object_get(json_array_get(subnets, 1), "subnet")), "fd", 2);
	json_decref(out);
}

static void what_cannot_be_created_is_said(void **state)
{
	static const struct {
		const char *network, *used, *want;
	} cases[] = {
		{ "{\"name\": \"n\"}", "{\"names\": {\"n\": \"id\"}}",
		  "network name n already used: network already exists" },
		{ "{\"name\": \"n\", \"driver\": \"macvlan\"}", "{}",
		  "driver macvlan: netd wires bridge networks only, for now" },
		{ "{\"name\": \"n\", \"subnets\": [{\"subnet\": \"10.1.0.0/24\"}]}",
		  "{\"subnets\": [\"10.1.0.128/25\"]}",
		  "subnet 10.1.0.0/24 is already used on the host or by another config: "
		  "10.1.0.128/25" },
		{ "{\"name\": \"n\", \"network_interface\": \"br0\"}",
		  "{\"interfaces\": [\"br0\"]}", "bridge name br0 already in use" },
		{ "{\"name\": \"n\", \"network_interface\": \"a/b\"}", "{}",
		  "network.network_interface must be an interface name" },
		{ "null", "{}", "network is required" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error;

		assert_null(create(cases[i].network, cases[i].used, &error));
		assert_string_equal(error.text, cases[i].want);
	}
}

/* Every key of a network, each with what its setup would refuse or not do. */
static void what_no_container_could_be_on_is_not_created(void **state)
{
#define S "\"subnets\": [{\"subnet\": \"10.1.0.0/24\""
	static const struct {
		const char *more, *want;
	} cases[] = {
		{ "\"id\": \"i\"", "network.id must be 64 hexadecimal digits" },
		{ "\"labels\": {\"a\": 1}", "network.labels.a must be a string" },
		{ "\"options\": {\"mtu\": 1400}", "network.options.mtu must be a string" },
		{ "\"options\": {\"mtuu\": \"1\"}",
		  "network n: unsupported bridge network option mtuu; did you mean mtu?" },
		{ "\"options\": {\"bclim\": \"1\"}",
		  "network n: unsupported bridge network option bclim" },
		{ "\"options\": {\"com.docker.network.driver.mtu\": \"20\"}",
		  "network n: option mtu is \"20\": 0, or a number from 68 to 65535 is wanted" },
		{ "\"options\": {\"com.docker.network.bridge.name\": \"a/b\"}",
		  "network.network_interface must be an interface name" },
		{ "\"options\": {\"vlan\": \"5\"}",
		  "network n: option vlan = 5: netd's bridges carry no VLANs" },
		{ "\"network_dns_servers\": [\"10.0.0.1\"]",
		  "network.network_dns_servers cannot be set: DNS is not enabled for the network" },
		{ "\"dns_enabled\": true, \"network_dns_servers\": [\"x\"]",
		  "network.network_dns_servers must hold IP addresses" },
		{ "\"dns_enabled\": 1", "network.dns_enabled must be true or false" },
		{ S ", \"gateway\": \"10.2.0.1\"}]", "gateway 10.2.0.1 not in subnet 10.1.0.0/24" },
		{ S ", \"gateway\": \"x\"}]", "network.subnets[].gateway must be an IP address" },
		{ S ", \"lease_range\": {\"start_ip\": \"10.2.0.1\"}}]",
		  "lease range start_ip 10.2.0.1 not in subnet 10.1.0.0/24" },
		{ S ", \"lease_range\": {\"end_ip\": \"fd00::1\"}}]",
		  "lease range end_ip fd00::1 not in subnet 10.1.0.0/24" },
		{ S ", \"lease_range\": {\"start_ip\": \"10.1.0.9\", \"end_ip\": \"10.1.0.8\"}}]",
		  "lease range start_ip 10.1.0.9 must not be behind end_ip 10.1.0.8" },
		{ S "}, {\"subnet\": \"10.2.0.0/24\"}]",
		  "several subnets of one family: a network of netd's has one of each" },
		{ "\"routes\": [{\"gateway\": \"10.1.0.2\"}]",
		  "network.routes[0].destination must be a subnet" },
		{ "\"routes\": [{\"destination\": \"10.9.0.1/16\", \"gateway\": \"10.1.0.2\"}]",
		  "network.routes[0].destination must be a subnet, not an address in one" },
		{ "\"routes\": [{\"destination\": \"10.9.0.0/16\"}]",
		  "route 10.9.0.0/16 requires a gateway for type unicast" },
		{ "\"routes\": [{\"destination\": \"10.9.0.0/16\", \"gateway\": \"fd00::1\"}]",
		  "network.routes[0].gateway must be an address of the destination's family" },
		{ "\"routes\": [{\"destination\": \"10.9.0.0/16\", \"gateway\": \"10.1.0.2\", "
		  "\"route_type\": \"blackhole\"}]",
		  "route 10.9.0.0/16 must not have a gateway for type blackhole" },
		{ "\"routes\": [{\"destination\": \"10.9.0.0/16\", \"route_type\": \"x\"}]",
		  "network.routes[0].route_type must be unicast, blackhole, unreachable or "
		  "prohibit" },
		{ "\"routes\": [{\"destination\": \"10.9.0.0/16\", \"metric\": -1}]",
		  "network.routes[0].metric must be from 0 to 4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char network[512];
		struct error error;

		(void)snprintf(network, sizeof(network), "{\"name\": \"n\", %s}", cases[i].more);
		assert_null(create(network, "{}", &error));
		assert_string_equal(error.text, cases[i].want);
	}
}

static void what_a_container_can_be_on_is_created(void **state)
{
	(void)state;
	expect_json(
		created("{\"name\": \"n\", \"dns_enabled\": true, \"network_dns_servers\": "
			"[\"10.0.0.1\", \"fd00::53\"], \"options\": {\"isolate\": \"strict\", "
			"\"com.docker.network.driver.mtu\": \"1400\", \"a.note\": \"x\", "
			"\"com.docker.network.bridge.name\": \"br7\", \"mode\": \"unmanaged\"}, "
			"\"routes\": [{\"destination\": \"10.9.0.0/16\", \"gateway\": "
			"\"10.1.0.2\"}, "
			"{\"destination\": \"10.8.0.0/16\", \"route_type\": \"blackhole\"}], " S
			", \"gateway\": \"10.1.0.254\", \"lease_range\": {\"start_ip\": "
			"\"10.1.0.9\", \"end_ip\": \"10.1.0.9\"}}]}",
			"{\"interfaces\": [\"br7\"], \"subnets\": [\"10.1.0.0/24\"]}"),
		"{\"name\": \"n\", \"driver\": \"bridge\", \"dns_enabled\": true, "
		"\"ipv6_enabled\": false, \"ipam_options\": {\"driver\": \"host-local\"}, "
		"\"network_dns_servers\": [\"10.0.0.1\", \"fd00::53\"], \"options\": "
		"{\"isolate\": \"strict\", \"mtu\": \"1400\", \"a.note\": \"x\", \"mode\": "
		"\"unmanaged\"}, \"network_interface\": \"br7\", \"routes\": [{\"destination\": "
		"\"10.9.0.0/16\", \"gateway\": \"10.1.0.2\"}, {\"destination\": "
		"\"10.8.0.0/16\", \"route_type\": \"blackhole\"}], " S
		", \"gateway\": \"10.1.0.254\", \"lease_range\": {\"start_ip\": \"10.1.0.9\", "
		"\"end_ip\": \"10.1.0.9\"}}]}");
#undef S
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_network_is_completed),
		cmocka_unit_test(what_was_given_is_kept),
		cmocka_unit_test(ipv6_asks_for_a_subnet_of_its_own),
		cmocka_unit_test(what_cannot_be_created_is_said),
		cmocka_unit_test(what_no_container_could_be_on_is_not_created),
		cmocka_unit_test(what_a_container_can_be_on_is_created),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
