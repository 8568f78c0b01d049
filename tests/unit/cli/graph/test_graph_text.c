// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_text.c - the picture for a terminal
#include "cli/graph/graph_text.h"
#include "tests/unit/cli/graph/graphs.h"

#include "base/limits.h"

static struct buf drawn(const char *snapshot, size_t width)
{
	struct buf out = { 0 };
	struct graphs g;

	graphs_open(snapshot, &g);
	graph_text(&g.graph, width, &out);
	graphs_close(&g);
	assert_int_equal(out.err, 0);
	return out;
}

static void draws(const char *snapshot, size_t width, const char *want)
{
	struct buf out = drawn(snapshot, width);

	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void boxes_stand_beside_each_other_as_far_as_there_is_room(void **state)
{
	(void)state;
	draws(GRAPHS_SNAPSHOT, 80,
	      "+- host --------------------------------------------------------+\n"
	      "~ [::1]:53/udp -> web:5353  *:8080-8081/tcp -> web:80-81        |\n"
	      "|                                                               |\n"
	      "| += blue ===================================+                  |\n"
	      "| ~ 10.1.0.0/24 by 10.1.0.1, NAT             |                  |\n"
	      "| ~ fd00:1::/64 by fd00:1::1, NAT as fd00::9 |                  |\n"
	      "| | bridge br-1, MTU 1500                    |                  |\n"
	      "| |-- db   10.1.0.3  also on red             |                  |\n"
	      "| |-- web  10.1.0.2  fd00:1::2               |                  |\n"
	      "| |        [::1]:53/udp->5353                |                  |\n"
	      "| |        *:8080-8081/tcp->80-81            |                  |\n"
	      "| +==========================================+                  |\n"
	      "| += green ==================================+  +- host ------+ |\n"
	      "| ~ 10.2.0.0/24, routed                      |  | driver host | |\n"
	      "| | bridge br-2, MTU 1400                    |  |   agent     | |\n"
	      "| |-X edge  eth0: its link is gone  10.2.0.2 |  +-------------+ |\n"
	      "| |         10.2.0.2:90/tcp  routed          |                  |\n"
	      "| +==========================================+                  |\n"
	      "| += red ==================================+                    |\n"
	      "| | 10.3.0.0/24 by 10.3.0.1                |                    |\n"
	      "| | bridge br-3, MTU 1500, internal        |                    |\n"
	      "| |-X db  eth1: its link is down  10.3.0.3 |                    |\n"
	      "| |       also on blue                     |                    |\n"
	      "| +========================================+                    |\n"
	      "+---------------------------------------------------------------+\n");
	draws(GRAPHS_SNAPSHOT, 160,
	      "+- host "
	      "------------------------------------------------------------------------------------"
	      "--------------------------------------------------------------+\n"
	      "~ [::1]:53/udp -> web:5353  *:8080-8081/tcp -> web:80-81                            "
	      "                                                                      |\n"
	      "|                                                                                   "
	      "                                                                      |\n"
	      "| += blue ===================================+  += green "
	      "==================================+  +- host ------+  += red "
	      "==================================+ |\n"
	      "| ~ 10.1.0.0/24 by 10.1.0.1, NAT             |  ~ 10.2.0.0/24, routed               "
	      "       |  | driver host |  | 10.3.0.0/24 by 10.3.0.1                | |\n"
	      "| ~ fd00:1::/64 by fd00:1::1, NAT as fd00::9 |  | bridge br-2, MTU 1400             "
	      "       |  |   agent     |  | bridge br-3, MTU 1500, internal        | |\n"
	      "| | bridge br-1, MTU 1500                    |  |-X edge  eth0: its link is gone  "
	      "10.2.0.2 |  +-------------+  |-X db  eth1: its link is down  10.3.0.3 | |\n"
	      "| |-- db   10.1.0.3  also on red             |  |         10.2.0.2:90/tcp  routed   "
	      "       |                   |       also on blue                     | |\n"
	      "| |-- web  10.1.0.2  fd00:1::2               |  "
	      "+==========================================+                   "
	      "+========================================+ |\n"
	      "| |        [::1]:53/udp->5353                |                                      "
	      "                                                                      |\n"
	      "| |        *:8080-8081/tcp->80-81            |                                      "
	      "                                                                      |\n"
	      "| +==========================================+                                      "
	      "                                                                      |\n"
	      "+-----------------------------------------------------------------------------------"
	      "----------------------------------------------------------------------+\n");
}

static void a_narrow_terminal_takes_more_lines(void **state)
{
	struct buf narrow = drawn(GRAPHS_SNAPSHOT, 40), narrower = drawn(GRAPHS_SNAPSHOT, 1);

	(void)state;
	draws(GRAPHS_SNAPSHOT, 40,
	      "+- host -------------------------------+\n"
	      "~ [::1]:53/udp -> web:5353             |\n"
	      "~ *:8080-8081/tcp -> web:80-81         |\n"
	      "|                                      |\n"
	      "| += blue ===========================+ |\n"
	      "| ~ 10.1.0.0/24 by 10.1.0.1, NAT     | |\n"
	      "| ~ fd00:1::/64 by fd00:1::1, NAT as | |\n"
	      "| ~ fd00::9                          | |\n"
	      "| | bridge br-1, MTU 1500            | |\n"
	      "| |-- db   10.1.0.3  also on red     | |\n"
	      "| |-- web  10.1.0.2  fd00:1::2       | |\n"
	      "| |        [::1]:53/udp->5353        | |\n"
	      "| |        *:8080-8081/tcp->80-81    | |\n"
	      "| +==================================+ |\n"
	      "| += green =========================+  |\n"
	      "| ~ 10.2.0.0/24, routed             |  |\n"
	      "| | bridge br-2, MTU 1400           |  |\n"
	      "| |-X edge  eth0: its link is gone  |  |\n"
	      "| |         10.2.0.2                |  |\n"
	      "| |         10.2.0.2:90/tcp  routed |  |\n"
	      "| +=================================+  |\n"
	      "| +- host ------+                      |\n"
	      "| | driver host |                      |\n"
	      "| |   agent     |                      |\n"
	      "| +-------------+                      |\n"
	      "| += red ===========================+  |\n"
	      "| | 10.3.0.0/24 by 10.3.0.1         |  |\n"
	      "| | bridge br-3, MTU 1500, internal |  |\n"
	      "| |-X db  eth1: its link is down    |  |\n"
	      "| |       10.3.0.3  also on blue    |  |\n"
	      "| +=================================+  |\n"
	      "+--------------------------------------+\n");
	assert_string_equal(narrow.data, narrower.data);
	buf_done(&narrow);
	buf_done(&narrower);
}

/* However wide: no line is longer, and each letter of a long name is there. */
static void a_name_is_never_cut(void **state)
{
	char text[2048], name[254];

	(void)state;
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = (char)('a' + i % 26);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(text, sizeof(text), GRAPHS_NAMED("%s", "%s"), name, name);
	for (size_t width = GRAPH_WIDTH_MIN; width < 300; width++) {
		struct buf out = drawn(text, width);
		size_t n_letters = 0;

		for (const char *at = out.data, *end; *at; at = end + 1) {
			end = strchr(at, '\n');
			assert_true((size_t)(end - at) <= width);
		}
		for (const char *at = out.data; *at; at++)
			n_letters += *at == 'q';
		/* The network, the container, the port; "b" of the bridge is no q. */
		assert_int_equal(n_letters, 3 * 10);
		buf_done(&out);
	}
}

static void many_containers_take_columns_where_there_is_room(void **state)
{
	struct buf text = { 0 }, out, narrow;
	size_t n_wide = 0, n_narrow = 0;

	(void)state;
	buf_puts(&text, "{\"Networks\":[{\"Id\":\"n\",\"Name\":\"n\",\"Driver\":\"bridge\"}],"
			"\"Ports\":[],\"Containers\":[");
	for (int i = 0; i < 300; i++)
		buf_printf(&text,
			   "%s{\"Id\":\"%d\",\"Name\":\"worker-%d\",\"Endpoints\":[{\"Network\":"
			   "\"n\",\"Ip\":\"10.0.%d.1\"}]}",
			   i ? "," : "", i, i, i);
	buf_puts(&text, "]}");
	out = drawn(text.data, 200);
	narrow = drawn(text.data, 40);
	for (const char *at = out.data; (at = strchr(at, '\n')); at++)
		n_wide++;
	for (const char *at = narrow.data; (at = strchr(at, '\n')); at++)
		n_narrow++;
	assert_true(n_narrow > 300 && n_wide < 70);
	for (int i = 0; i < 300; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "worker-%d ", i);
		assert_non_null(strstr(out.data, name));
		assert_non_null(strstr(narrow.data, name));
	}
	buf_done(&out);
	buf_done(&narrow);
	buf_done(&text);
}

static void nothing_in_a_name_acts_on_a_terminal(void **state)
{
	struct buf out = drawn(GRAPHS_NAMED("n\\u001b[2J", "c\\u00e9\\nx"), 80);

	(void)state;
	assert_non_null(strstr(out.data, "n?[2J"));
	assert_non_null(strstr(out.data, "c??x"));
	for (const char *at = out.data; *at; at++)
		assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_stand_beside_each_other_as_far_as_there_is_room),
		cmocka_unit_test(a_narrow_terminal_takes_more_lines),
		cmocka_unit_test(a_name_is_never_cut),
		cmocka_unit_test(many_containers_take_columns_where_there_is_room),
		cmocka_unit_test(nothing_in_a_name_acts_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
