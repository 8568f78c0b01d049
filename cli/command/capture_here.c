// SPDX-License-Identifier: GPL-2.0-or-later
// capture_here.c - netd-capture started by netctl itself, where netd cannot do it
#include "cli/command/capture_here.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/libexec.h"
#include "base/pass.h"
#include "client/calls.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. netd hands a client's socket to netd-capture; here netctl does the same
 * with one end of a pair of its own. The control socket is descriptor 3 of the program. What is
 * said on it, in order:
 *
 * program: its process id, as the bytes of a pid_t
 * program: "101\n", or another status and a message
 * netctl:  the descriptor that packets are to be written to
 *
 * Packets then come on the other end of that pair. */

/* The names that it is installed under, and the number of its control descriptor. All other
 * descriptors of netctl are close-on-exec. */
#define PROGRAM "netd-capture"
#define CONTROL 3

/* words must live as long as argv, which points into it. The room is for all words at once. The
 * casts are as in explain_here.c: posix_spawn(3) changes none of the texts. */
static void fill_argv(const struct capture_here *here, struct capture_words *words,
		      char *argv[SPAWN_ARGV_MAX + 4])
{
	size_t n = 0;

	argv[n++] = (char *)PROGRAM;
	if (here->host) {
		argv[n++] = (char *)"--host";
		argv[n++] = (char *)here->host;
	} else {
		argv[n++] = (char *)"--records";
	}
	if (here->run_dir) {
		argv[n++] = (char *)"--run-dir";
		argv[n++] = (char *)here->run_dir;
	}
	if (here->state_dir) {
		argv[n++] = (char *)"--state-dir";
		argv[n++] = (char *)here->state_dir;
	}
	argv[n++] = (char *)"--control";
	argv[n++] = (char *)"3";
	/* Behind it stands no option, whatever a container is called. */
	argv[n++] = (char *)"--";
	capture_asked_words(here->asked, words);
	for (size_t i = 0; i < words->n; i++)
		argv[n++] = words->list[i];
	argv[n] = NULL;
}

/* A descriptor with O_CLOEXEC that is dup2'ed loses the flag, so the program has that one alone. It
 * has a process group of its own: ^C at a terminal is netctl's to hear, which then says "enough".
 * 0, or a negative errno; -ENOENT says that the program is not installed. */
static int start(const struct capture_here *here, int control_fd, pid_t *ret_pid)
{
	struct capture_words words;
	char program[PATH_MAX], *argv[SPAWN_ARGV_MAX + 4];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int err = libexec_find(PROGRAM, program, sizeof(program));

	if (err < 0)
		return err;
	fill_argv(here, &words, argv);
	err = posix_spawn_file_actions_init(&actions);
	if (err != 0)
		return -err;
	(void)posix_spawnattr_init(&attr); /* neither fails in glibc */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	err = posix_spawn_file_actions_adddup2(&actions, control_fd, CONTROL);
	if (err == 0)
		err = posix_spawn(ret_pid, program, &actions, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* -EPIPE: it has ended, or cannot be read. A control socket is a stream, so a message may come in
 * pieces. */
static int read_whole(int fd, void *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, (char *)data + at, len - at, 0);

		if (n == 0 || (n < 0 && errno != EINTR))
			return -EPIPE;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What it says behind a status that is not 101. netd-capture writes it in the form of an answer of
 * netd's. It returns a negative errno always, with the program's own sentence in the error. */
static int take_refusal(int control_fd, const char *status, struct error *error)
{
	_cleanup_(buf_done) struct buf answer = { 0 };
	char data[1024];
	ssize_t n;

	while ((n = recv(control_fd, data, sizeof(data), 0)) > 0)
		buf_append(&answer, data, (size_t)n);
	return calls_refusal((int)strtol(status, NULL, 10), &answer, error);
}

/* Its alarm ends it when it does not come so far. The process id is read and not used: who started
 * it here knows it already. 0 and the reading end of the packets, which is the caller's; or the
 * error is set and nothing is open. */
static int await(int control_fd, int *ret_fd, struct error *error)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	char status[5] = "";
	int ends[2], err;
	pid_t pid;

	if (read_whole(control_fd, &pid, sizeof(pid)) < 0 || read_whole(control_fd, status, 4) < 0)
		return error_set(error, ERROR_INTERNAL, PROGRAM " ended before it had begun");
	if (strcmp(status, "101\n") != 0)
		return take_refusal(control_fd, status, error);
	/* A pair for the packets alone, so that the control socket ends with the start. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system(error, -errno, "cannot capture");
	ours = ends[0];
	theirs = ends[1];
	/* The program has its end by then, so the one here can be closed: the reader sees the
	 * end of packets when the program closes its own. */
	err = pass_descriptor(control_fd, theirs, 0);
	if (err < 0)
		return error_system(error, err, "cannot capture");
	*ret_fd = take_fd(&ours);
	return 0;
}

/* After an error the process has ended. After a success the caller waits for *ret_pid, once it has
 * closed *ret_fd. */
int capture_here(const struct capture_here *here, int *ret_fd, pid_t *ret_pid, struct error *error)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2], err, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system(error, -errno, "cannot capture");
	ours = ends[0];
	theirs = ends[1];
	err = start(here, theirs, &pid);
	if (err == -ENOENT)
		return error_set(error, ERROR_UNAVAILABLE,
				 PROGRAM " is not installed: it belongs beside netctl, or into "
					 "../lib/netd");
	if (err < 0)
		return error_system(error, err, "cannot run " PROGRAM);
	/* Without this the end of the program would not be seen: this process would hold the
	 * other end itself. */
	cleanup_close(&theirs);
	theirs = -1;
	err = await(ours, ret_fd, error);
	/* One that refuses has ended by itself. */
	if (err < 0)
		(void)helper_end(pid, deadline_after(EXPLAIN_END_MS), &status); /* it has said so */
	else
		*ret_pid = pid;
	return err;
}
