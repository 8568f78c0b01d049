// SPDX-License-Identifier: GPL-2.0-or-later
// test_request.c - request bodies: what each decoder takes, and its words about what it does not
#include "model/request/request.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "model/show/spec_json.h"
#include "model/text/name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct error error;

/* Of an exact-size copy, so that the sanitizer sees one byte too far. */
static int parse(const char *text, size_t len, json_t **ret_json)
{
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(&error, 0, sizeof(error));
	return json_parse_body(copy, len, ret_json, &error);
}

static json_t *body(const char *text)
{
	json_t *json;

	if (parse(text, strlen(text), &json) < 0)
		fail_msg("%s: %s", text, error.text);
	return json;
}

struct bad_case {
	const char *text, *want;
};

typedef int (*decoder)(const json_t *json);

static void expect_errors(decoder decode, const struct bad_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *json = body(cases[i].text);

		if (decode(json) >= 0)
			fail_msg("%s was taken", cases[i].text);
		if (strcmp(error.text, cases[i].want) != 0)
			fail_msg("%s: \"%s\", wanted \"%s\"", cases[i].text, error.text,
				 cases[i].want);
		json_decref(json);
	}
}

static struct network_spec network(const char *text)
{
	json_t *json = body(text);
	struct network_spec spec;

	if (request_network_create(json, &spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	json_decref(json);
	return spec;
}

static int decode_network(const json_t *json)
{
	struct network_spec spec;

	return request_network_create(json, &spec, &error);
}

static void a_network_with_all_there_is(void **state)
{
	struct network_spec spec = network(
		"{\"Name\":\"n1\",\"CheckDuplicate\":true,\"Driver\":\"bridge\",\"Scope\":"
		"\"local\","
		"\"EnableIPv4\":true,\"EnableIPv6\":true,\"IPAM\":{\"Driver\":\"default\","
		"\"Options\":null,\"Config\":[{\"Subnet\":\"10.1.0.0/16\",\"IPRange\":"
		"\"10.1.2.0/24\",\"Gateway\":\"10.1.0.9\",\"AuxiliaryAddresses\":{\"router\":"
		"\"10.1.0.8\"}},{\"Subnet\":\"fd00:1::/64\"}]},\"Internal\":true,"
		"\"Attachable\":true,\"Ingress\":false,\"ConfigOnly\":false,\"ConfigFrom\":null,"
		"\"Options\":{\"com.docker.network.driver.mtu\":\"1400\"},\"Labels\":{\"a\":\"b\"},"
		"\"Unknown\":[]}");

	(void)state;
	assert_string_equal(spec.name, "n1");
	assert_string_equal(spec.kind->name, "bridge");
	assert_true(spec.has[FAMILY_4] && spec.has[FAMILY_6] && spec.internal && spec.attachable);
	assert_string_equal(PREFIX_STR(&spec.subnet[FAMILY_4].prefix), "10.1.0.0/16");
	assert_string_equal(PREFIX_STR(&spec.subnet[FAMILY_4].range), "10.1.2.0/24");
	assert_string_equal(ADDR_STR(&spec.subnet[FAMILY_4].gateway), "10.1.0.9");
	assert_int_equal(spec.subnet[FAMILY_4].n_aux, 1);
	assert_string_equal(spec.subnet[FAMILY_4].aux[0].name, "router");
	assert_string_equal(PREFIX_STR(&spec.subnet[FAMILY_6].prefix), "fd00:1::/64");
	assert_int_equal(spec.mtu, 1400);
	assert_string_equal(json_string_value(json_object_get(spec.labels, "a")), "b");
	network_spec_done(&spec);
}

static void a_network_of_a_name_alone_has_the_defaults(void **state)
{
	struct network_spec spec = network("{\"Name\":\"n\"}");

	(void)state;
	assert_string_equal(spec.kind->name, "bridge");
	assert_true(spec.has[FAMILY_4] && spec.icc && spec.masquerade);
	assert_false(spec.has[FAMILY_6] || spec.internal);
	assert_false(addr_is_set(&spec.subnet[FAMILY_4].prefix.addr));
	assert_int_equal(json_object_size(spec.labels), 0);
	assert_int_equal(json_object_size(spec.options), 0);
	network_spec_done(&spec);
}

static void what_the_docker_command_sends_is_taken(void **state)
{
	struct network_spec spec = network(
		"{\"Name\":\"n\",\"Driver\":\"bridge\",\"Options\":{},\"IPAM\":{\"Driver\":"
		"\"default\","
		"\"Options\":{},\"Config\":[{}]},\"Internal\":false,\"Ingress\":false,"
		"\"Attachable\":false,\"Scope\":\"\",\"ConfigOnly\":false,\"ConfigFrom\":{"
		"\"Network\":"
		"\"\"},\"Labels\":{},\"EnableIPv6\":false,\"CheckDuplicate\":true}");

	(void)state;
	assert_true(spec.has[FAMILY_4]);
	network_spec_done(&spec);
}

static void a_network_without_addresses_is_asked_for_by_its_driver_and_no_family(void **state)
{
	static const struct {
		const char *text;
		bool no_addresses;
	} cases[] = {
		{ "{\"Name\":\"n\",\"EnableIPv4\":false,\"IPAM\":{\"Driver\":\"null\"}}", true },
		{ "{\"Name\":\"n\",\"IPAM\":{\"Driver\":\"null\"}}", false },
		{ "{\"Name\":\"n\",\"EnableIPv4\":false,\"IPAM\":{\"Driver\":\"null\",\"Config\":"
		  "[{\"Subnet\":\"fd00::/64\"}]}}",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_spec spec = network(cases[i].text);

		assert_int_equal(spec.no_addresses, cases[i].no_addresses);
		assert_int_equal(spec.no_addresses, !spec.has[FAMILY_4] && !spec.has[FAMILY_6]);
		network_spec_done(&spec);
	}
}

static void families_follow_fields_then_options_then_subnets(void **state)
{
	static const struct {
		const char *text;
		bool ipv4, ipv6, subnet6;
	} cases[] = {
		{ "{\"Name\":\"n\",\"EnableIPv6\":true}", true, true, false },
		{ "{\"Name\":\"n\",\"EnableIPv4\":false,\"EnableIPv6\":true}", false, true, false },
		{ "{\"Name\":\"n\",\"Options\":{\"com.docker.network.enable_ipv6\":\"true\"}}",
		  true, true, false },
		{ "{\"Name\":\"n\",\"EnableIPv6\":false,\"Options\":{\"com.docker.network.enable_"
		  "ipv6\":\"1\"}}",
		  true, false, false },
		{ "{\"Name\":\"n\",\"EnableIPv6\":null,\"IPAM\":{\"Config\":[{\"Subnet\":"
		  "\"fd00::/64\"}]}}",
		  true, true, true },
		{ "{\"Name\":\"n\",\"EnableIPv6\":false,\"IPAM\":{\"Config\":[{\"Subnet\":"
		  "\"fd00::/64\"}]}}",
		  true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_spec spec = network(cases[i].text);

		assert_int_equal(spec.has[FAMILY_4], cases[i].ipv4);
		assert_int_equal(spec.has[FAMILY_6], cases[i].ipv6);
		assert_int_equal(addr_is_set(&spec.subnet[FAMILY_6].prefix.addr), cases[i].subnet6);
		network_spec_done(&spec);
	}
}

static void bad_networks_are_named(void **state)
{
#define N "{\"Name\":\"n\","
#define CONFIG N "\"IPAM\":{\"Config\":["
	static const struct bad_case cases[] = {
		{ "{}", "invalid name: network name is empty" },
		{ "{\"Name\":1}", "Name must be a string" },
		{ "{\"Name\":\" \"}",
		  "Invalid network name ( ), only [a-zA-Z0-9][a-zA-Z0-9_.-]* are "
		  "allowed" },
		{ N "\"Driver\":true}", "Driver must be a string" },
		{ N "\"Driver\":\"weave\"}",
		  "network driver \"weave\" not found: netd has bridge, host and none" },
		{ N "\"Driver\":\"brige\"}",
		  "network driver \"brige\" not found: netd has bridge, host and none; did you "
		  "mean \"bridge\"?" },
		{ N "\"Internal\":\"yes\"}", "Internal must be true or false" },
		{ N "\"Attachable\":1}", "Attachable must be true or false" },
		{ N "\"EnableIPv6\":\"true\"}", "EnableIPv6 must be true or false" },
		{ N "\"EnableIPv4\":false}", "IPv4 or IPv6 must be enabled" },
		{ N "\"EnableIPv4\":false,\"IPAM\":{\"Driver\":\"default\"}}",
		  "IPv4 or IPv6 must be enabled" },
		{ N "\"Labels\":[]}", "Labels must be an object" },
		{ N "\"Labels\":{\"x\":1}}", "Labels.x must be a string" },
		{ N "\"Options\":{\"x\":{}}}", "Options.x must be a string" },
		{ N "\"Options\":{\"com.docker.network.enable_ipv4\":\"maybe\"}}",
		  "driver-opt \"com.docker.network.enable_ipv4\" is not a valid bool" },
		{ N "\"Scope\":\"swarm\"}",
		  "This node is not a swarm manager. Networks of netd have the "
		  "scope \"local\"" },
		{ N "\"Scope\":\"local\",\"Driver\":\"overlay\"}",
		  "--scope local: networks of the driver overlay have the scope \"swarm\"" },
		{ N "\"Ingress\":true}",
		  "This node is not a swarm manager. Networks of netd have the "
		  "scope \"local\"" },
		{ N "\"Ingress\":true,\"Driver\":\"overlay\"}",
		  "--ingress: netd needs no network of its own for published ports: leave it out" },
		{ N "\"ConfigOnly\":true}", "configuration-only networks are not implemented" },
		{ N "\"ConfigFrom\":{\"Network\":\"x\"}}",
		  "configuration-only networks are not implemented" },
		{ N "\"ConfigFrom\":{\"Network\":7}}", "ConfigFrom.Network must be a string" },
		{ N "\"IPAM\":[]}", "IPAM must be an object" },
		{ N "\"IPAM\":{\"Driver\":\"dhcp\"}}",
		  "IPAM driver \"dhcp\" not found: netd has default and null" },
		{ N "\"IPAM\":{\"Options\":{\"a\":\"b\"}}}",
		  "IPAM driver \"default\" has no option \"a\": netd gives addresses by Subnet, "
		  "IPRange, Gateway and AuxiliaryAddresses" },
		{ N "\"IPAM\":{\"Driver\":\"null\",\"Options\":{\"a.b\":\"\"}}}",
		  "IPAM driver \"null\" has no option \"a.b\": netd gives addresses by Subnet, "
		  "IPRange, Gateway and AuxiliaryAddresses" },
		{ N "\"IPAM\":{\"Options\":{\"a\":1}}}", "IPAM.Options.a must be a string" },
		{ N "\"IPAM\":{\"Config\":{}}}", "IPAM.Config must be an array" },
		{ CONFIG "7]}}", "IPAM.Config[0] must be an object" },
		{ CONFIG "{},{\"Subnet\":7}]}}", "IPAM.Config[1].Subnet must be a string" },
		{ CONFIG "{\"Subnet\":\"10.0.0.0\"}]}}",
		  "invalid network config:\ninvalid subnet 10.0.0.0: invalid CIDR block notation" },
		{ CONFIG "{\"Gateway\":\"10.0.0.1\"}]}}",
		  "invalid network config:\ninvalid gateway 10.0.0.1: no subnet is given" },
		{ CONFIG "{\"AuxiliaryAddresses\":{\"a\":\"10.0.0.1\"}}]}}",
		  "invalid network config:\ninvalid auxiliary address a: no subnet is given" },
		{ CONFIG "{\"Subnet\":\"10.0.0.0/8\",\"IPRange\":\"x\"}]}}",
		  "invalid network config:\ninvalid ip-range x: invalid CIDR block notation" },
		{ CONFIG "{\"Subnet\":\"10.0.0.0/8\",\"Gateway\":\"x\"}]}}",
		  "invalid network config:\ninvalid gateway x: invalid address" },
		{ CONFIG "{\"Subnet\":\"10.0.0.0/8\",\"AuxiliaryAddresses\":{\"a\":\"x\"}}]}}",
		  "invalid network config:\ninvalid auxiliary address x: invalid address" },
		{ CONFIG "{\"Subnet\":\"10.0.0.0/8\",\"AuxiliaryAddresses\":{\"a\":1}}]}}",
		  "IPAM.Config[0].AuxiliaryAddresses.a must be a string" },
		{ CONFIG "{\"Subnet\":\"10.1.0.0/16\"},{\"Subnet\":\"10.2.0.0/16\"}]}}",
		  "bridge driver doesn't support multiple subnets: 10.1.0.0/16 and 10.2.0.0/16 are "
		  "both IPv4; a network "
		  "has one of each family" },
		{ CONFIG "{\"Subnet\":\"10.0.0.1/8\"}]}}",
		  "invalid network config:\ninvalid subnet 10.0.0.1/8: it should be 10.0.0.0/8" },
		{ N "\"EnableIPv4\":false,\"EnableIPv6\":true,\"IPAM\":{\"Config\":[{\"Subnet\":"
		    "\"10.0.0.0/8\"}]}}",
		  "invalid network config:\ninvalid subnet 10.0.0.0/8: IPv4 is not enabled" },
	};

	(void)state;
	expect_errors(decode_network, cases, ARRAY_SIZE(cases));
}

static void auxiliary_addresses_have_a_limit(void **state)
{
	(void)state;
	for (int n = AUX_ADDRESSES_MAX; n <= AUX_ADDRESSES_MAX + 1; n++) {
		json_t *aux = json_object(), *json;
		struct network_spec spec;
		char name[32], addr[32];

		for (int i = 0; i < n; i++) {
			(void)snprintf(name, sizeof(name), "a%d", i);
			(void)snprintf(addr, sizeof(addr), "10.0.1.%d", i);
			(void)json_object_set_new(aux, name, json_string(addr));
		}
		json = json_pack("{s:s, s:{s:[{s:s, s:o}]}}", "Name", "n", "IPAM", "Config",
				 "Subnet", "10.0.0.0/16", "AuxiliaryAddresses", aux);
		if (n == AUX_ADDRESSES_MAX) {
			assert_int_equal(request_network_create(json, &spec, &error), 0);
			assert_int_equal(spec.subnet[FAMILY_4].n_aux, n);
			network_spec_done(&spec);
		} else {
			assert_int_equal(request_network_create(json, &spec, &error), -EINVAL);
		}
		json_decref(json);
	}
}

static int decode_connect(const json_t *json)
{
	struct endpoint_spec spec;
	char *container;

	return request_connect("n", json, &container, &spec, &error);
}

static void connecting_names_container_and_settings(void **state)
{
	json_t *json = body(
		"{\"Container\":\"/web\",\"EndpointConfig\":{\"IPAMConfig\":{\"IPv4Address\":"
		"\"10.0.0.5\",\"IPv6Address\":\"fd00::5\",\"LinkLocalIPs\":[\"169.254.1.1\"]},"
		"\"Links\":[\"db:base\",\"cache\",\"/x:/web/y\"],\"Aliases\":[\"a\",\"b\"],"
		"\"MacAddress\":\"02:00:00:00:00:05\",\"GwPriority\":-7,\"DriverOpts\":{"
		"\"com.docker.network.endpoint.ifname\":\"lan0\",\"k\":\"v\"},"
		"\"NetworkID\":7,\"Gateway\":[]}}");
	_cleanup_free_ char *container = NULL;
	struct endpoint_spec spec;

	(void)state;
	assert_int_equal(request_connect("n", json, &container, &spec, &error), 0);
	json_decref(json);
	assert_string_equal(container, "web");
	assert_string_equal(spec.network, "n");
	assert_string_equal(ADDR_STR(&spec.ip[FAMILY_4]), "10.0.0.5");
	assert_string_equal(ADDR_STR(&spec.ip[FAMILY_6]), "fd00::5");
	assert_true(spec.has_mac);
	assert_string_equal(MAC_STR(&spec.mac), "02:00:00:00:00:05");
	assert_int_equal(spec.n_aliases, 2);
	assert_int_equal(spec.n_links, 3);
	assert_string_equal(spec.links[0].container, "db");
	assert_string_equal(spec.links[0].alias, "base");
	assert_string_equal(spec.links[1].alias, "cache");
	assert_string_equal(spec.links[2].container, "x");
	assert_string_equal(spec.links[2].alias, "y");
	assert_int_equal(spec.gw_priority, -7);
	assert_string_equal(spec.ifname, "lan0");
	assert_int_equal(json_object_size(spec.driver_opts), 2);
	endpoint_spec_done(&spec);
}

static void settings_may_be_null_or_empty(void **state)
{
	static const char *const cases[] = {
		"{\"Container\":\"c\"}", "{\"Container\":\"c\",\"EndpointConfig\":null}",
		("{\"Container\":\"c\",\"EndpointConfig\":{\"IPAMConfig\":"
		 "{\"IPv4Address\":\"\"},\"MacAddress\":\"\"}}")
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json = body(cases[i]);
		_cleanup_free_ char *container = NULL;
		struct endpoint_spec spec;

		assert_int_equal(request_connect("n", json, &container, &spec, &error), 0);
		assert_false(addr_is_set(&spec.ip[FAMILY_4]) || spec.has_mac);
		endpoint_spec_done(&spec);
		json_decref(json);
	}
}

static void bad_settings_are_named(void **state)
{
#define E "{\"Container\":\"c\",\"EndpointConfig\":"
#define BAD "invalid endpoint settings:\n"
	static const struct bad_case cases[] = {
		{ "{}", "Container is required" },
		{ "{\"Container\":\"/\"}", "Container is required" },
		{ "{\"Container\":[]}", "Container must be a string" },
		{ E "7}", "the settings for network n must be an object" },
		{ E "{\"IPAMConfig\":[]}}", "IPAMConfig must be an object" },
		{ E "{\"IPAMConfig\":{\"IPv4Address\":7}}}",
		  "IPAMConfig.IPv4Address must be a string" },
		{ E "{\"IPAMConfig\":{\"IPv4Address\":\"fd00::1\"}}}",
		  BAD "invalid IPv4 address: fd00::1" },
		{ E "{\"IPAMConfig\":{\"IPv6Address\":\"x\"}}}", BAD "invalid IPv6 address: x" },
		{ E "{\"MacAddress\":\"x\"}}", BAD "invalid MAC address: x" },
		{ E "{\"MacAddress\":\"01:00:00:00:00:01\"}}",
		  BAD "invalid MAC address: 01:00:00:00:00:01" },
		{ E "{\"IPAMConfig\":{\"LinkLocalIPs\":\"169.254.1.1\"}}}",
		  "IPAMConfig.LinkLocalIPs must be an array" },
		{ E "{\"IPAMConfig\":{\"LinkLocalIPs\":[\"10.0.0.1\"]}}}",
		  BAD "invalid link-local IP address: 10.0.0.1" },
		{ E "{\"IPAMConfig\":{\"LinkLocalIPs\":[\"fe80::1\",\"fe80:0::1\"]}}}",
		  BAD "link-local IP address fe80:0::1 is given twice" },
		{ E "{\"Aliases\":\"a\"}}", "Aliases must be an array" },
		{ E "{\"Aliases\":[\"a b\"]}}", "Aliases must hold names without spaces" },
		{ E "{\"Aliases\":[\"\"]}}", "Aliases must hold names without spaces" },
		{ E "{\"Links\":[\":x\"]}}",
		  "Links must hold links as CONTAINER or CONTAINER:ALIAS" },
		{ E "{\"Links\":[\"x:\"]}}",
		  "Links must hold links as CONTAINER or CONTAINER:ALIAS" },
		{ E "{\"Links\":[\"x:a\\nb\"]}}",
		  "Links must hold links as CONTAINER or CONTAINER:ALIAS" },
		{ E "{\"GwPriority\":\"1\"}}", "GwPriority must be an integer" },
		{ E "{\"GwPriority\":2147483648}}",
		  "GwPriority must be from -2147483648 to 2147483647" },
		{ E "{\"DriverOpts\":{\"k\":1}}}", "DriverOpts.k must be a string" },
		{ E "{\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"a/b\"}}}",
		  BAD "invalid interface name: a/b" },
		{ E
		  "{\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"sixteen-letters-\"}}}",
		  BAD "invalid interface name: sixteen-letters-" },
		{ E "{\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"all\"}}}",
		  BAD "invalid interface name: all" },
	};

	(void)state;
	expect_errors(decode_connect, cases, ARRAY_SIZE(cases));
}

/* As for what is new; an older netd kept these without looking, and they are to be read. */
static int decode_new(const json_t *json)
{
	struct endpoint_spec spec;
	char *container;
	int err = request_connect("n", json, &container, &spec, &error);

	assert_int_equal(err, 0);
	err = request_endpoint_check_options(&spec, &error);
	endpoint_spec_done(&spec);
	free(container);
	return err;
}

static void settings_that_were_kept_once_are_read_and_not_taken_anew(void **state)
{
	static const struct bad_case cases[] = {
		{ E "{\"MacAddress\":\"00:00:00:00:00:00\"}}",
		  BAD "invalid MAC address: 00:00:00:00:00:00" },
		{ E "{\"DriverOpts\":{\"com.docker.network.endpoint.sysctls\":\"net.ipv4.x=1\"}}}",
		  "invalid endpoint settings: unrecognised network interface sysctl "
		  "'net.ipv4.x=1'; net.ipv4.conf.IFNAME.KEY=VALUE is wanted, with ipv4 or ipv6, "
		  "conf or neigh, and the word IFNAME for the interface" },
	};

	(void)state;
	expect_errors(decode_new, cases, ARRAY_SIZE(cases));
}

static int decode_disconnect(const json_t *json)
{
	char *container;
	bool force;

	return request_disconnect(json, &container, &force, &error);
}

static void disconnecting_names_container_and_force(void **state)
{
	static const struct bad_case cases[] = {
		{ "{\"Force\":true}", "Container is required" },
		{ "{\"Container\":\"c\",\"Force\":1}", "Force must be true or false" },
	};
	json_t *json = body("{\"Container\":\"c\",\"Force\":true}");
	_cleanup_free_ char *container = NULL;
	bool force = false;

	(void)state;
	assert_int_equal(request_disconnect(json, &container, &force, &error), 0);
	assert_string_equal(container, "c");
	assert_true(force);
	json_decref(json);
	expect_errors(decode_disconnect, cases, ARRAY_SIZE(cases));
}

static int decode_ports(const json_t *json)
{
	struct port_binding *ports;
	size_t n;

	return request_ports(json, &ports, &n, &error);
}

static void ports_are_decoded(void **state)
{
	static const struct bad_case cases[] = {
		{ "{}", "PortBindings is required" },
		{ "{\"PortBindings\":{}}", "PortBindings is required" },
		{ "{\"PortBindings\":[]}", "PortBindings must be an object" },
	};
	json_t *json =
		body("{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}],\"53/udp\":[{}]}}");
	struct port_binding *ports;
	size_t n;

	(void)state;
	assert_int_equal(request_ports(json, &ports, &n, &error), 0);
	assert_int_equal(n, 2);
	assert_int_equal(ports[0].host_port, 8080);
	free(ports);
	json_decref(json);
	expect_errors(decode_ports, cases, ARRAY_SIZE(cases));
}

static struct container_spec container(const char *text)
{
	json_t *json = body(text);
	struct container_spec spec;

	if (request_container(json, &spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	json_decref(json);
	return spec;
}

static int decode_container(const json_t *json)
{
	struct container_spec spec;

	return request_container(json, &spec, &error);
}

static const char everything[] =
	"{\"Name\":\"web\",\"Id\":\"" ID64 "\",\"NetnsPath\":\"/run/netns/x\",\"Hostname\":\"h\","
	"\"Domainname\":\"d.e\",\"Labels\":{\"a\":\"b\"},\"Networks\":{\"z\":{\"Aliases\":[\"q\"]},"
	"\"a\":null},\"PortBindings\":{\"80/"
	"tcp\":[{\"HostPort\":\"8080\"}]},\"Links\":[\"db:base\"],"
	"\"ExtraHosts\":[\"x:10.0.0.1\",\"y=host-gateway\",\"z:[fd00::1]\",\"w:fd00::2\"],"
	"\"Dns\":[\"1.1.1.1\",\"fd00::53\"],\"DnsSearch\":[\"e.f\"],\"DnsOptions\":[\"ndots:2\"]}";

static void a_container_with_all_there_is(void **state)
{
	struct container_spec spec = container(everything);

	(void)state;
	assert_string_equal(spec.name, "web");
	assert_string_equal(spec.id, ID64);
	assert_string_equal(spec.netns_path, "/run/netns/x");
	assert_int_equal(spec.pid, 0);
	assert_string_equal(spec.hostname, "h");
	assert_string_equal(spec.domainname, "d.e");
	assert_int_equal(spec.n_endpoints, 2);
	assert_string_equal(spec.endpoints[0].network,
			    "z"); /* the order given, not the alphabet's */
	assert_string_equal(spec.endpoints[1].network, "a");
	assert_int_equal(spec.n_ports, 1);
	assert_string_equal(spec.links[0].alias, "base");
	assert_int_equal(spec.n_extra_hosts, 4);
	assert_string_equal(spec.extra_hosts[1], "y:host-gateway");
	assert_string_equal(spec.extra_hosts[2], "z:fd00::1");
	assert_string_equal(spec.extra_hosts[3], "w:fd00::2");
	assert_int_equal(spec.n_dns, 2);
	assert_string_equal(spec.dns_search[0], "e.f");
	assert_string_equal(spec.dns_options[0], "ndots:2");
	container_spec_done(&spec);
}

static void the_request_of_a_spec_decodes_to_the_same_spec(void **state)
{
	struct container_spec spec = container(everything), again;
	json_t *json = spec_json_container(&spec), *json_again;

	(void)state;
	assert_int_equal(request_container(json, &again, &error), 0);
	json_again = spec_json_container(&again);
	assert_true(json_equal(json, json_again));
	json_decref(json);
	json_decref(json_again);
	container_spec_done(&spec);
	container_spec_done(&again);
}

static void networks_may_be_an_array_or_nothing(void **state)
{
	struct container_spec spec = container(
		"{\"Name\":\"c\",\"Pid\":7,\"Networks\":[{\"Name\":\"n2\",\"Aliases\":[\"x\"]},{"
		"\"Name\":\"n1\"}]}");

	(void)state;
	assert_int_equal(spec.pid, 7);
	assert_null(spec.netns_path);
	assert_int_equal(spec.n_endpoints, 2);
	assert_string_equal(spec.endpoints[0].network, "n2");
	assert_int_equal(spec.endpoints[0].n_aliases, 1);
	container_spec_done(&spec);
	spec = container("{\"Name\":\"c\",\"Pid\":7}");
	assert_int_equal(spec.n_endpoints, 1);
	assert_string_equal(spec.endpoints[0].network, "bridge");
	assert_int_equal(json_object_size(spec.labels), 0);
	container_spec_done(&spec);
}

static void an_id_alone_gives_the_name(void **state)
{
	struct container_spec spec = container("{\"Id\":\"" ID64 "\",\"Pid\":7}");

	(void)state;
	assert_string_equal(spec.name, "0123456789ab");
	container_spec_done(&spec);
}

static void bad_containers_are_named(void **state)
{
#define C "{\"Name\":\"c\",\"Pid\":7,"
	static const struct bad_case cases[] = {
		{ "{\"Pid\":7}", "invalid name: container name is empty" },
		{ "{\"Name\":\"a b\",\"Pid\":7}", "Invalid container name (a b), only "
						  "[a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed" },
		{ "{\"Name\":\"c\"}", "exactly one of NetnsPath and Pid is required" },
		{ C "\"NetnsPath\":\"/x\"}", "exactly one of NetnsPath and Pid is required" },
		{ "{\"Name\":\"c\",\"NetnsPath\":\"x\"}", "NetnsPath must be an absolute path" },
		{ "{\"Name\":\"c\",\"Pid\":-1}", "Pid must be from 0 to 4194304" },
		{ "{\"Name\":\"c\",\"Pid\":\"7\"}", "Pid must be an integer" },
		{ C "\"Id\":\"abc\"}", "Id must be 64 hexadecimal digits in lower case" },
		{ C "\"Hostname\":\"a b\"}",
		  "Hostname may hold only letters, digits, '.', '-', '_'" },
		{ C "\"Hostname\":\"h\\nnameserver 6.6.6.6\"}",
		  "Hostname may hold only letters, digits, '.', '-', '_'" },
		{ C "\"Hostname\":\"" ID64 "x\"}", "Hostname is too long" },
		{ C "\"Domainname\":7}", "Domainname must be a string" },
		{ C "\"Labels\":{\"a\":null}}", "Labels.a must be a string" },
		{ C "\"Networks\":\"n\"}", "Networks must be an object or an array of objects" },
		{ C "\"Networks\":[\"n\"]}", "Networks[0] must be an object" },
		{ C "\"Networks\":[{}]}", "Networks[0].Name is required" },
		{ C "\"Networks\":[{\"Name\":\"n\"},{\"Name\":\"n\"}]}", "Networks names n twice" },
		{ C "\"Networks\":{\"a b\":{}}}", "Networks must hold names or ids of networks" },
		{ C "\"Networks\":{\"n\":{\"Aliases\":7}}}",
		  "network n: Aliases must be an array" },
		{ C "\"PortBindings\":7}", "PortBindings must be an object" },
		{ C "\"Links\":{}}", "Links must be an array" },
		{ C "\"ExtraHosts\":[\"x\"]}", "bad format for add-host: \"x\": NAME:ADDRESS or "
					       "NAME:host-gateway is wanted" },
		{ C "\"ExtraHosts\":[\"x:y\"]}",
		  "bad format for add-host: \"x:y\": NAME:ADDRESS or "
		  "NAME:host-gateway is wanted" },
		{ C "\"ExtraHosts\":[\"x:[fd00::1\"]}",
		  "bad format for add-host: \"x:[fd00::1\": NAME:ADDRESS or NAME:host-gateway is "
		  "wanted" },
		{ C "\"ExtraHosts\":[\"x:[\"]}",
		  "bad format for add-host: \"x:[\": NAME:ADDRESS or "
		  "NAME:host-gateway is wanted" },
		{ C "\"ExtraHosts\":[\"x:[]\"]}",
		  "bad format for add-host: \"x:\": NAME:ADDRESS or "
		  "NAME:host-gateway is wanted" },
		{ C "\"ExtraHosts\":[\":10.0.0.1\"]}",
		  "bad format for add-host: \":10.0.0.1\": "
		  "NAME:ADDRESS or NAME:host-gateway is wanted" },
		{ C "\"ExtraHosts\":[\"a b:10.0.0.1\"]}",
		  "bad format for add-host: \"a b:10.0.0.1\": NAME:ADDRESS or NAME:host-gateway is "
		  "wanted" },
		{ C "\"Dns\":[\"dns.example\"]}",
		  "invalid DNS server: dns.example is not an IP address" },
		{ C "\"Dns\":[1]}", "Dns must be an array of strings" },
		{ C "\"DnsSearch\":[\"a b\"]}", "DnsSearch must hold domain names" },
		{ C "\"DnsOptions\":[\"a\\nb\"]}", "DnsOptions must hold single words" },
	};

	(void)state;
	expect_errors(decode_container, cases, ARRAY_SIZE(cases));
}

static int decode_n_networks(size_t n)
{
	json_t *json = body("{\"Name\":\"c\",\"Pid\":7,\"Networks\":[]}");
	struct container_spec spec;
	char name[32];
	int err;

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "n%zu", i);
		(void)json_array_append_new(json_object_get(json, "Networks"),
					    json_pack("{s:s}", "Name", name));
	}
	err = request_container(json, &spec, &error);
	if (err == 0)
		container_spec_done(&spec);
	json_decref(json);
	return err;
}

/* A list of n copies of text under key. */
static int decode_n_strings(const char *key, const char *text, size_t n)
{
	json_t *json = body("{\"Name\":\"c\",\"Pid\":7}"), *array = json_array();
	struct container_spec spec;
	int err;

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, json_string(text));
	(void)json_object_set_new(json, key, array);
	err = request_container(json, &spec, &error);
	if (err == 0)
		container_spec_done(&spec);
	json_decref(json);
	return err;
}

static void lists_have_limits(void **state)
{
	static const struct {
		const char *key, *text;
		size_t max;
	} cases[] = {
		{ "Links", "a:b", LINKS_MAX },
		{ "ExtraHosts", "a:10.0.0.1", EXTRA_HOSTS_MAX },
		{ "Dns", "10.0.0.1", DNS_SERVERS_MAX },
		{ "DnsSearch", "a.b", DNS_SEARCH_MAX },
	};

	(void)state;
	assert_int_equal(decode_n_networks(NETWORKS_PER_CONTAINER_MAX), 0);
	assert_int_equal(decode_n_networks(NETWORKS_PER_CONTAINER_MAX + 1), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(decode_n_strings(cases[i].key, cases[i].text, cases[i].max), 0);
		assert_int_equal(decode_n_strings(cases[i].key, cases[i].text, cases[i].max + 1),
				 -EINVAL);
	}
}

static int decode_update(const char *text, struct network_update *ret_update)
{
	json_t *body = json_loads(text, 0, NULL);
	int err = request_network_update(body, ret_update, &error);

	json_decref(body);
	return err;
}

static void an_update_says_what_changes(void **state)
{
	struct network_update update;

	(void)state;
	assert_int_equal(decode_update("{\"Name\":\"blue\",\"Labels\":{\"a\":\"b\"}}", &update), 0);
	assert_string_equal(update.name, "blue");
	assert_int_equal(json_object_size(update.labels), 1);
	network_update_done(&update);
	assert_int_equal(decode_update("{\"Labels\":null}", &update), 0);
	assert_string_equal(update.name, "");
	assert_null(update.labels);
	assert_int_equal(decode_update("{\"Labels\":{}}", &update), 0);
	assert_int_equal(json_object_size(update.labels), 0);
	assert_non_null(update.labels);
	network_update_done(&update);
	assert_int_equal(decode_update("{\"Name\":\"a b\"}", &update), -EINVAL);
	assert_int_equal(decode_update("{\"Labels\":{\"a\":1}}", &update), -EINVAL);
	assert_int_equal(decode_update("[]", &update), -EINVAL);
	assert_int_equal(decode_update("{\"Dns\":[\"x\"],\"Labels\":{}}", &update), -EINVAL);
}

static void an_update_says_which_servers_go_and_come(void **state)
{
	struct network_update update;

	(void)state;
	assert_int_equal(decode_update("{\"Dns\":[]}", &update), 0);
	assert_true(update.dns.replaces);
	assert_int_equal(update.dns.with.n, 0);
	assert_int_equal(decode_update("{\"DnsAdd\":[\"192.0.2.1\",\"2001:DB8::1\","
				       "\"192.0.2.1\"],\"DnsDrop\":[\"192.0.2.2\"]}",
				       &update),
			 0);
	assert_false(update.dns.replaces);
	assert_int_equal(update.dns.add.n, 2);
	assert_string_equal(ADDR_STR(&update.dns.add.servers[1]), "2001:db8::1");
	assert_int_equal(update.dns.drop.n, 1);
	assert_int_equal(decode_update("{\"DnsAdd\":\"192.0.2.1\"}", &update), -EINVAL);
	assert_int_equal(decode_update("{\"DnsDrop\":[1]}", &update), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_with_all_there_is),
		cmocka_unit_test(a_network_of_a_name_alone_has_the_defaults),
		cmocka_unit_test(what_the_docker_command_sends_is_taken),
		cmocka_unit_test(families_follow_fields_then_options_then_subnets),
		cmocka_unit_test(
			a_network_without_addresses_is_asked_for_by_its_driver_and_no_family),
		cmocka_unit_test(bad_networks_are_named),
		cmocka_unit_test(auxiliary_addresses_have_a_limit),
		cmocka_unit_test(connecting_names_container_and_settings),
		cmocka_unit_test(settings_may_be_null_or_empty),
		cmocka_unit_test(bad_settings_are_named),
		cmocka_unit_test(settings_that_were_kept_once_are_read_and_not_taken_anew),
		cmocka_unit_test(disconnecting_names_container_and_force),
		cmocka_unit_test(ports_are_decoded),
		cmocka_unit_test(a_container_with_all_there_is),
		cmocka_unit_test(the_request_of_a_spec_decodes_to_the_same_spec),
		cmocka_unit_test(networks_may_be_an_array_or_nothing),
		cmocka_unit_test(an_id_alone_gives_the_name),
		cmocka_unit_test(bad_containers_are_named),
		cmocka_unit_test(lists_have_limits),
		cmocka_unit_test(an_update_says_what_changes),
		cmocka_unit_test(an_update_says_which_servers_go_and_come),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
