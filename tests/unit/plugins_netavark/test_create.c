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
	expect_json(
		created("{\"name\": \"n\", \"id\": \"i\", \"dns_enabled\": true}",
			"{\"interfaces\": [\"podman0\"], \"names\": {}, \"subnets\": "
			"[\"10.89.0.0/24\"]}"),
		"{\"name\": \"n\", \"id\": \"i\", \"dns_enabled\": true, \"driver\": \"bridge\", "
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_network_is_completed),
		cmocka_unit_test(what_was_given_is_kept),
		cmocka_unit_test(ipv6_asks_for_a_subnet_of_its_own),
		cmocka_unit_test(what_cannot_be_created_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
