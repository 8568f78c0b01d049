// SPDX-License-Identifier: GPL-2.0-or-later
// deadline.c - waits that end: at a moment of a clock that nobody sets
#include "base/deadline.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

/* Theory of operation. A deadline is a moment in milliseconds of CLOCK_MONOTONIC, which nobody sets
 * and which does not stand still while netd is busy. It is computed once; every wait then asks how
 * much is left. So signals, and time spent between two waits, do not make the whole longer. */

static struct timespec now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return now;
}

/* A moment has a meaning only within one boot of the machine. */
int64_t deadline_now_ms(void)
{
	const struct timespec at = now();

	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* For intervals that are measured, in seconds. */
double deadline_now_s(void)
{
	const struct timespec at = now();

	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int64_t deadline_worked_ms(void)
{
	struct timespec worked;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &worked); /* nor can this one's */
	return (int64_t)worked.tv_sec * 1000 + worked.tv_nsec / 1000000;
}

int64_t deadline_after(unsigned int ms)
{
	return deadline_now_ms() + ms;
}

bool deadline_passed(int64_t deadline_ms)
{
	return deadline_now_ms() >= deadline_ms;
}

/* As poll(2) takes it. A longer wait than an int holds is asked for again. -1: for ever. 0: not at
 * all. */
static int left_ms(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms == DEADLINE_NEVER)
		return -1;
	if (deadline_ms == DEADLINE_NOW) /* without asking what time it is */
		return 0;
	left = deadline_ms - deadline_now_ms();
	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* How many descriptors are ready; 0: the deadline has passed; or a negative errno. At a deadline
 * that has passed the descriptors are looked at once all the same. */
int deadline_poll(struct pollfd *fds, size_t n_fds, int64_t deadline_ms)
{
	for (;;) {
		/* How long is left is asked anew each time: signals that keep coming must not
		 * lengthen the wait. */
		int n = poll(fds, n_fds, left_ms(deadline_ms));

		if (n > 0)
			return n;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (deadline_passed(deadline_ms))
			return 0;
	}
}

/* For what can only be looked for in steps. false: the time is over, and nothing was waited for. */
bool deadline_pause(int64_t deadline_ms, unsigned int step_us)
{
	int64_t left = deadline_ms - deadline_now_ms(), step_ms = step_us / 1000;
	struct timespec pause = { .tv_sec = step_us / 1000000,
				  .tv_nsec = (long)(step_us % 1000000) * 1000 };

	if (left <= 0)
		return false;
	/* The last step ends at the deadline and not after it. */
	if (left <= step_ms)
		pause = (struct timespec) { .tv_sec = left / 1000,
					    .tv_nsec = left % 1000 * 1000000 };
	(void)nanosleep(&pause, NULL); /* cut short is fine */
	return true;
}
