// SPDX-License-Identifier: GPL-2.0-or-later
// test_whole.c - what comes or goes in parts is read and written whole
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LARGE = 1 << 20 }; /* more than a pipe holds */

static uint8_t sent[LARGE], got[LARGE + 1];

static void more_than_a_pipe_holds_comes_whole(void **state)
{
	int ends[2], status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < LARGE; i++)
		sent[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(whole_write(ends[1], sent, LARGE) < 0);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(whole_read(ends[0], got, LARGE), 0);
	assert_memory_equal(got, sent, LARGE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* And less than was asked for is an error. */
	assert_int_equal(whole_read(ends[0], got, 1), -EPIPE);
	assert_int_equal(close(ends[0]), 0);
}

static void what_cannot_be_written_or_read_says_why(void **state)
{
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(whole_write(ends[1], "x", 1), -EPIPE);
	assert_int_equal(whole_read(ends[1], got, 1), -EBADF);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(whole_write(-1, "x", 1), -EBADF);
	assert_int_equal(whole_write(-1, "", 0), 0);
}

static void all_until_the_end_is_read(void **state)
{
	struct buf text = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(whole_write(ends[1], "{}", 2), 0);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(whole_read_to_end(ends[0], 100, &text), 0);
	assert_int_equal(text.len, 2);
	assert_memory_equal(text.data, "{}", 2);
	assert_int_equal(close(ends[0]), 0);
	buf_done(&text);
	assert_int_equal(whole_read_to_end(-1, 100, &text), -EBADF);
	buf_done(&text);
}

/* Whoever decodes it refuses what is too long, so a little more than that is enough. */
static void what_never_ends_is_not_read_for_ever(void **state)
{
	int fd = memfd_create("endless", MFD_CLOEXEC);
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(ftruncate(fd, 4L * LARGE), 0);
	assert_int_equal(whole_read_to_end(fd, LARGE, &text), 0);
	assert_true(text.len > LARGE);
	assert_true(text.len <= LARGE + 16384);
	assert_int_equal(close(fd), 0);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_a_pipe_holds_comes_whole),
		cmocka_unit_test(what_cannot_be_written_or_read_says_why),
		cmocka_unit_test(all_until_the_end_is_read),
		cmocka_unit_test(what_never_ends_is_not_read_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
