// SPDX-License-Identifier: GPL-2.0-or-later
// test_deadline.c - a wait ends at its deadline: whatever signals come, and whoever sets the clock
#include "base/deadline.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 30000

static volatile sig_atomic_t n_signals;
static int write_to = -1; /* what the handler writes to when enough signals have come */

static void on_signal(int number)
{
	(void)number;
	n_signals++;
	if (n_signals == 20 && write_to >= 0)
		(void)!write(write_to, "x", 1);
}

/* A signal each millisecond, or none. */
static void interrupt(bool on)
{
	const struct sigaction action = { .sa_handler = on_signal }; /* without SA_RESTART */
	const struct itimerval every = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };

	n_signals = 0;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void signals_neither_end_a_wait_nor_make_it_longer(void **state)
{
	int64_t deadline = deadline_after(50);
	struct pollfd nothing = { .fd = -1 };

	(void)state;
	interrupt(true);
	assert_int_equal(deadline_poll(&nothing, 1, deadline), 0);
	interrupt(false);
	assert_true(deadline_passed(deadline));
	assert_true(deadline_now_ms() - deadline < LONG_MS);
}

static void what_is_ready_ends_it(void **state)
{
	struct pollfd ready[2] = { { .fd = -1 }, { .events = POLLIN } };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	ready[1].fd = ends[0];
	write_to = ends[1];
	interrupt(true);
	assert_int_equal(deadline_poll(ready, 2, deadline_after(LONG_MS)), 1);
	assert_true(n_signals >= 20); /* the ones before did not */
	interrupt(false);
	write_to = -1;
	assert_int_equal(ready[1].revents, POLLIN);
	assert_int_equal(deadline_poll(ready, 2, DEADLINE_NEVER), 1);
	assert_int_equal(deadline_poll(ready, 2, DEADLINE_NOW), 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void one_that_has_passed_is_one_look(void **state)
{
	struct pollfd nothing = { .fd = -1 };

	(void)state;
	assert_int_equal(deadline_poll(&nothing, 1, DEADLINE_NOW), 0);
	assert_int_equal(deadline_poll(&nothing, 1, deadline_now_ms() - 1), 0);
	assert_true(deadline_passed(DEADLINE_NOW));
	assert_false(deadline_passed(DEADLINE_NEVER));
	assert_false(deadline_passed(deadline_after(UINT_MAX)));
}

static void what_poll_refuses_is_said(void **state)
{
	struct pollfd many[4] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
	struct rlimit before, few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit) { .rlim_cur = 3, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(deadline_poll(many, 4, DEADLINE_NOW), -EINVAL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void pauses_go_on_until_the_deadline_and_no_further(void **state)
{
	int64_t deadline = deadline_after(20);
	unsigned int n = 0;

	(void)state;
	while (deadline_pause(deadline, 1000))
		n++;
	assert_true(deadline_passed(deadline));
	assert_in_range(n, 1, 20);
	/* A step that is longer than what is left ends with it. */
	deadline = deadline_after(20);
	assert_true(deadline_pause(deadline, LONG_MS * 1000));
	assert_true(deadline_now_ms() - deadline < LONG_MS / 2);
	assert_false(deadline_pause(DEADLINE_NOW, LONG_MS * 1000));
	assert_true(deadline_pause(DEADLINE_NEVER, 1000));
}

static void both_readings_are_of_one_clock(void **state)
{
	double before_s = deadline_now_s();
	int64_t now_ms = deadline_now_ms();
	double after_s = deadline_now_s();

	(void)state;
	assert_true((int64_t)(before_s * 1000) <= now_ms);
	assert_true(now_ms <= (int64_t)(after_s * 1000));
}

static void who_waits_does_not_work(void **state)
{
	int64_t began_ms = deadline_worked_ms(), until_ms = deadline_after(200);
	volatile unsigned int spun = 0;

	(void)state;
	while (deadline_pause(until_ms, LONG_MS * 1000))
		;
	assert_true(deadline_worked_ms() - began_ms < 100);
	while (deadline_worked_ms() - began_ms < 20)
		spun++;
	assert_true(spun > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_neither_end_a_wait_nor_make_it_longer),
		cmocka_unit_test(what_is_ready_ends_it),
		cmocka_unit_test(one_that_has_passed_is_one_look),
		cmocka_unit_test(what_poll_refuses_is_said),
		cmocka_unit_test(pauses_go_on_until_the_deadline_and_no_further),
		cmocka_unit_test(both_readings_are_of_one_clock),
		cmocka_unit_test(who_waits_does_not_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
