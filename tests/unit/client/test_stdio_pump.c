// SPDX-License-Identifier: GPL-2.0-or-later
// test_stdio_pump.c - a socket joined to input and output: both ways, to the last byte, and no
// longer
#include "client/stdio_pump.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The ends of a caller, whose pump runs in a process of its own. */
struct pump {
	pid_t pid;
	int netd; /* the socket's other end */
	int input, output;
};

static struct pump pump_start(void)
{
	int sockets[2], in[2], out[2];
	struct pump pump;
	struct error error;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pump.pid = fork();
	assert_true(pump.pid >= 0);
	if (pump.pid == 0) {
		(void)close(sockets[0]);
		(void)close(in[1]);
		(void)close(out[0]);
		_exit(stdio_pump_run(sockets[1], in[0], out[1], &error) == 0 ? 0 : 1);
	}
	(void)close(sockets[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	pump.netd = sockets[0];
	pump.input = in[1];
	pump.output = out[0];
	return pump;
}

static int pump_end(struct pump *pump)
{
	int status;

	(void)close(pump->output);
	assert_int_equal(waitpid(pump->pid, &status, 0), pump->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t read_all(int fd, char *data, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, data + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

static void the_end_of_the_input_is_passed_on_and_the_answer_still_comes(void **state)
{
	struct pump pump = pump_start();
	char data[16];

	(void)state;
	assert_int_equal(write(pump.input, "ask", 3), 3);
	(void)close(pump.input);
	assert_int_equal(read_all(pump.netd, data, sizeof(data)), 3); /* to its end */
	assert_memory_equal(data, "ask", 3);
	assert_int_equal(write(pump.netd, "answer", 6), 6);
	(void)close(pump.netd);
	assert_int_equal(read_all(pump.output, data, sizeof(data)), 6);
	assert_memory_equal(data, "answer", 6);
	assert_int_equal(pump_end(&pump), 0);
}

static void when_netd_ends_so_does_the_pump_whatever_the_input_does(void **state)
{
	struct pump pump = pump_start();
	char data[16];

	(void)state;
	assert_int_equal(write(pump.netd, "bye", 3), 3);
	(void)close(pump.netd);
	assert_int_equal(read_all(pump.output, data, sizeof(data)), 3);
	assert_int_equal(pump_end(&pump), 0);
	(void)close(pump.input);
}

/* More than either pipe holds, both ways at once: who waits for the one would never read the other.
 */
static void neither_direction_waits_for_the_other(void **state)
{
	static char data[1 << 20], back[1 << 20];
	struct pump pump = pump_start();
	pid_t writer;

	(void)state;
	memset(data, 'x', sizeof(data));
	writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) { /* a netd that says all it has before it listens */
		size_t sent = 0;
		ssize_t n;

		(void)close(pump.input);
		while (sent < sizeof(data) &&
		       (n = write(pump.netd, data + sent, sizeof(data) - sent)) > 0)
			sent += (size_t)n;
		_exit(sent == sizeof(data) && read_all(pump.netd, back, 65536) == 65536 ? 0 : 1);
	}
	(void)close(pump.netd);
	assert_int_equal(write(pump.input, data, 65536), 65536); /* what the pipe holds */
	assert_int_equal(read_all(pump.output, back, sizeof(back)), sizeof(back));
	assert_memory_equal(back, data, sizeof(back));
	(void)close(pump.input);
	assert_int_equal(pump_end(&pump), 0);
	assert_int_equal(waitpid(writer, &(int) { 0 }, 0), writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_the_input_is_passed_on_and_the_answer_still_comes),
		cmocka_unit_test(when_netd_ends_so_does_the_pump_whatever_the_input_does),
		cmocka_unit_test(neither_direction_waits_for_the_other),
	};

	(void)alarm(60); /* a pump that waits for ever fails */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
