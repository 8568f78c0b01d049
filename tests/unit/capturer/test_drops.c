// SPDX-License-Identifier: GPL-2.0-or-later
// test_drops.c - what a tracer is told, and why there is none is said
#include "world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* As netd-capture is started by netd: its tracer is at a descriptor that both know. */
static int tracer_at_its_number(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if (ends[1] == EXPLAIN_TRACER_FD)
		return ends[0];
	if (ends[0] == EXPLAIN_TRACER_FD)
		return ends[1];
	assert_int_equal(dup2(ends[1], EXPLAIN_TRACER_FD), EXPLAIN_TRACER_FD);
	assert_int_equal(close(ends[1]), 0);
	return ends[0];
}

static struct compiled filter;
static const struct capturer_options options = { .is_netds = true, .control_fd = -1 };

static void start(struct capturer_drops *drops)
{
	*drops = (struct capturer_drops) { .trace = { .orders_fd = -1, .lines_fd = -1 } };
	capturer_drops_start(&options, &filter, drops);
}

static void a_tracer_is_told_whose_packets_are_wanted(void **state)
{
	static const char ready[] = "{\"Version\":1,\"Ready\":true}\n{\"Event\":\"dro";
	static struct capturer_drops drops; /* large */
	struct facts_endpoint endpoint = { .network = "blue" };
	char told[256] = "";
	int tracer = tracer_at_its_number();

	(void)state;
	assert_int_equal(addr_parse("10.61.0.2", &endpoint.addr[0].addr), 0);
	start(&drops);
	assert_string_equal(drops.comment, "");
	capturer_drops_space(&drops, 4711, "web", true);
	capturer_drops_space(&drops, 4712, "the host", false);
	capturer_drops_addresses(&drops, &endpoint);
	assert_int_equal(write(tracer, ready, sizeof(ready) - 1), (ssize_t)sizeof(ready) - 1);
	capturer_drops_go(&drops, 96);
	assert_true(read(tracer, told, sizeof(told) - 1) > 0);
	assert_string_equal(told, "own 4711\nnetns 4712\naddress 10.61.0.2\nbytes 96\ngo\n");
	assert_string_equal(drops.comment, "");
	/* What came behind its answer is not lost. */
	assert_int_equal(drops.text.len, 13);
	capturer_drops_look(&drops);
	assert_false(drops.has_packet || drops.has_end);
	capturer_drops_end(&drops);
	assert_int_equal(read(tracer, told, sizeof(told)), 0);
	capturer_drops_done(&drops);
	assert_int_equal(close(tracer), 0);
}

static void what_a_tracer_lacks_is_said(void **state)
{
	static const char lacks[] =
		"{\"Version\":1,\"Ready\":false,\"Lacks\":\"this kernel has no BPF\"}\n";
	static const char without[] =
		"{\"Version\":1,\"Ready\":true,\"Without\":\"it gives no reasons\"}\n";
	static struct capturer_drops drops;
	int tracer = tracer_at_its_number();

	(void)state;
	start(&drops);
	assert_int_equal(write(tracer, lacks, sizeof(lacks) - 1), (ssize_t)sizeof(lacks) - 1);
	assert_int_equal(shutdown(tracer, SHUT_WR), 0);
	capturer_drops_go(&drops, 96);
	assert_string_equal(drops.comment, "dropped packets are not in it: this kernel has no BPF");
	assert_true(drops.has_end);
	/* Of one that never began none is missing since. */
	assert_int_equal(drops.cut_ns, 0);
	capturer_drops_done(&drops);
	assert_int_equal(close(tracer), 0);

	tracer = tracer_at_its_number();
	start(&drops);
	assert_int_equal(write(tracer, without, sizeof(without) - 1), (ssize_t)sizeof(without) - 1);
	capturer_drops_go(&drops, 96);
	assert_string_equal(drops.comment, "of dropped packets: it gives no reasons");
	assert_false(drops.has_end);
	capturer_drops_done(&drops);
	assert_int_equal(close(tracer), 0);
}

static void that_there_is_none_is_said(void **state)
{
	static struct capturer_drops drops;

	(void)state;
	(void)close(EXPLAIN_TRACER_FD);
	start(&drops);
	assert_non_null(strstr(drops.comment, "not in it: netd has nobody who loads programs"));
	capturer_drops_go(&drops, 96);
	assert_true(drops.has_end);
	capturer_drops_done(&drops);
}

static void a_line_without_an_end_ends_it(void **state)
{
	char text[CAPTURE_DROPS_LINE_MAX + 2];
	struct world world;

	(void)state;
	world_init(&world, 0);
	world_drops(&world);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	world_say(&world, text);
	capturer_drops_look(&world.drops);
	assert_true(world.drops.has_end);
	/* And what comes behind it is missing. */
	assert_true(world.drops.cut_ns > 0);
	assert_false(world.drops.has_packet);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tracer_is_told_whose_packets_are_wanted),
		cmocka_unit_test(what_a_tracer_lacks_is_said),
		cmocka_unit_test(that_there_is_none_is_said),
		cmocka_unit_test(a_line_without_an_end_ends_it),
	};

	compiled_take_all(CAPTURE_SNAPLEN_MAX, &filter);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
