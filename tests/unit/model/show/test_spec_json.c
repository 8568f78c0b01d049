// SPDX-License-Identifier: GPL-2.0-or-later
// test_spec_json.c - what is written down asks for the same again
#include "model/show/spec_json.h"

#include "base/json_parse.h"
#include "model/request/request.h"
#include "tests/spec_equal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	struct error error = { 0 };
	json_t *json = NULL;

	if (json_parse_body(text, strlen(text), &json, &error) < 0)
		fail_msg("%s", error.text);
	return json;
}

/* Text to spec to JSON to spec: the JSON is the one expected, and the two specs are one. */
static void container_round_trip(const char *asked, const char *expected)
{
	json_t *body = parse(asked), *want = parse(expected), *first;
	struct container_spec spec, again;
	struct error error = { 0 };

	if (request_container(body, &spec, &error) < 0)
		fail_msg("%s", error.text);
	first = spec_json_container(&spec);
	assert_non_null(first);
	if (request_container(first, &again, &error) < 0)
		fail_msg("%s", error.text);
	if (!json_equal(first, want))
		fail_msg("%s", json_dumps(first, 0));
	assert_true(same_container_spec(&spec, &again));
	container_spec_done(&spec);
	container_spec_done(&again);
	json_decref(body);
	json_decref(want);
	json_decref(first);
}

static void a_full_container_asks_for_the_same_again(void **state)
{
	(void)state;
	container_round_trip(
		"{\"Name\":\"web\",\"Hostname\":\"h\",\"Domainname\":\"d.example\","
		"\"NetnsPath\":\"/run/netns/x\",\"Labels\":{\"a\":\"b\"},"
		"\"Networks\":{\"n1\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\","
		"\"IPv6Address\":\"fd00::9\",\"LinkLocalIPs\":[\"169.254.7.7\",\"fe80::7\"]},"
		"\"MacAddress\":\"02:00:00:00:00:09\","
		"\"Aliases\":[\"x\",\"y\"],\"Links\":[\"db:database\"],\"GwPriority\":7,"
		"\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"lan0\"}},\"n2\":null},"
		"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}],"
		"\"53/udp\":[{\"HostPort\":\"5300-5310\"},{}],"
		"\"90/tcp\":[{\"HostPort\":\"90\",\"Reserved\":true}]},"
		"\"Links\":[\"c1:one\"],\"ExtraHosts\":[\"e:192.0.2.7\"],\"Dns\":[\"192.0.2.53\"],"
		"\"DnsSearch\":[\"s.example\"],\"DnsOptions\":[\"ndots:2\"]}",
		"{\"Name\":\"web\",\"Hostname\":\"h\",\"Domainname\":\"d.example\","
		"\"NetnsPath\":\"/run/netns/x\",\"Labels\":{\"a\":\"b\"},"
		"\"Networks\":[{\"Name\":\"n1\",\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\","
		"\"IPv6Address\":\"fd00::9\",\"LinkLocalIPs\":[\"169.254.7.7\",\"fe80::7\"]},"
		"\"MacAddress\":\"02:00:00:00:00:09\","
		"\"Aliases\":[\"x\",\"y\"],\"Links\":[\"db:database\"],\"GwPriority\":7,"
		"\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"lan0\"}},"
		"{\"Name\":\"n2\"}],"
		"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}],"
		"\"53/udp\":[{\"HostIp\":\"\",\"HostPort\":\"5300-5310\"},"
		"{\"HostIp\":\"\",\"HostPort\":\"\"}],"
		"\"90/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"90\",\"Reserved\":true}]},"
		"\"Links\":[\"c1:one\"],\"ExtraHosts\":[\"e:192.0.2.7\"],\"Dns\":[\"192.0.2.53\"],"
		"\"DnsSearch\":[\"s.example\"],\"DnsOptions\":[\"ndots:2\"]}");
}

static void a_container_by_pid_is_on_the_bridge_when_nothing_is_said(void **state)
{
	(void)state;
	container_round_trip("{\"Name\":\"c\",\"Pid\":4711}",
			     "{\"Name\":\"c\",\"Pid\":4711,\"Networks\":[{\"Name\":\"bridge\"}]}");
}

static void a_link_with_slashes_is_the_link_that_it_was(void **state)
{
	(void)state;
	container_round_trip(
		"{\"Name\":\"c\",\"Pid\":4711,\"Networks\":{\"n\":{\"Links\":[\"//ex:wb\","
		"\"///a\",\"/b/c:d\"]}},\"Links\":[\"/one:/c/two\",\"////x/y\"]}",
		"{\"Name\":\"c\",\"Pid\":4711,\"Networks\":[{\"Name\":\"n\",\"Links\":"
		"[\"ex:wb\",\"a:a\",\"b/c:d\"]}],\"Links\":[\"one:two\",\"x/y:y\"]}");
}

static void a_record_may_be_longer_than_a_request(void **state)
{
	static const char asked[] =
		"{\"Name\":\"c\",\"Pid\":4711,\"PortBindings\":{\"10000-25999/tcp\":[{\"HostIp\":"
		"\"2001:db8:ffff:ffff:ffff:ffff:ffff:fffe\",\"HostPort\":\"10000-25999\"}]}}";
	struct container_spec spec, again;
	json_t *body = parse(asked), *json, *read;
	struct error error = { 0 };
	char *text;

	(void)state;
	assert_int_equal(request_container(body, &spec, &error), 0);
	json = spec_json_container(&spec);
	text = json_dumps(json, JSON_COMPACT);
	assert_true(strlen(text) > API_BODY_MAX);
	assert_int_equal(json_parse_body(text, strlen(text), &read, &error), -E2BIG);
	assert_int_equal(json_parse_record(text, strlen(text), &read, &error), 0);
	assert_int_equal(request_container(read, &again, &error), 0);
	assert_true(same_container_spec(&spec, &again));
	container_spec_done(&spec);
	container_spec_done(&again);
	json_decref(body);
	json_decref(json);
	json_decref(read);
	free(text);
}

static void a_network_is_the_one_that_it_was(void **state)
{
#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	(void)state;
	container_round_trip("{\"Name\":\"c\",\"Pid\":4711,\"Networks\":["
			     "{\"Name\":\"n1\",\"NetworkID\":\"" ID64 "\"},"
			     "{\"Name\":\"n2\",\"NetworkID\":\"" ID64 "0\"},"
			     "{\"Name\":\"n3\",\"NetworkID\":7}]}",
			     "{\"Name\":\"c\",\"Pid\":4711,\"Networks\":["
			     "{\"Name\":\"n1\",\"NetworkID\":\"" ID64 "\"},"
			     "{\"Name\":\"n2\"},{\"Name\":\"n3\"}]}");
#undef ID64
}

static void a_network_asks_for_the_same_again(void **state)
{
	static const char body[] =
		"{\"Name\":\"n\",\"Driver\":\"bridge\",\"EnableIPv4\":true,\"EnableIPv6\":true,"
		"\"Internal\":true,\"Attachable\":true,\"IPAM\":{\"Config\":["
		"{\"Subnet\":\"10.1.0.0/24\",\"IPRange\":\"10.1.0.128/"
		"25\",\"Gateway\":\"10.1.0.1\","
		"\"AuxiliaryAddresses\":{\"nas\":\"10.1.0.5\"}},"
		"{\"Subnet\":\"fd00:1::/64\",\"Gateway\":\"fd00:1::1\"}]},"
		"\"Labels\":{\"l\":\"1\"},\"Options\":{\"mtu\":\"1400\",\"icc\":\"false\"},"
		"\"Dns\":[\"192.0.2.53\",\"fd00::53\"]}";
	json_t *json = parse(body), *written;
	struct network_spec spec, again;
	struct error error = { 0 };

	(void)state;
	if (request_network_create(json, &spec, &error) < 0)
		fail_msg("%s", error.text);
	written = spec_json_network(&spec);
	if (!json_equal(written, json))
		fail_msg("%s", json_dumps(written, 0));
	if (request_network_create(written, &again, &error) < 0)
		fail_msg("%s", error.text);
	assert_true(same_network_spec(&spec, &again));
	network_spec_done(&spec);
	network_spec_done(&again);
	json_decref(json);
	json_decref(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_container_asks_for_the_same_again),
		cmocka_unit_test(a_container_by_pid_is_on_the_bridge_when_nothing_is_said),
		cmocka_unit_test(a_link_with_slashes_is_the_link_that_it_was),
		cmocka_unit_test(a_record_may_be_longer_than_a_request),
		cmocka_unit_test(a_network_is_the_one_that_it_was),
		cmocka_unit_test(a_network_asks_for_the_same_again),
	};

	return cmocka_run_group_tests_name("spec_json", tests, NULL, NULL);
}
