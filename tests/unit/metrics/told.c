// SPDX-License-Identifier: GPL-2.0-or-later
// told.c - a plumber at the other end of the channel, in a process of its own
#include "tests/unit/metrics/told.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void told_say(int channel, enum observe_type type, uint32_t number, const void *text, size_t len)
{
	static uint8_t message[OBSERVE_HEAD_LEN + METRICS_PACKET_MAX];

	observe_put_head(message, type, number);
	memcpy(message + OBSERVE_HEAD_LEN, text, len);
	(void)send(channel, message, OBSERVE_HEAD_LEN + len, MSG_NOSIGNAL);
}

static void serve(int channel, told_answer answer)
{
	uint8_t message[OBSERVE_HEAD_LEN];
	unsigned which = 0;

	while (recv(channel, message, sizeof(message), 0) == OBSERVE_HEAD_LEN) {
		enum observe_type type;
		uint32_t number;

		if (observe_get_head(message, sizeof(message), &type, &number) &&
		    type == OBSERVE_ASK)
			answer(channel, number, which++);
	}
}

void told_start(struct told *told, told_answer answer)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	told->pid = fork();
	assert_true(told->pid >= 0);
	if (told->pid == 0) {
		(void)close(ends[0]);
		serve(ends[1], answer);
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	told->channel = ends[0];
}

void told_end(struct told *told)
{
	(void)close(told->channel);
	assert_int_equal(waitpid(told->pid, NULL, 0), told->pid);
}
