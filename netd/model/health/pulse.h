// SPDX-License-Identifier: GPL-2.0-or-later
// pulse.h - is a process that does not answer hung, or only not scheduled?
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Whoever watches a process asks it something about every PULSE_S and expects
 * an answer from its loop. When one is missing at the next beat, the kernel is asked what the
 * process does, at this beat and all that follow. One that waits for a processor, or has had little
 * of one, may yet answer, however long that takes on a busy machine. One that is stopped, that has
 * had a processor for long enough to answer a thousand times, or that sleeps and does nothing
 * although something waits for it, does not. Beats count and not seconds: a watcher that was itself
 * stopped or held up has seen nothing meanwhile. */

/* What /proc/PID/stat says. */
struct pulse_look {
	char state; /* proc(5): R running, S sleeping, D on a disk, T stopped, t traced, Z ended */
	uint64_t cpu_ms; /* that it has had so far */
};

enum pulse_verdict {
	PULSE_WAIT,    /* it may yet answer */
	PULSE_STOPPED, /* somebody stopped it */
	PULSE_LOOPS,   /* it runs, and does not come back to its loop */
	PULSE_BLOCKED, /* it waits for something else */
	PULSE_N_VERDICTS,
};

/* What the verdict is called in "the process is ...". */
extern const char *const pulse_verdict_name[PULSE_N_VERDICTS];

/* Zero: nothing was asked, or it was answered. */
struct pulse {
	unsigned n_looks, n_stopped, n_still;
	uint64_t first_ms, last_ms; /* processor time at the first and the last look */
};

/* The next look at a process that owes an answer. */
enum pulse_verdict pulse_look(struct pulse *pulse, const struct pulse_look *look);

/* Reads the text of /proc/PID/stat, whose times are in ticks. 0 or -EBADMSG. */
int pulse_parse(const char *text, unsigned ticks_per_s, struct pulse_look *ret_look);
