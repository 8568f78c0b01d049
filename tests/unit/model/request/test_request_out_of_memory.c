// SPDX-License-Identifier: GPL-2.0-or-later
// test_request_out_of_memory.c - each allocation of decoders and of encoders fails once
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/filter/filters.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"

#include "base/cleanup.h"
#include "base/json_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/each_allocation.h"

/* --- scenarios --- */

static int parse(const char *text, json_t **ret_body)
{
	struct error error = { 0 };

	return json_parse_body(text, strlen(text), ret_body, &error);
}

static int create_a_network(void)
{
	static const char text[] =
		"{\"Name\":\"n\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.1.0.0/16\",\"Gateway\":"
		"\"10.1.0.1\",\"AuxiliaryAddresses\":{\"a\":\"10.1.0.2\",\"b\":\"10.1.0.3\"}},{"
		"\"Subnet\":\"fd00::/"
		"64\"}]},\"Labels\":{\"a\":\"b\"},\"Options\":{\"mtu\":\"1400\"}}";
	struct network_spec spec;
	struct error error = { 0 };
	json_t *body;
	int err = parse(text, &body);

	if (err < 0)
		return err;
	err = request_network_create(body, &spec, &error);
	json_decref(body);
	if (err == 0)
		network_spec_done(&spec);
	return err;
}

static int connect_a_container(void)
{
	static const char text[] =
		"{\"Container\":\"c\",\"EndpointConfig\":{\"IPAMConfig\":{\"IPv4Address\":"
		"\"10.0.0.5\"},\"Aliases\":[\"a\",\"b\"],\"Links\":[\"x:y\",\"z\"],\"DriverOpts\":{"
		"\"k\":\"v\"}}}";
	struct endpoint_spec spec;
	struct error error = { 0 };
	char *container;
	json_t *body;
	int err = parse(text, &body);

	if (err < 0)
		return err;
	err = request_connect("n", body, &container, &spec, &error);
	json_decref(body);
	if (err < 0)
		return err;
	free(container);
	endpoint_spec_done(&spec);
	return 0;
}

static int attach_a_container(void)
{
	static const char text[] =
		"{\"Name\":\"c\",\"NetnsPath\":\"/"
		"x\",\"Labels\":{\"a\":\"b\"},\"Networks\":{\"n\":{"
		"\"Aliases\":[\"q\"]},\"m\":null},\"PortBindings\":{\"80/tcp\":[{\"HostPort\":"
		"\"8080\"}],\"53/udp\":[{}]},\"Links\":[\"x:y\"],\"ExtraHosts\":[\"a:10.0.0.1\"],"
		"\"Dns\":[\"1.1.1.1\"],\"DnsSearch\":[\"e\"],\"DnsOptions\":[\"o\"]}";
	struct container_spec spec;
	struct error error = { 0 };
	json_t *body;
	int err = parse(text, &body);

	if (err < 0)
		return err;
	err = request_container(body, &spec, &error);
	json_decref(body);
	if (err == 0)
		container_spec_done(&spec);
	return err;
}

static int read_filters(void)
{
	struct filters *filters;
	struct error error = { 0 };
	int err = filters_parse("{\"name\":[\"^a\",\"b\"],\"label\":{\"k=v\":true}}",
				filters_network_list, &filters, &error);

	if (err == 0)
		filters_free(filters);
	return err;
}

/* A network and a container on it, made before the failures begin. */
static struct network network;
static struct container container;
static struct endpoint endpoint, *endpoints[] = { &endpoint };
static struct port ports[2];

static int make_scene(void **state)
{
	char text[40];

	(void)state;
	docker_json_time(&network.created, text); /* libc reads the time zone once, and keeps it */
	network.spec.kind = kind_default();
	network.spec.options = json_pack("{s:s}", "a", "b");
	network.spec.labels = json_pack("{s:s}", "c", "d");
	(void)snprintf(network.spec.name, sizeof(network.spec.name), "n");
	(void)prefix_parse("10.1.0.0/16", &network.spec.subnet[FAMILY_4].prefix);
	(void)addr_parse("10.1.0.1", &network.spec.subnet[FAMILY_4].gateway);
	list_init(&network.endpoints);
	(void)snprintf(container.spec.name, sizeof(container.spec.name), "c");
	(void)snprintf(container.spec.id, sizeof(container.spec.id), "0123456789abcdef");
	container.dir = (char *)"/run/x";
	container.endpoints = endpoints;
	container.n_endpoints = 1;
	container.ports = ports;
	container.n_ports = ARRAY_SIZE(ports);
	ports[0] = (struct port) { .protocol = IPPROTO_TCP, .host_port = 80, .container_port = 80 };
	ports[1] = (struct port) { .protocol = IPPROTO_UDP, .host_port = 53, .container_port = 53 };
	endpoint.network = &network;
	endpoint.container = &container;
	endpoint.state = ENDPOINT_UP;
	(void)addr_parse("10.1.0.2", &endpoint.ip[FAMILY_4]);
	endpoint.spec.ip[FAMILY_4] = endpoint.ip[FAMILY_4];
	list_append(&network.endpoints, &endpoint.in_network);
	return 0;
}

static int free_scene(void **state)
{
	(void)state;
	json_decref(network.spec.options);
	json_decref(network.spec.labels);
	return 0;
}

static int shown(json_t *json)
{
	if (!json)
		return -ENOMEM;
	json_decref(json);
	return 0;
}

static int show_a_network(void)
{
	return shown(docker_json_network(&network, true));
}

static int show_a_container(void)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	return docker_json_container(&container, &text);
}

static int list_a_container(void)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	return docker_json_container_summary(&container, &text);
}

/* How many allocations it takes to show so many ports. */
static int allocations_of(int (*show)(void), size_t n)
{
	struct port *many = calloc(n, sizeof(*many)), *kept = container.ports;
	struct port_binding *asked = calloc(n, sizeof(*asked));
	size_t n_kept = container.n_ports;

	assert_true(many && asked);
	for (size_t i = 0; i < n; i++) {
		many[i] = (struct port) { .protocol = IPPROTO_TCP,
					  .host_addr = { .family = AF_INET },
					  .host_port = (uint16_t)(1000 + i),
					  .container_port = (uint16_t)(1000 + i) };
		asked[i] = (struct port_binding) { .protocol = IPPROTO_TCP,
						   .container_port = (uint16_t)(1000 + i) };
	}
	container.ports = many;
	container.n_ports = n;
	container.spec.ports = asked;
	container.spec.n_ports = n;
	n_asked = fail_at = 0;
	counting = true;
	assert_int_equal(show(), 0);
	counting = false;
	container.ports = kept;
	container.n_ports = n_kept;
	container.spec.ports = NULL;
	container.spec.n_ports = 0;
	free(many);
	free(asked);
	return n_asked;
}

static void networks_are_decoded_or_refused(void **state)
{
	(void)state;
	fail_each(create_a_network);
}

static void connections_are_decoded_or_refused(void **state)
{
	(void)state;
	fail_each(connect_a_container);
}

static void containers_are_decoded_or_refused(void **state)
{
	(void)state;
	fail_each(attach_a_container);
}

static void filters_are_decoded_or_refused(void **state)
{
	(void)state;
	fail_each(read_filters);
}

static void networks_are_shown_whole_or_not_at_all(void **state)
{
	(void)state;
	fail_each(show_a_network);
}

static void containers_are_shown_whole_or_not_at_all(void **state)
{
	(void)state;
	fail_each(show_a_container);
	fail_each(list_a_container);
}

static void thousands_of_ports_take_a_text_that_grows_and_nothing_else(void **state)
{
	(void)state;
	assert_true(allocations_of(show_a_container, 16384) <
		    allocations_of(show_a_container, 16) + 50);
	assert_true(allocations_of(list_a_container, 16384) <
		    allocations_of(list_a_container, 16) + 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_decoded_or_refused),
		cmocka_unit_test(connections_are_decoded_or_refused),
		cmocka_unit_test(containers_are_decoded_or_refused),
		cmocka_unit_test(filters_are_decoded_or_refused),
		cmocka_unit_test(networks_are_shown_whole_or_not_at_all),
		cmocka_unit_test(containers_are_shown_whole_or_not_at_all),
		cmocka_unit_test(thousands_of_ports_take_a_text_that_grows_and_nothing_else),
	};

	return cmocka_run_group_tests_name("request_out_of_memory", tests, make_scene, free_scene);
}
