// SPDX-License-Identifier: GPL-2.0-or-later
// test_docker_json.c - networks and containers as Docker shows them, byte for byte
#include "model/show/docker_json.h"

#include "base/cleanup.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/ipam/ipam.h"
#include "model/show/docker_json_parts.h"
#include "model/show/spec_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NET_ID "aa00000000000000000000000000000000000000000000000000000000000000"
#define CON_ID "cc00000000000000000000000000000000000000000000000000000000000000"
#define END_ID "ee00000000000000000000000000000000000000000000000000000000000000"

/* A network with a container on it. */
struct scene {
	struct network network;
	struct container container;
	struct endpoint endpoint, *endpoints[1];
	struct port ports[3];
};

static struct addr addr(const char *text)
{
	struct addr parsed;

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct port port(uint8_t protocol, const char *host, uint16_t host_port,
			uint16_t container_port, const char *target)
{
	return (struct port) {
		.protocol = protocol,
		.host_addr = addr(host),
		.host_port = host_port,
		.container_port = container_port,
		.target = addr(target),
	};
}

static void make_network(struct network *network)
{
	struct network_spec *spec = &network->spec;

	assert_int_equal(network_spec_init(spec), 0);
	(void)snprintf(spec->name, sizeof(spec->name), "web");
	(void)snprintf(spec->id, sizeof(spec->id), NET_ID);
	spec->has[FAMILY_6] = true;
	assert_int_equal(prefix_parse("10.1.0.0/16", &spec->subnet[FAMILY_4].prefix), 0);
	spec->subnet[FAMILY_4].gateway = addr("10.1.0.1");
	assert_int_equal(prefix_parse("10.1.2.0/24", &spec->subnet[FAMILY_4].range), 0);
	spec->subnet[FAMILY_4].aux = calloc(1, sizeof(*spec->subnet[FAMILY_4].aux));
	spec->subnet[FAMILY_4].n_aux = 1;
	spec->subnet[FAMILY_4].aux[0].name = strdup("router");
	spec->subnet[FAMILY_4].aux[0].addr = addr("10.1.0.9");
	assert_int_equal(prefix_parse("fd00::/64", &spec->subnet[FAMILY_6].prefix), 0);
	spec->subnet[FAMILY_6].gateway = addr("fd00::1");
	(void)json_object_set_new(spec->labels, "a", json_string("<b>"));
	(void)json_object_set_new(spec->options, "com.docker.network.driver.mtu",
				  json_string("1400"));
	network->created = (struct timespec) { 1700000000, 123 };
	list_init(&network->endpoints);
	assert_int_equal(ipam_pool_new(&spec->subnet[FAMILY_4], &network->pool[FAMILY_4]), 0);
	assert_int_equal(ipam_pool_new(&spec->subnet[FAMILY_6], &network->pool[FAMILY_6]), 0);
}

static void make_container(struct scene *scene)
{
	struct container *container = &scene->container;
	struct container_spec *spec = &container->spec;

	(void)snprintf(spec->name, sizeof(spec->name), "app");
	(void)snprintf(spec->id, sizeof(spec->id), CON_ID);
	(void)snprintf(spec->hostname, sizeof(spec->hostname), "apphost");
	spec->pid = 4711;
	spec->labels = json_pack("{s:s}", "k", "v");
	container->created = (struct timespec) { 1700000001, 0 };
	container->dir = (char *)"/run/netd/containers/" CON_ID;
	container->endpoints = scene->endpoints;
	container->n_endpoints = 1;
	container->ports = scene->ports;
	container->n_ports = ARRAY_SIZE(scene->ports);
	scene->ports[0] = port(IPPROTO_TCP, "0.0.0.0", 8080, 80, "10.1.2.2");
	scene->ports[1] = port(IPPROTO_UDP, "127.0.0.1", 53, 53, "10.1.2.2");
	scene->ports[2] = port(IPPROTO_TCP, "::", 8080, 80, "fd00::2");
}

static void make_endpoint(struct scene *scene)
{
	struct endpoint *endpoint = &scene->endpoint;

	scene->endpoints[0] = endpoint;
	(void)snprintf(endpoint->id, sizeof(endpoint->id), END_ID);
	endpoint->network = &scene->network;
	endpoint->container = &scene->container;
	endpoint->state = ENDPOINT_UP;
	endpoint->ip[FAMILY_4] = addr("10.1.2.2");
	endpoint->ip[FAMILY_6] = addr("fd00::2");
	endpoint->mac = (struct mac) { { 2, 0, 0, 0, 0, 2 } };
	endpoint->spec.ip[FAMILY_4] = addr("10.1.2.2");
	endpoint->spec.gw_priority = 3;
	list_append(&scene->network.endpoints, &endpoint->in_network);
	scene->network.n_endpoints = 1;
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	make_network(&scene->network);
	make_container(scene);
	make_endpoint(scene);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	json_decref(scene->container.spec.labels);
	ipam_pool_free(scene->network.pool[FAMILY_4]);
	ipam_pool_free(scene->network.pool[FAMILY_6]);
	network_spec_done(&scene->network.spec);
	free(scene);
	return 0;
}

static void expect(json_t *json, const char *want)
{
	_cleanup_free_ char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	assert_non_null(text);
	assert_string_equal(text, want);
	json_decref(json);
}

typedef int put_fn(const struct container *container, struct buf *buf);

/* Byte for byte. */
static void expect_text(put_fn *put, const struct container *container, const char *want)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	assert_int_equal(put(container, &text), 0);
	assert_string_equal(text.data, want);
}

static json_t *inspect(const struct container *container)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	json_t *json;

	assert_int_equal(docker_json_container(container, &text), 0);
	json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

#define NETWORK_HEAD                                                                               \
	"{\"Name\":\"web\",\"Id\":\"" NET_ID "\",\"Created\":\"2023-11-14T22:13:20.000000123Z\","  \
	"\"Scope\":\"local\",\"Driver\":\"bridge\",\"EnableIPv4\":true,\"EnableIPv6\":true,"       \
	"\"IPAM\":{\"Driver\":\"default\",\"Options\":{},\"Config\":[{\"Subnet\":\"10.1.0.0/16\"," \
	"\"IPRange\":\"10.1.2.0/24\",\"Gateway\":\"10.1.0.1\",\"AuxiliaryAddresses\":{\"router\":" \
	"\"10.1.0.9\"}},{\"Subnet\":\"fd00::/64\",\"Gateway\":\"fd00::1\"}]},"                     \
	"\"Internal\":false,\"Attachable\":false,\"Ingress\":false,\"ConfigFrom\":{\"Network\":"   \
	"\"\"},\"ConfigOnly\":false,"
#define NETWORK_TAIL                                                                               \
	"\"Options\":{\"com.docker.network.driver.mtu\":\"1400\"},\"Labels\":{\"a\":\"<b>\"}"

static void a_listed_network_has_dockers_fields_in_order(void **state)
{
	struct scene *scene = *state;

	expect(docker_json_network(&scene->network, false),
	       NETWORK_HEAD "\"ContainerCount\":1," NETWORK_TAIL "}");
}

static void expect_count(const struct network *network, json_int_t want)
{
	json_t *json = docker_json_network(network, false);

	assert_int_equal(json_integer_value(json_object_get(json, "ContainerCount")), want);
	json_decref(json);
}

static void a_container_that_is_on_a_network_twice_is_counted_once(void **state)
{
	struct scene *scene = *state;
	struct endpoint second = scene->endpoint;
	struct endpoint *both[] = { &scene->endpoint, &second };
	struct container *container = &scene->container;
	struct endpoint **before = container->endpoints;
	size_t n_before = container->n_endpoints;

	list_append(&scene->network.endpoints, &second.in_network);
	container->endpoints = both;
	container->n_endpoints = 2;
	expect_count(&scene->network, 1);
	scene->endpoint.state = ENDPOINT_UNDOING;
	expect_count(&scene->network, 1);
	second.state = ENDPOINT_UNDOING;
	expect_count(&scene->network, 0);
	list_remove(&second.in_network);
	scene->endpoint.state = ENDPOINT_UP;
	container->endpoints = before;
	container->n_endpoints = n_before;
}

static void an_inspected_network_has_containers_and_usage(void **state)
{
	struct scene *scene = *state;
	json_t *json, *subnets;

	json = docker_json_network(&scene->network, true);
	subnets = json_object_get(json_object_get(json_object_get(json, "Status"), "IPAM"),
				  "Subnets");
	/* gateway, auxiliary, network and broadcast address are not to be had; the range is a /24
	 */
	expect(json_incref(json_object_get(subnets, "10.1.0.0/16")),
	       "{\"IPsInUse\":4,\"DynamicIPsAvailable\":256}");
	/* jansson's integers end at 2^63-1 */
	assert_true(json_integer_value(json_object_get(json_object_get(subnets, "fd00::/64"),
						       "DynamicIPsAvailable")) > 0);
	(void)json_object_del(json, "Status");
	expect(json, NETWORK_HEAD
	       "\"Containers\":{\"" CON_ID "\":{\"Name\":\"app\",\"EndpointID\":\"" END_ID
	       "\",\"MacAddress\":\"02:00:00:00:00:02\",\"IPv4Address\":\"10.1.2.2/16\","
	       "\"IPv6Address\":\"fd00::2/64\"}}," NETWORK_TAIL "}");
}

static json_t *status_of(const struct network *network)
{
	json_t *json = docker_json_network(network, true);
	json_t *status = json_incref(json_object_get(json, "Status"));

	json_decref(json);
	return status;
}

/* Numbers have gaps. */
static void segments_are_shown_where_there_are_several(void **state)
{
	struct scene *scene = *state;
	struct network *network = &scene->network;
	json_t *status;

	(void)snprintf(network->spec.bridge, sizeof(network->spec.bridge), "web0");
	network->segments[0].n_ports = 1023;
	status = status_of(network);
	assert_null(json_object_get(status, "Segments"));
	assert_int_equal(json_object_size(status), 1);
	json_decref(status);
	network->last_segment = 2;
	(void)snprintf(network->segments[2].ifname, sizeof(network->segments[2].ifname), "web.2");
	network->segments[2].n_ports = 7;
	status = status_of(network);
	expect(json_incref(json_object_get(status, "Segments")),
	       "[{\"Number\":0,\"Bridge\":\"web0\",\"PortsInUse\":1023},"
	       "{\"Number\":2,\"Bridge\":\"web.2\",\"PortsInUse\":7}]");
	json_decref(status);
	expect(docker_json_network(network, false),
	       NETWORK_HEAD "\"ContainerCount\":1," NETWORK_TAIL "}");
}

static void an_endpoint_that_is_not_up_is_not_shown(void **state)
{
	static const enum endpoint_state hidden[] = { ENDPOINT_RESERVED, ENDPOINT_UNDOING,
						      ENDPOINT_GONE };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		json_t *json;

		scene->endpoint.state = hidden[i];
		json = docker_json_network(&scene->network, true);
		assert_int_equal(json_object_size(json_object_get(json, "Containers")), 0);
		json_decref(json);
	}
}

static void a_network_without_subnets_has_an_empty_config(void **state)
{
	struct network network = { .created = { 0, 0 } };
	json_t *json;

	(void)state;
	assert_int_equal(network_spec_init(&network.spec), 0);
	network.spec.kind = kind_find("null");
	list_init(&network.endpoints);
	json = docker_json_network(&network, true);
	expect(json_incref(json_object_get(json, "IPAM")),
	       "{\"Driver\":\"default\",\"Options\":{},\"Config\":[]}");
	assert_string_equal(json_string_value(json_object_get(json, "Driver")), "null");
	expect(json_incref(json_object_get(json, "Status")), "{\"IPAM\":{\"Subnets\":{}}}");
	expect(json_incref(json_object_get(json, "Containers")), "{}");
	json_decref(json);
	network_spec_done(&network.spec);
}

#define SETTINGS                                                                                   \
	"{\"IPAMConfig\":{\"IPv4Address\":\"10.1.2.2\"},\"Links\":null,\"Aliases\":null,"          \
	"\"DriverOpts\":null,\"GwPriority\":3,\"NetworkID\":\"" NET_ID                             \
	"\",\"EndpointID\":\"" END_ID                                                              \
	"\",\"Gateway\":\"10.1.0.1\",\"IPAddress\":\"10.1.2.2\",\"MacAddress\":"                   \
	"\"02:00:00:00:00:02\",\"IPPrefixLen\":16,\"IPv6Gateway\":\"fd00::1\","                    \
	"\"GlobalIPv6Address\":\"fd00::2\",\"GlobalIPv6PrefixLen\":64,\"DNSNames\":[\"app\","      \
	"\"cc0000000000\",\"apphost\"]}"

static void an_inspected_container_has_dockers_fields_in_order(void **state)
{
	struct scene *scene = *state;

	expect_text(
		docker_json_container, &scene->container,
		"{\"Id\":\"" CON_ID
		"\",\"Created\":\"2023-11-14T22:13:21.000000000Z\",\"Path\":\"\",\"Args\":[],"
		"\"State\":{\"Status\":\"running\",\"Running\":true,\"Paused\":false,"
		"\"Restarting\":false,\"OOMKilled\":false,\"Dead\":false,\"Pid\":4711,"
		"\"ExitCode\":0,\"Error\":\"\",\"StartedAt\":\"2023-11-14T22:13:21.000000000Z\","
		"\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"Image\":\"\",\"ResolvConfPath\":"
		"\"/run/netd/containers/" CON_ID "/resolv.conf\",\"HostnamePath\":"
		"\"/run/netd/containers/" CON_ID "/hostname\",\"HostsPath\":"
		"\"/run/netd/containers/" CON_ID "/hosts\",\"LogPath\":\"\",\"Name\":\"/app\","
		"\"RestartCount\":0,\"Driver\":\"netd\",\"Platform\":\"linux\",\"HostConfig\":{"
		"\"NetworkMode\":\"web\",\"PortBindings\":{},\"PublishAllPorts\":false,\"Dns\":[],"
		"\"DnsOptions\":[],\"DnsSearch\":[],\"ExtraHosts\":null,\"Links\":null},"
		"\"Mounts\":[],\"Config\":{\"Hostname\":\"apphost\",\"Domainname\":\"\","
		"\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}},\"Env\":[],\"Cmd\":null,"
		"\"Image\":\"\",\"Labels\":{\"k\":\"v\"}},\"NetworkSettings\":{\"Bridge\":\"\","
		"\"SandboxID\":\"" CON_ID "\",\"SandboxKey\":\"/proc/4711/ns/net\",\"Ports\":{"
		"\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\","
		"\"HostPort\":\"8080\"}],\"53/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":"
		"\"53\"}]},\"HairpinMode\":false,\"LinkLocalIPv6Address\":\"\","
		"\"LinkLocalIPv6PrefixLen\":0,\"SecondaryIPAddresses\":null,"
		"\"SecondaryIPv6Addresses\":null,\"EndpointID\":\"" END_ID
		"\",\"Gateway\":\"10.1.0.1\",\"GlobalIPv6Address\":\"fd00::2\","
		"\"GlobalIPv6PrefixLen\":64,\"IPAddress\":\"10.1.2.2\",\"IPPrefixLen\":16,"
		"\"IPv6Gateway\":\"fd00::1\",\"MacAddress\":\"02:00:00:00:00:02\",\"Networks\":{"
		"\"web\":" SETTINGS "}}}");
}

static void a_listed_container_has_dockers_fields_in_order(void **state)
{
	struct scene *scene = *state;

	expect_text(
		docker_json_container_summary, &scene->container,
		"{\"Id\":\"" CON_ID "\",\"Names\":[\"/app\"],\"Image\":\"\",\"ImageID\":\"\","
		"\"Command\":\"\",\"Created\":1700000001,\"Ports\":[{\"IP\":\"0.0.0.0\","
		"\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},{\"IP\":\"127.0.0.1\","
		"\"PrivatePort\":53,\"PublicPort\":53,\"Type\":\"udp\"},{\"IP\":\"::\","
		"\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}],\"Labels\":{\"k\":\"v\"}"
		","
		"\"State\":\"running\",\"Status\":\"Up\",\"HostConfig\":{\"NetworkMode\":\"web\"},"
		"\"NetworkSettings\":{\"Networks\":{\"web\":" SETTINGS "}},\"Mounts\":[]}");
}

static void what_was_asked_for_is_shown_in_host_config(void **state)
{
	struct scene *scene = *state;
	struct container_spec *spec = &scene->container.spec;
	struct port_binding binding = { .protocol = IPPROTO_TCP,
					.host_port = 8000,
					.host_port_end = 8010,
					.container_port = 80 };
	char *dns[] = { (char *)"1.1.1.1" }, *hosts[] = { (char *)"x:10.0.0.1" };
	struct link link = { (char *)"db", (char *)"base" };
	json_t *json;

	spec->ports = &binding;
	spec->n_ports = 1;
	spec->dns = dns;
	spec->n_dns = 1;
	spec->extra_hosts = hosts;
	spec->n_extra_hosts = 1;
	spec->links = &link;
	spec->n_links = 1;
	json = inspect(&scene->container);
	expect(json_incref(json_object_get(json, "HostConfig")),
	       "{\"NetworkMode\":\"web\",\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\","
	       "\"HostPort\":\"8000-8010\"}]},\"PublishAllPorts\":false,\"Dns\":[\"1.1.1.1\"],"
	       "\"DnsOptions\":[],\"DnsSearch\":[],\"ExtraHosts\":[\"x:10.0.0.1\"],"
	       "\"Links\":[\"db:base\"]}");
	json_decref(json);
}

static void a_netns_path_is_the_sandbox_key(void **state)
{
	struct scene *scene = *state;
	json_t *json;

	scene->container.spec.netns_path = (char *)"/run/netns/x";
	json = inspect(&scene->container);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json, "NetworkSettings"), "SandboxKey")),
			    "/run/netns/x");
	json_decref(json);
}

static void an_internal_network_shows_no_gateway(void **state)
{
	struct scene *scene = *state;
	json_t *json, *settings;

	scene->network.spec.internal = true;
	json = inspect(&scene->container);
	settings = json_object_get(json, "NetworkSettings");
	assert_string_equal(json_string_value(json_object_get(settings, "Gateway")), "");
	assert_string_equal(json_string_value(json_object_get(settings, "IPAddress")), "10.1.2.2");
	json_decref(json);
}

static void a_second_interface_on_a_network_is_told_apart(void **state)
{
	struct scene *scene = *state;
	struct container *container = &scene->container;
	struct endpoint first = scene->endpoint, second = scene->endpoint;
	struct endpoint *both[] = { &first, &second }, **kept = container->endpoints;
	size_t n_kept = container->n_endpoints;
	json_t *json, *networks;

	memcpy(first.ifname, "eth0", sizeof("eth0"));
	memcpy(second.ifname, "net1", sizeof("net1"));
	container->endpoints = both;
	container->n_endpoints = 2;
	json = inspect(container);
	networks = json_object_get(json_object_get(json, "NetworkSettings"), "Networks");
	assert_int_equal(json_object_size(networks), 2);
	assert_non_null(json_object_get(networks, "web"));
	assert_non_null(json_object_get(networks, "web@net1"));
	json_decref(json);

	assert_ptr_equal(container_endpoint_on(container, &scene->network, ""), &first);
	assert_ptr_equal(container_endpoint_on(container, &scene->network, "net1"), &second);
	assert_null(container_endpoint_on(container, &scene->network, "net2"));
	container->endpoints = kept;
	container->n_endpoints = n_kept;
}

static void a_container_on_nothing_has_empty_fields(void **state)
{
	struct scene *scene = *state;
	struct container *container = &scene->container;
	json_t *json, *settings;

	container->n_endpoints = 0;
	container->n_ports = 0;
	container->dir = NULL;
	json = inspect(container);
	settings = json_object_get(json, "NetworkSettings");
	expect(json_incref(json_object_get(settings, "Ports")), "{}");
	expect(json_incref(json_object_get(settings, "Networks")), "{}");
	assert_string_equal(json_string_value(json_object_get(settings, "MacAddress")), "");
	assert_int_equal(json_integer_value(json_object_get(settings, "IPPrefixLen")), 0);
	assert_string_equal(json_string_value(json_object_get(json, "HostsPath")), "");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "HostConfig"),
							      "NetworkMode")),
			    "none");
	json_decref(json);
	container->host_mode = true;
	json = inspect(container);
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "HostConfig"),
							      "NetworkMode")),
			    "host");
	json_decref(json);
}

static void ports_alone_are_a_map(void **state)
{
	struct scene *scene = *state;

	scene->container.n_ports = 1;
	expect_text(docker_json_ports, &scene->container,
		    "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}]}");
	scene->container.n_ports = 0;
	expect_text(docker_json_ports, &scene->container, "{}");
}

/* One entry of a map from "80/tcp" to lists, or to nothing. */
static void add(json_t *map, const struct port *port, json_t *entry)
{
	_cleanup_free_ char *key = NULL;
	json_t *list;

	assert_true(asprintf(&key, "%u/%s", port->container_port,
			     port_protocol_name(port->protocol)) > 0);
	list = json_object_get(map, key);
	if (!list) {
		list = entry ? json_array() : json_object();
		assert_int_equal(json_object_set_new(map, key, list), 0);
	}
	if (entry)
		assert_int_equal(json_array_append_new(list, entry), 0);
}

/* Trees are what the texts must be, character by character. */
static void expect_trees(const struct container *container)
{
	json_t *ports = json_object(), *exposed = json_object(), *list = json_array();
	json_t *shown = inspect(container);

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct port *port = &container->ports[i];
		_cleanup_free_ char *number = NULL;

		assert_true(asprintf(&number, "%u", port->host_port) > 0);
		add(ports, port,
		    json_pack("{s:s, s:s}", "HostIp", ADDR_STR(&port->host_addr), "HostPort",
			      number));
		add(exposed, port, NULL);
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:i, s:s}", "IP",
						ADDR_STR(&port->host_addr), "PrivatePort",
						port->container_port, "PublicPort", port->host_port,
						"Type", port_protocol_name(port->protocol)));
	}
	for (int i = 0; i < 3; i++) {
		static put_fn *const puts[] = { docker_json_ports, docker_json_exposed,
						docker_json_port_list };
		json_t *tree = i == 0 ? ports : i == 1 ? exposed : list;
		_cleanup_free_ char *want = json_dumps(tree, JSON_COMPACT);

		expect_text(puts[i], container, want);
	}
	assert_true(json_equal(json_object_get(json_object_get(shown, "NetworkSettings"), "Ports"),
			       ports));
	assert_true(json_equal(json_object_get(json_object_get(shown, "Config"), "ExposedPorts"),
			       exposed));
	json_decref(shown);
	json_decref(ports);
	json_decref(exposed);
	json_decref(list);
}

static void the_texts_of_ports_are_those_of_their_trees(void **state)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_UDP };
	struct scene *scene = *state;
	struct container container = { 0 };
	struct port ports[300];

	expect_trees(&scene->container);
	expect_trees(&container);
	container.ports = ports;
	for (uint16_t i = 0; i < ARRAY_SIZE(ports); i++) {
		ports[i] = port(protocols[i % 3], i % 7 ? "2001:db8::1" : "192.0.2.1", 20000U + i,
				i % 40 ? i % 11 : 65535, "10.1.2.2");
		container.n_ports = i + 1U;
		if (i < 40 || i == ARRAY_SIZE(ports) - 1)
			expect_trees(&container);
	}
}

/* spec_json.c makes a tree of them, for the record. */
static void what_was_asked_for_is_the_text_of_its_tree(void **state)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_UDP };
	struct port_binding asked[120] = { 0 };
	struct container container = { .spec.ports = asked };

	(void)state;
	expect_text(docker_json_bindings, &container, "{}");
	for (uint16_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct port_binding *one = &asked[i];
		_cleanup_free_ char *want = NULL, *record = NULL, *sorted = NULL;
		json_t *tree;

		one->protocol = protocols[i % 3];
		one->container_port = i % 40 ? (i % 11) * (i % 9 + 1) * (i % 2 ? 1 : 600) : 65535;
		if (i % 5)
			one->host_addr = addr(i % 2 ? "2001:db8::1" : "192.0.2.1");
		one->host_port = i % 4 ? 20000U + i : 0;
		one->host_port_end = i % 3 && one->host_port ? 20010U + i : one->host_port;
		one->reserved = i % 6 == 5;
		container.spec.n_ports = i + 1U;
		tree = spec_json_container(&container.spec);
		want = json_dumps(json_object_get(tree, "PortBindings"), JSON_COMPACT);
		expect_text(docker_json_bindings, &container, want);
		record = spec_json_container_text(&container.spec);
		sorted = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(record, sorted);
		json_decref(tree);
	}
}

static void times_are_rfc_3339_with_nanoseconds(void **state)
{
	static const struct {
		struct timespec when;
		const char *want;
	} cases[] = {
		{ { 0, 0 }, "1970-01-01T00:00:00.000000000Z" },
		{ { 1700000000, 999999999 }, "2023-11-14T22:13:20.999999999Z" },
		{ { 253402300799, 1 }, "9999-12-31T23:59:59.000000001Z" },
	};
	char text[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		docker_json_time(&cases[i].when, text);
		assert_string_equal(text, cases[i].want);
	}
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_listed_network_has_dockers_fields_in_order),
		SCENE_TEST(a_container_that_is_on_a_network_twice_is_counted_once),
		SCENE_TEST(an_inspected_network_has_containers_and_usage),
		SCENE_TEST(segments_are_shown_where_there_are_several),
		SCENE_TEST(an_endpoint_that_is_not_up_is_not_shown),
		cmocka_unit_test(a_network_without_subnets_has_an_empty_config),
		SCENE_TEST(an_inspected_container_has_dockers_fields_in_order),
		SCENE_TEST(a_listed_container_has_dockers_fields_in_order),
		SCENE_TEST(what_was_asked_for_is_shown_in_host_config),
		SCENE_TEST(a_netns_path_is_the_sandbox_key),
		SCENE_TEST(an_internal_network_shows_no_gateway),
		SCENE_TEST(a_second_interface_on_a_network_is_told_apart),
		SCENE_TEST(a_container_on_nothing_has_empty_fields),
		SCENE_TEST(ports_alone_are_a_map),
		SCENE_TEST(the_texts_of_ports_are_those_of_their_trees),
		cmocka_unit_test(what_was_asked_for_is_the_text_of_its_tree),
		cmocka_unit_test(times_are_rfc_3339_with_nanoseconds),
	};

	return cmocka_run_group_tests_name("docker_json", tests, NULL, NULL);
}
