// SPDX-License-Identifier: GPL-2.0-or-later
// test_container.c - CNI's words in netd's: the container, its network, and the result of both
#include "plugins/cni/bandwidth.h"
#include "plugins/cni/container.h"

#include "base/cleanup.h"
#include "model/request/request.h"
#include "plugins/cni/network.h"
#include "plugins/cni/result.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct cni_error error;

/* A configuration of version with more members (a JSON object's inside, or ""). */
static struct cni_call call_of(const char *version, const char *args, const char *more)
{
	const struct cni_env env = { .command = "ADD",
				     .container = "c1",
				     .netns = "/run/netns/c1",
				     .ifname = "eth0",
				     .args = args };
	struct cni_call call;
	char text[2048];

	error = (struct cni_error) { 0 };
	(void)snprintf(text, sizeof(text), "{\"cniVersion\": \"%s\", \"name\": \"blue\"%s%s}",
		       version, *more ? "," : "", more);
	if (cni_call_decode(&env, text, strlen(text), &call, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return call;
}

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

/* Compares with JSON in text. */
static void same(const json_t *value, const char *text)
{
	json_auto_t *wanted = json(text);

	if (!json_equal(value, wanted)) {
		_cleanup_free_ char *got = json_dumps(value, JSON_ENCODE_ANY);

		fail_msg("got %s, wanted %s", got, text);
	}
}

static void ids_of_64_digits_stay_and_others_are_hashed(void **state)
{
	char id[ID_LEN + 1], again[ID_LEN + 1];

	(void)state;
	container_id(ID, id);
	assert_string_equal(id, ID);
	container_id("web", id);
	container_id("web", again);
	assert_string_equal(id, again);
	assert_int_equal(strspn(id, "0123456789abcdef"), ID_LEN);
	container_id("web2", again);
	assert_string_not_equal(id, again);
}

static void the_name_is_the_pods_and_else_the_containers(void **state)
{
	static const struct {
		const char *args, *name;
	} cases[] = {
		{ NULL, "c1" },
		{ "K8S_POD_NAME=web", "web" },
		{ "K8S_POD_NAME=web;K8S_POD_NAMESPACE=shop", "web.shop" },
		{ "K8S_POD_NAME=web;K8S_POD_NAMESPACE=web", "web" },
		{ "K8S_POD_NAME=a b;K8S_POD_NAMESPACE=shop", "c1" },
	};
	char name[NAME_LEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", cases[i].args, "");

		assert_string_equal(container_name(&call, name), cases[i].name);
		cni_call_done(&call);
	}
}

static void the_body_is_one_netd_takes(void **state)
{
	struct cni_call call = call_of(
		"1.1.0",
		"K8S_POD_NAME=web;K8S_POD_NAMESPACE=shop;K8S_POD_UID=u;MAC=02:00:00:00:00:01",
		"\"network\": \"n\", \"runtimeConfig\": {\"ips\": [\"10.0.0.2/24\", \"fd00::2\"], "
		"\"aliases\": [\"a\", \"web\"], \"dns\": {\"servers\": [\"9.9.9.9\"]}, "
		"\"portMappings\": [{\"hostPort\": 8080, \"containerPort\": 80}, "
		"{\"hostPort\": 53, \"containerPort\": 53, \"protocol\": \"UDP\", \"hostIP\": "
		"\"::1\"}, "
		"{\"containerPort\": 9}]}, \"dns\": {\"search\": [\"x.org\"], \"nameservers\": "
		"[\"8.8.8.8\"]}");
	json_auto_t *body = NULL;
	struct container_spec spec;
	struct error cause = { 0 };

	(void)state;
	assert_int_equal(container_body(&call, &body, &error), 0);
	same(json_object_get(body, "PortBindings"),
	     "{\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"}], "
	     "\"53/udp\": [{\"HostIp\": \"::1\", \"HostPort\": \"53\"}]}");
	same(json_object_get(body, "Networks"),
	     "{\"n\": {\"Aliases\": [\"web\", \"a\"], \"MacAddress\": \"02:00:00:00:00:01\", "
	     "\"IPAMConfig\": {\"IPv4Address\": \"10.0.0.2\", \"IPv6Address\": \"fd00::2\"}, "
	     "\"DriverOpts\": {\"com.docker.network.endpoint.ifname\": \"eth0\", "
	     "\"io.netd.cni.network\": \"blue\"}}}");
	same(json_object_get(body, "Labels"),
	     "{\"io.netd.cni.container\": \"c1\", \"io.kubernetes.pod.name\": \"web\", "
	     "\"io.kubernetes.pod.namespace\": \"shop\", \"io.kubernetes.pod.uid\": \"u\"}");
	same(json_object_get(body, "Dns"), "[\"9.9.9.9\"]");
	same(json_object_get(body, "DnsSearch"), "[\"x.org\"]");
	if (request_container(body, &spec, &cause) < 0)
		fail_msg("%s", cause.text);
	assert_string_equal(spec.name, "web.shop");
	assert_string_equal(spec.hostname, "web");
	assert_string_equal(spec.endpoints[0].ifname, "eth0");
	container_spec_done(&spec);
	cni_call_done(&call);
}

static void netd_is_not_told_to_ask_itself(void **state)
{
	static const struct {
		const char *servers, *wanted; /* NULL: none given, netd's own choice */
	} cases[] = {
		{ "[\"127.0.0.11\"]", NULL },
		{ "[\"127.0.0.11\", \"10.96.0.10\"]", "[\"10.96.0.10\"]" },
		{ "[\"10.96.0.10\"]", "[\"10.96.0.10\"]" },
		{ "[7]", "[7]" }, /* netd says what is wrong */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char more[128];
		json_auto_t *asked = NULL, *config = NULL;
		struct cni_call call;

		(void)snprintf(more, sizeof(more),
			       "\"runtimeConfig\": {\"dns\": {\"servers\": %s}}", cases[i].servers);
		call = call_of("1.1.0", NULL, more);
		assert_int_equal(container_body(&call, &asked, &error), 0);
		if (cases[i].wanted)
			same(json_object_get(asked, "Dns"), cases[i].wanted);
		else
			assert_null(json_object_get(asked, "Dns"));
		cni_call_done(&call);

		(void)snprintf(more, sizeof(more),
			       "\"runtimeConfig\": {\"dns\": {\"servers\": [\"127.0.0.11\"]}}, "
			       "\"dns\": {\"nameservers\": %s}",
			       cases[i].servers);
		call = call_of("1.1.0", NULL, more);
		assert_int_equal(container_body(&call, &config, &error), 0);
		assert_true(
			json_equal(json_object_get(asked, "Dns"), json_object_get(config, "Dns")) ||
			!cases[i].wanted);
		cni_call_done(&call);
	}
}

static void aliases_come_as_a_list_or_by_network(void **state)
{
	struct cni_call call = call_of("1.1.0", NULL,
				       "\"runtimeConfig\": {\"aliases\": {\"blue\": [\"x\"], "
				       "\"red\": [\"y\"]}}");
	json_auto_t *settings = NULL;

	(void)state;
	assert_int_equal(container_settings(&call, &settings, &error), 0);
	same(json_object_get(settings, "Aliases"), "[\"x\"]");
	cni_call_done(&call);
}

static void wishes_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *more;
		enum cni_code code;
	} cases[] = {
		{ "\"runtimeConfig\": {\"ips\": [\"banana\"]}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"ips\": \"10.0.0.1\"}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"ips\": [1]}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"ips\": [\"10.0.0.1\", \"10.0.0.2\"]}",
		  CNI_UNSUPPORTED_FIELD },
		{ "\"runtimeConfig\": {\"aliases\": [1]}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"aliases\": \"a\"}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"portMappings\": [{\"hostPort\": 1}]}", CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"portMappings\": [{\"hostPort\": 65536, "
		  "\"containerPort\": 1}]}",
		  CNI_BAD_CONFIG },
		{ "\"runtimeConfig\": {\"portMappings\": {}}", CNI_BAD_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i].more);
		json_t *body;

		assert_int_equal(container_body(&call, &body, &error), -EINVAL);
		if (error.code != cases[i].code)
			fail_msg("%s: code %d, %s", cases[i].more, error.code, error.text);
		cni_call_done(&call);
	}
}

static void a_network_is_described_in_several_ways(void **state)
{
	static const struct {
		const char *more, *options, *config;
		bool internal;
	} cases[] = {
		{ "", "{}", "[]", false },
		{ "\"isGateway\": false", "{}", "[]", true },
		{ "\"internal\": true, \"icc\": false",
		  "{\"com.docker.network.bridge.enable_icc\": \"false\"}", "[]", true },
		{ "\"bridge\": \"b0\", \"mtu\": 1400, \"ipMasq\": false, \"options\": {\"x\": "
		  "\"y\"}",
		  "{\"x\": \"y\", \"com.docker.network.bridge.name\": \"b0\", "
		  "\"com.docker.network.driver.mtu\": \"1400\", "
		  "\"com.docker.network.bridge.enable_ip_masquerade\": \"false\"}",
		  "[]", false },
		{ "\"subnet\": \"10.1.0.0/24\", \"ipRange\": \"10.1.0.128/25\", \"subnet6\": "
		  "\"fd01::/64\", \"gateway6\": \"fd01::9\"",
		  "{}",
		  "[{\"Subnet\": \"10.1.0.0/24\", \"IPRange\": \"10.1.0.128/25\"}, "
		  "{\"Subnet\": \"fd01::/64\", \"Gateway\": \"fd01::9\"}]",
		  false },
		{ "\"ipam\": {\"type\": \"host-local\", \"ranges\": [[{\"subnet\": "
		  "\"10.2.0.0/24\", "
		  "\"gateway\": \"10.2.0.1\"}], [{\"subnet\": \"fd02::/64\"}]], "
		  "\"routes\": [{\"dst\": \"0.0.0.0/0\"}]}",
		  "{}",
		  "[{\"Subnet\": \"10.2.0.0/24\", \"Gateway\": \"10.2.0.1\"}, "
		  "{\"Subnet\": \"fd02::/64\"}]",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i].more);
		struct network_spec spec;
		struct error cause = { 0 };
		json_auto_t *body = NULL;

		assert_int_equal(network_body(&call, &body, &error), 0);
		same(json_object_get(body, "Options"), cases[i].options);
		same(json_object_get(json_object_get(body, "IPAM"), "Config"), cases[i].config);
		assert_int_equal(json_is_true(json_object_get(body, "Internal")),
				 cases[i].internal);
		if (request_network_create(body, &spec, &cause) < 0)
			fail_msg("%s", cause.text);
		network_spec_done(&spec);
		cni_call_done(&call);
	}
}

static void each_member_that_describes_a_network_is_done_or_named(void **state)
{
	static const struct row {
		const char *key, *more, *shows; /* in what netd is asked for */
		const char *bad, *words;
	} rows[] = {
		{ "subnet", "\"subnet\": \"10.1.0.0/24\"", "{\"Subnet\":\"10.1.0.0/24\"}",
		  "\"subnet\": 1", "subnet must be a string" },
		{ "subnet6", "\"subnet6\": \"fd01::/64\"", "{\"Subnet\":\"fd01::/64\"}",
		  "\"subnet6\": 1", "subnet6 must be a string" },
		{ "gateway", "\"subnet\": \"10.1.0.0/24\", \"gateway\": \"10.1.0.9\"",
		  "\"Gateway\":\"10.1.0.9\"", "\"gateway\": 1", "gateway must be a string" },
		{ "gateway6", "\"subnet6\": \"fd01::/64\", \"gateway6\": \"fd01::9\"",
		  "\"Gateway\":\"fd01::9\"", "\"gateway6\": 1", "gateway6 must be a string" },
		{ "ipRange", "\"subnet\": \"10.1.0.0/24\", \"ipRange\": \"10.1.0.128/25\"",
		  "\"IPRange\":\"10.1.0.128/25\"", "\"ipRange\": 1", "ipRange must be a string" },
		{ "ipv6", "\"ipv6\": true", "\"EnableIPv6\":true", "\"ipv6\": 1", "ipv6 must be" },
		{ "driver", "\"driver\": \"overlay\"", "\"Driver\":\"overlay\"", "\"driver\": 1",
		  "driver must be a string" },
		{ "bridge", "\"bridge\": \"b0\"", "\"com.docker.network.bridge.name\":\"b0\"",
		  "\"bridge\": 1", "bridge must be a string" },
		{ "mtu", "\"mtu\": 1400", "\"com.docker.network.driver.mtu\":\"1400\"",
		  "\"mtu\": 70000", "mtu must be from 0 to 65535" },
		{ "internal", "\"internal\": true", "\"Internal\":true", "\"internal\": 1",
		  "internal must be" },
		{ "icc", "\"icc\": false", "\"com.docker.network.bridge.enable_icc\":\"false\"",
		  "\"icc\": 1", "icc must be" },
		{ "ipMasq", "\"ipMasq\": false",
		  "\"com.docker.network.bridge.enable_ip_masquerade\":\"false\"", "\"ipMasq\": 1",
		  "ipMasq must be" },
		{ "ipam", "\"ipam\": {\"type\": \"host-local\", \"subnet\": \"10.2.0.0/24\"}",
		  "{\"Subnet\":\"10.2.0.0/24\"}", "\"ipam\": {\"type\": \"dhcp\"}",
		  "unsupported field ipam.type" },
		{ "isGateway", "\"isGateway\": false", "\"Internal\":true", "\"isGateway\": 1",
		  "isGateway must be" },
		{ "options", "\"options\": {\"mtu\": \"1400\"}", "\"mtu\":\"1400\"",
		  "\"options\": {\"mtu\": 1}", "options.mtu must be a string" },
		{ "labels", "\"labels\": {\"a\": \"b\"}", "\"a\":\"b\"", "\"labels\": {\"a\": 1}",
		  "labels.a must be a string" },
		{ "portIsolation", "\"portIsolation\": true",
		  "\"com.docker.network.bridge.enable_icc\":\"false\"", "\"portIsolation\": 1",
		  "portIsolation must be" },
		{ "macspoofchk", "\"macspoofchk\": true",
		  "\"org.netd.network.anti-spoof\":\"true\"", "\"macspoofchk\": 1",
		  "macspoofchk must be" },
	};

	(void)state;
	for (const char *const *key = network_keys; *key; key++) {
		_cleanup_free_ char *text = NULL;
		const struct row *row = rows;
		json_auto_t *body = NULL;
		json_t *none = NULL;
		struct cni_call call;

		while (row < rows + ARRAY_SIZE(rows) && strcmp(row->key, *key) != 0)
			row++;
		if (row == rows + ARRAY_SIZE(rows))
			fail_msg("no row for %s", *key);
		call = call_of("1.1.0", NULL, row->more);
		assert_int_equal(network_body(&call, &body, &error), 0);
		text = json_dumps(body, JSON_COMPACT);
		if (!strstr(text, row->shows))
			fail_msg("%s does not show in %s", row->more, text);
		cni_call_done(&call);
		call = call_of("1.1.0", NULL, row->bad);
		assert_int_equal(network_body(&call, &none, &error), -EINVAL);
		if (!strstr(error.text, row->words))
			fail_msg("no \"%s\" in: %s", row->words, error.text);
		cni_call_done(&call);
	}
}

static void who_is_to_be_held_goes_to_no_network_that_holds_nobody(void **state)
{
	static const struct {
		const char *conf, *options;
		int err;
	} cases[] = {
		{ "", "{}", 0 },
		{ "\"macspoofchk\": false", "{}", 0 },
		{ "\"macspoofchk\": true", "{}", -EINVAL },
		{ "\"macspoofchk\": true", "{\"anti-spoof\": \"False\"}", -EINVAL },
		{ "\"macspoofchk\": true", "{\"anti-spoof\": \"\"}", 0 },
		{ "\"macspoofchk\": true", "{\"org.netd.network.anti-spoof\": \"true\"}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i].conf);
		json_auto_t *network = json_pack("{s:o}", "Options",
						 json_loads(cases[i].options, 0, NULL));

		assert_int_equal(network_check_guard(&call, network, &error), cases[i].err);
		cni_call_done(&call);
	}
}

static void what_netd_does_not_do_is_named_with_its_value(void **state)
{
	static const char *const cases[][2] = {
		{ "\"vlan\": 5", "vlan = 5" },
		{ "\"vlanTrunk\": [{\"id\": 5}]", "vlanTrunk = [" },
		{ "\"disableContainerInterface\": true", "disableContainerInterface = true" },
		{ "\"runtimeConfig\": {\"ipRanges\": [[{\"subnet\": \"10.0.0.0/8\"}]]}",
		  "runtimeConfig.ipRanges" },
		{ "\"ipam\": {\"type\": \"dhcp\"}", "ipam.type = \"dhcp\"" },
		{ "\"ipam\": {\"ranges\": [[{\"subnet\": \"10.0.0.0/8\", \"rangeStart\": "
		  "\"10.0.0.9\"}]]}",
		  "rangeStart" },
		{ "\"ipam\": {\"routes\": [{\"dst\": \"10.0.0.0/8\"}]}", "ipam.routes" },
		{ "\"runtimeConfig\": {\"bandwidth\": {\"egressRate\": 1}}",
		  "bandwidth = {\"egressRate\":1}: a rate and its burst are given together" },
		{ "\"runtimeConfig\": {\"bandwidth\": {\"ingressBurst\": 1}}", "given together" },
		{ "\"runtimeConfig\": {\"bandwidth\": {\"ingressRate\": -1}}", "numbers of bits" },
		{ "\"runtimeConfig\": {\"bandwidth\": {\"ingressRate\": \"10M\"}}",
		  "numbers of bits" },
		{ "\"runtimeConfig\": {\"bandwidth\": 7}", "bandwidth = 7: it must be an object" },
	};
	static const char *const harmless[] = {
		"\"vlan\": 0, \"hairpinMode\": true, \"promiscMode\": true, \"forceAddress\": true",
		"\"runtimeConfig\": {\"bandwidth\": {\"egressRate\": 0}}",
		"\"ipam\": {}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i][0]);

		assert_int_equal(network_check_keys(&call, &error), -EINVAL);
		assert_int_equal(error.code, CNI_UNSUPPORTED_FIELD);
		if (!strstr(error.text, cases[i][1]))
			fail_msg("no \"%s\" in: %s", cases[i][1], error.text);
		cni_call_done(&call);
	}
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		struct cni_call call = call_of("1.1.0", NULL, harmless[i]);

		assert_int_equal(network_check_keys(&call, &error), 0);
		cni_call_done(&call);
	}
}

static void bandwidth_is_an_option_of_the_connection(void **state)
{
	static const char *const cases[][2] = {
		{ "\"runtimeConfig\": {\"bandwidth\": {\"ingressRate\": 8000000, \"ingressBurst\": "
		  "800000, \"egressRate\": 4000000, \"egressBurst\": 400000}}",
		  "in=8000000bit,in-burst=800000bit,out=4000000bit,out-burst=400000bit" },
		/* containerd's spelling, and its word for no burst */
		{ "\"runtimeConfig\": {\"bandwidth\": {\"EgressRate\": 4000000, \"EgressBurst\": "
		  "4294967295, \"IngressRate\": 0, \"IngressBurst\": 0}}",
		  "out=4000000bit" },
		{ "\"ingressRate\": 16000, \"ingressBurst\": 2147483647, \"runtimeConfig\": "
		  "{\"bandwidth\": {\"egressRate\": 1000, \"egressBurst\": 1000}}",
		  "in=16000bit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i][0]);
		json_auto_t *settings = NULL;

		assert_int_equal(container_settings(&call, &settings, &error), 0);
		assert_string_equal(
			json_string_value(json_object_get(json_object_get(settings, "DriverOpts"),
							  "netd.bandwidth")),
			cases[i][1]);
		cni_call_done(&call);
	}
}

static void bandwidth_is_compared_where_it_is_asked_for(void **state)
{
	static const char *const asked =
		"\"runtimeConfig\": {\"bandwidth\": {\"ingressRate\": 8000000, "
		"\"ingressBurst\": 4294967295}}";
	static const struct {
		const char *config, *has, *say; /* NULL: it is the same */
	} cases[] = {
		{ asked, "in=8mbit", NULL },
		{ asked, "in=8mbit,out=1mbit", NULL },
		{ "\"name\": \"n\"", "in=1mbit", NULL },
		{ asked, "in=8mbit,in-burst=1mbit", "netd to in=8mbit,in-burst=1mbit, and asked" },
		{ asked, "in=9mbit",
		  "of eth0 is limited by netd to in=9mbit, and asked for is in=" },
		{ asked, "out=8mbit", "netd to out=8mbit," },
		{ asked, NULL, "netd to none," },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = call_of("1.1.0", NULL, cases[i].config);
		json_auto_t *settings = json_pack("{s:{s:s*}}", "DriverOpts", "netd.bandwidth",
						  cases[i].has);
		int err = cni_bandwidth_check(call.json, "eth0", settings, &error);

		assert_int_equal(err, cases[i].say ? -EINVAL : 0);
		if (cases[i].say) {
			assert_int_equal(error.code, CNI_DIFFERS);
			assert_non_null(strstr(error.text, cases[i].say));
		}
		cni_call_done(&call);
	}
}

/* --- results ---------------------------------------------------------------------------------- */

static json_t *a_container(void)
{
	return json("{\"NetworkSettings\": {\"Ports\": {\"80/tcp\": [{\"HostIp\": \"0.0.0.0\", "
		    "\"HostPort\": \"8080\"}, {\"HostIp\": \"::\", \"HostPort\": \"8080\"}]}, "
		    "\"Networks\": {\"n\": {\"EndpointID\": \"0123456789abcdef\", "
		    "\"MacAddress\": \"02:00:00:00:00:01\", \"IPAddress\": \"10.0.0.2\", "
		    "\"IPPrefixLen\": 24, \"Gateway\": \"10.0.0.1\", \"GwPriority\": 0, "
		    "\"GlobalIPv6Address\": \"fd00::2\", \"GlobalIPv6PrefixLen\": 64, "
		    "\"IPv6Gateway\": \"fd00::1\", \"DriverOpts\": "
		    "{\"com.docker.network.endpoint.ifname\": \"eth0\", \"io.netd.cni.network\": "
		    "\"blue\"}}, \"m\": {\"IPAddress\": \"10.1.0.2\", \"IPPrefixLen\": 24, "
		    "\"Gateway\": \"10.1.0.1\", \"GwPriority\": 0, \"DriverOpts\": "
		    "{\"com.docker.network.endpoint.ifname\": \"eth1\", \"io.netd.cni.network\": "
		    "\"green\"}}}}}");
}

static void an_interface_is_found_by_network_and_name(void **state)
{
	json_auto_t *container = a_container();
	const char *network = NULL;

	(void)state;
	assert_non_null(container_find(container, "blue", "eth0", &network));
	assert_string_equal(network, "n");
	assert_null(container_find(container, "blue", "eth1", NULL));
	assert_null(container_find(container, "green", "eth0", NULL));
	assert_null(container_find(NULL, "green", "eth0", NULL));
}

static void the_result_has_the_form_of_its_version(void **state)
{
	static const char *const ips[] = {
		"[{\"version\": \"4\", \"interface\": 2, \"address\": \"10.0.0.2/24\", "
		"\"gateway\": "
		"\"10.0.0.1\"}, {\"version\": \"6\", \"interface\": 2, \"address\": "
		"\"fd00::2/64\", "
		"\"gateway\": \"fd00::1\"}]",
		"[{\"interface\": 2, \"address\": \"10.0.0.2/24\", \"gateway\": \"10.0.0.1\"}, "
		"{\"interface\": 2, \"address\": \"fd00::2/64\", \"gateway\": \"fd00::1\"}]",
	};
	struct result_host_link link = { .mac = "0a:00:00:00:00:01",
					 .mtu = 1500,
					 .bridge_mac = "0a:00:00:00:00:02" };
	json_auto_t *network = json_pack("{s:s, s:{}}", "Id", "0123456789abcdef", "Options");
	json_auto_t *container = a_container();
	const json_t *settings = container_find(container, "blue", "eth0", NULL);

	(void)state;
	result_host_ifname(settings, link.name);
	assert_string_equal(link.name, "nd0123456789ab");
	result_bridge(network, link.bridge);
	assert_string_equal(link.bridge, "br-0123456789ab");
	for (int version = 0; version < CNI_N_VERSIONS; version++) {
		struct cni_call call = call_of(cni_version_name[version], NULL, "");
		json_auto_t *result = NULL;

		assert_int_equal(result_build(&call, container, settings, &link, &result, &error),
				 0);
		same(json_object_get(result, "ips"), ips[version >= CNI_1_0_0]);
		same(json_object_get(result, "interfaces"),
		     version == CNI_1_1_0
			     ? "[{\"name\": \"br-0123456789ab\", \"mac\": \"0a:00:00:00:00:02\", "
			       "\"mtu\": 1500}, {\"name\": \"nd0123456789ab\", \"mac\": "
			       "\"0a:00:00:00:00:01\", "
			       "\"mtu\": 1500}, {\"name\": \"eth0\", \"mac\": "
			       "\"02:00:00:00:00:01\", "
			       "\"mtu\": 1500, \"sandbox\": \"/run/netns/c1\"}]"
			     : "[{\"name\": \"br-0123456789ab\", \"mac\": \"0a:00:00:00:00:02\"}, "
			       "{\"name\": \"nd0123456789ab\", \"mac\": \"0a:00:00:00:00:01\"}, "
			       "{\"name\": \"eth0\", \"mac\": \"02:00:00:00:00:01\", \"sandbox\": "
			       "\"/run/netns/c1\"}]");
		same(json_object_get(result, "routes"),
		     "[{\"dst\": \"0.0.0.0/0\", \"gw\": \"10.0.0.1\"}, "
		     "{\"dst\": \"::/0\", \"gw\": \"fd00::1\"}]");
		cni_call_done(&call);
	}
}

static void a_bridge_with_a_name_of_its_own_is_called_by_it(void **state)
{
	static const char *const keys[] = { "com.docker.network.bridge.name", "bridge" };
	char name[16];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		json_auto_t *network = json_pack("{s:s, s:{s:s}}", "Id", "0123", "Options", keys[i],
						 "blue0");

		result_bridge(network, name);
		assert_string_equal(name, "blue0");
	}
	result_bridge(NULL, name);
	assert_string_equal(name, "");
}

static void a_second_network_claims_no_default_route(void **state)
{
	struct cni_call call = call_of("1.1.0", NULL, "");
	json_auto_t *container = a_container(), *result = NULL;
	const struct result_host_link none = { 0 };

	(void)state;
	assert_int_equal(result_build(&call, container,
				      container_find(container, "green", "eth1", NULL), &none,
				      &result, &error),
			 0);
	assert_null(json_object_get(result, "routes"));
	assert_int_equal(json_array_size(json_object_get(result, "interfaces")), 1);
	cni_call_done(&call);
}

static void check_takes_back_what_add_gave_and_nothing_else(void **state)
{
	struct cni_call call = call_of("1.1.0", NULL, "");
	json_auto_t *container = a_container(), *result = NULL;
	json_t *settings = (json_t *)container_find(container, "blue", "eth0", NULL);
	const struct result_host_link none = { 0 };

	(void)state;
	assert_int_equal(result_build(&call, container, settings, &none, &result, &error), 0);
	assert_int_equal(json_object_set(call.json, "prevResult", result), 0);
	assert_int_equal(result_check(&call, settings, &error), 0);
	assert_int_equal(json_object_set_new(settings, "IPAddress", json_string("10.0.0.3")), 0);
	assert_int_equal(result_check(&call, settings, &error), -EINVAL);
	assert_int_equal(error.code, CNI_DIFFERS);
	assert_int_equal(json_object_set_new(settings, "IPAddress", json_string("")), 0);
	assert_int_equal(result_check(&call, settings, &error), -EINVAL);
	assert_non_null(strstr(error.text, "more addresses"));
	cni_call_done(&call);
}

#define PORTS                                                                                      \
	"\"runtimeConfig\": {\"portMappings\": ["                                                  \
	"{\"hostPort\": 8080, \"containerPort\": 80}, "                                            \
	"{\"hostPort\": 8081, \"containerPort\": 81, \"hostIP\": \"127.0.0.1\"}, "                 \
	"{\"hostPort\": 8082, \"containerPort\": 82, \"protocol\": \"sctp\"}]}"

static void ports_that_podman_holds_are_not_reserved_again(void **state)
{
	struct cni_call call = call_of("1.0.0", NULL, "\"portReservation\": false, " PORTS);
	json_auto_t *ports = NULL;

	(void)state;
	assert_int_equal(container_ports(&call, &ports, &error), 0);
	/* Where this machine has no IPv6 there is no second. */
	(void)json_array_remove(json_object_get(ports, "80/tcp"), 1);
	same(ports, "{\"80/tcp\": [{\"HostIp\": \"0.0.0.0\", \"HostPort\": \"8080\", \"Reserved\": "
		    "true}], "
		    "\"81/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8081\", "
		    "\"Reserved\": true}], "
		    "\"82/sctp\": [{\"HostIp\": \"\", \"HostPort\": \"8082\"}]}");
	cni_call_done(&call);
}

static void ports_are_reserved_unless_the_list_says_no(void **state)
{
	struct cni_call call = call_of("1.0.0", NULL, "\"portReservation\": true, " PORTS);
	json_auto_t *ports = NULL;

	(void)state;
	assert_int_equal(container_ports(&call, &ports, &error), 0);
	same(json_object_get(ports, "80/tcp"), "[{\"HostIp\": \"\", \"HostPort\": \"8080\"}]");
	same(json_object_get(ports, "81/tcp"),
	     "[{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8081\"}]");
	cni_call_done(&call);
	call = call_of("1.0.0", NULL, "\"portReservation\": \"no\"");
	assert_int_equal(container_ports(&call, &ports, &error), -EINVAL);
	assert_int_equal(error.code, CNI_BAD_CONFIG);
	assert_non_null(strstr(error.text, "portReservation"));
	cni_call_done(&call);
}

static void errors_carry_version_code_and_sentence(void **state)
{
	struct cni_call call = call_of("0.4.0", NULL, "");
	json_auto_t *answer = NULL;
	struct error cause = { 0 };

	(void)state;
	(void)error_set(&cause, ERROR_UNAVAILABLE, "full");
	assert_int_equal(cni_fail_netd(&error, &cause), -EINVAL);
	answer = result_error(&call, &error);
	same(answer, "{\"cniVersion\": \"0.4.0\", \"code\": 11, \"msg\": \"full\"}");
	cni_call_done(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_64_digits_stay_and_others_are_hashed),
		cmocka_unit_test(the_name_is_the_pods_and_else_the_containers),
		cmocka_unit_test(the_body_is_one_netd_takes),
		cmocka_unit_test(netd_is_not_told_to_ask_itself),
		cmocka_unit_test(aliases_come_as_a_list_or_by_network),
		cmocka_unit_test(wishes_that_make_no_sense_are_refused),
		cmocka_unit_test(a_network_is_described_in_several_ways),
		cmocka_unit_test(each_member_that_describes_a_network_is_done_or_named),
		cmocka_unit_test(who_is_to_be_held_goes_to_no_network_that_holds_nobody),
		cmocka_unit_test(what_netd_does_not_do_is_named_with_its_value),
		cmocka_unit_test(bandwidth_is_an_option_of_the_connection),
		cmocka_unit_test(bandwidth_is_compared_where_it_is_asked_for),
		cmocka_unit_test(an_interface_is_found_by_network_and_name),
		cmocka_unit_test(the_result_has_the_form_of_its_version),
		cmocka_unit_test(a_bridge_with_a_name_of_its_own_is_called_by_it),
		cmocka_unit_test(a_second_network_claims_no_default_route),
		cmocka_unit_test(check_takes_back_what_add_gave_and_nothing_else),
		cmocka_unit_test(ports_that_podman_holds_are_not_reserved_again),
		cmocka_unit_test(ports_are_reserved_unless_the_list_says_no),
		cmocka_unit_test(errors_carry_version_code_and_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
