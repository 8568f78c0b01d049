// SPDX-License-Identifier: GPL-2.0-or-later
// helper.c - short-lived children that say something and end: heard out, and never waited for for
// ever
#include "base/helper.h"

#include "base/deadline.h"
#include "base/limits.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. Some things are done by a child, because a library may harm the process or
 * may not come back. The parent reads what the child writes, then waits for its end, both until a
 * deadline. A child that is late is killed. So a parent never waits without an end, and never
 * leaves a zombie unless the kernel itself holds the child. */

bool helper_goes_with(pid_t parent, int signal_number)
{
	/* A parent that ended before the first call is another's now, or init's. */
	return prctl(PR_SET_PDEATHSIG, signal_number) == 0 && getppid() == parent;
}

/* 0: there is something to read, or the end of it. -ETIME: the deadline has passed. */
static int wait_readable(int fd, int64_t deadline_ms)
{
	/* A pipe's end is told as POLLHUP, which poll(2) reports without being asked. */
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int n;

	if (deadline_passed(deadline_ms)) /* one that talks without end ends, too */
		return -ETIME;
	n = deadline_poll(&readable, 1, deadline_ms);
	return n > 0 ? 0 : n < 0 ? n : -ETIME;
}

/* Reads to the end of the pipe. What does not fit into data is read and dropped; *ret_len says how
 * much there is in data. It is set on failure, too. */
int helper_hear(int fd, int64_t deadline_ms, void *data, size_t size, size_t *ret_len)
{
	char rest[1024];
	size_t len = 0;
	int err = 0;

	while (err == 0) {
		ssize_t got;

		err = wait_readable(fd, deadline_ms);
		if (err < 0)
			break;
		got = len < size ? read(fd, (char *)data + len, size - len)
				 /* Read on, or the child would wait for ever for room in the pipe,
				  * and be killed for it. */
				 : read(fd, rest, sizeof(rest));
		if (got == 0)
			break;
		if (got > 0 && len < size)
			len += (size_t)got;
		else if (got < 0 && errno != EINTR)
			err = -errno;
	}
	*ret_len = len;
	return err;
}

/* *ret_status is as waitpid(2) gives it. */
static int reap(pid_t pid, int64_t deadline_ms, int *ret_status)
{
	do {
		/* Looked for in steps: waitpid(2) takes no time limit. */
		pid_t ended = waitpid(pid, ret_status, WNOHANG);

		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR)
			return -errno;
	} while (deadline_pause(deadline_ms, HELPER_STEP_US));
	return -ETIME;
}

/* -ETIME: it was late and was killed. The descriptor of its pipe is the caller's to close. */
int helper_end(pid_t pid, int64_t deadline_ms, int *ret_status)
{
	int err;

	*ret_status = 0;
	err = reap(pid, deadline_ms, ret_status);
	if (err != -ETIME)
		return err;
	(void)kill(pid, SIGKILL); /* may have ended */
	/* A killed process may hang in the kernel, so this wait has an end as well. */
	(void)reap(pid, deadline_after(HELPER_KILLED_MS), ret_status);
	return -ETIME;
}
