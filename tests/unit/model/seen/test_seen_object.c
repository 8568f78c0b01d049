// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_object.c - a network, a container and its ports, as a snapshot shows them
#include "model/seen/seen_object.h"

#include "model/network/service.h"
#include "model/seen/seen_text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed;

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

/* The elements that are written, and in how many steps; n_steps NULL: whatever. */
static json_t *ports_wanted(struct port *ports, size_t n_ports, uint16_t wanted,
			    size_t *ret_n_steps)
{
	struct container container = { .ports = ports, .n_ports = n_ports };
	struct buf out = { 0 };
	size_t step = 0, n = 0;
	json_t *list;
	bool more;

	(void)snprintf(container.spec.id, sizeof(container.spec.id), "c1");
	buf_puts(&out, "[");
	do {
		more = seen_object_ports(&out, &container, wanted, &step);
		n++;
	} while (more);
	buf_puts(&out, "]");
	list = json_loads(out.data, 0, NULL);
	if (!list)
		fail_msg("not JSON: %s", out.data);
	buf_done(&out);
	if (ret_n_steps)
		*ret_n_steps = n;
	return list;
}

static json_t *ports_of(struct port *ports, size_t n_ports, size_t *ret_n_steps)
{
	return ports_wanted(ports, n_ports, 0, ret_n_steps);
}

static struct port port(const char *host, uint16_t host_port, uint16_t container_port,
			const char *target)
{
	return (struct port) { .protocol = IPPROTO_TCP,
			       .host_addr = addr(host),
			       .host_port = host_port,
			       .container_port = container_port,
			       .target = *target ? addr(target) : (struct addr) { 0 } };
}

static void expect_run(const json_t *list, size_t i, const char *host, int host_port, int n,
		       const char *way)
{
	const char *ip, *its_way;
	int port, count;

	assert_int_equal(json_unpack(json_array_get(list, i), "{s:s, s:i, s:i, s:s}", "HostIp", &ip,
				     "HostPort", &port, "Count", &count, "Way", &its_way),
			 0);
	assert_string_equal(ip, host);
	assert_int_equal(port, host_port);
	assert_int_equal(count, n);
	assert_string_equal(its_way, way);
}

static void a_container_without_ports_is_nothing(void **state)
{
	size_t n_steps;
	json_t *list = ports_of(NULL, 0, &n_steps);

	(void)state;
	assert_int_equal(json_array_size(list), 0);
	assert_int_equal(n_steps, 1);
	json_decref(list);
}

/* A range on every address alternates between the families. */
static void a_range_is_a_run_of_each_family(void **state)
{
	struct port ports[200];
	json_t *list;

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		ports[2 * i] = port("0.0.0.0", (uint16_t)(8000 + i), (uint16_t)(80 + i),
				    "10.1.0.2");
		ports[2 * i + 1] = port("::", (uint16_t)(8000 + i), (uint16_t)(80 + i), "fd00::2");
	}
	list = ports_of(ports, 200, NULL);
	assert_int_equal(json_array_size(list), 2);
	expect_run(list, 0, "0.0.0.0", 8000, 100, "nat");
	expect_run(list, 1, "::", 8000, 100, "relay");
	json_decref(list);
}

static void what_does_not_go_on_is_another_run(void **state)
{
	struct port ports[] = {
		port("0.0.0.0", 80, 80, "10.1.0.2"),   port("0.0.0.0", 81, 81, "10.1.0.2"),
		port("0.0.0.0", 83, 83, "10.1.0.2"),   /* a gap */
		port("0.0.0.0", 84, 90, "10.1.0.2"),   /* to another port */
		port("127.0.0.1", 85, 91, "10.1.0.2"), /* at another address */
		port("127.0.0.1", 86, 92, "10.1.0.3"), /* to another address */
		port("10.1.0.3", 93, 93, "10.1.0.3"),  /* at its own */
		port("0.0.0.0", 94, 94, ""),	       /* to none */
	};
	json_t *list = ports_of(ports, 8, NULL);

	(void)state;
	assert_int_equal(json_array_size(list), 7);
	expect_run(list, 0, "0.0.0.0", 80, 2, "nat");
	expect_run(list, 5, "10.1.0.3", 93, 1, "routed");
	expect_run(list, 6, "0.0.0.0", 94, 1, "none");
	json_decref(list);
}

static void of_ports_for_one_the_first_is_there_and_those_that_it_is_in(void **state)
{
	struct port ports[] = {
		port("0.0.0.0", 80, 80, "10.1.0.2"),  port("0.0.0.0", 90, 80, "10.1.0.2"),
		port("0.0.0.0", 95, 95, "10.1.0.2"),  port("0.0.0.0", 96, 96, "10.1.0.2"),
		port("0.0.0.0", 97, 97, "10.1.0.2"),  port("::", 97, 97, "fd00::2"),
		port("0.0.0.0", 100, 97, "10.1.0.2"),
	};
	json_t *list = ports_wanted(ports, sizeof(ports) / sizeof(ports[0]), 97, NULL);

	(void)state;
	assert_int_equal(json_array_size(list), 3);
	expect_run(list, 0, "0.0.0.0", 80, 1, "nat");
	expect_run(list, 1, "0.0.0.0", 95, 3, "nat");
	expect_run(list, 2, "::", 97, 1, "relay");
	json_decref(list);
	list = ports_wanted(ports, sizeof(ports) / sizeof(ports[0]), 98, NULL);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
}

/* One step is one run, however long; so a turn can end behind each. */
static void ports_that_are_all_apart_take_a_step_each(void **state)
{
	enum { N = 16384 };
	struct port *ports = calloc(N, sizeof(*ports));
	size_t n_steps;
	json_t *list;

	(void)state;
	assert_non_null(ports);
	for (uint16_t i = 0; i < N; i++)
		ports[i] = port("0.0.0.0", (uint16_t)(1 + 2 * i), 80, "10.1.0.2");
	list = ports_of(ports, N, &n_steps);
	assert_int_equal(json_array_size(list), N);
	assert_in_range(n_steps, N, N + 1);
	json_decref(list);
	free(ports);
}

static void a_container_takes_a_step_for_each_endpoint(void **state)
{
	struct network network = { 0 };
	struct container container = { 0 };
	struct endpoint endpoints[3] = { 0 }, *all[3];
	char *dns[] = { (char[]) { "10.9.0.1" } };
	struct buf out = { 0 };
	size_t step = 0, n = 0;
	json_t *shown, *second;

	(void)state;
	(void)snprintf(network.spec.id, sizeof(network.spec.id), "n1");
	(void)snprintf(container.spec.id, sizeof(container.spec.id), "c1");
	(void)snprintf(container.spec.name, sizeof(container.spec.name), "web");
	container.spec.dns = dns;
	container.spec.n_dns = 1;
	container.netns_inode = 4026531840;
	container.endpoints = all;
	container.n_endpoints = 3;
	for (size_t i = 0; i < 3; i++) {
		all[i] = &endpoints[i];
		endpoints[i].network = &network;
		endpoints[i].container = &container;
		(void)snprintf(endpoints[i].ifname, sizeof(endpoints[i].ifname), "eth%zu", i);
	}
	endpoints[1].ip[FAMILY_4] = addr("10.1.0.2");
	do
		n++;
	while (seen_object_container(&out, &container, &step));
	assert_int_equal(n, 4);
	shown = json_loads(out.data, 0, NULL);
	if (!shown)
		fail_msg("not JSON: %s", out.data);
	assert_int_equal(json_integer_value(json_object_get(shown, "NetnsInode")), 4026531840);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(shown, "DnsServers"), 0)),
		"10.9.0.1");
	assert_int_equal(json_array_size(json_object_get(shown, "Endpoints")), 3);
	second = json_array_get(json_object_get(shown, "Endpoints"), 1);
	assert_string_equal(json_string_value(json_object_get(second, "Interface")), "eth1");
	assert_string_equal(json_string_value(json_object_get(second, "Ip")), "10.1.0.2");
	assert_true(json_is_null(json_object_get(second, "Ip6")));
	assert_string_equal(json_string_value(json_object_get(second, "Network")), "n1");
	json_decref(shown);
	buf_done(&out);
}

static void ends_are_a_container_and_where_its_links_are_counted(void **state)
{
	struct network network = { 0 };
	struct container container = { 0 };
	struct endpoint endpoints[2] = { 0 }, *all[] = { &endpoints[0], &endpoints[1] };
	struct buf out = { 0 };

	(void)state;
	(void)snprintf(network.spec.id, sizeof(network.spec.id), "n1");
	(void)snprintf(container.spec.id, sizeof(container.spec.id), "c1");
	(void)snprintf(container.spec.name, sizeof(container.spec.name), "web");
	container.endpoints = all;
	seen_object_ends(&out, &container); /* on no network */
	container.n_endpoints = 2;
	endpoints[0].network = endpoints[1].network = &network;
	endpoints[0].ip[FAMILY_4] = addr("10.1.0.2");
	(void)snprintf(endpoints[0].ifname, sizeof(endpoints[0].ifname), "eth0");
	endpoints[0].host_ifindex = 17;
	seen_text_comma(&out);
	seen_object_ends(&out, &container);
	assert_string_equal(out.data, "{\"Id\":\"c1\",\"Name\":\"web\",\"Endpoints\":[]},"
				      "{\"Id\":\"c1\",\"Name\":\"web\",\"Endpoints\":["
				      "{\"Network\":\"n1\",\"Ip\":\"10.1.0.2\",\"Ip6\":null,"
				      "\"Interface\":\"eth0\",\"HostIndex\":17},"
				      "{\"Network\":\"n1\",\"Ip\":null,\"Ip6\":null,"
				      "\"Interface\":null,\"HostIndex\":0}]}");
	buf_done(&out);
}

/* Whoever writes it in turns begins anew then; what it is given is a document all the same. */
static void endpoints_that_go_between_two_steps_are_passed_over(void **state)
{
	struct network network = { 0 };
	struct container container = { 0 };
	struct endpoint endpoint = { .network = &network, .container = &container };
	struct endpoint *all[3] = { &endpoint, &endpoint, &endpoint };
	struct buf out = { 0 };
	size_t step = 0;
	json_t *shown;

	(void)state;
	container.endpoints = all;
	container.n_endpoints = 3;
	for (int i = 0; i < 3; i++)
		assert_true(seen_object_container(&out, &container, &step));
	container.n_endpoints = 1;
	all[1] = all[2] = NULL;
	assert_false(seen_object_container(&out, &container, &step));
	shown = json_loads(out.data, 0, NULL);
	if (!shown)
		fail_msg("not JSON: %s", out.data);
	assert_int_equal(json_array_size(json_object_get(shown, "Endpoints")), 2);
	json_decref(shown);
	buf_done(&out);
}

static void a_network_shows_the_subnets_it_has(void **state)
{
	struct network network = { 0 };
	struct buf out = { 0 };
	const char *mode;
	size_t step = 0;
	json_t *shown, *subnets;

	(void)state;
	assert_int_equal(network_spec_init(&network.spec), 0);
	(void)snprintf(network.spec.name, sizeof(network.spec.name), "n");
	assert_int_equal(prefix_parse("fd00::/64", &network.spec.subnet[FAMILY_6].prefix), 0);
	network.spec.gateway_mode[FAMILY_6] = GATEWAY_MODE_ROUTED;
	assert_false(seen_object_network(&out, &network, &step));
	shown = json_loads(out.data, 0, NULL);
	if (!shown)
		fail_msg("not JSON: %s", out.data);
	subnets = json_object_get(shown, "Subnets");
	assert_int_equal(json_array_size(subnets), 1);
	assert_int_equal(json_unpack(json_array_get(subnets, 0), "{s:s}", "GatewayMode", &mode), 0);
	assert_string_equal(mode, "routed");
	assert_true(json_is_null(json_object_get(shown, "Bridge")));
	json_decref(shown);
	buf_done(&out);
	network_spec_done(&network.spec);
}

static void a_network_shows_its_segments_where_there_are_several(void **state)
{
	struct network network = { .created = { 0, 0 } };
	struct buf out = { 0 };
	size_t step = 0;

	(void)state;
	assert_int_equal(network_spec_init(&network.spec), 0);
	(void)snprintf(network.spec.bridge, sizeof(network.spec.bridge), "web0");
	network.segments[0].n_ports = 1023;
	assert_false(seen_object_network(&out, &network, &step));
	assert_null(strstr(out.data, "Segments"));
	buf_done(&out);
	network.last_segment = 2;
	(void)snprintf(network.segments[2].ifname, sizeof(network.segments[2].ifname), "web.2");
	network.segments[2].n_ports = 7;
	out = (struct buf) { 0 };
	assert_false(seen_object_network(&out, &network, &step));
	assert_non_null(strstr(
		out.data, ",\"Segments\":[{\"Number\":0,\"Bridge\":\"web0\",\"PortsInUse\":1023},"
			  "{\"Number\":2,\"Bridge\":\"web.2\",\"PortsInUse\":7}]"));
	buf_done(&out);
	network_spec_done(&network.spec);
}

static void a_network_takes_a_step_for_each_service(void **state)
{
	struct network network = { .created = { 0, 0 } };
	struct service web = { .spec = { .name = "web",
					 .affinity = true,
					 .n_ports = 1,
					 .ports = { { IPPROTO_TCP, 80, 8080, 0 } } } },
		       db = { .spec = { .name = "db" } };
	struct service *services[] = { &web, &db };
	struct buf out = { 0 };
	size_t step = 0, n = 1;
	json_t *shown, *wanted;

	(void)state;
	assert_int_equal(addr_parse("10.1.0.9", &web.spec.ip[FAMILY_4]), 0);
	assert_int_equal(network_spec_init(&network.spec), 0);
	network.services = services;
	network.n_services = 2;
	while (seen_object_network(&out, &network, &step))
		n++;
	assert_int_equal(n, 3);
	shown = json_loadb(out.data, out.len, 0, NULL);
	assert_non_null(shown);
	wanted = json_pack("{s:s, s:s, s:n, s:s, s:[{s:s, s:i, s:i}]}", "Name", "web", "Ip",
			   "10.1.0.9", "Ip6", "Affinity", "client", "Ports", "Protocol", "tcp",
			   "Port", 80, "Target", 8080);
	assert_true(json_equal(json_array_get(json_object_get(shown, "Services"), 0), wanted));
	assert_int_equal(json_array_size(json_object_get(shown, "Services")), 2);
	json_decref(wanted);
	json_decref(shown);
	buf_done(&out);
	network_spec_done(&network.spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_without_ports_is_nothing),
		cmocka_unit_test(a_range_is_a_run_of_each_family),
		cmocka_unit_test(what_does_not_go_on_is_another_run),
		cmocka_unit_test(of_ports_for_one_the_first_is_there_and_those_that_it_is_in),
		cmocka_unit_test(ports_that_are_all_apart_take_a_step_each),
		cmocka_unit_test(a_container_takes_a_step_for_each_endpoint),
		cmocka_unit_test(ends_are_a_container_and_where_its_links_are_counted),
		cmocka_unit_test(endpoints_that_go_between_two_steps_are_passed_over),
		cmocka_unit_test(a_network_shows_the_subnets_it_has),
		cmocka_unit_test(a_network_shows_its_segments_where_there_are_several),
		cmocka_unit_test(a_network_takes_a_step_for_each_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
