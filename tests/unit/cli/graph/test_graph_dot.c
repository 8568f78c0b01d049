// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_dot.c - the picture in the language of Graphviz
#include "cli/graph/graph_dot.h"
#include "tests/unit/cli/graph/graphs.h"

static struct buf drawn(const char *snapshot)
{
	struct buf out = { 0 };
	struct graphs g;

	graphs_open(snapshot, &g);
	graph_dot(&g.graph, &out);
	graphs_close(&g);
	assert_int_equal(out.err, 0);
	return out;
}

static void networks_are_clusters_in_the_host(void **state)
{
	static const char *const parts[] = {
		"subgraph cluster_host {",
		"subgraph cluster_network_0 {\n\t\t\tlabel=\"blue\\n10.1.0.0/24 by 10.1.0.1, NAT",
		"\"blue/web/eth0\" [label=\"web\\n10.1.0.2\\nfd00:1::2\"];",
		"\"red/db/eth1\" [label=\"db\\n10.3.0.3\\neth1: its link is down\", ",
		"style=dashed, color=red];",
		"\"port *:8080-8081/tcp\" [shape=cds, label=\"*:8080-8081/tcp\"];",
		"\"port *:8080-8081/tcp\" -> \"blue/web/eth0\" [label=\"80-81\"];",
		"\"outside\" -> \"port [::1]:53/udp\";",
		"\"network blue\" -> \"outside\" [label=\"10.1.0.0/24\", style=dashed];",
		"\"network green\" -> \"outside\" [label=\"10.2.0.0/24\", style=solid];",
		"\"blue/db/eth0\" -> \"red/db/eth1\" [style=dotted, dir=none];",
	};
	struct buf out = drawn(GRAPHS_SNAPSHOT);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(out.data, parts[i]))
			fail_msg("no %s in\n%s", parts[i], out.data);
	assert_null(strstr(out.data, "\"network red\" -> \"outside\""));
	assert_null(strstr(out.data, "label=\"none"));
	assert_null(strstr(out.data, "port 10.2.0.2:90"));
	buf_done(&out);
}

/* Whatever a name is, what is not in quotes is ours. */
static void a_name_ends_no_quotes(void **state)
{
	struct buf out = drawn(GRAPHS_NAMED("a\\\"b\\\\", "x\\\"]; y [label=\\\""));
	bool in_quotes = false;

	(void)state;
	assert_non_null(strstr(out.data, "a\\\"b\\\\"));
	for (const char *at = out.data; *at; at++) {
		if (in_quotes && *at == '\\')
			at++;
		else if (*at == '"')
			in_quotes = !in_quotes;
		else
			assert_false(!in_quotes && *at == 'y' && at[1] == ' ');
	}
	assert_false(in_quotes);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_clusters_in_the_host),
		cmocka_unit_test(a_name_ends_no_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
