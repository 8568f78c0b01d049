// SPDX-License-Identifier: GPL-2.0-or-later
// test_helper.c - children that end, are stopped, are killed, or keep their pipe open
#include "base/helper.h"

#include "base/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 30000

static pid_t begin(void (*play)(int out), int *ret_from)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		play(ends[1]);
		_exit(7);
	}
	assert_true(pid > 0);
	(void)close(ends[1]);
	*ret_from = ends[0];
	return pid;
}

static void say(int out)
{
	for (int i = 0; i < 1000; i++)
		if (write(out, "0123456789", 10) != 10)
			_exit(1);
}

static void say_and_stop(int out)
{
	if (write(out, "x", 1) == 1)
		(void)raise(SIGSTOP);
}

static void say_for_ever(int out)
{
	while (write(out, "0123456789", 10) == 10)
		;
}

static void one_that_ends_is_heard_to_its_end(void **state)
{
	char text[25];
	size_t len;
	int from, status;
	pid_t pid = begin(say, &from);
	int64_t deadline = deadline_after(LONG_MS);

	(void)state;
	assert_int_equal(helper_hear(from, deadline, text, sizeof(text), &len), 0);
	assert_int_equal(len, sizeof(text)); /* the rest was dropped, and it could end */
	assert_memory_equal(text, "0123456789012345678901234", sizeof(text));
	assert_int_equal(helper_end(pid, deadline, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	(void)close(from);
}

static void one_that_talks_without_end_is_killed(void **state)
{
	char text[8];
	size_t len;
	int from, status;
	pid_t pid = begin(say_for_ever, &from);
	int64_t deadline = deadline_after(100);

	(void)state;
	assert_int_equal(helper_hear(from, deadline, text, sizeof(text), &len), -ETIME);
	assert_int_equal(len, sizeof(text));
	assert_int_equal(helper_end(pid, deadline, &status), -ETIME);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	(void)close(from);
}

static void one_that_is_stopped_is_killed(void **state)
{
	char text[8];
	size_t len;
	int from, status;
	pid_t pid = begin(say_and_stop, &from);
	int64_t deadline = deadline_after(100);

	(void)state;
	assert_int_equal(helper_hear(from, deadline, text, sizeof(text), &len), -ETIME);
	assert_int_equal(helper_end(pid, deadline, &status), -ETIME);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(pid, &status, WNOHANG), -1); /* nothing is left of it */
	(void)close(from);
}

static void one_that_was_killed_says_so(void **state)
{
	int from, status;
	pid_t pid = begin(say_and_stop, &from);

	(void)state;
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(helper_end(pid, deadline_after(LONG_MS), &status), 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	(void)close(from);
}

/* It ends, and so does its child, which alone holds the pipe by then. */
static void leave_a_child(int out)
{
	pid_t parent = getpid();
	int ready[2];
	char said;

	if (pipe2(ready, O_CLOEXEC) == 0 && fork() == 0) {
		if (helper_goes_with(parent, SIGKILL) && write(ready[1], "x", 1) == 1)
			for (;;)
				(void)pause();
		_exit(1);
	}
	(void)close(out);
	_exit(read(ready[0], &said, 1) == 1 ? 7 : 1);
}

static void one_goes_with_its_parent(void **state)
{
	char text[8];
	size_t len;
	int from, status;
	pid_t pid = begin(leave_a_child, &from);
	int64_t deadline = deadline_after(LONG_MS);

	(void)state;
	assert_int_equal(helper_hear(from, deadline, text, sizeof(text), &len), 0);
	assert_int_equal(helper_end(pid, deadline, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	(void)close(from);
}

static void look_for_another_parent(int out)
{
	(void)out;
	_exit(helper_goes_with(INT32_MAX, SIGKILL)); /* no pid is that large */
}

static void one_whose_parent_has_ended_is_told(void **state)
{
	int from, status;
	pid_t pid = begin(look_for_another_parent, &from);

	(void)state;
	assert_int_equal(helper_end(pid, deadline_after(LONG_MS), &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == false);
	(void)close(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_ends_is_heard_to_its_end),
		cmocka_unit_test(one_that_talks_without_end_is_killed),
		cmocka_unit_test(one_that_is_stopped_is_killed),
		cmocka_unit_test(one_that_was_killed_says_so),
		cmocka_unit_test(one_goes_with_its_parent),
		cmocka_unit_test(one_whose_parent_has_ended_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
