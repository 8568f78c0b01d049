// SPDX-License-Identifier: GPL-2.0-or-later
// test_backlog.c - messages that wait for room in a channel come whole, in order, and are bounded
#include "ipc/backlog.h"

#include "ipc/chan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
	int ours, theirs;
};

static struct pair pair_new(void)
{
	int ends[2], small = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	return (struct pair) { ends[0], ends[1] };
}

static uint32_t receive(const struct pair *pair)
{
	uint8_t message[600];
	uint32_t number;
	size_t n_fds = 0;
	int len = chan_receive(pair->theirs, message, sizeof(message), NULL, &n_fds);

	if (len == -EAGAIN)
		return UINT32_MAX;
	assert_int_equal(len, sizeof(message) - 10);
	memcpy(&number, message, sizeof(number));
	return number;
}

static void all_come_in_order_as_the_channel_takes_them(void **state)
{
	struct pair pair = pair_new();
	struct backlog backlog = { 0 };
	uint32_t expected = 0, got;
	uint8_t message[590] = { 0 };
	bool waited = false;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		memcpy(message, &i, sizeof(i));
		assert_int_equal(backlog_put(&backlog, message, sizeof(message), 1 << 20), 0);
		waited = backlog_flush(&backlog, pair.ours) == -EAGAIN || waited;
		if (i % 7 == 0 && (got = receive(&pair)) != UINT32_MAX)
			assert_int_equal(got, expected++);
	}
	assert_true(waited);
	while (expected < 500) {
		got = receive(&pair);
		if (got == UINT32_MAX)
			(void)backlog_flush(&backlog, pair.ours);
		else
			assert_int_equal(got, expected++);
	}
	assert_int_equal(backlog_flush(&backlog, pair.ours), 0);
	assert_true(backlog_is_empty(&backlog));
	assert_null(backlog.bytes.data);
	(void)close(pair.ours);
	(void)close(pair.theirs);
}

static void no_more_wait_than_may(void **state)
{
	struct backlog backlog = { 0 };
	uint8_t message[100] = { 0 };

	(void)state;
	assert_int_equal(backlog_put(&backlog, message, sizeof(message), 208), 0);
	assert_int_equal(backlog_put(&backlog, message, sizeof(message), 207), -ENOBUFS);
	assert_int_equal(backlog_put(&backlog, message, sizeof(message), 208), 0);
	assert_int_equal(backlog_put(&backlog, message, 1, 208), -ENOBUFS);
	backlog_done(&backlog);
}

static void one_that_has_ended_is_told(void **state)
{
	struct pair pair = pair_new();
	struct backlog backlog = { 0 };

	(void)state;
	(void)close(pair.theirs);
	assert_int_equal(backlog_put(&backlog, "x", 1, 100), 0);
	assert_int_equal(backlog_flush(&backlog, pair.ours), -EPIPE);
	assert_false(backlog_is_empty(&backlog));
	backlog_done(&backlog);
	(void)close(pair.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_in_order_as_the_channel_takes_them),
		cmocka_unit_test(no_more_wait_than_may),
		cmocka_unit_test(one_that_has_ended_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
