// SPDX-License-Identifier: GPL-2.0-or-later
// test_traced.c - what the tracer saw, in words, and what it decides
#include "diag/traced.h"

#include "judge_world.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READY "{\"Version\":1,\"Ready\":true}\n"
#define END "{\"Events\":1,\"Lost\":0}\n"
#define HOST_PORT "vweb"

/* Everything that a test is about: web asks db for port 80, from 40200. */
struct scene {
	struct world world;
	struct diag_verdict verdict;
	struct buf text;
};

/* The world's namespaces have no numbers of their own. */
static void number_netns(struct world *world)
{
	struct facts_space *const spaces[] = { world->host, world->web, world->db, world->x };
	static const char *const names[] = { NULL, "web", "db", "x" };

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		spaces[i]->netns = 100 + i;
		if (names[i])
			world_container(world, names[i])->netns = 100 + i;
	}
}

static void scene_new(struct scene *scene)
{
	struct diag_verdict *verdict = &scene->verdict;

	memset(scene, 0, sizeof(*scene));
	world_new(&scene->world);
	number_netns(&scene->world);
	verdict_set_name(verdict, &verdict->from, "web");
	verdict_set_name(verdict, &verdict->to, "db");
	verdict->from.netns = scene->world.web->netns;
	verdict->to.netns = scene->world.db->netns;
	verdict->to.port = 80;
	verdict->to.protocol = IPPROTO_TCP;
	verdict->outcome = DIAG_UNREACHABLE;
	verdict->probe.outcome = DIAG_SILENT;
	buf_puts(&scene->text, READY);
}

static void scene_done(struct scene *scene)
{
	verdict_done(&scene->verdict);
	world_done(&scene->world);
	buf_done(&scene->text);
}

/* more: further members of the line, beginning with a comma. */
static void seen(struct scene *scene, double us, const char *event, const struct facts_space *space,
		 const char *link, const char *packet, const char *more)
{
	buf_printf(&scene->text,
		   "{\"Event\":\"%s\",\"Microseconds\":%f,\"Netns\":%llu,\"Link\":\"%s\","
		   "\"Index\":2,\"Packet\":{%s}%s}\n",
		   event, us, (unsigned long long)space->netns, link, packet, more);
}

#define SYN                                                                                        \
	"\"From\":\"10.61.0.2\",\"To\":\"10.61.0.3\",\"Protocol\":\"tcp\",\"FromPort\":40200,"     \
	"\"ToPort\":80,\"Flags\":\"SYN\""
#define SYN_ACK                                                                                    \
	"\"From\":\"10.61.0.3\",\"To\":\"10.61.0.2\",\"Protocol\":\"tcp\",\"FromPort\":80,"        \
	"\"ToPort\":40200,\"Flags\":\"SYN,ACK\""
#define RESET                                                                                      \
	"\"From\":\"10.61.0.2\",\"To\":\"10.61.0.3\",\"Protocol\":\"tcp\",\"FromPort\":40200,"     \
	"\"ToPort\":80,\"Flags\":\"RST\""

static void tell_so_far(struct scene *scene)
{
	struct traced traced = { 0 };
	size_t taken;

	assert_int_equal(traced_read(&traced, scene->text.data, scene->text.len, &taken), 0);
	assert_int_equal(taken, scene->text.len);
	traced_tell(&traced, &scene->world.facts, 40200, &scene->verdict);
	assert_int_equal(scene->verdict.err, 0);
	traced_done(&traced);
}

static void tell(struct scene *scene)
{
	buf_puts(&scene->text, END);
	tell_so_far(scene);
}

static void is_line(const struct scene *scene, size_t i, const char *where, const char *say)
{
	const struct diag_trace *trace = &scene->verdict.trace;

	assert_true(i < trace->n);
	assert_string_equal(trace->lines[i].where, where);
	assert_string_equal(trace->lines[i].say, say);
}

static void lines_stand_in_the_order_of_time(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 40, "received", scene.world.host, HOST_PORT, SYN, "");
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 60, "dropped", scene.world.host, HOST_PORT, SYN,
	     ",\"Reason\":\"NETFILTER_DROP\",\"Function\":\"nf_hook_slow\"");
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 3);
	is_line(&scene, 0, "web", "out 10.61.0.2:40200 > 10.61.0.3:80 SYN");
	is_line(&scene, 1, "host", "in 10.61.0.2:40200 > 10.61.0.3:80 SYN");
	is_line(&scene, 2, "host", "DROPPED NETFILTER_DROP (nf_hook_slow)");
	assert_int_equal(scene.verdict.trace.lines[1].state, DIAG_OK);
	assert_int_equal(scene.verdict.trace.lines[2].state, DIAG_BAD);
	assert_string_equal(scene.verdict.trace.end,
			    "dropped in host: NETFILTER_DROP (nf_hook_slow)");
	scene_done(&scene);
}

static void the_same_again_is_left_out(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 1000000, "sent", scene.world.web, "eth0", SYN, "");
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 1);
	assert_int_equal(scene.verdict.trace.n_left_out, 1);
	assert_string_equal(scene.verdict.trace.end, "last seen in web at eth0");
	scene_done(&scene);
}

static void after_the_answer_nothing_is_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	scene.verdict.probe.outcome = DIAG_CONNECTED;
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 50, "received", scene.world.web, "eth0", SYN_ACK, "");
	seen(&scene, 60, "sent", scene.world.web, "eth0", RESET, "");
	seen(&scene, 70, "dropped", scene.world.db, "eth0", RESET, ",\"Reason\":\"TCP_RESET\"");
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 2);
	assert_null(scene.verdict.trace.end);
	assert_false(scene.verdict.trace.disagrees);
	scene_done(&scene);
}

static void copies_of_others_are_no_losses(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 20, "dropped", scene.world.x, "eth0", SYN, ",\"Reason\":\"OTHERHOST\"");
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 1);
	assert_string_equal(scene.verdict.trace.end, "last seen in web at eth0");
	scene_done(&scene);
}

/* The same on Linux 5.10. */
static void a_kernel_without_reasons_is_understood_and_says_so(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	buf_puts(&scene.text, "{\"Version\":1,\"Ready\":true,\"Without\":\"no reasons\"}\n");
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 20, "dropped", scene.world.x, "eth0", SYN,
	     ",\"Reason\":\"\",\"Function\":\"ip_rcv_core.constprop.0\"");
	seen(&scene, 30, "dropped", scene.world.db, "eth0", SYN,
	     ",\"Reason\":\"\",\"Function\":\"nf_hook_slow\"");
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 2);
	assert_string_equal(scene.verdict.trace.end, "dropped in db: nf_hook_slow");
	assert_int_equal(scene.verdict.n_unknown, 1);
	assert_string_equal(scene.verdict.unknown[0].why, "no reasons");
	scene_done(&scene);
}

static void whoever_refuses_is_named(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	scene.verdict.probe.outcome = DIAG_REFUSED;
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 30, "received", scene.world.db, "eth0", SYN, "");
	seen(&scene, 40, "reset", scene.world.db, "eth0", SYN, "");
	seen(&scene, 50, "dropped", scene.world.db, "eth0", SYN, ",\"Reason\":\"NO_SOCKET\"");
	tell(&scene);
	assert_string_equal(scene.verdict.trace.end, "refused by db");
	scene_done(&scene);
}

#define ECHO "\"From\":\"10.61.0.2\",\"To\":\"10.61.0.3\",\"Protocol\":\"icmp\",\"Bytes\":28"
#define ECHO_REPLY "\"From\":\"10.61.0.3\",\"To\":\"10.61.0.2\",\"Protocol\":\"icmp\",\"Bytes\":28"
#define REQUEST ",\"IcmpType\":8,\"IcmpCode\":0"
#define REPLY ",\"IcmpType\":0,\"IcmpCode\":0"

static void ping_new(struct scene *scene)
{
	scene_new(scene);
	scene->verdict.to.port = 0;
	scene->verdict.to.protocol = IPPROTO_ICMP;
}

static void a_ping_is_told_to_its_answer(void **state)
{
	struct scene scene;

	(void)state;
	ping_new(&scene);
	scene.verdict.outcome = DIAG_REACHABLE;
	scene.verdict.probe.outcome = DIAG_ANSWERED;
	seen(&scene, 0, "sent", scene.world.web, "eth0", ECHO, REQUEST);
	seen(&scene, 10, "received", scene.world.db, "eth0", ECHO, REQUEST);
	seen(&scene, 20, "sent", scene.world.db, "eth0", ECHO_REPLY, REPLY);
	seen(&scene, 30, "received", scene.world.web, "eth0", ECHO_REPLY, REPLY);
	/* It was handed to whoever waits for it. */
	seen(&scene, 40, "dropped", scene.world.web, "eth0", ECHO_REPLY,
	     REPLY ",\"Reason\":\"NO_SOCKET\",\"Function\":\"ping_rcv\"");
	/* What follows is of the large one. */
	seen(&scene, 50, "sent", scene.world.web, "eth0", ECHO ",\"FromPort\":1", REQUEST);
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n, 4);
	is_line(&scene, 0, "web", "out 10.61.0.2 > 10.61.0.3 ICMP echo request");
	is_line(&scene, 3, "web", "in 10.61.0.3 > 10.61.0.2 ICMP echo reply");
	assert_null(scene.verdict.trace.end);
	assert_false(scene.verdict.trace.disagrees);
	scene_done(&scene);
}

static void a_ping_that_gets_lost_ends_where_it_was_dropped(void **state)
{
	struct scene scene;

	(void)state;
	ping_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", ECHO, REQUEST);
	seen(&scene, 10, "dropped", scene.world.db, "eth0", ECHO,
	     REQUEST ",\"Reason\":\"TC_INGRESS\",\"Function\":\"sch_handle_ingress\"");
	tell(&scene);
	assert_string_equal(scene.verdict.code, "tc-drop");
	assert_string_equal(scene.verdict.hop, "to.link");
	assert_string_equal(scene.verdict.trace.end,
			    "dropped in db: TC_INGRESS (sch_handle_ingress)");
	assert_int_equal(scene.verdict.outcome, DIAG_UNREACHABLE);
	scene_done(&scene);
}

static void a_ping_that_nobody_answers_was_last_seen_there(void **state)
{
	struct scene scene;

	(void)state;
	ping_new(&scene);
	(void)verdict_set_cause(&scene.verdict, "echo-ignored", "to.socket", "db answers no ping");
	seen(&scene, 0, "sent", scene.world.web, "eth0", ECHO, REQUEST);
	seen(&scene, 10, "received", scene.world.db, "eth0", ECHO, REQUEST);
	tell(&scene);
	assert_string_equal(scene.verdict.trace.end, "last seen in db at eth0");
	assert_false(scene.verdict.trace.disagrees);
	scene_done(&scene);
}

static void what_reading_could_only_suspect_is_decided(void **state)
{
	static const struct {
		const char *more, *code;
	} cases[] = {
		{ ",\"Reason\":\"TC_INGRESS\"", "tc-drop" },
		{ ",\"Reason\":\"XDP\"", "xdp-drop" },
		{ ",\"Reason\":\"NOT_SPECIFIED\",\"Function\":\"veth_xdp_rcv_skb\"", "xdp-drop" },
		{ ",\"Reason\":\"SOCKET_FILTER\"", "socket-filter" },
		{ ",\"Reason\":\"TCP_CSUM\"", "checksum" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;

		scene_new(&scene);
		scene.verdict.outcome = DIAG_REACHABLE;
		scene.verdict.probe.agrees = false;
		seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
		seen(&scene, 40, "dropped", scene.world.db, "eth0", SYN, cases[i].more);
		tell(&scene);
		assert_string_equal(scene.verdict.code, cases[i].code);
		assert_int_equal(scene.verdict.outcome, DIAG_UNREACHABLE);
		assert_true(scene.verdict.probe.agrees);
		assert_false(scene.verdict.trace.disagrees);
		assert_int_equal(verdict_hop(&scene.verdict, scene.verdict.hop)->state, DIAG_BAD);
		assert_null(strchr(scene.verdict.cause, '?'));
		scene_done(&scene);
	}
}

static void a_suspect_is_convicted_in_other_words(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	(void)verdict_add_hop(&scene.verdict, "bridge.port", DIAG_UNKNOWN, "blue", "suspected");
	(void)verdict_set_cause(&scene.verdict, "tc-drop", "bridge.port", "may drop it");
	seen(&scene, 40, "dropped", scene.world.host, "vweb", SYN, ",\"Reason\":\"TC_INGRESS\"");
	tell(&scene);
	assert_string_equal(scene.verdict.cause, "a tc filter on vweb drops it");
	assert_int_equal(scene.verdict.n_hops, 1);
	assert_int_equal(scene.verdict.hops[0].state, DIAG_BAD);
	scene_done(&scene);
}

static void a_filter_that_could_not_be_read_is_known_by_what_it_did(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	scene.verdict.outcome = DIAG_UNDECIDED;
	(void)verdict_add_hop(&scene.verdict, "to.socket", DIAG_UNKNOWN, "db", "suspected");
	(void)verdict_set_cause(&scene.verdict, "socket-filter", "to.socket", "may drop it");
	seen(&scene, 40, "dropped", scene.world.db, "eth0", SYN, ",\"Reason\":\"SOCKET_FILTER\"");
	tell(&scene);
	assert_int_equal(scene.verdict.outcome, DIAG_UNREACHABLE);
	assert_string_equal(scene.verdict.cause, "a filter at db's socket on 80/tcp drops it");
	assert_int_equal(scene.verdict.hops[0].state, DIAG_BAD);
	scene_done(&scene);
}

static void a_cause_that_was_read_stands(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	(void)verdict_set_cause(&scene.verdict, "rules-drop", "host.rules", "a rule drops it");
	seen(&scene, 40, "dropped", scene.world.host, "vweb", SYN, ",\"Reason\":\"TC_INGRESS\"");
	tell(&scene);
	assert_string_equal(scene.verdict.code, "rules-drop");
	assert_string_equal(scene.verdict.cause, "a rule drops it");
	scene_done(&scene);
}

static void a_drop_that_nobody_can_explain_is_told_as_it_is(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 40, "dropped", scene.world.host, "vweb", SYN, ",\"Function\":\"odd_hook\"");
	tell(&scene);
	assert_null(scene.verdict.code);
	assert_string_equal(scene.verdict.cause, "dropped in host: odd_hook");
	scene_done(&scene);
}

/* code and hop as read, where it was lost (0 nowhere, 1 web, 2 host, 3 db), whether that agrees. */
static void where_it_ended_is_compared(void **state)
{
	static const struct {
		const char *code, *hop;
		int lost_in;
		const char *reason;
		bool agrees;
	} cases[] = {
		{ "link-down", "from.link", 0, "", true },
		{ "rules-drop", "host.rules", 0, "", false },
		{ "rules-drop", "host.rules", 2, "NETFILTER_DROP", true },
		{ "rules-drop", "host.rules", 1, "NETFILTER_DROP", false },
		{ "rules-drop", "host.rules", 3, "NETFILTER_DROP", false },
		{ "not-listening", "to.socket", 2, "NETFILTER_DROP", false },
		{ "not-listening", "to.socket", 3, "NO_SOCKET", true },
		{ "neighbour-wrong", "from.neighbour", 3, "PKT_TOO_SMALL", true },
		{ "link-down", "to.link", 2, "NO_TX_TARGET", true },
		{ "rp-filter", "host.route", 1, "NEIGH_FAILED", true },
		{ "neighbour-silent", "to.neighbour", 1, "NEIGH_FAILED", true },
		{ "own-rules-in", "back.rules", 1, "NETFILTER_DROP", false },
		{ "own-rules-in", "back.rules", 3, "NETFILTER_DROP", true },
		{ "name-unknown", "name", 1, "NETFILTER_DROP", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;
		struct facts_space *spaces[4];
		char more[96];

		scene_new(&scene);
		spaces[1] = scene.world.web;
		spaces[2] = scene.world.host;
		spaces[3] = scene.world.db;
		(void)verdict_set_cause(&scene.verdict, cases[i].code, cases[i].hop, "cause");
		(void)snprintf(more, sizeof(more), ",\"Reason\":\"%s\"", cases[i].reason);
		if (cases[i].lost_in > 0)
			seen(&scene, 0, "dropped", spaces[cases[i].lost_in], "eth0", SYN, more);
		tell(&scene);
		if (scene.verdict.trace.disagrees == cases[i].agrees)
			fail_msg("%s at %s, lost in %d", cases[i].code, cases[i].hop,
				 cases[i].lost_in);
		scene_done(&scene);
	}
}

static void a_port_of_the_host_is_called_after_whose_it_is(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	(void)snprintf(world_link(scene.world.host, "vweb")->alias, 256, "web on blue");
	seen(&scene, 0, "received", scene.world.host, "vweb", SYN, "");
	tell(&scene);
	assert_string_equal(scene.verdict.trace.lines[0].link, "web's port");
	scene_done(&scene);
}

static void an_icmp_error_is_a_refusal_and_a_redirect_is_not(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 10, "sent", scene.world.host, "blue0",
	     "\"From\":\"10.61.0.1\",\"To\":\"10.61.0.2\",\"Protocol\":\"icmp\","
	     "\"AboutFromPort\":40200,\"AboutToPort\":80",
	     ",\"IcmpType\":5,\"IcmpCode\":1");
	tell(&scene);
	assert_string_equal(scene.verdict.trace.end, "last seen in host at blue0");
	is_line(&scene, 1, "host", "out 10.61.0.1 > 10.61.0.2 ICMP 5/1");
	scene_done(&scene);
}

static void what_the_tracer_lacks_is_said(void **state)
{
	static const char text[] = "{\"Version\":1,\"Ready\":false,\"Lacks\":\"no BTF\"}\n";
	struct traced traced = { 0 };
	struct scene scene;
	size_t taken;

	(void)state;
	scene_new(&scene);
	scene.verdict.outcome = DIAG_UNDECIDED;
	assert_int_equal(traced_read(&traced, text, sizeof(text) - 1, &taken), 0);
	traced_tell(&traced, &scene.world.facts, 40200, &scene.verdict);
	assert_string_equal(scene.verdict.trace.lacks, "no BTF");
	assert_int_equal(scene.verdict.outcome, DIAG_UNDECIDED);
	assert_false(scene.verdict.trace.disagrees);
	traced_done(&traced);
	scene_done(&scene);
}

static void is_unknown(const struct scene *scene, const char *why)
{
	assert_int_equal(scene->verdict.n_unknown, 1);
	assert_string_equal(scene->verdict.unknown[0].where, "the tracer");
	assert_string_equal(scene->verdict.unknown[0].why, why);
}

/* The last that was heard of is not where it ended, and so is no reason to doubt what was read. */
static void a_trace_that_breaks_off_has_no_end(void **state)
{
	static const char why[] = "what it saw last is missing: it was not done in time";
	struct scene scene;

	(void)state;
	scene_new(&scene);
	scene.verdict.hop = "to.socket";
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	tell_so_far(&scene);
	assert_int_equal(scene.verdict.trace.n, 1);
	assert_null(scene.verdict.trace.end);
	assert_false(scene.verdict.trace.disagrees);
	is_unknown(&scene, why);
	scene_done(&scene);

	scene_new(&scene);
	tell_so_far(&scene);
	assert_null(scene.verdict.trace.end); /* not "no packet of it was seen" */
	scene_done(&scene);

	scene_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	seen(&scene, 60, "dropped", scene.world.host, HOST_PORT, SYN, ",\"Reason\":\"TC_INGRESS\"");
	tell_so_far(&scene);
	assert_string_equal(scene.verdict.trace.end, "dropped in host: TC_INGRESS");
	is_unknown(&scene, why);
	scene_done(&scene);
}

static void packets_that_there_was_no_room_for_are_counted(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	seen(&scene, 0, "sent", scene.world.web, "eth0", SYN, "");
	buf_puts(&scene.text, "{\"Events\":1,\"Lost\":3}\n");
	tell_so_far(&scene);
	is_unknown(&scene, "3 packets that it saw are missing: there was no room");
	scene_done(&scene);
}

static void half_a_line_waits_for_the_other(void **state)
{
	static const char text[] = READY "nonsense\n{\"Event\":\"sent\"}\n{\"Event\":";
	struct traced traced = { 0 };
	size_t taken;

	(void)state;
	assert_int_equal(traced_read(&traced, text, sizeof(text) - 1, &taken), 0);
	assert_string_equal(text + taken, "{\"Event\":");
	assert_true(traced.is_ready);
	assert_int_equal(traced.n, 0); /* without a packet it is none */
	assert_false(traced.has_end);
	traced_done(&traced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_stand_in_the_order_of_time),
		cmocka_unit_test(the_same_again_is_left_out),
		cmocka_unit_test(after_the_answer_nothing_is_told),
		cmocka_unit_test(copies_of_others_are_no_losses),
		cmocka_unit_test(a_kernel_without_reasons_is_understood_and_says_so),
		cmocka_unit_test(whoever_refuses_is_named),
		cmocka_unit_test(a_ping_is_told_to_its_answer),
		cmocka_unit_test(a_ping_that_gets_lost_ends_where_it_was_dropped),
		cmocka_unit_test(a_ping_that_nobody_answers_was_last_seen_there),
		cmocka_unit_test(what_reading_could_only_suspect_is_decided),
		cmocka_unit_test(a_suspect_is_convicted_in_other_words),
		cmocka_unit_test(a_filter_that_could_not_be_read_is_known_by_what_it_did),
		cmocka_unit_test(a_cause_that_was_read_stands),
		cmocka_unit_test(a_drop_that_nobody_can_explain_is_told_as_it_is),
		cmocka_unit_test(where_it_ended_is_compared),
		cmocka_unit_test(a_port_of_the_host_is_called_after_whose_it_is),
		cmocka_unit_test(an_icmp_error_is_a_refusal_and_a_redirect_is_not),
		cmocka_unit_test(what_the_tracer_lacks_is_said),
		cmocka_unit_test(a_trace_that_breaks_off_has_no_end),
		cmocka_unit_test(packets_that_there_was_no_room_for_are_counted),
		cmocka_unit_test(half_a_line_waits_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
