// SPDX-License-Identifier: GPL-2.0-or-later
// test_captures.c - places of captures go with the process that has one, and not with who gave it
#include "base/cleanup.h"
#include "base/limits.h"
#include "plumber/captures.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test-captures-XXXXXX";
static char path[sizeof(dir) + 8];

static int setup(void **state)
{
	_cleanup_close_ int fd = -1;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path) < 0 || rmdir(dir) < 0 ? -1 : 0;
}

static void there_are_so_many_places_and_each_is_given_back(void **state)
{
	int fds[CAPTURE_AT_ONCE_MAX], none = -1;

	(void)state;
	for (int i = 0; i < CAPTURE_AT_ONCE_MAX; i++) {
		assert_int_equal(captures_take(dir, &fds[i]), 0);
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
	}
	assert_int_equal(captures_take(dir, &none), -EUSERS);
	assert_int_equal(none, -1);
	for (int i = 0; i < CAPTURE_AT_ONCE_MAX; i += 5) {
		assert_int_equal(close(fds[i]), 0);
		assert_int_equal(captures_take(dir, &fds[i]), 0);
		assert_int_equal(captures_take(dir, &none), -EUSERS);
	}
	for (int i = 0; i < CAPTURE_AT_ONCE_MAX; i++)
		assert_int_equal(close(fds[i]), 0);
}

/* As a capture that goes on when netd has ended. */
static void a_place_is_taken_as_long_as_a_process_lives_that_has_it(void **state)
{
	int fds[CAPTURE_AT_ONCE_MAX], none = -1;
	pid_t child;

	(void)state;
	for (int i = 0; i < CAPTURE_AT_ONCE_MAX; i++)
		assert_int_equal(captures_take(dir, &fds[i]), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		for (;;)
			(void)pause();
	for (int i = 0; i < CAPTURE_AT_ONCE_MAX; i++)
		assert_int_equal(close(fds[i]), 0);
	assert_int_equal(captures_take(dir, &none), -EUSERS);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(captures_take(dir, &fds[0]), 0);
	assert_int_equal(close(fds[0]), 0);
}

/* The run directory's own lock is on the same file. */
static void the_lock_of_the_file_and_places_do_not_meet(void **state)
{
	_cleanup_close_ int lock = open(path, O_RDWR | O_CLOEXEC), other = -1;
	int fd = -1;

	(void)state;
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(captures_take(dir, &fd), 0);
	assert_int_equal(flock(lock, LOCK_UN), 0);
	other = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(close(fd), 0);
}

static void without_a_run_directory_there_is_no_place(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(captures_take("/nowhere", &fd), -ENOENT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_so_many_places_and_each_is_given_back),
		cmocka_unit_test(a_place_is_taken_as_long_as_a_process_lives_that_has_it),
		cmocka_unit_test(the_lock_of_the_file_and_places_do_not_meet),
		cmocka_unit_test(without_a_run_directory_there_is_no_place),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
