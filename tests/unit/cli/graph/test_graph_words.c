// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_words.c - what stands beside networks, containers and ports in every picture of them
#include "cli/graph/graph_words.h"
#include "tests/unit/cli/graph/graphs.h"

/* Compares, and empties it. */
static void is(struct buf *out, const char *want)
{
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data ? out->data : "", want);
	buf_done(out);
}

static void what_is_no_printable_ascii_is_a_question_mark(void **state)
{
	struct buf out = { 0 };

	(void)state;
	graph_words_put(&out, "web-1");
	is(&out, "web-1");
	graph_words_put(&out, "a\nb\tc\033[2J\177");
	is(&out, "a?b?c?[2J?");
	graph_words_put(&out, "z\xc3\xbcrich \xf0\x9f\x90\xb3"); /* one for each character */
	is(&out, "z?rich ?");
	graph_words_put(&out, "");
	is(&out, "");
}

static void published(struct graph_port port, const char *want)
{
	struct buf out = { 0 };

	graph_words_published(&port, &out);
	is(&out, want);
}

static void a_published_port_has_address_range_and_protocol(void **state)
{
	struct graph_port port = { .host_ip = "192.0.2.1", .protocol = "tcp", .host_port = 80 };

	(void)state;
	port.count = 1;
	published(port, "192.0.2.1:80/tcp");
	port.count = 10;
	published(port, "192.0.2.1:80-89/tcp");
	port.host_ip = "fd00::1";
	published(port, "[fd00::1]:80-89/tcp");
	port.on_both = true;
	published(port, "*:80-89/tcp");
	port.host_ip = "0.0.0.0";
	published(port, "*:80-89/tcp");
}

static void a_target_is_as_long_as_what_is_published(void **state)
{
	const struct graph_port one = { .container_port = 8080, .count = 1 };
	const struct graph_port some = { .container_port = 8080, .count = 3 };
	struct buf out = { 0 };

	(void)state;
	graph_words_target(&one, &out);
	is(&out, "8080");
	graph_words_target(&some, &out);
	is(&out, "8080-8082");
}

static void subnet(struct graph_subnet subnet, bool internal, const char *want)
{
	const struct graph_network network = { .internal = internal };
	struct buf out = { 0 };

	graph_words_subnet(&network, &subnet, &out);
	is(&out, want);
}

static void a_subnet_says_how_what_leaves_it_does_so(void **state)
{
	struct graph_subnet with = { "10.1.0.0/24", "10.1.0.1", "", GRAPH_EXIT_NAT };

	(void)state;
	subnet(with, false, "10.1.0.0/24 by 10.1.0.1, NAT");
	with.leaves_with = "192.0.2.9";
	subnet(with, false, "10.1.0.0/24 by 10.1.0.1, NAT as 192.0.2.9");
	with.exit = GRAPH_EXIT_ROUTED;
	subnet(with, false, "10.1.0.0/24 by 10.1.0.1, routed");
	with.exit = GRAPH_EXIT_NONE;
	subnet(with, false, "10.1.0.0/24 by 10.1.0.1, no way out");
	with.gateway = "";
	subnet(with, true, "10.1.0.0/24");
}

static void a_network_has_its_bridge_or_else_its_driver(void **state)
{
	struct graph_network network = { .bridge = "br-1", .driver = "bridge", .mtu = 1400 };
	struct buf out = { 0 };

	(void)state;
	graph_words_bridge(&network, &out);
	is(&out, "bridge br-1, MTU 1400");
	network.internal = true;
	graph_words_bridge(&network, &out);
	is(&out, "bridge br-1, MTU 1400, internal");
	network = (struct graph_network) { .bridge = "", .driver = "host" };
	graph_words_bridge(&network, &out);
	is(&out, "driver host");
}

static void other_networks_and_what_is_wrong_are_told(void **state)
{
	struct buf out = { 0 };
	struct graphs g;

	(void)state;
	graphs_open(GRAPHS_SNAPSHOT, &g);
	graph_words_others(g.graph.containers[1].endpoints, &out); /* db, on blue */
	is(&out, "also on red");
	graph_words_others(g.graph.containers[3].endpoints, &out);
	is(&out, "");
	graph_words_broken(g.graph.containers[1].endpoints, &out);
	is(&out, "");
	graph_words_broken(g.graph.containers[1].endpoints->next, &out);
	is(&out, "eth1: its link is down");
	graph_words_broken(g.graph.containers[2].endpoints, &out);
	is(&out, "eth0: its link is gone");
	graphs_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_printable_ascii_is_a_question_mark),
		cmocka_unit_test(a_published_port_has_address_range_and_protocol),
		cmocka_unit_test(a_target_is_as_long_as_what_is_published),
		cmocka_unit_test(a_subnet_says_how_what_leaves_it_does_so),
		cmocka_unit_test(a_network_has_its_bridge_or_else_its_driver),
		cmocka_unit_test(other_networks_and_what_is_wrong_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
