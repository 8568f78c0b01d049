// SPDX-License-Identifier: GPL-2.0-or-later
// deadline.h - waits that end: at a moment of a clock that nobody sets
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Who waits says first until when, as a moment of CLOCK_MONOTONIC in
 * milliseconds: a deadline. It stays the same however often the wait is interrupted, or repeated
 * because what came was not what was waited for. A wall clock that is set back or forward is no
 * part of it. poll(2), nanosleep(2) and their kind are called here and nowhere else
 * (scripts/check-waits), and docs/architecture.md has a table of all that may wait, with its bound.
 */

#define DEADLINE_NOW 0		 /* long past: one look, and no wait */
#define DEADLINE_NEVER INT64_MAX /* for programs that have nothing else to do; netd is none */

/* The clock itself. Beginning and step mean nothing; differences do. */
int64_t deadline_now_ms(void);
double deadline_now_s(void);

/* How much of a processor's time this process has had: of a busy machine's clock it may have been
 * little. For who is to take no longer than so much work takes. */
int64_t deadline_worked_ms(void);

/* So long from now. */
int64_t deadline_after(unsigned int ms);
bool deadline_passed(int64_t deadline_ms);

/* poll(2) until something is ready or the deadline has come. How many are ready, also when it has
 * come already: who asks in a loop looks at it by himself. 0: none in time; or a negative errno,
 * which is never -EINTR: a signal does not end the wait. */
int deadline_poll(struct pollfd *fds, size_t n_fds, int64_t deadline_ms);

/* A pause of step_us, or until the deadline where that is earlier; a signal may make it shorter.
 *For what nobody tells of, which has to be looked at again and again:
 *
 *	while (!(done = look()) && deadline_pause(deadline_ms, STEP_US))
 *		;
 *
 * false: the deadline has passed, and there was no pause. So there is a last look after it, and a
 * process that got no processor for long does not give up without having looked. */
bool deadline_pause(int64_t deadline_ms, unsigned int step_us);
