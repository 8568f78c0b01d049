// SPDX-License-Identifier: GPL-2.0-or-later
// test_translate.c - what netd is asked, made of what Docker asks; and what Docker is told
#include "plugins/docker/plugin.h"

#include "model/request/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NETWORK "01b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa"
#define OTHER "91b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa"

static json_t *load(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void decode(const char *text, struct docker_request *ret_request)
{
	struct error error;

	assert_int_equal(
		docker_request_decode(DOCKER_NET_CREATE, text, strlen(text), ret_request, &error),
		0);
}

static void assert_json(const json_t *got, const char *wanted)
{
	json_auto_t *json = load(wanted);

	if (!json_equal(got, json))
		fail_msg("got %s\nwanted %s", json_dumps(got, JSON_SORT_KEYS),
			 json_dumps(json, JSON_SORT_KEYS));
}

static void a_network_keeps_dockers_id_and_its_range(void **state)
{
	struct prefix ranges[FAMILY_N] = { 0 };
	struct docker_request request;
	json_auto_t *body = NULL;

	(void)state;
	assert_int_equal(prefix_parse("10.9.8.0/24", &ranges[FAMILY_4]), 0);
	decode("{\"NetworkID\":\"" NETWORK "\",\"Options\":{\"com.docker.network.generic\":"
	       "{\"mtu\":\"1400\"}},\"IPv4Data\":[{\"Gateway\":\"10.9.0.2/16\","
	       "\"Pool\":\"10.9.0.0/16\",\"AuxAddresses\":{\"a\":\"10.9.0.3/16\"}}]}",
	       &request);
	body = network_body(&request, ranges);
	assert_json(body,
		    "{\"Name\":\"docker-01b15b8ac281\",\"Id\":\"" NETWORK "\",\"Internal\":false,"
		    "\"EnableIPv4\":true,\"EnableIPv6\":false,\"Labels\":{\"org.netd.runtime\":"
		    "\"docker\",\"org.netd.docker.unnamed\":\"1\"},\"Options\":{\"mtu\":\"1400\"},"
		    "\"IPAM\":{\"Config\":[{\"Subnet\":\"10.9.0.0/16\",\"Gateway\":\"10.9.0.2\","
		    "\"IPRange\":\"10.9.8.0/24\",\"AuxiliaryAddresses\":{\"a\":\"10.9.0.3\"}}]}}");
	docker_request_done(&request);
}

static void a_network_of_ipv6_alone_has_no_ipv4(void **state)
{
	struct docker_request request;
	json_auto_t *body = NULL;

	(void)state;
	decode("{\"NetworkID\":\"" NETWORK "\",\"Options\":{\"com.docker.network.enable_ipv6\":"
	       "true,\"com.docker.network.internal\":true},\"IPv4Data\":[],"
	       "\"IPv6Data\":[{\"Pool\":\"2001:db8::/64\",\"Gateway\":\"2001:db8::1/64\"}]}",
	       &request);
	body = network_body(&request, (struct prefix[FAMILY_N]) { 0 });
	assert_true(json_is_false(json_object_get(body, "EnableIPv4")));
	assert_true(json_is_true(json_object_get(body, "EnableIPv6")));
	assert_true(json_is_true(json_object_get(body, "Internal")));
	docker_request_done(&request);
}

/* netd's own decoder takes what is sent to it. */
static void a_network_is_named_once(void **state)
{
	json_auto_t *network = load(
		"{\"Name\":\"docker-01b15b8ac281\",\"Id\":\"" NETWORK "\",\"Labels\":"
		"{\"org.netd.runtime\":\"docker\",\"org.netd.docker.unnamed\":\"1\"}}");
	json_auto_t *body = network_naming(network, "blue");
	json_auto_t *nameless = network_naming(network, NULL);
	struct network_update update;
	struct error error;

	(void)state;
	assert_int_equal(request_network_update(body, &update, &error), 0);
	assert_string_equal(update.name, "blue");
	assert_json(update.labels, "{\"org.netd.runtime\":\"docker\"}");
	network_update_done(&update);
	assert_json(nameless, "{\"Labels\":{\"org.netd.runtime\":\"docker\"}}");
}

static void names_are_those_of_the_networks_both_know(void **state)
{
	json_auto_t *docker = load("{\"Name\":\"/web\",\"NetworkSettings\":{\"Networks\":{"
				   "\"blue\":{\"NetworkID\":\"" NETWORK
				   "\",\"Aliases\":[\"shop\",\"78e73b4850e9\"],"
				   "\"Links\":[\"db:store\"]},"
				   "\"bridge\":{\"NetworkID\":\"" OTHER "\",\"Aliases\":null}}}}");
	json_auto_t *netd = load(
		"{\"NetworkSettings\":{\"Networks\":{\"blue\":{\"NetworkID\":\"" NETWORK "\"}}}}");
	json_auto_t *body = follow_names(docker, netd, NULL);
	struct container_names names;
	struct error error;

	(void)state;
	assert_json(body, "{\"Name\":\"web\",\"Networks\":{\"" NETWORK "\":{\"Aliases\":[\"shop\","
			  "\"78e73b4850e9\"],\"Links\":[\"db:store\"]}}}");
	assert_int_equal(request_names(body, &names, &error), 0);
	assert_int_equal(names.n_endpoints, 1);
	container_names_done(&names);
}

static void who_was_attached_unnamed_is_known_by_an_endpoint(void **state)
{
	json_auto_t *docker = load(
		"{\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"EndpointID\":\"\"},\"blue\":{"
		"\"EndpointID\":\"" OTHER "\"}}}}");
	json_auto_t *same = load("{\"NetworkSettings\":{\"Networks\":{\"x\":{\"DriverOpts\":{"
				 "\"org.netd.docker.endpoint\":\"" OTHER "\"}}}}}");
	json_auto_t *another = load("{\"NetworkSettings\":{\"Networks\":{\"blue\":{\"DriverOpts\":{"
				    "\"org.netd.docker.endpoint\":\"" NETWORK "\"}}}}}");
	json_auto_t *none = load("{\"NetworkSettings\":{\"Networks\":{\"bridge\":{}}}}");

	(void)state;
	assert_true(follow_is_same(same, docker));
	assert_false(follow_is_same(another, docker));
	assert_false(follow_is_same(none, docker));
	assert_false(follow_is_same(same, none));
}

static void newer_dockers_say_all_names(void **state)
{
	json_auto_t *docker = load(
		"{\"Name\":\"/web\",\"NetworkSettings\":{\"Networks\":{\"blue\":{"
		"\"NetworkID\":\"" NETWORK "\",\"Aliases\":[\"shop\"],"
		"\"DNSNames\":[\"web\",\"shop\",\"78e73b4850e9\",\"till\"],"
		"\"Links\":null}}}}");
	json_auto_t *netd = load(
		"{\"NetworkSettings\":{\"Networks\":{\"blue\":{\"NetworkID\":\"" NETWORK "\"}}}}");
	json_auto_t *body = follow_names(docker, netd, NULL);

	(void)state;
	assert_json(body, "{\"Name\":\"web\",\"Networks\":{\"" NETWORK "\":{\"Aliases\":[\"web\","
			  "\"shop\",\"78e73b4850e9\",\"till\"]}}}");
}

static void names_on_dockers_own_networks_are_links_to_addresses(void **state)
{
	json_auto_t *docker = load(
		"{\"Name\":\"/web\",\"NetworkSettings\":{\"Networks\":{\"blue\":{"
		"\"NetworkID\":\"" NETWORK "\",\"Links\":[\"x:y\"]}}}}");
	json_auto_t *netd = load(
		"{\"NetworkSettings\":{\"Networks\":{\"blue\":{\"NetworkID\":\"" NETWORK "\"}}}}");
	json_auto_t *other = load(
		"{\"Name\":\"/db\",\"NetworkSettings\":{\"Networks\":{\"theirs\":{"
		"\"NetworkID\":\"" OTHER "\",\"IPAddress\":\"172.19.0.5\","
		"\"DNSNames\":[\"db\",\"store\"]}}}}");
	json_auto_t *links = json_array(), *body = NULL;
	struct container_names names;
	struct error error;

	(void)state;
	assert_int_equal(follow_links(other, OTHER, links), 0);
	assert_int_equal(follow_links(other, OTHER, links), 0); /* nothing twice */
	assert_int_equal(follow_links(other, NETWORK, links), 0);
	assert_json(links, "[\"172.19.0.5:db\",\"172.19.0.5:store\"]");
	body = follow_names(docker, netd, links);
	assert_json(body,
		    "{\"Name\":\"web\",\"Networks\":{\"" NETWORK "\":{\"Aliases\":[],\"Links\":"
		    "[\"x:y\",\"172.19.0.5:db\",\"172.19.0.5:store\"]}}}");
	assert_int_equal(request_names(body, &names, &error), 0);
	assert_string_equal(names.endpoints[0].links[1].container, "172.19.0.5");
	assert_string_equal(names.endpoints[0].links[1].alias, "db");
	container_names_done(&names);
}

static void more_names_than_there_is_room_for_are_left_out(void **state)
{
	json_auto_t *links = json_array();

	(void)state;
	for (int i = 0; i < 100; i++) {
		json_auto_t *other = json_pack("{s:o, s:{s:{s:{s:s, s:s}}}}", "Name",
					       json_sprintf("/c%d", i), "NetworkSettings",
					       "Networks", "theirs", "NetworkID", OTHER,
					       "IPAddress", "172.19.0.5");

		assert_int_equal(follow_links(other, OTHER, links), 0);
	}
	assert_int_equal(json_array_size(links), LINKS_MAX);
}

static void published_ports_are_told_in_dockers_numbers(void **state)
{
	json_auto_t *ports = load("[{\"IP\":\"0.0.0.0\",\"PrivatePort\":81,\"PublicPort\":9000,"
				  "\"Type\":\"udp\"},{\"IP\":\"::\",\"PrivatePort\":80,"
				  "\"PublicPort\":8080,\"Type\":\"tcp\"}]");
	json_auto_t *portmap = endpoint_portmap(ports);

	(void)state;
	assert_json(
		portmap,
		"[{\"Proto\":17,\"IP\":\"\",\"Port\":81,\"HostIP\":\"0.0.0.0\",\"HostPort\":9000,"
		"\"HostPortEnd\":9000},{\"Proto\":6,\"IP\":\"\",\"Port\":80,\"HostIP\":\"::\","
		"\"HostPort\":8080,\"HostPortEnd\":8080}]");
}

static void docker_is_given_the_interface_and_the_gateways_it_has_addresses_for(void **state)
{
	json_auto_t *network = load(
		"{\"Internal\":false,\"Options\":{\"ifname-prefix\":\"lan\"},\"IPAM\":{\"Config\":"
		"[{\"Subnet\":\"2001:db8::/64\",\"Gateway\":\"2001:db8::1\"},"
		"{\"Subnet\":\"10.9.0.0/16\",\"Gateway\":\"10.9.0.1\"}]}}");
	struct prefix addresses[FAMILY_N];
	json_auto_t *both = NULL, *one = NULL;

	(void)state;
	assert_int_equal(prefix_parse("10.9.0.7/16", &addresses[FAMILY_4]), 0);
	assert_int_equal(prefix_parse("2001:db8::7/64", &addresses[FAMILY_6]), 0);
	both = endpoint_join_answer(NETWORK, network, addresses);
	assert_json(both,
		    "{\"InterfaceName\":{\"SrcName\":\"ndp01b15b8ac28\",\"DstPrefix\":\"lan\"},"
		    "\"Gateway\":\"10.9.0.1\",\"GatewayIPv6\":\"2001:db8::1\","
		    "\"DisableGatewayService\":true}");
	addresses[FAMILY_6] = (struct prefix) { 0 };
	one = endpoint_join_answer(NETWORK, network, addresses);
	assert_string_equal(calls_text(one, "Gateway"), "10.9.0.1");
	assert_string_equal(calls_text(one, "GatewayIPv6"), "");
}

static void an_internal_network_has_no_gateway(void **state)
{
	json_auto_t *network = load("{\"Internal\":true,\"IPAM\":{\"Config\":[{\"Subnet\":"
				    "\"10.9.0.0/16\",\"Gateway\":\"10.9.0.1\"}]}}");
	struct prefix addresses[FAMILY_N] = { 0 };
	json_auto_t *answer = NULL;

	(void)state;
	assert_int_equal(prefix_parse("10.9.0.7/16", &addresses[FAMILY_4]), 0);
	answer = endpoint_join_answer(NETWORK, network, addresses);
	assert_json(answer,
		    "{\"InterfaceName\":{\"SrcName\":\"ndp01b15b8ac28\",\"DstPrefix\":\"eth\"},"
		    "\"Gateway\":\"\",\"GatewayIPv6\":\"\",\"DisableGatewayService\":true}");
}

static void a_range_is_known_until_its_network_is_there(void **state)
{
	static struct plugin plugin;
	struct prefix pool, range = { 0 }, got;

	(void)state;
	assert_int_equal(prefix_parse("10.9.0.0/16", &pool), 0);
	assert_int_equal(prefix_parse("10.9.8.0/24", &range), 0);
	plugin.pools[3] =
		(struct plugin_pool) { .prefix = pool, .range = range, .since = plugin_clock() };
	got = pool_range(&plugin, &pool);
	assert_true(prefix_equal(&got, &range));
	pool_release(&plugin, &pool);
	got = pool_range(&plugin, &pool);
	assert_false(addr_is_set(&got.addr));
	plugin.pools[3] = (struct plugin_pool) { .prefix = pool,
						 .range = range,
						 .since = plugin_clock() - 3600 };
	got = pool_range(&plugin, &pool);
	assert_false(addr_is_set(&got.addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_keeps_dockers_id_and_its_range),
		cmocka_unit_test(a_network_of_ipv6_alone_has_no_ipv4),
		cmocka_unit_test(a_network_is_named_once),
		cmocka_unit_test(names_are_those_of_the_networks_both_know),
		cmocka_unit_test(who_was_attached_unnamed_is_known_by_an_endpoint),
		cmocka_unit_test(newer_dockers_say_all_names),
		cmocka_unit_test(names_on_dockers_own_networks_are_links_to_addresses),
		cmocka_unit_test(more_names_than_there_is_room_for_are_left_out),
		cmocka_unit_test(published_ports_are_told_in_dockers_numbers),
		cmocka_unit_test(
			docker_is_given_the_interface_and_the_gateways_it_has_addresses_for),
		cmocka_unit_test(an_internal_network_has_no_gateway),
		cmocka_unit_test(a_range_is_known_until_its_network_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
