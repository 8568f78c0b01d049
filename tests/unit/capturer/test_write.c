// SPDX-License-Identifier: GPL-2.0-or-later
// test_write.c - packets of several rings and of the tracer come in one order, and a capture ends
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void packets_come_in_the_order_of_their_times(void **state)
{
	struct world_read got;
	struct world world;

	(void)state;
	world_init(&world, 2);
	world_pass(&world, 0, 10, "first");
	world_pass(&world, 1, 20, "second");
	world_pass(&world, 0, 30, "third");
	world_hand_over(&world, 0);
	world_hand_over(&world, 1);
	world.asked.count = 3;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_string_equal(got.packets, "0;1;0;");
	assert_int_equal(got.n_interfaces, 2);
	assert_int_equal(got.n_statistics, 2);
	world_done(&world);
}

static void a_reader_who_has_enough_gets_the_rest(void **state)
{
	struct world_read got;
	struct world world;

	(void)state;
	world_init(&world, 1);
	world_pass(&world, 0, 10, "one");
	world_hand_over(&world, 0);
	assert_int_equal(shutdown(world.ours, SHUT_WR), 0);
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_string_equal(got.packets, "0;");
	assert_int_equal(got.n_statistics, 1);
	world_done(&world);
}

static void a_reader_who_has_gone_ends_it(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, 1);
	assert_int_equal(close(world.ours), 0);
	world.ours = -1;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 -EPIPE);
	world_done(&world);
}

static void a_time_ends_it(void **state)
{
	struct world_read got;
	struct world world;

	(void)state;
	world_init(&world, 1);
	world.asked.for_ms = 1;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_int_equal(got.n_interfaces, 1);
	assert_int_equal(got.n_statistics, 1);
	world_done(&world);
}

static void the_file_grows_no_larger_than_was_asked(void **state)
{
	char data[9000];
	struct world_read got;
	struct world world;

	(void)state;
	memset(data, 'x', sizeof(data) - 1);
	data[sizeof(data) - 1] = '\0';
	world_init(&world, 1);
	for (uint64_t i = 0; i < 10; i++)
		world_pass(&world, 0, i, data);
	world_hand_over(&world, 0);
	world.asked.bytes = CAPTURE_BYTES_MIN;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_true(got.len <= CAPTURE_BYTES_MIN);
	assert_true(got.n == 6 || got.n == 7);
	assert_int_equal(got.n_statistics, 1);
	world_done(&world);
}

/* ---- dropped packets ---- */

/* Of a moment that is so many seconds ago by the programs' clock. */
static void say_dropped(struct world *world, int seconds_ago, const char *reason)
{
	struct timespec now;
	char line[512];

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	(void)snprintf(line, sizeof(line),
		       "{\"Event\":\"dropped\",\"Nanoseconds\":%lld,\"Netns\":17,\"Link\":\"eth0\","
		       "\"Reason\":\"%s\",\"Data\":\"RQAAAQ==\"}\n",
		       ((long long)now.tv_sec - seconds_ago) * 1000000000 + now.tv_nsec, reason);
	world_say(world, line);
}

static uint64_t wall_ns(int seconds_ago)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return ((uint64_t)now.tv_sec - (uint64_t)seconds_ago) * 1000000000 + (uint64_t)now.tv_nsec;
}

static void what_is_dropped_stands_where_it_was(void **state)
{
	struct world_read got;
	struct world world;

	(void)state;
	world_init(&world, 1);
	world_drops(&world);
	say_dropped(&world, 300, "NO_SOCKET");
	say_dropped(&world, 100, "OTHERHOST"); /* a copy */
	say_dropped(&world, 100, "NETFILTER_DROP");
	world_say(&world, "{\"Events\":3,\"Lost\":2}\n");
	world_pass(&world, 0, wall_ns(400), "first");
	world_pass(&world, 0, wall_ns(200), "third");
	world_hand_over(&world, 0);
	world.asked.for_ms = 1;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_string_equal(got.packets,
			    "0;1 NO_SOCKET, at eth0 of web;0;1 NETFILTER_DROP, at eth0 of web;");
	for (size_t i = 1; i < got.n; i++)
		assert_true(got.times[i - 1] < got.times[i]);
	assert_int_equal(got.n_interfaces, 2);
	assert_int_equal(got.n_statistics, 2);
	assert_int_equal(world.drops.n_lost, 2);
	assert_string_equal(got.missing, "");
	world_done(&world);
}

/* The tracer's last words come when its orders have ended. */
static void what_was_dropped_before_the_end_is_waited_for(void **state)
{
	struct world_read got;
	struct world world;
	int orders[2];
	pid_t child;

	(void)state;
	world_init(&world, 1);
	world_drops(&world);
	assert_int_equal(pipe(orders), 0);
	world.drops.trace.orders_fd = orders[1];
	world.asked.for_ms = 1;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char byte;

		(void)close(orders[1]);
		(void)close(world.drops.trace.lines_fd);
		/* Until the capture has said that it is enough. */
		while (read(orders[0], &byte, 1) > 0)
			;
		say_dropped(&world, 1, "NO_SOCKET");
		world_say(&world, "{\"Events\":1,\"Lost\":0}\n");
		_exit(0);
	}
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_string_equal(got.packets, "1 NO_SOCKET, at eth0 of web;");
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)close(orders[0]);
	world_done(&world);
}

static void a_tracer_that_has_ended_holds_up_nobody(void **state)
{
	struct world_read got;
	struct world world;

	(void)state;
	world_init(&world, 1);
	world_drops(&world);
	assert_int_equal(close(world.tracer_fd), 0);
	world.tracer_fd = -1;
	(void)snprintf(world.drops.comment, sizeof(world.drops.comment), "there are none");
	world_pass(&world, 0, 10, "one");
	world_hand_over(&world, 0);
	world.asked.count = 1;
	assert_int_equal(capturer_write(&world.asked, &world.places, &world.drops, world.theirs),
			 0);
	world_read(&world, &got);
	assert_string_equal(got.packets, "0;");
	assert_int_equal(got.n_interfaces, 2);
	assert_int_equal(got.n_statistics, 2);
	world_done(&world);
}

/* As one that is killed. Packets of interfaces go on. */
static void a_tracer_that_ends_in_the_middle_leaves_a_sentence_in_the_file(void **state)
{
	static const char *const ends[] = { "", "{\"Event\":\"drop" };
	struct world_read got;
	struct world world;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		world_init(&world, 1);
		world_drops(&world);
		say_dropped(&world, 300, "NO_SOCKET");
		if (*ends[i])
			world_say(&world, ends[i]);
		assert_int_equal(close(world.tracer_fd), 0);
		world.tracer_fd = -1;
		world_pass(&world, 0, wall_ns(400), "first");
		world_pass(&world, 0, wall_ns(200), "third");
		world_hand_over(&world, 0);
		world.asked.count = 3;
		assert_int_equal(
			capturer_write(&world.asked, &world.places, &world.drops, world.theirs), 0);
		world_read(&world, &got);
		assert_string_equal(got.packets, "0;1 NO_SOCKET, at eth0 of web;0;");
		assert_int_equal(got.n_statistics, 2);
		assert_string_equal(got.missing, CAPTURER_DROPS_CUT);
		world_done(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_come_in_the_order_of_their_times),
		cmocka_unit_test(a_reader_who_has_enough_gets_the_rest),
		cmocka_unit_test(a_reader_who_has_gone_ends_it),
		cmocka_unit_test(a_time_ends_it),
		cmocka_unit_test(the_file_grows_no_larger_than_was_asked),
		cmocka_unit_test(what_is_dropped_stands_where_it_was),
		cmocka_unit_test(what_was_dropped_before_the_end_is_waited_for),
		cmocka_unit_test(a_tracer_that_has_ended_holds_up_nobody),
		cmocka_unit_test(a_tracer_that_ends_in_the_middle_leaves_a_sentence_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
