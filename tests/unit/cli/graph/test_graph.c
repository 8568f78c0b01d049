// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph.c - what there is to draw, as a snapshot has it
#include "tests/unit/cli/graph/graphs.h"

#include <stdlib.h>

static void everything_is_in_the_order_of_names(void **state)
{
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	assert_int_equal(g.graph.n_networks, 5);
	assert_string_equal(g.graph.networks[0].name, "blue");
	assert_string_equal(g.graph.networks[1].name, "green");
	assert_string_equal(g.graph.networks[4].name, "red");
	assert_string_equal(g.graph.containers[0].name, "agent");
	assert_string_equal(g.graph.containers[3].name, "web");
	assert_int_equal(g.graph.networks[0].n_endpoints, 2);
	assert_string_equal(g.graph.endpoints[g.graph.networks[0].first_endpoint].container->name,
			    "db");
	graphs_close(&g);
	graphs_open(
		"{\"Networks\":[],\"Ports\":[],\"Containers\":[{\"Id\":\"1\",\"Name\":\"a-10\"},"
		"{\"Id\":\"2\",\"Name\":\"a-9\"},{\"Id\":\"0\",\"Name\":\"a-9\"}]}",
		&g);
	assert_string_equal(g.graph.containers[0].id, "0");
	assert_string_equal(g.graph.containers[1].id, "2");
	assert_string_equal(g.graph.containers[2].name, "a-10");
	graphs_close(&g);
}

static void a_container_knows_its_networks_and_ports(void **state)
{
	const struct graph_container *db, *web;
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	db = &g.graph.containers[1];
	web = &g.graph.containers[3];
	assert_string_equal(db->endpoints->network->name, "blue");
	assert_string_equal(db->endpoints->next->network->name, "red");
	assert_null(db->endpoints->next->next);
	assert_int_equal(db->n_ports, 0);
	assert_int_equal(web->n_ports, 3);
	assert_int_equal(g.graph.ports[web->first_port].host_port, 53);
	assert_ptr_equal(graph_end_of(&g.graph.ports[web->first_port]), web->endpoints);
	graphs_close(&g);
}

static void a_port_on_all_addresses_of_both_families_is_one(void **state)
{
	const struct graph_port *port;
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	port = &g.graph.ports[g.graph.containers[3].first_port];
	assert_false(port[0].on_both || port[0].is_twin);
	assert_true(port[1].on_both && !port[1].is_twin);
	assert_string_equal(port[1].host_ip, "0.0.0.0");
	assert_true(port[2].is_twin);
	assert_true(graph_is_of_host(&port[2]));
	assert_false(graph_is_of_host(&g.graph.ports[g.graph.containers[2].first_port]));
	graphs_close(&g);
}

static void links_are_up_down_gone_or_unknown(void **state)
{
	json_t *snapshot = json_loads(GRAPHS_SNAPSHOT, 0, NULL);
	struct error error = { 0 };
	struct graph graph;
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	assert_int_equal(g.graph.containers[0].endpoints->link, GRAPH_LINK_NONE);
	assert_int_equal(g.graph.containers[1].endpoints->link, GRAPH_LINK_UP);
	assert_int_equal(g.graph.containers[1].endpoints->next->link, GRAPH_LINK_DOWN);
	assert_int_equal(g.graph.containers[2].endpoints->link, GRAPH_LINK_MISSING);
	assert_true(graph_is_broken(g.graph.containers[2].endpoints));
	graphs_close(&g);
	json_object_set_new(snapshot, "Links", json_null());
	assert_int_equal(graph_read(snapshot, &graph, &error), 0);
	assert_int_equal(graph.containers[2].endpoints->link, GRAPH_LINK_UNKNOWN);
	assert_false(graph_is_broken(graph.containers[2].endpoints));
	graph_done(&graph);
	json_decref(snapshot);
}

static void ways_out_are_those_of_the_gateway_mode(void **state)
{
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	assert_int_equal(g.graph.networks[0].subnets[0].exit, GRAPH_EXIT_NAT);
	assert_int_equal(g.graph.networks[1].subnets[0].exit, GRAPH_EXIT_ROUTED);
	assert_int_equal(g.graph.networks[4].subnets[0].exit, GRAPH_EXIT_NONE);
	assert_int_equal(g.graph.networks[2].n_subnets, 0);
	assert_true(graph_is_drawn(&g.graph.networks[2]));  /* host, with agent */
	assert_false(graph_is_drawn(&g.graph.networks[3])); /* none */
	graphs_close(&g);
}

static void what_refers_to_nothing_is_left_out(void **state)
{
	struct graphs g;

	(void)state;
	graphs_open("{\"Networks\":[{\"Id\":\"n\"}],\"Containers\":[{\"Id\":\"c\",\"Endpoints\":["
		    "{\"Network\":\"m\"},{\"Network\":\"n\"},7]},3],\"Ports\":["
		    "{\"Container\":\"d\",\"Count\":1},{\"Container\":\"c\",\"Count\":1},null,"
		    "{\"Container\":\"c\",\"HostPort\":65536,\"Count\":1},"
		    "{\"Container\":\"c\",\"Count\":9223372036854775807}],\"Links\":[4]}",
		    &g);
	assert_int_equal(g.graph.n_endpoints, 1);
	assert_string_equal(g.graph.endpoints[0].container->id, "c");
	assert_int_equal(g.graph.containers[1].n_ports, 1);
	graphs_close(&g);
}

static void a_snapshot_without_a_part_is_refused(void **state)
{
	static const char *const parts[] = { "Networks", "Containers", "Ports" };
	struct error error = { 0 };
	struct graph graph;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *snapshot = json_loads(GRAPHS_SNAPSHOT, 0, NULL);

		json_object_set_new(snapshot, parts[i], json_null());
		assert_true(graph_read(snapshot, &graph, &error) < 0);
		assert_non_null(strstr(error.text, parts[i]));
		graph_done(&graph);
		json_decref(snapshot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_in_the_order_of_names),
		cmocka_unit_test(a_container_knows_its_networks_and_ports),
		cmocka_unit_test(a_port_on_all_addresses_of_both_families_is_one),
		cmocka_unit_test(links_are_up_down_gone_or_unknown),
		cmocka_unit_test(ways_out_are_those_of_the_gateway_mode),
		cmocka_unit_test(what_refers_to_nothing_is_left_out),
		cmocka_unit_test(a_snapshot_without_a_part_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
