// SPDX-License-Identifier: GPL-2.0-or-later
// test_belief.c - what netd believes, read from its snapshot
#include "diag/belief.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID_WEB "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_BLUE "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char whole[] =
	"{\"Version\":1,\"Generation\":{\"State\":3,\"Run\":7},\"Moving\":false,\"Later\":1,"
	"\"Networks\":[{\"Id\":\"" ID_BLUE "\",\"Name\":\"blue\",\"Driver\":\"bridge\","
	"\"Bridge\":\"br-blue\",\"Mtu\":1500,\"Internal\":false,\"Icc\":true,\"Masquerade\":true,"
	"\"Subnets\":[{\"Subnet\":\"10.61.0.0/24\",\"Gateway\":\"10.61.0.1\","
	"\"GatewayMode\":\"nat\",\"LeavesWith\":null},{\"Subnet\":\"fd00:61::/64\","
	"\"Gateway\":\"fd00:61::1\",\"GatewayMode\":\"routed\",\"LeavesWith\":null}],"
	"\"Services\":[{\"Name\":\"web\",\"Ip\":\"10.61.0.200\",\"Ip6\":null,"
	"\"Affinity\":\"none\",\"Ports\":[{\"Protocol\":\"udp\",\"Port\":53,\"Target\":5353}]}]}],"
	"\"Containers\":[{\"Id\":\"" ID_WEB "\",\"Name\":\"web\",\"NetnsPath\":\"/run/netns/web\","
	"\"Pid\":0,\"NetnsInode\":4026532999,\"HostNetwork\":false,\"Services\":[\"db\"],"
	"\"Endpoints\":[{\"Id\":\"e\","
	"\"Network\":\"" ID_BLUE "\",\"Ip\":\"10.61.0.2\",\"Ip6\":null,"
	"\"Mac\":\"02:00:00:00:00:01\",\"Interface\":\"eth0\",\"HostInterface\":\"nd1\","
	"\"Names\":[\"web\",\"www\",\"WEB\"],\"Services\":[\"gone\",\"web\"]}]}],"
	"\"Ports\":[{\"Container\":\"" ID_WEB "\",\"Protocol\":\"tcp\",\"HostIp\":\"0.0.0.0\","
	"\"HostPort\":8081,\"Target\":\"10.61.0.2\",\"ContainerPort\":80,\"Count\":2,"
	"\"Way\":\"nat\"},{\"Container\":\"gone\",\"Protocol\":\"tcp\",\"HostPort\":1}]}";

static void a_snapshot_becomes_networks_containers_and_ports(void **state)
{
	struct facts facts = { 0 };
	struct error error = { 0 };
	const struct facts_network *network;
	const struct facts_container *container;
	const struct facts_endpoint *endpoint;

	(void)state;
	assert_int_equal(belief_read(whole, strlen(whole), &facts, &error), 0);
	assert_int_equal(facts.generation, 7);
	assert_int_equal(facts.n_networks, 1);
	network = &facts.networks[0];
	assert_string_equal(network->name, "blue");
	assert_int_equal(network->n_bridges, 1);
	assert_string_equal(network->bridges[0], "br-blue");
	assert_true(network->masquerade[FAMILY_4]);
	assert_false(network->masquerade[FAMILY_6]);
	assert_true(network->routed[FAMILY_6]);
	assert_string_equal(ADDR_STR(&network->gateway[FAMILY_4]), "10.61.0.1");
	assert_int_equal(network->n_services, 1);
	assert_string_equal(network->services[0].name, "web");
	assert_string_equal(ADDR_STR(&network->services[0].addr[FAMILY_4]), "10.61.0.200");
	assert_false(addr_is_set(&network->services[0].addr[FAMILY_6]));
	assert_int_equal(network->services[0].n_ports, 1);
	assert_int_equal(network->services[0].ports[0].protocol, IPPROTO_UDP);
	assert_int_equal(network->services[0].ports[0].port, 53);
	assert_int_equal(network->services[0].ports[0].target, 5353);

	assert_int_equal(facts.n_containers, 1);
	container = &facts.containers[0];
	assert_string_equal(container->space, "aaaaaaaaaaaa");
	assert_string_equal(container->path, "/run/netns/web");
	assert_int_equal(container->n_names, 2);
	assert_string_equal(container->names[1], "www");
	assert_int_equal(container->n_services, 2);
	assert_string_equal(container->services[0], "db");
	assert_string_equal(container->services[1], "web"); /* by its connection */
	endpoint = &container->endpoints[0];
	assert_string_equal(endpoint->id, "e");
	assert_string_equal(endpoint->network, "blue");
	assert_string_equal(endpoint->bridge, "br-blue");
	assert_string_equal(PREFIX_STR(&endpoint->addr[FAMILY_4]), "10.61.0.2/24");
	assert_false(addr_is_set(&endpoint->addr[FAMILY_6].addr));
	assert_string_equal(ADDR_STR(&endpoint->gateway[FAMILY_4]), "10.61.0.1");

	assert_int_equal(container->n_ports, 1);
	assert_int_equal(container->ports[0].host_port, 8081);
	assert_int_equal(container->ports[0].port, 80);
	assert_int_equal(container->ports[0].count, 2);
	assert_int_equal(container->ports[0].protocol, IPPROTO_TCP);
	belief_done(&facts);
	assert_int_equal(facts.n_containers, 0);
}

/* With several bridges nobody but the kernel knows which one a port is at. */
static void ports_that_are_asked_for_later_come_once(void **state)
{
	static const char more[] =
		"{\"Ports\":[{\"Container\":\"" ID_WEB
		"\",\"Protocol\":\"tcp\",\"HostIp\":\"0.0.0.0\","
		"\"HostPort\":8081,\"ContainerPort\":80,\"Count\":2},{\"Container\":\"" ID_WEB "\","
		"\"Protocol\":\"udp\",\"HostIp\":\"0.0.0.0\",\"HostPort\":8081,\"ContainerPort\":9,"
		"\"Count\":1}]}";
	static const char wrong[] = "{\"Ports\":[{\"Container\":1}]}";
	struct facts facts = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(belief_read(whole, strlen(whole), &facts, &error), 0);
	assert_false(facts.resolver_answers);
	assert_int_equal(belief_read_ports(more, strlen(more), &facts, &error), 0);
	assert_int_equal(belief_read_ports(more, strlen(more), &facts, &error), 0);
	assert_int_equal(facts.containers[0].n_ports, 2);
	assert_int_equal(facts.containers[0].ports[1].protocol, IPPROTO_UDP);
	assert_int_equal(facts.containers[0].ports[1].port, 9);
	assert_int_equal(belief_read_ports(wrong, strlen(wrong), &facts, &error), -EINVAL);
	assert_string_equal(error.text, "the snapshot's Container is not a string");
	assert_int_equal(facts.containers[0].n_ports, 2);
	belief_done(&facts);
}

static void a_resolver_that_was_asked_and_its_port_are_known(void **state)
{
	static const char text[] = "{\"Resolver\":{\"Pid\":7},\"Containers\":[{\"Id\":\"" ID_WEB
				   "\",\"DnsPort\":48326}]}";
	struct facts facts = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(belief_read(text, strlen(text), &facts, &error), 0);
	assert_true(facts.resolver_answers);
	assert_int_equal(facts.containers[0].dns_port, 48326);
	belief_done(&facts);
}

static void a_network_of_segments_has_them_all(void **state)
{
	static const char text[] =
		"{\"Networks\":[{\"Id\":\"n\",\"Name\":\"n\",\"Bridge\":\"br-n\",\"Segments\":["
		"{\"Number\":0,\"Bridge\":\"br-n\"},{\"Number\":1,\"Bridge\":\"br-n.1\"}]}],"
		"\"Containers\":[{\"Id\":\"c\",\"Name\":\"c\",\"Pid\":12,\"Endpoints\":["
		"{\"Network\":\"n\"},{\"Network\":\"left\"}]}]}";
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(belief_read(text, strlen(text), &facts, NULL), 0);
	assert_int_equal(facts.networks[0].n_bridges, 2);
	assert_string_equal(facts.networks[0].bridges[1], "br-n.1");
	assert_string_equal(facts.containers[0].endpoints[0].bridge, "");
	assert_string_equal(facts.containers[0].endpoints[1].network, "left");
	assert_string_equal(facts.containers[0].path, "/proc/12/ns/net");
	belief_done(&facts);
}

static void a_container_of_the_host_has_the_hosts_space(void **state)
{
	static const char text[] = "{\"Containers\":[{\"Id\":\"c\",\"HostNetwork\":true}]}";
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(belief_read(text, strlen(text), &facts, NULL), 0);
	assert_string_equal(facts.containers[0].space, "host");
	belief_done(&facts);
}

static void what_is_no_snapshot_is_refused_with_the_member(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "[]", "an object is wanted" },
		{ "{", "invalid JSON" },
		{ "{\"Networks\":{}}", "Networks is not a list" },
		{ "{\"Networks\":[{\"Name\":5}]}", "Name is not a string" },
		{ "{\"Networks\":[{\"Mtu\":-1}]}", "Mtu is not a number" },
		{ "{\"Networks\":[{\"Mtu\":1e3}]}", "Mtu is not a whole number" },
		{ "{\"Networks\":[{\"Subnets\":[{\"Subnet\":\"10\"}]}]}", "not a subnet" },
		{ "{\"Networks\":[{\"Bridge\":\"a-name-that-is-too-long\"}]}", "Bridge is not" },
		{ "{\"Containers\":[{\"HostNetwork\":1}]}", "HostNetwork is not true or false" },
		{ "{\"Containers\":[{\"Endpoints\":[{\"Ip\":\"x\"}]}]}", "Ip is not an address" },
		{ "{\"Containers\":[{\"Endpoints\":[{\"Mac\":\"x\"}]}]}", "Mac is not" },
		{ "{\"Containers\":[{\"Endpoints\":[{\"Names\":[1]}]}]}", "Names is not" },
		{ "{\"Ports\":[{\"HostPort\":70000}]}", "HostPort is not" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts facts = { 0 };
		struct error error = { 0 };

		assert_int_equal(belief_read(cases[i].text, strlen(cases[i].text), &facts, &error),
				 -EINVAL);
		if (!strstr(error.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, error.text);
		assert_int_equal(facts.n_networks, 0);
		assert_int_equal(facts.n_containers, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_becomes_networks_containers_and_ports),
		cmocka_unit_test(ports_that_are_asked_for_later_come_once),
		cmocka_unit_test(a_resolver_that_was_asked_and_its_port_are_known),
		cmocka_unit_test(a_network_of_segments_has_them_all),
		cmocka_unit_test(a_container_of_the_host_has_the_hosts_space),
		cmocka_unit_test(what_is_no_snapshot_is_refused_with_the_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
