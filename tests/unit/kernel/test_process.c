// SPDX-License-Identifier: GPL-2.0-or-later
// test_process.c - what becomes of a process, as /proc tells it
#include "kernel/process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void one_runs_is_stopped_and_ends(void **state)
{
	struct pulse_look look = { 0 };
	pid_t pid = fork();
	siginfo_t info;

	(void)state;
	if (pid == 0)
		for (;;)
			(void)pause();
	assert_int_equal(process_look((uint32_t)pid, &look), 0);
	assert_true(look.state == 'S' || look.state == 'R');
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	assert_int_equal(process_look((uint32_t)pid, &look), 0);
	assert_int_equal(look.state, 'T');
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_look((uint32_t)pid, &look), 0);
	assert_int_equal(look.state, 'Z');
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_look((uint32_t)pid, &look), -ESRCH);
}

static void its_time_is_told(void **state)
{
	struct pulse_look before = { 0 }, after = { 0 };

	(void)state;
	assert_int_equal(process_look((uint32_t)getpid(), &before), 0);
	assert_int_equal(before.state, 'R');
	/* A few hundredths of a second of the processor's: the kernel counts in ticks. */
	do {
		assert_int_equal(process_look((uint32_t)getpid(), &after), 0);
	} while (after.cpu_ms < before.cpu_ms + 20);
	assert_true(after.cpu_ms > before.cpu_ms);
}

static void the_limit_of_files_is_the_hard_one(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_max > 64);
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(process_raise_files(), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur == limit.rlim_max);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_runs_is_stopped_and_ends),
		cmocka_unit_test(its_time_is_told),
		cmocka_unit_test(the_limit_of_files_is_the_hard_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
