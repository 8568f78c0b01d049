// SPDX-License-Identifier: GPL-2.0-or-later
// test_request.c - calls of Docker's plugin protocol, as 20.10 and 28.5 send them and as nobody
// should
#include "plugins/docker/request.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NETWORK "01b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa"
#define ENDPOINT "25a5ddd4623149455c8a5a068f3f1b1db82ca5f7768e47a1b6bb4c15e9d9e160"
#define IDS "\"NetworkID\":\"" NETWORK "\",\"EndpointID\":\"" ENDPOINT "\""

/* On the heap, with not a byte behind it. */
static int decode(enum docker_method method, const char *text, struct docker_request *ret_request,
		  struct error *error)
{
	size_t len = strlen(text);
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	*error = (struct error) { 0 };
	return docker_request_decode(method, copy, len, ret_request, error);
}

static void assert_addr(const struct addr *addr, const char *text)
{
	assert_string_equal(ADDR_STR(addr), text);
}

static void assert_refused(enum docker_method method, const char *text, const char *sentence)
{
	struct docker_request request;
	struct error error;

	assert_true(decode(method, text, &request, &error) < 0);
	if (!strstr(error.text, sentence))
		fail_msg("\"%s\" is not in: %s", sentence, error.text);
}

static void every_method_is_found_by_its_path_and_nothing_else(void **state)
{
	enum docker_method found;

	(void)state;
	for (int method = 0; method < DOCKER_N_METHODS; method++) {
		assert_true(docker_method_find(docker_method_name[method], &found));
		assert_int_equal(found, method);
		assert_int_equal(docker_method_is_ipam(found),
				 strncmp(docker_method_name[method], "IpamDriver.", 11) == 0);
	}
	assert_false(docker_method_find("", &found));
	assert_false(docker_method_find("NetworkDriver.AllocateNetwork", &found));
	assert_false(docker_method_find("NetworkDriver.Join/", &found));
}

static void an_empty_body_is_enough_where_nothing_is_asked(void **state)
{
	struct docker_request request;
	struct error error;

	(void)state;
	assert_int_equal(decode(DOCKER_ACTIVATE, "", &request, &error), 0);
	docker_request_done(&request);
	assert_int_equal(decode(DOCKER_DISCOVER_NEW, "{}", &request, &error), 0);
	docker_request_done(&request);
}

static void a_network_has_subnets_options_and_a_way_out(void **state)
{
	struct docker_request request;
	struct error error;

	(void)state;
	assert_int_equal(
		decode(DOCKER_NET_CREATE,
		       "{\"NetworkID\":\"" NETWORK "\",\"Options\":{"
		       "\"com.docker.network.enable_ipv6\":true,\"com.docker.network.internal\":"
		       "true,"
		       "\"com.docker.network.generic\":{\"mtu\":\"1400\"}},"
		       "\"IPv4Data\":[{\"AddressSpace\":\"netd\",\"Gateway\":\"10.9.0.2/16\","
		       "\"Pool\":\"10.9.0.0/16\",\"AuxAddresses\":{\"a\":\"10.9.0.3/16\"}}],"
		       "\"IPv6Data\":[{\"Pool\":\"2001:db8::/64\"}]}",
		       &request, &error),
		0);
	assert_string_equal(request.network, NETWORK);
	assert_true(request.internal);
	assert_true(request.ipv6);
	assert_string_equal(PREFIX_STR(&request.pools[FAMILY_4].pool), "10.9.0.0/16");
	assert_addr(&request.pools[FAMILY_4].gateway, "10.9.0.2");
	assert_int_equal(json_object_size(request.pools[FAMILY_4].aux), 1);
	assert_string_equal(PREFIX_STR(&request.pools[FAMILY_6].pool), "2001:db8::/64");
	assert_false(addr_is_set(&request.pools[FAMILY_6].gateway));
	assert_int_equal(json_object_size(request.options), 1);
	docker_request_done(&request);
}

static void a_subnet_that_would_be_lost_is_refused(void **state)
{
	(void)state;
	assert_refused(DOCKER_NET_CREATE,
		       "{\"NetworkID\":\"" NETWORK "\",\"IPv4Data\":[{\"Pool\":\"10.1.0.0/16\"},"
		       "{\"Pool\":\"10.2.0.0/16\"}]}",
		       "several subnets");
	assert_refused(DOCKER_NET_CREATE,
		       "{\"NetworkID\":\"" NETWORK
		       "\",\"IPv4Data\":[{\"Pool\":\"2001:db8::/64\"}]}",
		       "prefix length");
}

static void ids_are_64_digits(void **state)
{
	(void)state;
	assert_refused(DOCKER_NET_DELETE, "{}", "NetworkID");
	assert_refused(DOCKER_NET_DELETE, "{\"NetworkID\":\"..\"}", "64 hexadecimal digits");
	assert_refused(DOCKER_LEAVE, "{\"NetworkID\":\"" NETWORK "\"}", "EndpointID");
	assert_refused(DOCKER_LEAVE, "{\"NetworkID\":7}", "NetworkID");
}

static void an_endpoint_has_addresses_and_what_docker_28_says_of_dns(void **state)
{
	struct docker_request request;
	struct error error;

	(void)state;
	assert_int_equal(decode(DOCKER_ENDPOINT_CREATE,
				"{" IDS ",\"Interface\":{\"Address\":\"10.9.0.3/16\","
				"\"AddressIPv6\":\"\",\"MacAddress\":\"02:42:0a:09:00:03\"},"
				"\"Options\":{\"com.docker.network.endpoint.dnsservers\":"
				"[\"9.9.9.9\"]}}",
				&request, &error),
			 0);
	assert_addr(&request.addresses[FAMILY_4].addr, "10.9.0.3");
	assert_int_equal(request.addresses[FAMILY_4].len, 16);
	assert_false(addr_is_set(&request.addresses[FAMILY_6].addr));
	assert_true(request.has_mac);
	assert_string_equal(json_string_value(json_array_get(request.dns, 0)), "9.9.9.9");
	docker_request_done(&request);
	assert_refused(DOCKER_ENDPOINT_CREATE,
		       "{" IDS ",\"Interface\":{\"MacAddress\":\"ff:ff:ff:ff:ff:ff\"}}",
		       "MacAddress");
}

static void ports_are_published_as_the_portmap_says(void **state)
{
	struct docker_request request;
	struct error error;
	json_auto_t *wanted = json_loads("{\"81/udp\": [{\"HostIp\": \"\", \"HostPort\": "
					 "\"9000-9010\"}, {\"HostIp\": \"127.0.0.1\", "
					 "\"HostPort\": \"\"}], \"80/tcp\": [{\"HostIp\": \"\", "
					 "\"HostPort\": \"8080\"}]}",
					 0, NULL);

	(void)state;
	assert_int_equal(
		decode(DOCKER_PROGRAM,
		       "{" IDS ",\"Options\":{"
		       "\"com.docker.network.endpoint.exposedports\":[{\"Proto\":17,\"Port\":81}],"
		       "\"com.docker.network.portmap\":["
		       "{\"Proto\":17,\"IP\":\"\",\"Port\":81,\"HostIP\":\"\",\"HostPort\":9000,"
		       "\"HostPortEnd\":9010},"
		       "{\"Proto\":17,\"IP\":\"\",\"Port\":81,\"HostIP\":\"127.0.0.1\","
		       "\"HostPort\":0,\"HostPortEnd\":0},"
		       "{\"Proto\":6,\"IP\":\"\",\"Port\":80,\"HostIP\":\"\",\"HostPort\":8080,"
		       "\"HostPortEnd\":8080}]}}",
		       &request, &error),
		0);
	assert_true(json_equal(request.ports, wanted));
	docker_request_done(&request);
}

static void an_empty_portmap_publishes_none(void **state)
{
	struct docker_request request;
	struct error error;

	(void)state;
	assert_int_equal(decode(DOCKER_PROGRAM,
				"{" IDS ",\"Options\":{"
				"\"com.docker.network.portmap\":[]}}",
				&request, &error),
			 0);
	assert_null(request.ports);
	docker_request_done(&request);
}

static void ports_and_sandboxes_that_make_no_sense_are_refused(void **state)
{
	static const char *const portmaps[] = {
		"[{\"Proto\":6,\"Port\":65536}]",
		"[{\"Proto\":1,\"Port\":80}]",
		"[{\"Proto\":6,\"Port\":0}]",
		"[{\"Proto\":6}]",
		"[{\"Proto\":\"tcp\",\"Port\":80}]",
		"[7]",
		"[{\"Proto\":6,\"Port\":80,\"HostPort\":-1}]",
		"{}",
	};
	struct docker_request request;
	struct error error;
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(portmaps); i++) {
		(void)snprintf(text, sizeof(text),
			       "{" IDS ",\"Options\":{"
			       "\"com.docker.network.portmap\":%s}}",
			       portmaps[i]);
		assert_refused(DOCKER_PROGRAM, text, "");
	}
	assert_int_equal(decode(DOCKER_JOIN, "{" IDS ",\"SandboxKey\":\"/run/docker/netns/4307\"}",
				&request, &error),
			 0);
	assert_string_equal(request.sandbox, "/run/docker/netns/4307");
	docker_request_done(&request);
	assert_refused(DOCKER_JOIN, "{" IDS ",\"SandboxKey\":\"run/x\"}", "absolute path");
	assert_refused(DOCKER_JOIN, "{" IDS "}", "absolute path");
}

static void a_pool_may_be_any_and_an_address_must_have_a_pool(void **state)
{
	struct docker_request request;
	struct error error;

	(void)state;
	assert_int_equal(
		decode(DOCKER_POOL_REQUEST, "{\"Options\":{\"a.b\":\"c\"}}", &request, &error),
		-EINVAL);
	assert_string_equal(error.text, "IPAM driver \"netd\" has no option \"a.b\": netd gives "
					"addresses by subnet and range");
	assert_int_equal(decode(DOCKER_POOL_REQUEST,
				"{\"AddressSpace\":\"netd\",\"Pool\":\"\",\"SubPool\":\"\","
				"\"Options\":null,\"V6\":true}",
				&request, &error),
			 0);
	assert_true(request.ipv6);
	assert_string_equal(request.pool_text, "");
	assert_string_equal(request.shared, "");
	docker_request_done(&request);
	assert_int_equal(
		decode(DOCKER_POOL_REQUEST,
		       "{\"Pool\":\"10.9.0.0/16\",\"Options\":{\"netd.network\":\"shop\"}}",
		       &request, &error),
		0);
	assert_string_equal(request.shared, "shop");
	docker_request_done(&request);
	assert_int_equal(
		decode(DOCKER_POOL_REQUEST, "{\"Options\":{\"netd.network\":1}}", &request, &error),
		-EINVAL);
	assert_int_equal(decode(DOCKER_ADDRESS_REQUEST,
				"{\"PoolID\":\"10.9.0.0/16\",\"Address\":\"\",\"Options\":{"
				"\"RequestAddressType\":\"com.docker.network.gateway\"}}",
				&request, &error),
			 0);
	assert_true(request.is_gateway);
	assert_false(addr_is_set(&request.address));
	docker_request_done(&request);
	assert_refused(DOCKER_ADDRESS_REQUEST, "{\"Address\":\"10.0.0.1\"}", "PoolID");
	assert_refused(DOCKER_ADDRESS_REQUEST,
		       "{\"PoolID\":\"10.9.0.0/16\",\"Address\":\"10.0.0.1/8\"}", "Address");
}

static void what_is_no_json_object_is_refused(void **state)
{
	(void)state;
	for (int method = 0; method < DOCKER_N_METHODS; method++) {
		assert_refused((enum docker_method)method, "[", "");
		assert_refused((enum docker_method)method, "[]", "");
		assert_refused((enum docker_method)method, "{}x", "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_is_found_by_its_path_and_nothing_else),
		cmocka_unit_test(an_empty_body_is_enough_where_nothing_is_asked),
		cmocka_unit_test(a_network_has_subnets_options_and_a_way_out),
		cmocka_unit_test(a_subnet_that_would_be_lost_is_refused),
		cmocka_unit_test(ids_are_64_digits),
		cmocka_unit_test(an_endpoint_has_addresses_and_what_docker_28_says_of_dns),
		cmocka_unit_test(ports_are_published_as_the_portmap_says),
		cmocka_unit_test(an_empty_portmap_publishes_none),
		cmocka_unit_test(ports_and_sandboxes_that_make_no_sense_are_refused),
		cmocka_unit_test(a_pool_may_be_any_and_an_address_must_have_a_pool),
		cmocka_unit_test(what_is_no_json_object_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
