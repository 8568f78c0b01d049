// SPDX-License-Identifier: GPL-2.0-or-later
// test_handlers.c - every method of the API: status, body, errors
#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/api/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ATTACH "/netd/v1/containers"
#define C1 "{\"Name\":\"c1\",\"Pid\":1,\"Networks\":{\"bridge\":{\"Aliases\":[\"web\"]}}}"

static json_t *get(struct api_rig *rig, const char *path)
{
	struct reply reply = rig_call(rig, "GET", path, NULL);
	json_t *json = json_loads(reply.body, 0, NULL);

	assert_int_equal(reply.status, 200);
	assert_non_null(json);
	reply_done(&reply);
	return json;
}

static void version_says_which_api_is_spoken(void **state)
{
	json_t *version = get(*state, "/version");

	assert_string_equal(json_string_value(json_object_get(version, "ApiVersion")), "1.52");
	assert_string_equal(json_string_value(json_object_get(version, "MinAPIVersion")), "1.24");
	assert_string_equal(json_string_value(json_object_get(version, "Os")), "linux");
	json_decref(version);
}

/* From now on nobody is told of anything, and what was told before has had its comparison, which
 * comes so much later and would repair what is broken next. */
static void events_held(struct api_rig *rig)
{
	fake_events_hold();
	assert_int_equal(usleep((useconds_t)(2 * RESYNC_DELAY_S * 1e6)), 0);
	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
}

static void info_has_what_docker_info_prints(void **state)
{
	static const char *const keys[] = {
		"ID",
		"Name",
		"ServerVersion",
		"OperatingSystem",
		"OSType",
		"Architecture",
		"KernelVersion",
		"NCPU",
		"MemTotal",
		"Driver",
		"DriverStatus",
		"Plugins",
		"Containers",
		"Images",
		"Swarm",
		"Runtimes",
		"SecurityOptions",
		"Warnings",
		"CgroupDriver",
		"RegistryConfig",
		"DockerRootDir",
		"Labels",
		"FirewallBackend",
		"DefaultAddressPools",
	};
	json_t *info;

	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	events_held(*state);
	fake_setting_write(NULL, "net/ipv4/ip_forward", "0"); /* which netd warns of */
	info = get(*state, "/info");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!json_object_get(info, keys[i]))
			fail_msg("no %s", keys[i]);
	}
	assert_int_equal(json_integer_value(json_object_get(info, "ContainersRunning")), 1);
	assert_int_equal(json_array_size(json_object_get(info, "Warnings")), 1);
	json_decref(info);
}

static void networks_are_listed_and_filtered(void **state)
{
	json_t *list = get(*state, "/networks");

	assert_int_equal(json_array_size(list), 3);
	assert_null(json_object_get(json_array_get(list, 0), "Containers"));
	json_decref(list);
	list = get(*state, "/networks?filters=%7B%22driver%22%3A%7B%22host%22%3Atrue%7D%7D");
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	rig_expect(*state, "GET", "/networks?filters={%22driver%22:[%22x%22]}", NULL, 200, "[]\n");
	rig_expect(*state, "GET", "/networks?filters={%22x%22:[]}", NULL, 400,
		   "{\"message\":\"invalid filter 'x'\",\"code\":\"invalid\"}\n");
	rig_expect(*state, "GET", "/networks?filters=%7B", NULL, 400, "invalid filter");
	rig_expect(*state, "GET", "/networks?filters=%zz", NULL, 400, "invalid URL escape");
}

static void networks_are_created_inspected_and_removed(void **state)
{
	rig_expect(*state, "POST", "/networks/create",
		   "{\"Name\":\"n1\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.9.0.0/24\"}]}}", 201,
		   "\"Warning\":\"\"}");
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"n1\"}", 409,
		   "network with name n1 already exists");
	rig_expect(*state, "GET", "/networks/n1?verbose=true&scope=local", NULL, 200,
		   "\"Status\":{\"IPAM\":{\"Subnets\":{\"10.9.0.0/24\":{\"IPsInUse\":");
	rig_expect(*state, "GET", "/networks/n1?verbose=perhaps", NULL, 400, "verbose");
	rig_expect(*state, "GET", "/networks/n1?scope=swarm", NULL, 404, "network n1 not found");
	rig_expect(*state, "DELETE", "/networks/n1", NULL, 204, NULL);
	rig_expect(*state, "DELETE", "/networks/n1", NULL, 404, "network n1 not found");
	rig_expect(*state, "DELETE", "/networks/bridge", NULL, 403, "pre-defined");
	rig_expect(*state, "GET", "/networks/n1", NULL, 404, "network n1 not found");
}

static void a_network_gets_another_name(void **state)
{
	static const char *const body = "{\"Name\":\"n2\"}";

	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"n1\"}", 201, NULL);
	rig_expect(*state, "PUT", "/netd/v1/networks/n1", body, 200, "\"Name\":\"n2\"");
	rig_expect(*state, "PUT", "/netd/v1/networks/n1", body, 404, "network n1 not found");
	rig_expect(*state, "PUT", "/netd/v1/networks/n2", "{\"Name\":1}", 400, "Name");
	rig_expect(*state, "GET", "/networks/n2", NULL, 200, "\"Name\":\"n2\"");
}

#define SERVICES "/netd/v1/services"
#define WEB "{\"Name\":\"web\",\"Network\":\"blue\",\"Ports\":[{\"Port\":80}]}"

static void services_are_made_shown_and_removed(void **state)
{
	json_t *list;

	rig_expect(*state, "POST", SERVICES, WEB, 404, "network blue not found");
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"blue\"}", 201, NULL);
	rig_expect(*state, "POST", SERVICES, "{\"Name\":\"web\",\"Network\":\"blue\"}", 400,
		   "Ports must have a port");
	rig_expect(*state, "POST", SERVICES, "{\"Name\":\"web\",\"Ports\":[{\"Port\":80}]}", 400,
		   "Network is missing");
	rig_expect(*state, "POST", SERVICES, WEB, 201, "\"Backends\":[]");
	rig_expect(*state, "POST", SERVICES, WEB, 409, "exists already");
	list = get(*state, SERVICES);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	rig_expect(*state, "GET", SERVICES "/web", NULL, 200, "\"Network\":\"blue\"");
	rig_expect(*state, "GET", SERVICES "/db", NULL, 404, "service db not found");
	rig_expect(*state, "PUT", SERVICES "/web", "{\"Affinity\":\"client\"}", 200,
		   "\"Affinity\":\"client\"");
	rig_expect(*state, "PUT", SERVICES "/web", "{\"Ports\":[{\"Port\":81}]}", 200,
		   "\"Port\":81");
	rig_expect(*state, "PUT", SERVICES "/web", "{\"Ports\":[]}", 400, "Ports must have a port");
	rig_expect(*state, "PUT", SERVICES "/db", "{}", 404, "service db not found");
	rig_expect(*state, "DELETE", SERVICES "/web", NULL, 204, NULL);
	rig_expect(*state, "DELETE", SERVICES "/web", NULL, 404, "service web not found");
	list = get(*state, SERVICES);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void networks_are_pruned_by_filter(void **state)
{
	rig_expect(*state, "POST", "/networks/create",
		   "{\"Name\":\"keep\",\"Labels\":{\"keep\":\"1\"}}", 201, NULL);
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"drop\"}", 201, NULL);
	rig_expect(*state, "POST", "/networks/prune?filters={%22label!%22:[%22keep%22]}", NULL, 200,
		   "{\"NetworksDeleted\":[\"drop\"]}\n");
	rig_expect(*state, "POST", "/networks/prune?filters={%22label%22:[%22none%22]}", NULL, 200,
		   "{\"NetworksDeleted\":null}\n");
	rig_expect(*state, "POST", "/networks/prune?filters={%22name%22:[%22keep%22]}", NULL, 400,
		   "invalid filter 'name'");
	rig_expect(*state, "POST", "/networks/prune?filters={%22until%22:[%22x%22]}", NULL, 400,
		   "invalid filter 'until=[x]'");
}

static void containers_are_connected_and_disconnected(void **state)
{
	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"n1\"}", 201, NULL);
	rig_expect(*state, "POST", "/networks/n1/connect", "{\"Container\":\"/c1\"}", 200, NULL);
	rig_expect(*state, "GET", "/networks/n1", NULL, 200, "\"Name\":\"c1\"");
	rig_expect(*state, "POST", "/networks/n1/connect", "{\"Container\":\"c1\"}", 403,
		   "endpoint with name c1 already exists in network n1");
	rig_expect(*state, "POST", "/networks/nope/connect", "{}", 404, "network nope not found");
	rig_expect(*state, "POST", "/networks/n1/connect", "{}", 400, "Container is required");
	rig_expect(*state, "DELETE", "/networks/n1", NULL, 403, "active endpoints");
	rig_expect(*state, "POST", "/networks/n1/disconnect", "{\"Container\":\"c1\"}", 200, NULL);
	rig_expect(*state, "POST", "/networks/n1/disconnect", "{\"Container\":\"c1\"}", 500,
		   "container c1 is not connected to network n1");
	rig_expect(*state, "POST", "/networks/n1/disconnect",
		   "{\"Container\":\"gone\",\"Force\":true}", 200, NULL);
}

static void attach_answers_created_then_ok(void **state)
{
	rig_expect(*state, "POST", ATTACH, C1, 201, "\"Name\":\"/c1\"");
	rig_expect(*state, "POST", ATTACH, C1, 200, "\"Name\":\"/c1\"");
	rig_expect(*state, "POST", ATTACH, "{\"Name\":\"c2\"}", 400,
		   "exactly one of NetnsPath and Pid is required");
	rig_expect(*state, "POST", ATTACH, "{\"Name\":\"c2\",\"Pid\":1,\"Networks\":{\"x\":{}}}",
		   404, "network x not found");
	rig_expect(*state, "GET", "/containers/c1/json", NULL, 200, "\"Name\":\"/c1\"");
	rig_expect(*state, "GET", "/containers/%2Fc1/json", NULL, 200, "\"Name\":\"/c1\"");
	rig_expect(*state, "GET", ATTACH "/c1", NULL, 200, "\"Name\":\"/c1\"");
	rig_expect(*state, "GET", "/containers/c2/json", NULL, 404,
		   "{\"message\":\"No such container: c2\",\"code\":\"container-not-found\"}\n");
}

static void detaching_what_is_gone_is_a_success(void **state)
{
	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	rig_expect(*state, "DELETE", ATTACH "/c1", NULL, 204, NULL);
	rig_expect(*state, "DELETE", ATTACH "/c1", NULL, 204, NULL);
	rig_expect(*state, "GET", ATTACH, NULL, 200, "[]\n");
}

static void containers_are_listed_newest_first(void **state)
{
	struct api_rig *rig = *state;
	json_t *list;

	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	rig_done(rig->below, rig_attach(rig->below, "c2", rig->below->netns_a, ""));
	list = get(*state, "/containers/json?all=1");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json_array_get(list, 0), "Names"), 0)),
			    "/c2");
	json_decref(list);
	list = get(*state, "/containers/json?limit=1");
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	list = get(*state, ATTACH "?limit=-1&filters={%22name%22:[%22c1%22]}");
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	rig_expect(*state, "GET", "/containers/json?limit=x", NULL, 400, "limit");
	rig_expect(*state, "GET", "/containers/json?filters={%22status%22:[%22odd%22]}", NULL, 400,
		   "invalid filter 'status=[odd]'");
}

static void ports_are_shown_added_and_removed(void **state)
{
	static const char body[] = "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}";

	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	rig_expect(*state, "GET", ATTACH "/c1/ports", NULL, 200, "{}\n");
	rig_expect(*state, "POST", ATTACH "/c1/ports", body, 200,
		   "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},"
		   "{\"HostIp\":\"::\",\"HostPort\":\"8080\"}]}\n");
	rig_expect(*state, "DELETE", ATTACH "/c1/ports", body, 200, "{}\n");
	rig_expect(*state, "POST", ATTACH "/c1/ports", "{}", 400, "PortBindings is required");
	rig_expect(*state, "POST", ATTACH "/nope/ports", body, 404, "No such container: nope");
}

static void names_are_changed_afterwards(void **state)
{
	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	/* A name that no id begins with, which would be found by it. */
	rig_expect(*state, "PUT", ATTACH "/c1/names", "{\"Name\":\"x1\"}", 200, "\"Name\":\"/x1\"");
	rig_expect(*state, "PUT", ATTACH "/x1/names", "{\"Name\":\"c9\"}", 200, "\"Name\":\"/c9\"");
	rig_expect(*state, "GET", ATTACH "/x1", NULL, 404, "No such container: x1");
	rig_expect(*state, "PUT", ATTACH "/c9/names", "{\"Name\":7}", 400, "Name must be a string");
	rig_expect(*state, "PUT", ATTACH "/x1/names", "{}", 404, "No such container: x1");
}

static void limits_of_bandwidth_are_changed_afterwards(void **state)
{
	rig_expect(*state, "POST", ATTACH, C1, 201, NULL);
	rig_expect(*state, "PUT", ATTACH "/c1/bandwidth", "{\"Bandwidth\":\"in=8mbit\"}", 200,
		   "\"netd.bandwidth\":\"in=8mbit\"");
	rig_expect(*state, "PUT", ATTACH "/c1/bandwidth", "{\"Bandwidth\":\"none\"}", 200,
		   "\"DriverOpts\":");
	rig_expect(*state, "PUT", ATTACH "/c1/bandwidth", "{}", 400,
		   "Bandwidth is required: none takes limits away");
	rig_expect(*state, "PUT", ATTACH "/c1/bandwidth", "{\"Bandwidth\":8}", 400,
		   "Bandwidth must be a string");
	rig_expect(*state, "PUT", ATTACH "/nope/bandwidth", "{\"Bandwidth\":\"none\"}", 404,
		   "No such container: nope");
}

static void an_address_is_set_aside_for_its_holder(void **state)
{
	rig_expect(*state, "POST", "/netd/v1/networks/bridge/addresses", "{\"Holder\":\"c1\"}", 200,
		   "{\"Address\":\"172.17.0.2/16\"}\n");
	rig_expect(*state, "POST", "/netd/v1/networks/bridge/addresses", "{}", 400,
		   "name is empty");
	rig_expect(*state, "POST", "/netd/v1/networks/none/addresses", "{\"Holder\":\"c1\"}", 400,
		   "network none has no IPv4 addresses");
	rig_expect(*state, "POST", "/netd/v1/networks/nope/addresses", "{\"Holder\":\"c1\"}", 404,
		   "network nope not found");
}

static void info_and_resync_are_the_engines(void **state)
{
	rig_expect(*state, "POST", "/networks/create",
		   "{\"Name\":\"n1\",\"Options\":{\"com.docker.network.bridge.name\":\"br-x\"}}",
		   201, NULL);
	rig_expect(*state, "GET", "/netd/v1/info", NULL, 200, "{\"Networks\":4,");
	rig_expect(*state, "POST", "/netd/v1/resync?dry=1", NULL, 200,
		   "{\"Dry\":true,\"Differences\":[],\"Inside\":[]}\n");
	events_held(*state);
	fake_link_take(NULL, "br-x");
	rig_expect(*state, "POST", "/netd/v1/resync?dry=1", NULL, 200,
		   "{\"Dry\":true,\"Differences\":[\"bridge br-x of network n1 is missing\"");
	assert_null(fake_link(NULL, "br-x"));
	rig_expect(*state, "POST", "/netd/v1/resync?dry=false", NULL, 200,
		   "{\"Dry\":false,\"Differences\":[\"bridge br-x of network n1 is missing\"");
	assert_non_null(fake_link(NULL, "br-x"));
}

/* In chunks, for it is read where it is. */
static void a_snapshot_is_streamed_and_parts_of_it_are_chosen(void **state)
{
	struct client client = client_open(*state);

	client_puts(&client,
		    "GET /netd/v1/snapshot?parts=networks,Resolver HTTP/1.1\r\nHost: d\r\n\r\n");
	client_expect(&client, "\r\n0\r\n\r\n");
	assert_non_null(strstr(client.in.data, "HTTP/1.1 200 OK"));
	assert_non_null(strstr(client.in.data, "Transfer-Encoding: chunked"));
	assert_non_null(strstr(client.in.data, "{\"Version\":1,"));
	assert_non_null(strstr(client.in.data, "\"Missing\":[],\"Networks\":[{"));
	assert_non_null(strstr(client.in.data, ",\"Resolver\":{"));
	assert_null(strstr(client.in.data, "\"Links\""));
	/* the connection goes on */
	buf_done(&client.in);
	client_puts(&client, "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
	client_expect(&client, "OK");
	client_close(&client);
	rig_expect(*state, "GET", "/netd/v1/snapshot?parts=routes", NULL, 400,
		   "a snapshot has no part \\\"routes\\\"");
}

static void a_backup_brings_networks_back(void **state)
{
	struct reply backup;

	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"kept\"}", 201, NULL);
	backup = rig_call(*state, "GET", "/netd/v1/backup", NULL);
	assert_int_equal(backup.status, 200);
	rig_expect(*state, "DELETE", "/networks/kept", NULL, 204, NULL);
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"later\"}", 201, NULL);
	rig_expect(*state, "POST", "/netd/v1/restore", backup.body, 200,
		   "{\"Restored\":[\"kept\"],\"Removed\":[\"later\"],\"Failed\":[]}\n");
	rig_expect(*state, "GET", "/networks/kept", NULL, 200, "\"Name\":\"kept\"");
	rig_expect(*state, "GET", "/networks/later", NULL, 404, "network later not found");
	reply_done(&backup);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, api_rig_setup, api_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(version_says_which_api_is_spoken),
		RIG_TEST(info_has_what_docker_info_prints),
		RIG_TEST(networks_are_listed_and_filtered),
		RIG_TEST(networks_are_created_inspected_and_removed),
		RIG_TEST(a_network_gets_another_name),
		RIG_TEST(services_are_made_shown_and_removed),
		RIG_TEST(networks_are_pruned_by_filter),
		RIG_TEST(containers_are_connected_and_disconnected),
		RIG_TEST(attach_answers_created_then_ok),
		RIG_TEST(detaching_what_is_gone_is_a_success),
		RIG_TEST(containers_are_listed_newest_first),
		RIG_TEST(ports_are_shown_added_and_removed),
		RIG_TEST(names_are_changed_afterwards),
		RIG_TEST(limits_of_bandwidth_are_changed_afterwards),
		RIG_TEST(an_address_is_set_aside_for_its_holder),
		RIG_TEST(info_and_resync_are_the_engines),
		RIG_TEST(a_snapshot_is_streamed_and_parts_of_it_are_chosen),
		RIG_TEST(a_backup_brings_networks_back),
	};

	return cmocka_run_group_tests_name("handlers", tests, NULL, NULL);
}
