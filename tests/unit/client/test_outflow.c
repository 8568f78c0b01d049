// SPDX-License-Identifier: GPL-2.0-or-later
// test_outflow.c - what comes from a connection is written to the last byte, until it is enough
#include "client/outflow.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ENDED_BADLY 100 /* the exit status then */
#define SEEN_WRONG 101

/* Who is between the two runs in a process of its own, for it takes signals. */
struct flow {
	pid_t pid;
	int netd;   /* the connection's other end */
	int output; /* what reads what is written; -1: a file */
};

static size_t n_seen;

static void count(void *data, const char *piece, size_t len)
{
	(void)piece;
	*(size_t *)data += len;
}

static int run(int from, int to, const char *early, size_t n_wanted)
{
	struct buf before = { 0 };
	const struct outflow outflow = { .from = from,
					 .to = to,
					 .to_name = "there",
					 .early = &before,
					 .seen = count,
					 .data = &n_seen };
	struct error error = { 0 };
	int end;

	buf_puts(&before, early);
	end = outflow_run(&outflow, &error);
	buf_done(&before);
	if (end < 0)
		return strstr(error.text, "cannot write to there") ? ENDED_BADLY : SEEN_WRONG;
	return n_wanted > 0 && n_seen != n_wanted ? SEEN_WRONG : end;
}

/* to -1: a pipe, which we read. n_wanted 0: what was seen does not matter. */
static struct flow flow_start(int to, const char *early, size_t n_wanted)
{
	int sockets[2], out[2] = { -1, to };
	struct flow flow;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	if (to < 0)
		assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	flow.pid = fork();
	assert_true(flow.pid >= 0);
	if (flow.pid == 0) {
		(void)close(sockets[0]);
		(void)close(out[0]);
		_exit(run(sockets[1], out[1], early, n_wanted));
	}
	(void)close(sockets[1]);
	(void)close(out[1]);
	flow.netd = sockets[0];
	flow.output = out[0];
	return flow;
}

static int flow_end(struct flow *flow)
{
	int status;

	assert_int_equal(waitpid(flow->pid, &status, 0), flow->pid);
	(void)close(flow->netd);
	if (flow->output >= 0)
		(void)close(flow->output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const struct flow *flow, const char *text)
{
	assert_int_equal(send(flow->netd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void is_written(const struct flow *flow, const char *text)
{
	char data[64];
	size_t len = 0;

	while (len < strlen(text)) {
		ssize_t n = read(flow->output, data + len, strlen(text) - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_memory_equal(data, text, len);
}

/* The other side has been told that it is enough. */
static void is_half_closed(const struct flow *flow)
{
	char byte;

	assert_int_equal(read(flow->netd, &byte, 1), 0);
}

static void what_came_before_is_written_first_and_all_is_seen(void **state)
{
	struct flow flow = flow_start(-1, "one ", strlen("one two three"));

	(void)state;
	says(&flow, "two ");
	is_written(&flow, "one two ");
	says(&flow, "three");
	(void)shutdown(flow.netd, SHUT_WR);
	is_written(&flow, "three");
	assert_int_equal(flow_end(&flow), OUTFLOW_ALL);
}

/* More than either the pipe or a piece holds, and the reader comes late. */
static void a_reader_that_rests_loses_nothing(void **state)
{
	enum { TOTAL = 8 * CAPTURE_READ_MAX };
	struct flow flow = flow_start(-1, "", TOTAL);
	char *sent = malloc(TOTAL), *got = malloc(TOTAL);
	size_t len = 0;
	pid_t writer;

	(void)state;
	assert_non_null(sent);
	assert_non_null(got);
	for (size_t i = 0; i < TOTAL; i++)
		sent[i] = (char)(i * 31 + i / 251);
	writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		for (size_t at = 0; at < TOTAL;) {
			ssize_t n = send(flow.netd, sent + at, TOTAL - at, MSG_NOSIGNAL);

			if (n <= 0)
				_exit(1);
			at += (size_t)n;
		}
		(void)shutdown(flow.netd, SHUT_WR);
		_exit(0);
	}
	while (len < TOTAL) {
		ssize_t n = read(flow.output, got + len, TOTAL - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_memory_equal(got, sent, TOTAL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(flow_end(&flow), OUTFLOW_ALL);
	free(sent);
	free(got);
}

static void a_signal_says_that_it_is_enough_and_the_rest_is_written(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct flow flow = flow_start(-1, "one ", 0);

		is_written(&flow, "one "); /* it hears signals by then */
		assert_int_equal(kill(flow.pid, signals[i]), 0);
		is_half_closed(&flow);
		says(&flow, "the rest");
		(void)shutdown(flow.netd, SHUT_WR);
		is_written(&flow, "the rest");
		assert_int_equal(flow_end(&flow), OUTFLOW_ALL);
	}
}

static void a_second_signal_waits_for_nothing(void **state)
{
	struct flow flow = flow_start(-1, "one ", 0);

	(void)state;
	is_written(&flow, "one ");
	assert_int_equal(kill(flow.pid, SIGINT), 0);
	is_half_closed(&flow);
	assert_int_equal(kill(flow.pid, SIGINT), 0);
	assert_int_equal(flow_end(&flow), OUTFLOW_FORCED);
}

/* Also when nothing is there to be written. */
static void a_reader_that_has_gone_ends_it(void **state)
{
	struct flow flow = flow_start(-1, "one ", 0);

	(void)state;
	is_written(&flow, "one ");
	(void)close(flow.output);
	flow.output = -1;
	assert_int_equal(flow_end(&flow), OUTFLOW_UNREAD);
}

static void a_file_takes_it_and_a_full_disk_is_said(void **state)
{
	char path[] = "/tmp/netd-outflow.XXXXXX", data[8] = "";
	int file = mkostemp(path, O_CLOEXEC), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int copy = fcntl(file, F_DUPFD_CLOEXEC, 0);
	struct flow flow;

	(void)state;
	assert_true(file >= 0 && full >= 0 && copy >= 0);
	assert_int_equal(unlink(path), 0);
	flow = flow_start(file, "one ", 0);
	says(&flow, "two");
	(void)shutdown(flow.netd, SHUT_WR);
	assert_int_equal(flow_end(&flow), OUTFLOW_ALL);
	assert_int_equal(pread(copy, data, sizeof(data), 0), strlen("one two"));
	assert_string_equal(data, "one two");
	(void)close(copy);
	flow = flow_start(full, "one", 0);
	assert_int_equal(flow_end(&flow), ENDED_BADLY);
}

/* Whoever is killed has not said all; what he has said is written. */
static void one_that_ends_without_a_word_is_an_end(void **state)
{
	struct flow flow = flow_start(-1, "", 0);

	(void)state;
	says(&flow, "half");
	(void)close(flow.netd);
	flow.netd = -1;
	is_written(&flow, "half");
	assert_int_equal(flow_end(&flow), OUTFLOW_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_before_is_written_first_and_all_is_seen),
		cmocka_unit_test(a_reader_that_rests_loses_nothing),
		cmocka_unit_test(a_signal_says_that_it_is_enough_and_the_rest_is_written),
		cmocka_unit_test(a_second_signal_waits_for_nothing),
		cmocka_unit_test(a_reader_that_has_gone_ends_it),
		cmocka_unit_test(a_file_takes_it_and_a_full_disk_is_said),
		cmocka_unit_test(one_that_ends_without_a_word_is_an_end),
	};

	return cmocka_run_group_tests_name("outflow", tests, NULL, NULL);
}
