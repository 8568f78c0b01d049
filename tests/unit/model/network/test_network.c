// SPDX-License-Identifier: GPL-2.0-or-later
// test_network.c - network specs: copies, driver options, checks with Docker's sentences, gateways
#include "model/network/network.h"

#include "base/cleanup.h"
#include "model/ipam/ipam.h"
#include "model/ipam/subnet.h"
#include "model/network/kind_rows.h"
#include "model/network/network_check.h"
#include "model/network/network_options.h"
#include "model/text/ifname.h"

#include <errno.h>
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
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

static struct network_spec spec_named(const char *name)
{
	struct network_spec spec;

	assert_int_equal(network_spec_init(&spec), 0);
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name);
	return spec;
}

static void add_aux(struct subnet *subnet, const char *name, const char *text)
{
	struct aux_address *aux = realloc(subnet->aux, (subnet->n_aux + 1) * sizeof(*subnet->aux));

	assert_non_null(aux);
	subnet->aux = aux;
	aux[subnet->n_aux].addr = addr(text);
	aux[subnet->n_aux].name = strdup(name);
	subnet->n_aux++;
}

/* want NULL: fine. */
static void expect_verdict(const struct network_spec *spec, const char *want)
{
	struct error error = { 0 };
	int err = network_check_spec(spec, &error);

	assert_string_equal(error.text, want ? want : "");
	assert_int_equal(err, want ? -EINVAL : 0);
}

static void expect_option(const char *key, const char *value, const char *want)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };
	int err;

	assert_int_equal(json_object_set_new(spec.options, key, json_string(value)), 0);
	err = network_options_decode(&spec, &error);
	assert_string_equal(error.text, want ? want : "");
	assert_int_equal(err, want ? -EINVAL : 0);
	network_spec_done(&spec);
}

static void a_fresh_spec_is_an_ipv4_bridge(void **state)
{
	struct network_spec spec = spec_named("net");

	(void)state;
	assert_string_equal(spec.kind->name, "bridge");
	assert_true(spec.has[FAMILY_4] && !spec.has[FAMILY_6] && spec.icc && spec.masquerade &&
		    !spec.internal);
	assert_string_equal(spec.ifname_prefix, "eth");
	assert_int_equal(json_object_size(spec.labels) + json_object_size(spec.options), 0);
	expect_verdict(&spec, NULL);
	network_spec_done(&spec);
	network_spec_done(&spec); /* of what is zeroed */
}

static void a_copy_shares_nothing(void **state)
{
	struct network_spec spec = spec_named("net"), copy;

	(void)state;
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.0/24");
	add_aux(&spec.subnet[FAMILY_4], "router", "10.1.0.2");
	add_aux(&spec.subnet[FAMILY_4], "nas", "10.1.0.3");
	(void)json_object_set_new(spec.labels, "a", json_string("b"));
	assert_int_equal(network_spec_copy(&spec, &copy), 0);
	spec.subnet[FAMILY_4].aux[0].name[0] = 'X';
	(void)json_object_clear(spec.labels);
	network_spec_done(&spec);
	assert_string_equal(copy.name, "net");
	assert_int_equal(copy.subnet[FAMILY_4].n_aux, 2);
	assert_string_equal(copy.subnet[FAMILY_4].aux[0].name, "router");
	assert_string_equal(ADDR_STR(&copy.subnet[FAMILY_4].aux[1].addr), "10.1.0.3");
	assert_string_equal(json_string_value(json_object_get(copy.labels, "a")), "b");
	network_spec_done(&copy);
}

static void a_network_frees_its_pools(void **state)
{
	struct network *network = calloc(1, sizeof(*network));
	struct subnet subnet4 = { 0 }, subnet6 = { 0 };

	(void)state;
	subnet4.prefix = prefix("10.1.0.0/24");
	subnet6.prefix = prefix("fd00::/64");
	network->spec = spec_named("net");
	assert_int_equal(ipam_pool_new(&subnet4, &network->pool[FAMILY_4]), 0);
	assert_int_equal(ipam_pool_new(&subnet6, &network->pool[FAMILY_6]), 0);
	network_free(network); /* LeakSanitizer watches */
	network_free(NULL);
	network_free(calloc(1, sizeof(*network))); /* half-built */
}

/* --- options --- */

static void options_are_known_by_dockers_and_by_short_names(void **state)
{
	static const char *const keys[2][7] = {
		{ "com.docker.network.bridge.name", "com.docker.network.driver.mtu",
		  "com.docker.network.bridge.enable_icc",
		  "com.docker.network.bridge.enable_ip_masquerade",
		  "com.docker.network.bridge.host_binding_ipv4",
		  "com.docker.network.bridge.host_binding_ipv6",
		  "com.docker.network.container_iface_prefix" },
		{ "bridge", "mtu", "icc", "masquerade", "host-ip", "host-ip6", "ifname-prefix" },
	};
	static const char *const values[7] = { "br-x",	    "9000", "false", "0",
					       "127.0.0.1", "::1",  "net" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct network_spec spec = spec_named("net");

		for (size_t j = 0; j < 7; j++)
			(void)json_object_set_new(spec.options, keys[i][j], json_string(values[j]));
		assert_int_equal(network_options_decode(&spec, NULL), 0);
		assert_string_equal(spec.bridge, "br-x");
		assert_int_equal(spec.mtu, 9000);
		assert_false(spec.icc || spec.masquerade);
		assert_string_equal(ADDR_STR(&spec.host_binding[FAMILY_4]), "127.0.0.1");
		assert_string_equal(ADDR_STR(&spec.host_binding[FAMILY_6]), "::1");
		assert_string_equal(spec.ifname_prefix, "net");
		assert_int_equal(json_object_size(spec.options), 7); /* kept as given */
		network_spec_done(&spec);
	}
}

static void unknown_options_are_kept_and_not_judged(void **state)
{
	(void)state;
	expect_option("com.example.whatever", "anything", NULL);
	expect_option("", "", NULL);
}

static void a_bad_value_is_refused_with_its_key(void **state)
{
	static const char name_wanted[] =
		"an interface name of at most 15 characters, without space, '/', ':' or '%', is "
		"wanted";
	char text[256];

	(void)state;
	expect_option("mtu", "67",
		      "invalid value \"67\" for option \"mtu\": at least 68 is wanted");
	expect_option("mtu", "68", NULL);
	expect_option("mtu", "65535", NULL);
	expect_option("mtu", "65536",
		      "invalid value \"65536\" for option \"mtu\": at most 65535 is wanted");
	expect_option("mtu", "99999999999999999999",
		      "invalid value \"99999999999999999999\" for option \"mtu\": at most 65535 is "
		      "wanted");
	expect_option("mtu", "0", NULL);
	expect_option("mtu", "", "invalid value \"\" for option \"mtu\": a number is wanted");
	expect_option("mtu", "-5", "invalid value \"-5\" for option \"mtu\": a number is wanted");
	expect_option("com.docker.network.driver.mtu", "1500x",
		      "invalid value \"1500x\" for option \"com.docker.network.driver.mtu\": a "
		      "number is wanted");
	expect_option("anti-spoof", "", NULL);
	expect_option("org.netd.network.anti-spoof", "false", NULL);
	expect_option("anti-spoof", "yes",
		      "invalid value \"yes\" for option \"anti-spoof\": true or false is wanted");
	expect_option("queues", "0",
		      "invalid value \"0\" for option \"queues\": at least 1 is wanted");
	expect_option("queues", "1", NULL);
	expect_option("org.netd.network.queues", "4096", NULL);
	expect_option("queues", "4097",
		      "invalid value \"4097\" for option \"queues\": at most 4096 is wanted");
	expect_option("queues", "4 ",
		      "invalid value \"4 \" for option \"queues\": a number is wanted");
	expect_option("icc", "yes",
		      "invalid value \"yes\" for option \"icc\": true or false is wanted");
	expect_option("icc", "T", NULL);
	expect_option("alias-answer", "one", NULL);
	expect_option("org.netd.network.alias-answer", "all", NULL);
	expect_option("alias-answer", "some",
		      "invalid value \"some\" for option \"alias-answer\": all or one is wanted");
	expect_option("host-ip", "::1",
		      "invalid value \"::1\" for option \"host-ip\": an IPv4 address is wanted");
	expect_option("host-ip6", "1.2.3.4",
		      "invalid value \"1.2.3.4\" for option \"host-ip6\": an IPv6 address is "
		      "wanted");
	expect_option("host-ip", "224.0.0.1",
		      "invalid value \"224.0.0.1\" for option \"host-ip\": a multicast address "
		      "cannot be listened on");
	expect_option("bridge", "br-123456789012", NULL);
	(void)snprintf(text, sizeof(text), "invalid value \"%s\" for option \"bridge\": %s",
		       "br-1234567890123", name_wanted);
	expect_option("bridge", "br-1234567890123", text);
	expect_option("ifname-prefix", "twelve-chars", NULL);
	expect_option("ifname-prefix", "", NULL);
	expect_option("ifname-prefix", "thirteen-char",
		      "invalid value \"thirteen-char\" for option \"ifname-prefix\": an interface "
		      "name of at most 12 characters, room for a number after it, is wanted");
}

static void gateway_modes_and_what_goes_with_them_are_read(void **state)
{
	struct network_spec spec = spec_named("net");
	struct {
		const char *key, *value;
	} options[] = {
		{ "com.docker.network.bridge.gateway_mode_ipv4", "routed" },
		{ "gateway-mode6", "nat-unprotected" },
		{ "com.docker.network.host_ipv6", "2001:db8::1" },
		{ "inhibit-ip", "true" },
		{ "com.docker.network.bridge.trusted_host_interfaces", "up0:eth1:up0" },
		{ "org.netd.network.sources",
		  "10.8.0.0/25,10.8.0.0/24,10.8.0.128/25,172.31.9.9,fd08::/64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		(void)json_object_set_new(spec.options, options[i].key,
					  json_string(options[i].value));
	assert_int_equal(network_options_decode(&spec, NULL), 0);
	assert_int_equal(network_gateway_mode(&spec, AF_INET), GATEWAY_MODE_ROUTED);
	assert_int_equal(network_gateway_mode(&spec, AF_INET6), GATEWAY_MODE_NAT_UNPROTECTED);
	assert_string_equal(ADDR_STR(&spec.snat[FAMILY_6]), "2001:db8::1");
	assert_true(spec.inhibit4);
	assert_int_equal(spec.n_trusted, 2);
	assert_string_equal(spec.trusted[1], "eth1");
	/* the kernel takes no two that overlap */
	assert_int_equal(spec.n_sources, 3);
	assert_string_equal(PREFIX_STR(&spec.sources[0]), "10.8.0.0/24");
	assert_string_equal(PREFIX_STR(&spec.sources[1]), "172.31.9.9/32");
	network_spec_done(&spec);
	expect_option("gateway-mode", "nonsense",
		      "invalid value \"nonsense\" for option \"gateway-mode\": nat, "
		      "nat-unprotected, routed or isolated is wanted");
	expect_option("snat-ip", "0.0.0.0",
		      "invalid value \"0.0.0.0\" for option \"snat-ip\": an address that others "
		      "can answer to is wanted");
	expect_option("sources", "10.8.0.0/24,vpn",
		      "invalid value \"10.8.0.0/24,vpn\" for option \"sources\": addresses and "
		      "subnets with ',' between them are wanted");
	expect_option("sources",
		      "1.1.1.1,2.1.1.1,3.1.1.1,4.1.1.1,5.1.1.1,6.1.1.1,7.1.1.1,8.1.1.1,"
		      "9.1.1.1,10.1.1.1,11.1.1.1,12.1.1.1,13.1.1.1,14.1.1.1,15.1.1.1,"
		      "16.1.1.1,17.1.1.1",
		      "invalid value \"1.1.1.1,2.1.1.1,3.1.1.1,4.1.1.1,5.1.1.1,6.1.1.1,7.1.1.1,"
		      "8.1.1.1,9.1.1.1,10.1.1.1,11.1.1.1,12.1.1.1,13.1.1.1,14.1.1.1,15.1.1.1,"
		      "16.1.1.1,17.1.1.1\" for option \"sources\": at most 16 addresses and "
		      "subnets are wanted");
	expect_option("trusted-interfaces", "a::b",
		      "invalid value \"a::b\" for option \"trusted-interfaces\": interface names "
		      "with ':' between them are wanted");
	expect_option("trusted-interfaces", "a:b:c:d:e:f:g:h:i",
		      "invalid value \"a:b:c:d:e:f:g:h:i\" for option \"trusted-interfaces\": at "
		      "most 8 interfaces can be trusted");
}

static void the_bridge_has_the_gateway_unless_told_otherwise(void **state)
{
	struct network_spec spec = { .has[FAMILY_4] = true, .has[FAMILY_6] = true };
	struct prefix bridge;

	(void)state;
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.0/24");
	spec.subnet[FAMILY_4].gateway = addr("10.1.0.1");
	spec.subnet[FAMILY_6].prefix = prefix("fd00::/64");
	spec.subnet[FAMILY_6].gateway = addr("fd00::1");
	bridge = network_bridge_addr(&spec, AF_INET);
	assert_string_equal(PREFIX_STR(&bridge), "10.1.0.1/24");
	spec.inhibit4 = true;
	bridge = network_bridge_addr(&spec, AF_INET);
	assert_false(addr_is_set(&bridge.addr));
	bridge = network_bridge_addr(&spec, AF_INET6);
	assert_string_equal(PREFIX_STR(&bridge), "fd00::1/64");
	spec.gateway_mode[FAMILY_6] = GATEWAY_MODE_ISOLATED;
	bridge = network_bridge_addr(&spec, AF_INET6);
	assert_false(addr_is_set(&bridge.addr));
}

/* One option, given anew on a network that may be internal. */
static void expect_fresh(const char *key, const char *value, bool internal, const char *want)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };

	spec.internal = internal;
	(void)json_object_set_new(spec.options, key, json_string(value));
	assert_int_equal(network_options_decode(&spec, NULL), 0);
	assert_int_equal(network_options_check(&spec, &error), want ? -EINVAL : 0);
	assert_string_equal(error.text, want ? want : "");
	network_spec_done(&spec);
}

static void what_is_unknown_or_could_do_nothing_is_refused_of_a_new_network(void **state)
{
	(void)state;
	expect_fresh("mtuu", "1400", false,
		     "a network has no option \"mtuu\"; did you mean \"mtu\"?");
	expect_fresh("com.example.whatever", "x", false, NULL);
	expect_fresh("com.docker.network.enable_ipv6", "false", false, NULL);
	expect_fresh("com.docker.network.bridge.default_bridge", "false", false, NULL);
	expect_fresh("com.docker.network.bridge.default_bridge", "true", false,
		     "option \"com.docker.network.bridge.default_bridge\" is \"true\": the network "
		     "\"bridge\" is the default one, and no other can be");
	expect_fresh("gateway-mode", "isolated", true, NULL);
	expect_fresh("gateway-mode", "isolated", false,
		     "gateway mode isolated is for internal networks only: create it with "
		     "--internal");
	expect_fresh("snat-ip", "192.0.2.1", true,
		     "option \"snat-ip\" has nothing to do: nothing leaves an internal network");
	expect_fresh("snat-ip", "192.0.2.1", false, NULL);
}

static void expect_of_kind(const struct network_kind *kind, const char *key, const char *want)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };

	spec.kind = kind;
	(void)json_object_set_new(spec.options, key, json_string("true"));
	assert_int_equal(network_options_check(&spec, &error), want ? -EINVAL : 0);
	assert_string_equal(error.text, want ? want : "");
	network_spec_done(&spec);
}

/* Somebody else is the gateway of its networks, and there is no bridge. */
static void an_option_says_something_to_kinds_that_have_what_it_is_about(void **state)
{
	static const struct network_kind cable = {
		.name = "cable", .addressed = true, .wired = true, .named = true
	};

	(void)state;
	expect_of_kind(&cable, "mtu", NULL);
	expect_of_kind(&cable, "com.docker.network.enable_ipv6", NULL);
	expect_of_kind(&cable, "alias-answer", NULL);
	expect_of_kind(&cable, "queues", NULL);
	expect_of_kind(&cable, "com.example.note", NULL);
	expect_of_kind(kind_default(), "encrypted",
		       "option \"encrypted\" has nothing to do on a network of the "
		       "driver \"bridge\"");
	expect_of_kind(&cable, "bridge",
		       "option \"bridge\" has nothing to do on a network of the "
		       "driver \"cable\"");
	expect_of_kind(&cable, "com.docker.network.host_ipv4",
		       "option \"com.docker.network.host_ipv4\" has nothing to do on a network of "
		       "the driver \"cable\"");
	expect_of_kind(&cable, "host-ip6",
		       "option \"host-ip6\" has nothing to do on a network of "
		       "the driver \"cable\"");
	expect_of_kind(kind_find("null"), "queues",
		       "option \"queues\" has nothing to do on a network of the driver \"null\"");
	expect_of_kind(kind_find("null"), "mtu",
		       "option \"mtu\" has nothing to do on a network of the driver \"null\"");
}

static void each_option_has_a_key_of_its_own(void **state)
{
	(void)state;
	for (enum network_option a = 0; a < NETWORK_OPTION_N; a++) {
		assert_non_null(network_options_key(a));
		expect_of_kind(
			a == NETWORK_OPTION_VNI || a == NETWORK_OPTION_ENCRYPTED ? &kind_overlay
										 : kind_default(),
			network_options_key(a),
			a != NETWORK_OPTION_DEFAULT_BRIDGE
				? NULL
				: "option \"com.docker.network.bridge.default_bridge\" is "
				  "\"true\": "
				  "the network \"bridge\" is the default one, and no other can be");
		for (enum network_option b = 0; b < a; b++)
			assert_string_not_equal(network_options_key(a), network_options_key(b));
	}
}

static void an_option_that_is_no_string_is_refused(void **state)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };

	(void)state;
	(void)json_object_set_new(spec.options, "mtu", json_integer(1500));
	assert_int_equal(network_options_decode(&spec, &error), -EINVAL);
	assert_string_equal(error.text, "option \"mtu\" must be a string");
	network_spec_done(&spec);
}

static void two_names_of_one_option_must_agree(void **state)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };

	(void)state;
	(void)json_object_set_new(spec.options, "mtu", json_string("1400"));
	(void)json_object_set_new(spec.options, "com.docker.network.driver.mtu",
				  json_string("1400"));
	assert_int_equal(network_options_decode(&spec, &error), 0);
	assert_int_equal(spec.mtu, 1400);
	(void)json_object_set_new(spec.options, "mtu", json_string("1500"));
	assert_int_equal(network_options_decode(&spec, &error), -EINVAL);
	assert_string_equal(error.text, "options \"com.docker.network.driver.mtu\" and \"mtu\" are "
					"the same and must not differ");
	network_spec_done(&spec);
}

/* --- checks --- */

static void one_family_must_be_on(void **state)
{
	struct network_spec spec = spec_named("net");

	(void)state;
	spec.has[FAMILY_4] = false;
	expect_verdict(&spec, "IPv4 or IPv6 must be enabled");
	spec.has[FAMILY_6] = true;
	expect_verdict(&spec, NULL);
	network_spec_done(&spec);
}

static void names_are_checked(void **state)
{
	struct network_spec spec = spec_named("");

	(void)state;
	assert_int_equal(network_check_spec(&spec, NULL), -EINVAL);
	(void)snprintf(spec.name, sizeof(spec.name), "a/b");
	assert_int_equal(network_check_spec(&spec, NULL), -EINVAL);
	memset(spec.name, 'a', NAME_LEN_MAX);
	assert_int_equal(network_check_spec(&spec, NULL), 0);
	network_spec_done(&spec);
}

static void subnets_are_judged_in_dockers_words(void **state)
{
	static const struct {
		const char *subnet, *range, *gateway, *aux, *want; /* want follows the first line */
	} cases[] = {
		{ .subnet = "10.1.0.0/24",
		  .range = "10.1.0.128/25",
		  .gateway = "10.1.0.254",
		  .aux = "10.1.0.5" },
		{ .subnet = "10.1.0.1/24",
		  .want = "invalid subnet 10.1.0.1/24: it should be 10.1.0.0/24" },
		{ .subnet = "10.1.0.0/24",
		  .gateway = "10.2.0.1",
		  .want = "invalid gateway 10.2.0.1: parent subnet 10.1.0.0/24 doesn't contain "
			  "this "
			  "address" },
		{ .subnet = "10.1.0.0/24",
		  .gateway = "fd00::1",
		  .want = "invalid gateway fd00::1: parent subnet is an IPv4 block" },
		{ .subnet = "10.1.0.0/24",
		  .gateway = "10.1.0.0",
		  .want = "invalid gateway 10.1.0.0: it is the network address of 10.1.0.0/24" },
		{ .subnet = "10.1.0.0/24",
		  .gateway = "10.1.0.255",
		  .want = "invalid gateway 10.1.0.255: it is the broadcast address of "
			  "10.1.0.0/24" },
		{ .subnet = "10.1.0.4/31", .gateway = "10.1.0.4" },
		{ .subnet = "10.1.0.4/32", .gateway = "10.1.0.4" },
		{ .subnet = "10.1.0.0/24",
		  .range = "10.0.0.0/8",
		  .want = "invalid ip-range 10.0.0.0/8: CIDR block is bigger than its parent "
			  "subnet "
			  "10.1.0.0/24" },
		{ .subnet = "10.1.0.0/24",
		  .range = "10.2.0.0/25",
		  .want = "invalid ip-range 10.2.0.0/25: parent subnet 10.1.0.0/24 doesn't contain "
			  "ip-range" },
		{ .subnet = "10.1.0.0/24",
		  .range = "10.1.0.1/25",
		  .want = "invalid ip-range 10.1.0.1/25: it should be 10.1.0.0/25" },
		{ .subnet = "10.1.0.0/24",
		  .range = "fd00::/64",
		  .want = "invalid ip-range fd00::/64: parent subnet is an IPv4 block" },
		{ .subnet = "10.1.0.0/24", .range = "10.1.0.0/24" },
		{ .subnet = "10.1.0.0/24",
		  .aux = "10.2.0.1",
		  .want = "invalid auxiliary address aux: parent subnet 10.1.0.0/24 doesn't "
			  "contain "
			  "this address" },
		{ .subnet = "10.1.0.0/24",
		  .gateway = "10.1.0.7",
		  .aux = "10.1.0.7",
		  .want = "invalid auxiliary address aux: 10.1.0.7 is the gateway" },
		{ .subnet = "0.0.0.0/24" }, /* any of this size */
		{ .subnet = "0.0.0.0/24",
		  .gateway = "10.1.0.1",
		  .want = "invalid gateway 10.1.0.1: parent subnet 0.0.0.0/24 doesn't contain this "
			  "address" },
		{ .subnet = "0.0.0.0/0",
		  .want = "invalid subnet 0.0.0.0/0: its length must not be 0" },
		{ .subnet = "127.0.0.0/24",
		  .want = "invalid subnet 127.0.0.0/24: it holds loopback addresses" },
		{ .subnet = "126.0.0.0/7",
		  .want = "invalid subnet 126.0.0.0/7: it holds loopback addresses" },
		{ .subnet = "230.0.0.0/24",
		  .want = "invalid subnet 230.0.0.0/24: it holds multicast and reserved "
			  "addresses" },
		{ .gateway = "10.1.0.1", .want = "invalid gateway 10.1.0.1: no subnet is given" },
		{ .range = "10.1.0.0/24",
		  .want = "invalid ip-range 10.1.0.0/24: no subnet is given" },
		{ .aux = "10.1.0.1", .want = "invalid auxiliary address aux: no subnet is given" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_spec spec = spec_named("net");
		char want[512];

		if (cases[i].subnet)
			spec.subnet[FAMILY_4].prefix = prefix(cases[i].subnet);
		if (cases[i].range)
			spec.subnet[FAMILY_4].range = prefix(cases[i].range);
		if (cases[i].gateway)
			spec.subnet[FAMILY_4].gateway = addr(cases[i].gateway);
		if (cases[i].aux)
			add_aux(&spec.subnet[FAMILY_4], "aux", cases[i].aux);
		(void)snprintf(want, sizeof(want), "invalid network config:\n%s",
			       cases[i].want ? cases[i].want : "");
		expect_verdict(&spec, cases[i].want ? want : NULL);
		network_spec_done(&spec);
	}
}

static void ipv6_subnets_of_any_length_are_taken(void **state)
{
	static const struct {
		const char *subnet, *gateway, *want;
	} cases[] = {
		{ "fd00::/8", "fd00::1", NULL },
		{ "fd00::/127", "fd00::", NULL },
		{ "fd00::/128", "fd00::", NULL },
		{ "fe80::/64", "fe80::1", NULL },
		{ "::/64", NULL, NULL },
		{ "fd00::/64", "fd00::",
		  "invalid network config:\ninvalid gateway fd00::: it is the subnet-router "
		  "anycast "
		  "address of fd00::/64" },
		{ "fd00::1/64", NULL,
		  "invalid network config:\ninvalid subnet fd00::1/64: it should be fd00::/64" },
		{ "fd00::/64", "10.0.0.1",
		  "invalid network config:\ninvalid gateway 10.0.0.1: parent subnet is an IPv6 "
		  "block" },
		{ "ff00::/16", NULL,
		  "invalid network config:\ninvalid subnet ff00::/16: it holds multicast "
		  "addresses" },
		{ "::1/128", NULL,
		  "invalid network config:\ninvalid subnet ::1/128: it holds loopback addresses" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_spec spec = spec_named("net");

		spec.has[FAMILY_6] = true;
		spec.subnet[FAMILY_6].prefix = prefix(cases[i].subnet);
		if (cases[i].gateway)
			spec.subnet[FAMILY_6].gateway = addr(cases[i].gateway);
		expect_verdict(&spec, cases[i].want);
		network_spec_done(&spec);
	}
}

static void all_that_is_wrong_is_said_at_once(void **state)
{
	struct network_spec spec = spec_named("net");

	(void)state;
	spec.has[FAMILY_6] = true;
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.9/24");
	spec.subnet[FAMILY_4].gateway = addr("10.2.0.1");
	add_aux(&spec.subnet[FAMILY_4], "one", "10.1.0.5");
	add_aux(&spec.subnet[FAMILY_4], "two", "10.1.0.5");
	spec.subnet[FAMILY_6].prefix = prefix("fd00::9/64");
	expect_verdict(&spec,
		       "invalid network config:\n"
		       "invalid subnet 10.1.0.9/24: it should be 10.1.0.0/24\n"
		       "invalid gateway 10.2.0.1: parent subnet 10.1.0.9/24 doesn't contain this "
		       "address\n"
		       "invalid auxiliary address two: 10.1.0.5 is auxiliary address one too\n"
		       "invalid subnet fd00::9/64: it should be fd00::/64");
	network_spec_done(&spec);
}

static void a_subnet_of_a_family_that_is_off_is_not_looked_at(void **state)
{
	struct network_spec spec = spec_named("net");

	(void)state;
	spec.subnet[FAMILY_6].prefix = prefix("fd00::9/64");
	expect_verdict(&spec, NULL);
	network_spec_done(&spec);
}

static void auxiliary_addresses_are_counted(void **state)
{
	struct network_spec spec = spec_named("net");
	char text[32];

	(void)state;
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.0/24");
	for (int i = 0; i < AUX_ADDRESSES_MAX; i++) {
		(void)snprintf(text, sizeof(text), "10.1.0.%d", i + 1);
		add_aux(&spec.subnet[FAMILY_4], text, text);
	}
	expect_verdict(&spec, NULL);
	add_aux(&spec.subnet[FAMILY_4], "more", "10.1.0.200");
	expect_verdict(&spec, "invalid network config:\ninvalid subnet 10.1.0.0/24: more than 64 "
			      "auxiliary addresses");
	network_spec_done(&spec);
}

/* Many long sentences do not overrun the one that holds them all. */
static void a_long_list_of_complaints_is_cut(void **state)
{
	struct network_spec spec = spec_named("net");
	struct error error = { 0 };

	(void)state;
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.0/24");
	for (int i = 0; i < AUX_ADDRESSES_MAX; i++)
		add_aux(&spec.subnet[FAMILY_4], "the same address under the same name", "10.9.0.1");
	assert_int_equal(network_check_spec(&spec, &error), -EINVAL);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	network_spec_done(&spec);
}

static void host_and_null_take_nothing_of_a_bridge(void **state)
{
	struct network_spec spec = spec_named("host");

	(void)state;
	spec.kind = kind_find("host");
	expect_verdict(&spec, NULL);
	spec.subnet[FAMILY_4].prefix = prefix("10.1.0.0/24");
	expect_verdict(&spec, "invalid network config:\nthe driver \"host\" takes no subnet");
	spec.kind = kind_find("null");
	expect_verdict(&spec, "invalid network config:\nthe driver \"null\" takes no subnet");
	spec.subnet[FAMILY_4] = (struct subnet) { 0 };
	(void)strcpy(spec.bridge, "br0");
	expect_verdict(&spec,
		       "the driver \"null\" makes no bridge, so it cannot be called \"br0\"");
	spec.bridge[0] = '\0';
	spec.mtu = 1500;
	expect_verdict(&spec, "the driver \"null\" takes no mtu");
	network_spec_done(&spec);
}

static void ipv6_needs_a_larger_mtu(void **state)
{
	struct network_spec spec = spec_named("net");

	(void)state;
	spec.mtu = 68;
	expect_verdict(&spec, NULL);
	spec.mtu = 67;
	expect_verdict(&spec, "invalid mtu 67: 68 to 65535 is wanted");
	spec.has[FAMILY_6] = true;
	spec.mtu = 1280;
	expect_verdict(&spec, NULL);
	spec.mtu = 1279;
	expect_verdict(&spec, "invalid mtu 1279: 1280 to 65535 is wanted on a network with IPv6");
	spec.mtu = 65536;
	expect_verdict(&spec, "invalid mtu 65536: 1280 to 65535 is wanted on a network with IPv6");
	network_spec_done(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_spec_is_an_ipv4_bridge),
		cmocka_unit_test(a_copy_shares_nothing),
		cmocka_unit_test(a_network_frees_its_pools),
		cmocka_unit_test(options_are_known_by_dockers_and_by_short_names),
		cmocka_unit_test(unknown_options_are_kept_and_not_judged),
		cmocka_unit_test(a_bad_value_is_refused_with_its_key),
		cmocka_unit_test(gateway_modes_and_what_goes_with_them_are_read),
		cmocka_unit_test(the_bridge_has_the_gateway_unless_told_otherwise),
		cmocka_unit_test(what_is_unknown_or_could_do_nothing_is_refused_of_a_new_network),
		cmocka_unit_test(an_option_says_something_to_kinds_that_have_what_it_is_about),
		cmocka_unit_test(each_option_has_a_key_of_its_own),
		cmocka_unit_test(an_option_that_is_no_string_is_refused),
		cmocka_unit_test(two_names_of_one_option_must_agree),
		cmocka_unit_test(one_family_must_be_on),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(subnets_are_judged_in_dockers_words),
		cmocka_unit_test(ipv6_subnets_of_any_length_are_taken),
		cmocka_unit_test(all_that_is_wrong_is_said_at_once),
		cmocka_unit_test(a_subnet_of_a_family_that_is_off_is_not_looked_at),
		cmocka_unit_test(auxiliary_addresses_are_counted),
		cmocka_unit_test(a_long_list_of_complaints_is_cut),
		cmocka_unit_test(host_and_null_take_nothing_of_a_bridge),
		cmocka_unit_test(ipv6_needs_a_larger_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
