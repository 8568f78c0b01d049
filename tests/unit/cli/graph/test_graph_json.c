// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_json.c - the picture as nodes and edges
#include "cli/graph/graph_json.h"
#include "tests/unit/cli/graph/graphs.h"

static bool has(const json_t *list, const char *text)
{
	json_t *wanted = json_loads(text, 0, NULL);
	bool found = false;

	assert_non_null(wanted);
	for (size_t i = 0; i < json_array_size(list); i++)
		found = found || json_equal(json_array_get(list, i), wanted);
	json_decref(wanted);
	return found;
}

static void nodes_and_edges_have_the_names_of_the_snapshot(void **state)
{
	struct graphs g;
	json_t *json, *nodes, *edges;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	json = graph_json(&g.graph);
	assert_non_null(json);
	nodes = json_object_get(json, "Nodes");
	edges = json_object_get(json, "Edges");
	assert_int_equal(json_array_size(nodes), 2 + 5 + 4 + 4);
	assert_int_equal(json_array_size(edges), 3 + 5 + 4);
	assert_string_equal(json_string_value(json_object_get(json, "Time")),
			    "2026-01-02T03:04:05Z");
	assert_true(has(nodes, "{\"Id\":\"host\",\"Kind\":\"host\"}"));
	assert_true(has(nodes, "{\"Id\":\"n3\",\"Kind\":\"network\",\"Name\":\"red\",\"Driver\":"
			       "\"bridge\",\"Bridge\":\"br-3\",\"Mtu\":1500,\"Internal\":true,"
			       "\"Subnets\":[{\"Subnet\":\"10.3.0.0/24\",\"Gateway\":\"10.3.0.1\","
			       "\"LeavesWith\":null,\"Exit\":\"none\"}]}"));
	assert_true(has(nodes, "{\"Id\":\"c2\",\"Kind\":\"container\",\"Name\":\"db\"}"));
	assert_true(has(nodes,
			"{\"Id\":\"port:::1:53/udp\",\"Kind\":\"port\",\"Protocol\":\"udp\","
			"\"HostIp\":\"::1\",\"HostPort\":53,\"Count\":1,\"Way\":\"relay\"}"));
	assert_true(has(edges,
			"{\"Kind\":\"endpoint\",\"From\":\"c2\",\"To\":\"n3\",\"Ip\":"
			"\"10.3.0.3\",\"Ip6\":null,\"Mac\":\"02:00:00:00:00:02\","
			"\"Interface\":\"eth1\",\"HostInterface\":\"nd3\",\"Link\":\"down\"}"));
	assert_true(has(edges, "{\"Kind\":\"published\",\"From\":\"port:::1:53/udp\",\"To\":\"c1\","
			       "\"Target\":\"fd00:1::2\",\"ContainerPort\":5353}"));
	assert_true(has(edges, "{\"Kind\":\"exit\",\"From\":\"n1\",\"To\":\"outside\",\"Subnet\":"
			       "\"10.1.0.0/24\"}"));
	json_decref(json);
	graphs_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_and_edges_have_the_names_of_the_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
