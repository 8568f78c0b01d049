// SPDX-License-Identifier: GPL-2.0-or-later
// explain_watch.c - netd-explain run by netctl for what goes on: a line for each thing that happens
#include "cli/command/explain_watch.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/whole.h"
#include "client/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. Ctrl-C in a terminal is for all who were started there, and the program
 * is to tell how it ended: it does not hear of it, and this process, which waits for it as for
 * any other event, closes its standard input instead. Whatever kills this process closes that,
 * too. Two sorts of process say lines in the same form: netd-explain, started here by root, and
 * a child of this program that reads netd's answer and passes it on. A child, because a call of
 * the client does not return while the stream goes on, and signals have to be heard meanwhile.
 *
 * first line:  the status, three digits; then lines of JSON
 * not 200:     one object with why, and the end */

/* One watch. Descriptors of -1 are closed; text has what came behind the last newline. */
struct hearing {
	const struct explain_watch *watch;
	pid_t pid;
	bool is_ours; /* it is a child of this program that asks netd, and no other program */
	int in_fd, out_fd, signal_fd; /* in_fd: of the program; -1: it was closed */
	int64_t end_ms;		      /* of its last words, once it was closed */
	struct buf text;
	/* has_begun: the status was read. has_end: no more will come. is_enough: it was told to
	 * end, by the user, by the number of lines, or by the time. */
	bool has_begun, has_end, is_enough;
};

/* --- another program -------------------------------------------------------------------------- */

/* The signals that are blocked here would be blocked in the program, too: its mask is set to SIGINT
 * alone, since a terminal sends that to both. 0, or a negative errno, and then there is no process.
 * Its standard input is a pipe, and the end of that tells it to end. */
static int spawn(const char *program, char *const argv[], int in_fd, int out_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t interrupt;
	int err;

	(void)sigemptyset(&interrupt);
	(void)sigaddset(&interrupt, SIGINT);
	err = posix_spawnattr_init(&attr);
	if (err != 0)
		return -err;
	err = posix_spawn_file_actions_init(&actions);
	if (err == 0) {
		(void)posix_spawnattr_setsigmask(&attr, &interrupt);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
		err = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
		if (err == 0)
			err = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
		if (err == 0)
			err = posix_spawn(ret_pid, program, &actions, &attr, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)posix_spawnattr_destroy(&attr);
	/* The errors of posix_spawn(3) are positive numbers. */
	return -err;
}

/* --- a child that asks netd ------------------------------------------------------------------- */

/* The child's own view; nothing of it comes back but what is written to out_fd. It is made before
 * the fork and used by the child alone. */
struct asking {
	struct cli *cli;
	const char *path;
	int out_fd;
	bool has_begun;
};

/* client_stream() calls it for each piece of the body. Not 0 ends the stream. The status is written
 * before the first byte only: until then an error has its place. It runs in the child. The bytes
 * are passed as they come, whole lines or not: the parent puts them together. */
static int pass_on(const char *data, size_t len, void *user)
{
	struct asking *asking = user;
	int err = asking->has_begun ? 0 : whole_write(asking->out_fd, "200\n", 4);

	asking->has_begun = true;
	return (err < 0 ? err : whole_write(asking->out_fd, data, len)) < 0;
}

/* As netd-explain says it. So the parent reads one form, whoever says it. The status is that of
 * HTTP which netd would have given, so the parent reads both alike. */
static void put_refusal(const struct asking *asking, const struct error *error)
{
	json_auto_t *json = json_pack("{s:o, s:s}", "message", json_text(error->text), "code",
				      error_word(error));
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT);
	_cleanup_(buf_done) struct buf out = { 0 };

	buf_printf(&out, "%03d\n%s\n", error_http_status(error->kind), text ? text : "{}");
	if (out.err == 0)
		(void)whole_write(asking->out_fd, out.data,
				  out.len); /* nobody else is there to be told */
}

/* An error behind the first line cannot be said any more. The exit status tells that the answer
 * broke off. The child's exit status. Errors are not printed by the child, since the parent tells
 * them. */
static int ask(struct asking *asking)
{
	struct error error = { 0 };
	int status, err = cli_connect(asking->cli, &error);

	if (err == 0)
		client_timeout(asking->cli->client, EXPLAIN_ANSWER_S); /* until it begins */
	if (err == 0)
		err = client_stream(asking->cli->client, asking->path, &status, NULL, pass_on,
				    asking, &error);
	if (err < 0 && !asking->has_begun)
		put_refusal(asking, &error);
	return err < 0 ? EXIT_FAILURE : 0;
}

/* 0, or a negative errno; what was opened is closed by hear_all(). It returns in the parent
 * alone. */
static int begin_asking(struct hearing *hearing, struct cli *cli, const char *path,
			const sigset_t *signals, const sigset_t *before)
{
	_cleanup_close_ int out = -1;
	pid_t parent = getpid();
	int ends[2];

	hearing->is_ours = true;
	/* The signals are blocked already, so they wait in the descriptor. */
	hearing->signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (hearing->signal_fd < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	hearing->out_fd = ends[0];
	out = ends[1];
	hearing->pid = fork();
	if (hearing->pid < 0)
		return -errno;
	if (hearing->pid > 0)
		/* The parent: the child's end of the pipe is closed when this function returns. */
		return 0;
	if (!helper_goes_with(parent, SIGTERM))
		_exit(EXIT_FAILURE);
	/* The child is to die of signals as usual. It is a copy of this process, so it leaves
	 * by _exit(2), and handlers and buffers of the parent are not run twice. */
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	_exit(ask(&(struct asking) { .cli = cli, .path = path, .out_fd = out }));
}

/* --- its life --------------------------------------------------------------------------------- */

/* The two ends that the program gets are closed here when it has them. 0, or a negative errno; what
 * was opened is closed by hear_all(). */
static int begin(struct hearing *hearing, const char *program, char *const argv[],
		 const sigset_t *signals)
{
	_cleanup_close_ int in = -1, out = -1;
	int ends[2];

	hearing->signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (hearing->signal_fd < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	in = ends[0];
	hearing->in_fd = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	hearing->out_fd = ends[0];
	out = ends[1];
	return spawn(program, argv, in, out, &hearing->pid);
}

/* It may be called twice. A program ends by the end of its input and says last words; a child
 * has none, and is ended. From then on only so much time is left. */
static void stop(struct hearing *hearing)
{
	cleanup_close(&hearing->in_fd);
	hearing->in_fd = -1;
	if (hearing->is_ours)
		(void)kill(hearing->pid, SIGTERM);
	hearing->is_enough = true;
	if (hearing->end_ms == DEADLINE_NEVER)
		hearing->end_ms = deadline_after(EXPLAIN_TRACE_END_MS);
}

/* --- what it says ----------------------------------------------------------------------------- */

/* len: without the newline. The line is freed here, and take() keeps nothing of it. */
static int take_line(struct hearing *hearing, size_t len, struct error *error)
{
	bool is_no_memory;
	json_t *line = json_read(hearing->text.data, len, 0, NULL, &is_no_memory);
	int enough;

	if (!line)
		return error_set(error, ERROR_INTERNAL, "netd-explain says what is not JSON");
	/* Nothing comes behind it. That netd is asked in vain it does not mean: no records help. */
	enough = json_object_get(line, "Broken")
			 ? error_set(error, ERROR_INTERNAL, "%s, and what it told with it",
				     cli_str(line, "Broken"))
			 : hearing->watch->take(line, hearing->watch->data, error);
	json_decref(line);
	if (enough > 0)
		stop(hearing);
	return enough < 0 ? enough : 0;
}

/* The first line is a status; behind another than 200 stands why. What stands behind is read to its
 * end, for it is one object over several pieces. 0: lines follow. Else the program's or netd's
 * refusal is in the error. */
static int take_status(struct hearing *hearing, size_t len, struct error *error)
{
	long status = strtol(hearing->text.data, NULL, 10);

	hearing->has_begun = true;
	if (status == 200)
		return 0;
	buf_consume(&hearing->text, len + 1);
	while (!hearing->has_end) {
		char data[4096];
		ssize_t n = read(hearing->out_fd, data, sizeof(data));

		hearing->has_end = n == 0 || (n < 0 && errno != EINTR);
		if (n > 0)
			buf_append(&hearing->text, data, (size_t)n);
	}
	return calls_refusal((int)status, &hearing->text, error);
}

/* Whole lines are taken. The rest stays for the next piece. 0, or the error is set. */
static int take_lines(struct hearing *hearing, struct error *error)
{
	int err = 0;

	while (err == 0 && hearing->text.len > 0) {
		const char *end = memchr(hearing->text.data, '\n', hearing->text.len);
		size_t len = end ? (size_t)(end - hearing->text.data) : 0;

		if (!end)
			break;
		err = hearing->has_begun ? take_line(hearing, len, error)
					 : take_status(hearing, len, error);
		if (err == 0)
			buf_consume(&hearing->text, len + 1);
	}
	/* Memory is not to grow with a program that never ends a line. */
	if (err == 0 && hearing->text.len > EXPLAIN_VERDICT_MAX)
		err = error_set(error, ERROR_INTERNAL, "netd-explain says a line without an end");
	return err;
}

/* A read that is interrupted is repeated by the loop. 0, or the error is set. One read takes as
 * much as there is, up to the size of the buffer. */
static int hear(struct hearing *hearing, struct error *error)
{
	char data[16384];
	ssize_t n = read(hearing->out_fd, data, sizeof(data));

	if (n < 0)
		return errno == EINTR ? 0 : error_system(error, -errno, "hearing netd-explain");
	hearing->has_end = n == 0;
	buf_append(&hearing->text, data, (size_t)n);
	if (hearing->text.err < 0)
		return error_system(error, hearing->text.err, "hearing netd-explain");
	return take_lines(hearing, error);
}

/* One turn. When it is enough, only the program is waited for, and no signal any more: last words
 * are on their way. 0, or the error is set. The descriptor of standard output is watched for errors
 * alone: poll(2) reports those without being asked. */
static int wait_for_it(struct hearing *hearing, struct error *error)
{
	struct pollfd fds[] = { { .fd = hearing->out_fd, .events = POLLIN },
				{ .fd = hearing->signal_fd, .events = POLLIN },
				{ .fd = STDOUT_FILENO } };
	int64_t until_ms = hearing->is_enough ? hearing->end_ms : hearing->watch->deadline_ms;
	struct signalfd_siginfo info;
	int n = deadline_poll(fds, hearing->is_enough ? 1 : ARRAY_SIZE(fds), until_ms);

	if (n < 0)
		return error_system(error, n, "waiting for netd-explain");
	if (n == 0 && hearing->is_enough)
		hearing->has_end = true; /* it hangs: its end is waited for below */
	/* The time is over, or a signal has come. */
	if (n == 0 || (!hearing->is_enough && fds[1].revents &&
		       read(hearing->signal_fd, &info, sizeof(info)) > 0))
		stop(hearing);
	/* Nobody reads any more, as behind `| head`. */
	if (!hearing->is_enough && (fds[2].revents & (POLLERR | POLLHUP)))
		stop(hearing);
	return fds[0].revents ? hear(hearing, error) : 0;
}

/* Whoever ends by itself, without being told to, has failed; only netd may end its answer by
 * itself, when the time is over. An answer that has its end before was ended by whoever gives it,
 * which goes with netd. 0, or the error is set. The status is that of waitpid(2). */
static int look_at_end(const struct hearing *hearing, int status, struct error *error)
{
	bool has_all = hearing->is_ours && hearing->has_begun && status == 0;

	if (hearing->is_enough || (has_all && deadline_passed(hearing->watch->netd_ends_ms)))
		return 0;
	if (has_all)
		return error_set(error, ERROR_UNAVAILABLE,
				 "netd has ended, and what it told with it: begin again when it "
				 "runs");
	if (hearing->is_ours)
		return error_set(error, ERROR_UNAVAILABLE, "netd's answer broke off");
	return error_set(error, ERROR_INTERNAL, "netd-explain ended by itself (%s %d)",
			 WIFEXITED(status) ? "status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* All that is not there yet, so that hear_all() can close it. No descriptor is open and no process
 * runs. */
static const struct hearing nobody = {
	.pid = -1, .in_fd = -1, .out_fd = -1, .signal_fd = -1, .end_ms = DEADLINE_NEVER
};

/* They are read from a descriptor, so no handler runs in the middle of something. The mask before
 * is given back by hear_all(), also on every error. None of these calls can fail with arguments
 * that are right. */
static void block_signals(sigset_t *ret_signals, sigset_t *ret_before)
{
	(void)sigemptyset(ret_signals);
	(void)sigaddset(ret_signals, SIGINT);
	(void)sigaddset(ret_signals, SIGTERM);
	(void)sigaddset(ret_signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, ret_signals, ret_before);
}

/* Until its end. err: whether it has begun. Everything that was begun is ended here, whatever has
 * failed. 0, or the error is set: the one that `err` stands for comes first. */
static int hear_all(struct hearing *hearing, int err, const sigset_t *before, struct error *error)
{
	int status = 0;

	while (err == 0 && !hearing->has_end)
		err = wait_for_it(hearing, error);
	cleanup_close(&hearing->in_fd);
	cleanup_close(&hearing->out_fd);
	cleanup_close(&hearing->signal_fd);
	/* A program ends with its input, which was just closed. */
	if (hearing->pid > 0 && hearing->is_ours && err < 0)
		(void)kill(hearing->pid, SIGTERM);
	if (hearing->pid > 0)
		(void)helper_end(hearing->pid, deadline_after(EXPLAIN_END_MS), &status);
	/* Last: a signal that has come meanwhile ends netctl here, when nothing is left behind. */
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	buf_done(&hearing->text);
	return err < 0 ? err : look_at_end(hearing, status, error);
}

/* 0 when the watch was ended by its callback, a signal, its deadline or the reader; or the error is
 * set. */
int explain_watch_hear(const char *program, char *const argv[], const struct explain_watch *watch,
		       struct error *error)
{
	struct hearing hearing = nobody;
	sigset_t signals, before;
	int err;

	hearing.watch = watch;
	block_signals(&signals, &before);
	err = begin(&hearing, program, argv, &signals);
	if (err < 0)
		err = error_system(error, err, "cannot run %s", program);
	return hear_all(&hearing, err, &before, error);
}

/* The same for netd's answer, which a child process reads and passes on line by line. */
int explain_watch_ask(struct cli *cli, const char *path, const struct explain_watch *watch,
		      struct error *error)
{
	struct hearing hearing = nobody;
	sigset_t signals, before;
	int err;

	hearing.watch = watch;
	block_signals(&signals, &before);
	err = begin_asking(&hearing, cli, path, &signals, &before);
	if (err < 0)
		err = error_system(error, err, "cannot ask netd");
	return hear_all(&hearing, err, &before, error);
}
