// SPDX-License-Identifier: GPL-2.0-or-later
// run_end.c - finding a command of run -d, and ending it with all that it has started
#include "cli/command/run_end.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>

/* Theory of operation. A process is signalled through a descriptor (run_pidfd()), never by its
 * number, which may be another's by then. What a command has started does not end with it, and is
 * found by its session (run_session.c), also when the command itself has ended long ago. */

/* --- finding --- */

bool run_end_is_meant(const json_t *container, const char *ref)
{
	const char *name = cli_str(container, "Name");

	ref += *ref == '/'; /* docker shows names so */
	name += *name == '/';
	return strcmp(name, ref) == 0 || strcmp(cli_str(container, "Id"), ref) == 0;
}

/* Whose affair it is. */
static int others_affair(const json_t *container, const char *what, struct error *error)
{
	json_int_t pid =
		json_integer_value(json_object_get(json_object_get(container, "State"), "Pid"));
	const char *name = cli_str(container, "Name");
	char process[32] = "";

	if (pid > 0)
		(void)snprintf(process, sizeof(process), " (pid %lld)", (long long)pid);
	return error_set(error, ERROR_CONFLICT,
			 "%s%s was not started by netctl run -d: whatever started it %s: docker, "
			 "podman, crictl or runc, or the terminal that netctl run waits in",
			 *name == '/' ? name + 1 : name, process, what);
}

/* netd knows no name of one that has ended, or that shares a namespace, and takes it for the
 * beginning of somebody's id: "db" is one of each 256th container. A name comes before that, as it
 * does for netd. */
static bool is_named_here(int err, const json_t *container, const struct error *missing,
			  const char *ref)
{
	/* It is not there, or the beginning of more than one. */
	if (err < 0)
		return missing->kind == ERROR_NOT_FOUND || missing->kind == ERROR_INVALID;
	return !run_end_is_meant(container, ref);
}

int run_end_find(struct cli *cli, const char *command, const char *what, const char *ref,
		 struct run *ret_run, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *container = NULL;
	struct error missing = { 0 };
	struct runs runs;
	int err = cli_require_local(cli, command, error);

	if (err < 0)
		return err;
	if (!*ref)
		return error_set(error, ERROR_INVALID, "a container's name is empty");
	if (geteuid() != 0)
		return error_set(error, ERROR_FORBIDDEN, "netctl %s takes root, as netctl run does",
				 command);
	err = runs_open(cli, &runs, error);
	cli_path(&path, "/containers/", ref, "/json");
	if (err == 0 && path.err < 0)
		err = error_system(error, path.err, "finding %s", ref);
	if (err < 0)
		return err;
	/* netd is asked first: the name may be another's by now. */
	err = cli_call(cli, "GET", path.data, NULL, &container, &missing);
	if (is_named_here(err, container, &missing, ref) && runs_find(&runs, ref, ret_run))
		return 0;
	if (err < 0) {
		*error = missing;
		return err;
	}
	return runs_find(&runs, cli_str(container, "Id"), ret_run)
		       ? 0
		       : others_affair(container, what, error);
}

/* --- signals --- */

int run_end_signal(const char *text, int *ret_signal, struct error *error)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	char *end;
	long number = strtol(text, &end, 10);

	if (isdigit((unsigned char)*text) && !*end && number > 0 && number <= SIGRTMAX) {
		*ret_signal = (int)number;
		return 0;
	}
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcasecmp(known, name) == 0) {
			*ret_signal = i;
			return 0;
		}
	}
	return error_set(error, ERROR_INVALID,
			 "--signal '%.32s' is no signal: use a name such as TERM or HUP, or a "
			 "number from 1 to %d",
			 text, SIGRTMAX);
}

/* 0 also for a process that has ended. */
static int send_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 && errno != ESRCH ? -errno
											    : 0;
}

static bool ends_within(int pidfd, int64_t deadline_ms)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	return deadline_poll(&ended, 1, deadline_ms) > 0;
}

/* --- the end --- */

/* Sends the signal to the command, and SIGKILL after the deadline. 0, or the error is set. */
static int end_command(const struct run *run, int pidfd, int signal, int64_t deadline_ms,
		       struct error *error)
{
	int err = send_signal(pidfd, signal);

	if (err == 0 && !ends_within(pidfd, deadline_ms))
		err = send_signal(pidfd, SIGKILL);
	if (err < 0)
		return error_system(error, err, "sending a signal to %s", run_name(run));
	if (ends_within(pidfd, deadline_after(RUN_KILLED_S * 1000)))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
			 "%s does not end, though it was killed %d s ago: the kernel holds "
			 "its process %lld",
			 run_name(run), RUN_KILLED_S,
			 (long long)json_integer_value(json_object_get(run->record, "Pid")));
}

/* What it has started and is there still. 0, or the error is set. */
static int kill_rest(const struct run *run, const struct run_session *session, struct error *error)
{
	if (run_session_end(session, SIGKILL, deadline_after(RUN_KILLED_S * 1000)))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
			 "what %s has started does not end, though it was killed %d s ago: `ps -s "
			 "%ld` shows it",
			 run_name(run), RUN_KILLED_S, session->number);
}

/* netd sees the end by itself, a moment later; the name is to be free at once. */
static int detach(struct cli *cli, const struct run *run, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	cli_path(&path, "/netd/v1/containers/", cli_str(run->record, "Id"), "");
	if (path.err < 0)
		return error_system(error, path.err, "detaching %s", run_name(run));
	return cli_call(cli, "DELETE", path.data, NULL, NULL, error);
}

int run_end(struct cli *cli, const struct run *run, int signal, int timeout_s, struct error *error)
{
	struct run_session session = run_session(run);
	_cleanup_close_ int pidfd = run_pidfd(run);
	const int64_t deadline_ms = timeout_s < 0 ? DEADLINE_NEVER
						  : deadline_after((unsigned)timeout_s * 1000);
	int err = 0;

	if (pidfd >= 0) {
		err = end_command(run, pidfd, signal, deadline_ms, error);
		session.led_until = LLONG_MAX; /* it was there a moment ago */
	} else if (!run_session_is_there(&session)) {
		return 0;
	} else {
		/* They are asked in its place. Who does not heed it is killed below. */
		(void)run_session_end(&session, signal, deadline_ms);
	}
	if (err == 0)
		err = kill_rest(run, &session, error);
	if (err == 0)
		err = detach(cli, run, error);
	if (err == 0 && json_is_true(json_object_get(run->record, "Forgotten")))
		run_forget_ended(run);
	return err;
}
