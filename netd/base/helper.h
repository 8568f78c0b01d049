// SPDX-License-Identifier: GPL-2.0-or-later
// helper.h - short-lived children that say something and end: heard out, and never waited for for
// ever
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Deadlines are those of base/deadline.h. */

/* In a child, first of all: it gets this signal when its parent ends. parent: getpid(2) before the
 * fork, for that tells of ends that come later (PR_SET_PDEATHSIG, prctl(2)). false: the parent has
 * ended, or the kernel refuses. */
bool helper_goes_with(pid_t parent, int signal_number);

/* What comes from fd, a pipe, until whoever has its other end closes it, or ends. What is more than
 * size is read and dropped. 0; -ETIME: the deadline came first; or another negative errno. */
int helper_hear(int fd, int64_t deadline_ms, void *data, size_t size, size_t *ret_len);

/* How the child ended, as waitpid(2) has it; killed at the deadline, though it be stopped. Returns
 * 0; -ETIME: it was killed for that. One that even then does not end (a disk that does not answer)
 * is left to the loop, which reaps whatever ends. */
int helper_end(pid_t pid, int64_t deadline_ms, int *ret_status);
