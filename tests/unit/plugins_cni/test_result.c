// SPDX-License-Identifier: GPL-2.0-or-later
// test_result.c - what netd-cni prints: the result of each version, and what CHECK holds it against
#include "plugins/cni/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two networks: netd prefers blue, whose interface was asked for. */
#define BLUE                                                                                       \
	"{\"IPAddress\": \"10.0.0.2\", \"IPPrefixLen\": 24, \"Gateway\": \"10.0.0.1\", "           \
	"\"GlobalIPv6Address\": \"fd00::2\", \"GlobalIPv6PrefixLen\": 64, \"IPv6Gateway\": "       \
	"\"fd00::1\", \"MacAddress\": \"02:00:00:00:00:02\", \"GwPriority\": 1, \"EndpointID\": "  \
	"\"0123456789abcdef\"}"
#define RED "{\"IPAddress\": \"10.0.1.2\", \"IPPrefixLen\": 24, \"Gateway\": \"10.0.1.1\"}"
#define CONTAINER "{\"NetworkSettings\": {\"Networks\": {\"red\": " RED ", \"blue\": " BLUE "}}}"

static const struct result_host_link host_link = {
	.name = "nd0123456789ab", .mac = "02:00:00:00:00:03", .mtu = 1500, .bridge = "br-blue"
};

struct given {
	struct cni_call call;
	json_t *container;
	const json_t *settings;
};

/* more: members of the configuration. */
static struct given given_for(enum cni_version version, const char *network, const char *more)
{
	struct given given = {
		.call = { .version = version, .ifname = "eth0", .netns = "/run/netns/c1" }
	};

	given.call.json = json_loads(more, 0, NULL);
	given.container = json_loads(CONTAINER, 0, NULL);
	assert_non_null(given.call.json);
	assert_non_null(given.container);
	given.settings = json_object_get(
		json_object_get(json_object_get(given.container, "NetworkSettings"), "Networks"),
		network);
	return given;
}

static void given_done(struct given *given)
{
	json_decref(given->call.json);
	json_decref(given->container);
}

/* What the ADD prints, one compact line. */
static char *result_of(const struct given *given, const struct result_host_link *link)
{
	struct cni_error error;
	json_t *result = NULL;
	char *text;

	assert_int_equal(result_build(&given->call, given->container, given->settings, link,
				      &result, &error),
			 0);
	text = json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(result);
	assert_non_null(text);
	return text;
}

static void expect_result(enum cni_version version, const char *network, const char *more,
			  const struct result_host_link *link, const char *want)
{
	struct given given = given_for(version, network, more);
	char *text = result_of(&given, link);

	assert_string_equal(text, want);
	free(text);
	given_done(&given);
}

#define BRIDGE_AND_HOST(mtu)                                                                       \
	"{" mtu "\"name\":\"br-blue\"},{\"mac\":\"02:00:00:00:00:03\"," mtu                        \
	"\"name\":\"nd0123456789ab\"}"
#define INSIDE(mtu)                                                                                \
	"{\"mac\":\"02:00:00:00:00:02\"," mtu "\"name\":\"eth0\",\"sandbox\":\"/run/netns/c1\"}"
#define MTU "\"mtu\":1500,"
#define IPS(index, version4, version6)                                                             \
	"{\"address\":\"10.0.0.2/24\",\"gateway\":\"10.0.0.1\",\"interface\":" index version4      \
	"},{\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\",\"interface\":" index version6 "}"
#define ROUTES                                                                                     \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.0.0.1\"},{\"dst\":\"::/0\",\"gw\":"        \
	"\"fd00::1\"}]"
#define DNS "\"dns\":{\"nameservers\":[\"127.0.0.11\"]}"

/* mtu came with 1.1.0, and the family of an address went with 1.0.0. */
static void each_version_has_the_members_it_knows(void **state)
{
	(void)state;
	expect_result(CNI_1_1_0, "blue", "{}", &host_link,
		      "{\"cniVersion\":\"1.1.0\"," DNS ",\"interfaces\":[" BRIDGE_AND_HOST(
			      MTU) "," INSIDE(MTU) "],\"ips\":[" IPS("2", "", "") "]," ROUTES "}");
	expect_result(CNI_1_0_0, "blue", "{}", &host_link,
		      "{\"cniVersion\":\"1.0.0\"," DNS ",\"interfaces\":[" BRIDGE_AND_HOST(
			      "") "," INSIDE("") "],\"ips\":[" IPS("2", "", "") "]," ROUTES "}");
	expect_result(CNI_0_4_0, "blue", "{}", &host_link,
		      "{\"cniVersion\":\"0.4.0\"," DNS
		      ",\"interfaces\":[" BRIDGE_AND_HOST("") "," INSIDE("") "],\"ips\":[" IPS(
			      "2", ",\"version\":\"4\"", ",\"version\":\"6\"") "]," ROUTES "}");
}

static void what_is_not_known_of_the_host_is_left_out(void **state)
{
	static const struct result_host_link none = { 0 };

	(void)state;
	expect_result(CNI_1_1_0, "blue", "{}", &none,
		      "{\"cniVersion\":\"1.1.0\"," DNS
		      ",\"interfaces\":[" INSIDE("") "],\"ips\":[" IPS("0", "", "") "]," ROUTES
										    "}");
}

/* A container has one default route a family, and netd gives it to the largest priority. */
static void only_the_interface_with_the_default_route_has_routes(void **state)
{
	static const struct result_host_link none = { 0 };

	(void)state;
	expect_result(CNI_1_1_0, "red", "{}", &none,
		      "{\"cniVersion\":\"1.1.0\"," DNS ",\"interfaces\":[{\"name\":\"eth0\","
		      "\"sandbox\":\"/run/netns/c1\"}],\"ips\":[{\"address\":\"10.0.1.2/24\","
		      "\"gateway\":\"10.0.1.1\",\"interface\":0}]}");
}

/* Indexes of addresses count the interfaces of plugins before us, too. */
static void a_former_result_stays_and_ours_comes_behind_it(void **state)
{
	static const struct result_host_link none = { 0 };

	(void)state;
	expect_result(
		CNI_1_1_0, "blue",
		"{\"prevResult\": {\"interfaces\": [{\"name\": \"x\"}], \"ips\": "
		"[{\"address\": \"192.0.2.1/32\", \"interface\": 0}], \"dns\": "
		"{\"nameservers\": [\"192.0.2.53\"]}, \"other\": 1}, \"dns\": {\"domain\": "
		"\"d\", \"search\": [\"a\"]}, \"runtimeConfig\": {\"dns\": {\"searches\": "
		"[\"b\", \"c\"]}}, \"capabilities\": {\"dns\": true}}",
		&none,
		"{\"cniVersion\":\"1.1.0\",\"dns\":{\"domain\":\"d\",\"nameservers\":"
		"[\"127.0.0.11\"],\"search\":[\"b\",\"c\"]},\"interfaces\":[{\"name\":\"x\"}"
		"," INSIDE("") "],\"ips\":[{\"address\":\"192.0.2.1/32\",\"interface\":0}," IPS(
			"1", "", "") "],\"other\":1," ROUTES "}");
}

static void links_of_the_host_have_netds_names(void **state)
{
	json_t *plain = json_loads("{\"Id\": \"0123456789abcdef\", \"Options\": {}}", 0, NULL);
	json_t *named = json_loads("{\"Id\": \"0123456789abcdef\", \"Options\": {\"bridge\": "
				   "\"mine0\"}}",
				   0, NULL);
	struct given given = given_for(CNI_1_1_0, "blue", "{}");
	char name[16];

	(void)state;
	result_host_ifname(given.settings, name);
	assert_string_equal(name, "nd0123456789ab");
	result_bridge(plain, name);
	assert_string_equal(name, "br-0123456789ab");
	result_bridge(named, name);
	assert_string_equal(name, "mine0");
	json_decref(plain);
	json_decref(named);
	given_done(&given);
}

/* --- CHECK --- */

/* NULL: it stands as promised; else what is in the sentence. */
static void expect_difference(const char *ips, const char *sandbox, const char *want)
{
	char more[512];
	struct given given;
	struct cni_error error = { 0 };
	int err;

	(void)snprintf(more, sizeof(more),
		       "{\"prevResult\": {\"interfaces\": [{\"name\": \"eth0\"}, {\"name\": "
		       "\"eth0\", \"sandbox\": \"%s\"}], \"ips\": [%s]}}",
		       sandbox, ips);
	given = given_for(CNI_1_1_0, "blue", more);
	err = result_check(&given.call, given.settings, &error);
	if (want && (err == 0 || error.code != CNI_DIFFERS || !strstr(error.text, want)))
		fail_msg("no \"%s\" in: %s", want, error.text);
	if (!want && err != 0)
		fail_msg("%s", error.text);
	given_done(&given);
}

#define IP(address, index) "{\"address\": \"" address "\", \"interface\": " index "}"
#define IP4 IP("10.0.0.2/24", "1")
#define IP6 IP("fd00::2/64", "1")

static void addresses_are_to_be_those_that_were_promised(void **state)
{
	(void)state;
	expect_difference(IP4 "," IP6, "/run/netns/c1", NULL);
	/* those of other interfaces are not ours to check */
	expect_difference(IP4 "," IP6 "," IP("192.0.2.1/32", "0"), "/run/netns/c1", NULL);
	expect_difference(IP4, "/run/netns/c1", "eth0 has fd00::2/64 in netd");
	expect_difference(IP("10.0.0.3/24", "1") "," IP6, "/run/netns/c1",
			  "eth0 has 10.0.0.2/24 in netd, which prevResult does not have");
	expect_difference(IP4 "," IP6 "," IP("10.0.0.9/24", "1"), "/run/netns/c1",
			  "prevResult has more addresses for eth0 than netd gave it");
	/* an interface of the host may have the same name */
	expect_difference(IP4 "," IP6, "", "prevResult has no interface eth0 in a sandbox");
}

static void errors_and_versions_are_printed_as_the_specification_has_them(void **state)
{
	struct given given = given_for(CNI_0_4_0, "blue", "{\"cniVersion\": \"0.4.0\"}");
	struct cni_error error = { .code = CNI_TRY_LATER, .text = "not now" };
	json_t *json = result_error(&given.call, &error);
	char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "{\"cniVersion\":\"0.4.0\",\"code\":11,\"msg\":\"not now\"}");
	free(text);
	json_decref(json);
	json = result_versions(&given.call);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text, "{\"cniVersion\":\"0.4.0\",\"supportedVersions\":[\"0.3.0\","
				  "\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
	free(text);
	json_decref(json);
	given_done(&given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_has_the_members_it_knows),
		cmocka_unit_test(what_is_not_known_of_the_host_is_left_out),
		cmocka_unit_test(only_the_interface_with_the_default_route_has_routes),
		cmocka_unit_test(a_former_result_stays_and_ours_comes_behind_it),
		cmocka_unit_test(links_of_the_host_have_netds_names),
		cmocka_unit_test(addresses_are_to_be_those_that_were_promised),
		cmocka_unit_test(errors_and_versions_are_printed_as_the_specification_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
