// SPDX-License-Identifier: GPL-2.0-or-later
// test_observed.c - snapshots from a plumber that answers well, badly, late, or not at all
#include "metrics/observed.h"

#include "ipc/chan.h"
#include "tests/unit/metrics/told.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct told told;
static struct observed observed;
static struct buf text, report;
static struct error error;

static void start(told_answer answer)
{
	told_start(&told, answer);
	observed = (struct observed) { .channel = told.channel, .drops_fd = -1 };
}

static int teardown(void **state)
{
	(void)state;
	told_end(&told);
	buf_done(&text);
	buf_done(&report);
	text = (struct buf) { 0 };
	report = (struct buf) { 0 };
	return 0;
}

static void say(int channel, enum observe_type type, uint32_t number, const char *what)
{
	told_say(channel, type, number, what, strlen(what));
}

static void assert_text(const char *wanted)
{
	assert_int_equal(text.len, strlen(wanted));
	assert_memory_equal(text.data, wanted, text.len);
	buf_consume(&text, text.len);
}

/* --- well ------------------------------------------------------------------------------------- */

static void in_pieces(int channel, uint32_t number, unsigned which)
{
	say(channel, OBSERVE_PIECE, number, which == 0 ? "{\"a\"" : "[");
	say(channel, OBSERVE_PIECE, number, which == 0 ? ":1}" : "]");
	say(channel, OBSERVE_END, number, "");
}

static void a_snapshot_is_its_pieces_in_order(void **state)
{
	(void)state;
	start(in_pieces);
	assert_int_equal(observed_get(&observed, &text, &report, &error), 0);
	assert_text("{\"a\":1}");
	assert_int_equal(observed_get(&observed, &text, &report, &error), 0);
	assert_text("[]");
}

/* Of the question before, and of none: their numbers are others. */
static void with_others(int channel, uint32_t number, unsigned which)
{
	(void)which;
	say(channel, OBSERVE_PIECE, number - 1, "old");
	say(channel, OBSERVE_END, number - 1, "");
	say(channel, OBSERVE_CANNOT, number + 1, "early");
	say(channel, OBSERVE_PIECE, number, "new");
	(void)send(channel, "x", 1, MSG_NOSIGNAL); /* shorter than a head */
	say(channel, OBSERVE_END, number, "");
}

static void with_a_finding(int channel, uint32_t number, unsigned which)
{
	say(channel, OBSERVE_FINDING, number, "{\"Checks\"");
	say(channel, OBSERVE_FINDING, number, ":[]}");
	in_pieces(channel, number, which);
}

static void doctors_report_comes_beside_the_snapshot(void **state)
{
	(void)state;
	start(with_a_finding);
	assert_int_equal(observed_get(&observed, &text, &report, &error), 0);
	assert_text("{\"a\":1}");
	assert_int_equal(report.len, strlen("{\"Checks\":[]}"));
	assert_memory_equal(report.data, "{\"Checks\":[]}", report.len);
}

static void pieces_of_another_question_are_left_out(void **state)
{
	(void)state;
	start(with_others);
	assert_int_equal(observed_get(&observed, &text, &report, &error), 0);
	assert_text("new");
}

/* --- a sign of life --------------------------------------------------------------------------- */

/* Goes on as soon as there is one. */
static void after_sign(int channel, uint32_t number, unsigned which)
{
	uint8_t message[OBSERVE_HEAD_LEN] = { 0 };
	enum observe_type type = 0;
	uint32_t of = 0;

	(void)which;
	say(channel, OBSERVE_PIECE, number, "a");
	say(channel, OBSERVE_ALIVE, 77, "");
	(void)recv(channel, message, sizeof(message), 0);
	if (observe_get_head(message, sizeof(message), &type, &of) && type == OBSERVE_HERE &&
	    of == 77)
		say(channel, OBSERVE_PIECE, number, "b");
	say(channel, OBSERVE_END, number, "");
}

static void a_sign_of_life_is_given_between_two_pieces(void **state)
{
	(void)state;
	start(after_sign);
	assert_int_equal(observed_get(&observed, &text, &report, &error), 0);
	assert_text("ab");
}

static void a_sign_of_life_is_given_by_one_that_only_looks(void **state)
{
	uint8_t message[OBSERVE_HEAD_LEN] = { 0 };
	enum observe_type type;
	uint32_t number;
	int ends[2];

	(void)state;
	start(in_pieces);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	observed.channel = ends[0];
	say(ends[1], OBSERVE_ALIVE, 5, "");
	assert_true(observed_look(&observed));
	assert_int_equal(recv(ends[1], message, sizeof(message), 0), OBSERVE_HEAD_LEN);
	assert_true(observe_get_head(message, sizeof(message), &type, &number));
	assert_int_equal(type, OBSERVE_HERE);
	assert_int_equal(number, 5);
	(void)close(ends[1]);
	assert_false(observed_look(&observed)); /* netd has gone */
	(void)close(ends[0]);
}

/* --- drops ------------------------------------------------------------------------------------ */

/* As the plumber does: a socket comes with the message, and is this process's alone then. */
static int hand_over(int channel)
{
	uint8_t head[OBSERVE_HEAD_LEN];
	int ends[2];

	observe_put_head(head, OBSERVE_DROPS, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(chan_send(channel, head, sizeof(head), &ends[0], 1), 0);
	(void)close(ends[0]);
	return ends[1];
}

#define DROP "{\"Container\":\"a\",\"Where\":\"inside\",\"Reason\":\"R\",\"Packets\":2}\n"

static void hear(int teller, const char *what)
{
	assert_int_equal(write(teller, what, strlen(what)), strlen(what));
	observed_hear_drops(&observed);
}

static void drops_are_heard_by_the_socket_that_came_last(void **state)
{
	int ends[2], first, second;

	(void)state;
	start(in_pieces);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	observed.channel = ends[0];
	first = hand_over(ends[1]);
	assert_true(observed_look(&observed));
	assert_true(observed.drops.is_wanted);
	hear(first, "200\n{\"Ready\":true}\n" DROP);
	assert_true(observed.drops.is_up);
	second = hand_over(ends[1]);
	assert_true(observed_look(&observed));
	/* nobody has the first one's any more */
	assert_int_equal(send(first, "x", 1, MSG_NOSIGNAL), -1);
	assert_false(observed.drops.is_up);
	hear(second, "200\n{\"Ready\":true}\n" DROP);
	assert_int_equal(observed.drops.n, 1);
	assert_int_equal(observed.drops.rows[0]->packets, 4);
	(void)close(second);
	observed_hear_drops(&observed);
	assert_int_equal(observed.drops_fd, -1);
	assert_false(observed.drops.is_up);
	/* one that cannot count is let go of */
	(void)close(first);
	first = hand_over(ends[1]);
	assert_true(observed_look(&observed));
	hear(first, "200\n{\"Ready\":true,\"Lacks\":\"no BPF\"}\n");
	assert_int_equal(observed.drops_fd, -1);
	assert_int_equal(send(first, "x", 1, MSG_NOSIGNAL), -1);
	/* a message without one */
	say(ends[1], OBSERVE_DROPS, 0, "");
	assert_true(observed_look(&observed));
	assert_int_equal(observed.drops_fd, -1);
	(void)close(first);
	(void)close(ends[0]);
	(void)close(ends[1]);
	drops_done(&observed.drops);
}

/* --- badly ------------------------------------------------------------------------------------ */

static void refusing(int channel, uint32_t number, unsigned which)
{
	(void)which;
	say(channel, OBSERVE_PIECE, number, "half");
	say(channel, OBSERVE_CANNOT, number, "too many ask");
}

static void what_netd_says_against_it_is_the_reason(void **state)
{
	(void)state;
	start(refusing);
	assert_true(observed_get(&observed, &text, &report, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_string_equal(error.text, "too many ask");
}

static void going(int channel, uint32_t number, unsigned which)
{
	(void)which;
	say(channel, OBSERVE_PIECE, number, "half");
	_exit(0);
}

static void a_plumber_that_ends_in_the_middle_is_gone(void **state)
{
	(void)state;
	start(going);
	assert_int_equal(observed_get(&observed, &text, &report, &error), -EPIPE);
	assert_int_equal(observed_get(&observed, &text, &report, &error), -EPIPE);
}

/* The end comes behind more than may be kept: it is given up before. */
static void without_end(int channel, uint32_t number, unsigned which)
{
	static char piece[METRICS_PACKET_MAX];

	(void)which;
	for (size_t sent = 0; sent <= METRICS_SNAPSHOT_MAX; sent += sizeof(piece))
		told_say(channel, OBSERVE_PIECE, number, piece, sizeof(piece));
	say(channel, OBSERVE_END, number, "");
}

static void more_than_anybody_keeps_is_refused(void **state)
{
	(void)state;
	start(without_end);
	assert_true(observed_get(&observed, &text, &report, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_non_null(strstr(error.text, "is larger than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_snapshot_is_its_pieces_in_order, teardown),
		cmocka_unit_test_teardown(doctors_report_comes_beside_the_snapshot, teardown),
		cmocka_unit_test_teardown(pieces_of_another_question_are_left_out, teardown),
		cmocka_unit_test_teardown(a_sign_of_life_is_given_between_two_pieces, teardown),
		cmocka_unit_test_teardown(a_sign_of_life_is_given_by_one_that_only_looks, teardown),
		cmocka_unit_test_teardown(drops_are_heard_by_the_socket_that_came_last, teardown),
		cmocka_unit_test_teardown(what_netd_says_against_it_is_the_reason, teardown),
		cmocka_unit_test_teardown(a_plumber_that_ends_in_the_middle_is_gone, teardown),
		cmocka_unit_test_teardown(more_than_anybody_keeps_is_refused, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
