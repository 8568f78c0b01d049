// SPDX-License-Identifier: GPL-2.0-or-later
// run_session.h - what a command of run -d has started: who is in its session
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What /proc tells of a process. */
struct run_process {
	char state;
	long session;
	long long started; /* in ticks since the boot */
};

/* false: there is no such process. */
bool run_process_look(long pid, struct run_process *ret_process);
/* Now, in the same ticks. */
long long run_ticks_now(void);

/* A session, and by what it is known once its leader has ended. */
struct run_session {
	long number;	     /* of its leader, which is the command */
	long long led_until; /* the number was the leader's until then; 0: nobody saw its end */
	ino_t output;	     /* of the pipe that the command was given to write to */
};

/* Whether anybody is in it, the leader not excepted. */
bool run_session_is_there(const struct run_session *session);
/* Sends the signal to all who are in it now. Whether there was anybody. */
bool run_session_signal(const struct run_session *session, int signal);
/* The same until nobody is left, who is started meanwhile included. false: the deadline came first.
 */
bool run_session_end(const struct run_session *session, int signal, int64_t deadline_ms);
