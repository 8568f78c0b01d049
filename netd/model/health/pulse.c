// SPDX-License-Identifier: GPL-2.0-or-later
// pulse.c - is a process that does not answer hung, or only not scheduled?
#include "model/health/pulse.h"

#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A process that does not answer may be hung, or it may only wait for its turn on a machine that is
 * busy. Which of the two it is follows from how its state and its use of the processor change over
 * several looks.
 *
 * The words stand in the log. */
const char *const pulse_verdict_name[PULSE_N_VERDICTS] = {
	[PULSE_WAIT] = "slow",
	[PULSE_STOPPED] = "stopped",
	[PULSE_LOOPS] = "in an endless loop",
	[PULSE_BLOCKED] = "blocked",
};

/* Each look is one reading of /proc/PID/stat. What a single look shows proves nothing, so states
 * must hold over several. The looks must come at even distances, as they are counted and not timed.
 * A process that is ready to run and gets no turn is neither still nor looping, and is waited
 * for. */
enum pulse_verdict pulse_look(struct pulse *pulse, const struct pulse_look *look)
{
	bool sleeps = look->state == 'S' || look->state == 'D';

	/* The first look is what the others are compared with. */
	if (pulse->n_looks++ == 0)
		pulse->first_ms = pulse->last_ms = look->cpu_ms;
	pulse->n_stopped = look->state == 'T' || look->state == 't' ? pulse->n_stopped + 1 : 0;
	pulse->n_still = sleeps && look->cpu_ms == pulse->last_ms ? pulse->n_still + 1 : 0;
	pulse->last_ms = look->cpu_ms;
	/* Somebody has stopped it: it will not answer, and killing it would not be fair either. */
	if (pulse->n_stopped >= PULSE_LOOKS_STOPPED)
		return PULSE_STOPPED;
	/* By the time it used and not by the time that passed: work that long would have brought it
	 * back to its loop. */
	if (look->cpu_ms - pulse->first_ms >= PULSE_LOOP_MS)
		return PULSE_LOOPS;
	/* D is a wait for a device, which may take long, so it gets more looks. */
	if (pulse->n_still >= (look->state == 'D' ? PULSE_LOOKS_DISK : PULSE_LOOKS_BLOCKED))
		return PULSE_BLOCKED;
	return PULSE_WAIT;
}

/* "PID (NAME) STATE", ten numbers, utime, stime; the name may hold anything, parentheses too. 0, or
 * -EBADMSG. The text is one line of /proc/PID/stat, and ticks_per_s comes from sysconf(3). */
int pulse_parse(const char *text, unsigned ticks_per_s, struct pulse_look *ret_look)
{
	/* The last parenthesis: what follows the name has none. */
	const char *name_end = strrchr(text, ')');
	uint64_t user, system;
	char state;

	if (!name_end || ticks_per_s == 0 ||
	    sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
		   &state, &user, &system) != 3)
		return -EBADMSG;
	*ret_look = (struct pulse_look) { state, (user + system) * 1000 / ticks_per_s };
	return 0;
}
