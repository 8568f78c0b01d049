// SPDX-License-Identifier: GPL-2.0-or-later
// test_swarm_json.c - a cluster, its hosts and its services in the shape of Docker's swarm
#include "model/show/swarm_json.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOST_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT_ID "0123456789abcdef012345678"

static json_t *read(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

/* "A.B.C" of an object. */
static const json_t *at(const json_t *json, const char *path)
{
	char copy[128], *save = NULL;

	(void)strcpy(copy, path);
	for (char *key = strtok_r(copy, ".", &save); key; key = strtok_r(NULL, ".", &save))
		json = json_object_get(json, key);
	assert_non_null(json);
	return json;
}

static const char *text_at(const json_t *json, const char *path)
{
	assert_true(json_is_string(at(json, path)));
	return json_string_value(at(json, path));
}

static void a_host_says_whether_it_can_ask_etcd(void **state)
{
	static const char *const cases[][3] = { { "none", "inactive", "" },
						{ "fresh", "active", "yes" },
						{ "trying", "active", "" },
						{ "joining", "pending", "" },
						{ "removed", "error", "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *status = json_pack("{s:s, s:s, s:[s], s:s}", "State", cases[i][0], "Id",
					   HOST_ID, "Addresses", "192.0.2.1", "Why", "so");
		json_t *nodes = read("[{}, {}]");
		json_t *info = swarm_json_info(status, nodes);

		assert_string_equal(text_at(info, "LocalNodeState"), cases[i][1]);
		assert_int_equal(json_is_true(at(info, "ControlAvailable")), *cases[i][2] != '\0');
		assert_string_equal(text_at(info, "NodeID"), SHORT_ID);
		assert_string_equal(text_at(info, "NodeAddr"), "192.0.2.1");
		assert_string_equal(text_at(info, "Error"), "so");
		assert_int_equal(json_integer_value(at(info, "Nodes")), 2);
		json_decref(info);
		json_decref(nodes);
		json_decref(status);
	}
	/* without a cluster there is nothing else to say */
	json_t *info = swarm_json_info(NULL, NULL);

	assert_string_equal(text_at(info, "NodeID"), "");
	assert_string_equal(text_at(info, "LocalNodeState"), "inactive");
	json_decref(info);
}

static void a_host_is_ready_or_down_and_says_where_others_ask(void **state)
{
	json_t *alive = read("{\"Name\":\"a\",\"Id\":\"" HOST_ID "\",\"Addresses\":[\"192.0.2.1\"],"
			     "\"Version\":\"0.1.0\",\"Alive\":true,\"LetsIn\":true}");
	json_t *lost = read("{\"Name\":\"b\",\"Id\":\"12\",\"Addresses\":[\"2001:db8::1\"],"
			    "\"Version\":\"0.1.0\",\"Alive\":false,\"LetsIn\":false}");
	json_t *node = swarm_json_node(alive);

	(void)state;
	assert_string_equal(text_at(node, "ID"), SHORT_ID);
	assert_string_equal(text_at(node, "Description.Hostname"), "a");
	assert_string_equal(text_at(node, "Status.State"), "ready");
	assert_string_equal(text_at(node, "ManagerStatus.Addr"), "192.0.2.1:2391");
	assert_true(json_is_true(at(node, "ManagerStatus.Leader")));
	json_decref(node);
	node = swarm_json_node(lost);
	assert_string_equal(text_at(node, "ID"), "12");
	assert_string_equal(text_at(node, "Status.State"), "down");
	assert_string_equal(text_at(node, "ManagerStatus.Reachability"), "unreachable");
	assert_string_equal(text_at(node, "ManagerStatus.Addr"), "[2001:db8::1]:2391");
	json_decref(node);
	json_decref(alive);
	json_decref(lost);
}

static void one_token_is_for_all(void **state)
{
	json_t *status = read("{\"Id\":\"" HOST_ID "\"}");
	json_t *swarm = swarm_json(status, "netd1-x");

	(void)state;
	assert_string_equal(text_at(swarm, "JoinTokens.Worker"), "netd1-x");
	assert_string_equal(text_at(swarm, "JoinTokens.Manager"), "netd1-x");
	json_decref(swarm);
	json_decref(status);
}

static struct service *make(struct network *network, const char *ip)
{
	static struct service service;

	*network = (struct network) { .spec = { .name = "blue" } };
	memset(network->spec.id, '5', ID_LEN);
	network->spec.subnet[FAMILY_4].prefix.len = 16;
	service = (struct service) {
		.network = network,
		.spec = { .name = "web",
			  .n_ports = 2,
			  .ports = { { IPPROTO_TCP, 80, 8080, 0 }, { IPPROTO_UDP, 53, 53, 0 } } },
	};
	assert_int_equal(addr_parse(ip, &service.spec.ip[FAMILY_4]), 0);
	return &service;
}

/* A label has a dot in its key. */
static void check_labels(const json_t *json)
{
	const json_t *labels = at(json, "Spec.Labels");

	assert_string_equal(json_string_value(json_object_get(labels, "netd.network")), "blue");
	assert_string_equal(json_string_value(json_object_get(labels, "netd.ports")),
			    "80->8080/tcp 53/udp");
}

static void a_service_has_as_many_replicas_as_stand_behind_it(void **state)
{
	static struct network network;
	const struct service *service = make(&network, "10.1.0.9");
	json_t *json = swarm_json_service(service, 3);
	const json_t *vip = json_array_get(at(json, "Endpoint.VirtualIPs"), 0);
	const json_t *port = json_array_get(at(json, "Endpoint.Ports"), 0);

	(void)state;
	assert_string_equal(text_at(json, "Spec.Name"), "web");
	check_labels(json);
	assert_int_equal(json_integer_value(at(json, "Spec.Mode.Replicated.Replicas")), 3);
	assert_int_equal(json_integer_value(at(json, "ServiceStatus.RunningTasks")), 3);
	assert_string_equal(text_at(vip, "Addr"), "10.1.0.9/16");
	assert_int_equal(json_integer_value(at(port, "TargetPort")), 8080);
	json_decref(json);
}

static void its_id_is_its_own_and_a_task_is_of_one_service(void **state)
{
	static struct network network;
	char id[SWARM_ID_LEN + 1], again[SWARM_ID_LEN + 1], other[SWARM_ID_LEN + 1];
	json_t *backend =
		read("{\"Container\":\"c1\",\"Name\":\"s1\",\"IPv4Address\":\"10.1.0.3\"}");
	json_t *task;

	(void)state;
	swarm_json_service_id(make(&network, "10.1.0.9"), id);
	task = swarm_json_task(make(&network, "10.1.0.9"), backend, HOST_ID, 2, "now");
	swarm_json_service_id(make(&network, "10.1.0.9"), again);
	swarm_json_service_id(make(&network, "10.1.0.10"), other);
	assert_int_equal(strlen(id), SWARM_ID_LEN);
	assert_string_equal(id, again);
	assert_string_not_equal(id, other);
	assert_string_equal(text_at(task, "ServiceID"), id);
	assert_string_not_equal(text_at(task, "ID"), id);
	assert_string_equal(text_at(task, "NodeID"), SHORT_ID);
	assert_string_equal(text_at(task, "Name"), "s1");
	assert_string_equal(text_at(task, "Status.Timestamp"), "now");
	assert_int_equal(json_integer_value(at(task, "Slot")), 2);
	assert_string_equal(
		json_string_value(json_array_get(
			at(json_array_get(at(task, "NetworksAttachments"), 0), "Addresses"), 0)),
		"10.1.0.3/16");
	json_decref(task);
	json_decref(backend);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_says_whether_it_can_ask_etcd),
		cmocka_unit_test(a_host_is_ready_or_down_and_says_where_others_ask),
		cmocka_unit_test(one_token_is_for_all),
		cmocka_unit_test(a_service_has_as_many_replicas_as_stand_behind_it),
		cmocka_unit_test(its_id_is_its_own_and_a_task_is_of_one_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
