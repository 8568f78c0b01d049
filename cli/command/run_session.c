// SPDX-License-Identifier: GPL-2.0-or-later
// run_session.c - what a command of run -d has started: who is in its session
#include "cli/command/run_session.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. Without a namespace of processes what a command has started does not end
 * with it; but it is in the session that run -d has made for the command, unless it has left that
 * on purpose. The number of a session is given to no other process while anybody is in it. So as
 * long as the command lives, whoever is in it belongs to it.
 *
 * Later the session may have emptied, and its number be another's, who may have made a session of
 * it as well. Nobody joins one who was not born in it. So who was born when the number was the
 * command's still is in its session; and so is who writes to the command's pipe. One of these is
 * proof for all who are in it. */

bool run_process_look(long pid, struct run_process *ret_process)
{
	char path[64], text[1024];
	const char *rest;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	/* The name of the program, in brackets, may have brackets itself. Behind it: fields 3, 6
	 * and 22 (proc(5)). */
	rest = strrchr(text, ')');
	return rest &&
	       sscanf(rest + 1,
		      " %c %*s %*s %ld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		      "%*s %*s %lld",
		      &ret_process->state, &ret_process->session, &ret_process->started) == 3;
}

long long run_ticks_now(void)
{
	const long long per_s = sysconf(_SC_CLK_TCK);
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
	return now.tv_sec * per_s + now.tv_nsec * per_s / 1000000000;
}

/* Whether standard output or standard error is the command's pipe. */
static bool writes_there(long pid, ino_t output)
{
	char path[64], wanted[64], seen[64];

	(void)snprintf(wanted, sizeof(wanted), "pipe:[%llu]", (unsigned long long)output);
	for (int fd = STDOUT_FILENO; output > 0 && fd <= STDERR_FILENO; fd++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", pid, fd);
		n = readlink(path, seen, sizeof(seen) - 1);
		seen[n > 0 ? n : 0] = '\0';
		if (strcmp(seen, wanted) == 0)
			return true;
	}
	return false;
}

/* One that has ended and waits for its parent to ask is in nobody's way. */
static bool is_in(const struct run_session *session, long pid, struct run_process *ret_process)
{
	return run_process_look(pid, ret_process) && ret_process->session == session->number &&
	       ret_process->state != 'Z' && pid != getpid();
}

/* Who is in it, as far as there is room. */
struct found {
	int pidfds[RUN_SESSION_AT_ONCE];
	size_t n;
	bool is_proved; /* that it is the command's */
};

static void found_done(struct found *found)
{
	for (size_t i = 0; i < found->n; i++)
		(void)close(found->pidfds[i]);
}

/* Held first and looked at then, as run_pidfd() does: what is held cannot become another. */
static void find(const struct run_session *session, struct found *ret_found)
{
	DIR *dir = session->number > 1 ? opendir("/proc") : NULL;
	const struct dirent *entry;

	ret_found->n = 0;
	ret_found->is_proved = false;
	while (dir && ret_found->n < RUN_SESSION_AT_ONCE && (entry = readdir(dir))) {
		long pid = strtol(entry->d_name, NULL, 10);
		struct run_process process;
		_cleanup_close_ int pidfd = -1;

		if (pid <= 1 || !is_in(session, pid, &process))
			continue;
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (pidfd < 0 || !is_in(session, pid, &process))
			continue;
		ret_found->is_proved |= process.started <= session->led_until ||
					writes_there(pid, session->output);
		ret_found->pidfds[ret_found->n++] = take_fd(&pidfd);
	}
	if (dir)
		(void)closedir(dir); /* read only */
	/* What is found without a proof is another's. */
	if (!ret_found->is_proved) {
		found_done(ret_found);
		ret_found->n = 0;
	}
}

static void signal_all(const struct found *found, int signal)
{
	for (size_t i = 0; i < found->n; i++) /* one that has ended meanwhile needs none */
		(void)syscall(SYS_pidfd_send_signal, found->pidfds[i], signal, NULL, 0);
}

bool run_session_is_there(const struct run_session *session)
{
	_cleanup_(found_done) struct found found;

	find(session, &found);
	return found.n > 0;
}

bool run_session_signal(const struct run_session *session, int signal)
{
	_cleanup_(found_done) struct found found;

	find(session, &found);
	signal_all(&found, signal);
	return found.n > 0;
}

/* They are waited for one after another, and all of them until the same moment. */
static bool all_end(const struct found *found, int64_t deadline_ms)
{
	for (size_t i = 0; i < found->n; i++) {
		struct pollfd ended = { .fd = found->pidfds[i], .events = POLLIN };

		if (deadline_poll(&ended, 1, deadline_ms) <= 0)
			return false;
	}
	return true;
}

bool run_session_end(const struct run_session *session, int signal, int64_t deadline_ms)
{
	struct run_session known = *session;

	for (;;) {
		_cleanup_(found_done) struct found found;

		find(&known, &found);
		if (found.n == 0)
			return true;
		signal_all(&found, signal);
		/* Who forks without end is not waited for without end. */
		if (!all_end(&found, deadline_ms) || deadline_passed(deadline_ms))
			return false;
		/* Who is found by the next look was started by one of these. */
		known.led_until = LLONG_MAX;
	}
}
