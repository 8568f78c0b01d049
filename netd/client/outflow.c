// SPDX-License-Identifier: GPL-2.0-or-later
// outflow.c - what comes from a connection goes into a file or a pipe, until it is enough
#include "client/outflow.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. Nothing is read while something waits to be written, so whoever is slow at
 * the end slows the beginning. A pipe that polls writable takes PIPE_BUF bytes without making us
 * wait; so a signal is heard also when its reader rests.
 *
 * The first SIGINT, SIGTERM or SIGHUP says "enough": the writing side of the connection is shut
 * down, the other end finishes, and what it still says is written. A second signal ends at once. */

struct flowing {
	const struct outflow *outflow;
	int signal_fd;
	size_t piece_max; /* of what is written in one go */
	bool is_enough;	  /* the other side was told so */
	size_t at, len;	  /* what is to be written: data[at] up to data[len] */
	char data[CAPTURE_READ_MAX];
};

/* The signals are blocked and read from a descriptor, so that they come in between steps. */
static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	/* The reader's end is told by EPIPE. */
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* 0, OUTFLOW_UNREAD, or a negative errno. OUTFLOW_UNREAD: nobody reads the end any more. */
static int write_piece(const struct flowing *flowing, const char *data, size_t len,
		       size_t *ret_written)
{
	const struct outflow *outflow = flowing->outflow;
	ssize_t n = write(outflow->to, data, len < flowing->piece_max ? len : flowing->piece_max);

	*ret_written = n > 0 ? (size_t)n : 0;
	if (n >= 0 || errno == EINTR || errno == EAGAIN)
		return 0;
	return errno == EPIPE ? OUTFLOW_UNREAD : -errno;
}

/* It was read into less than there is here. What came behind the reply's head belongs to the
 * stream. */
static int take_early(struct flowing *flowing)
{
	const struct buf *early = flowing->outflow->early;

	if (early->len > sizeof(flowing->data))
		return -EMSGSIZE;
	if (early->len > 0)
		memcpy(flowing->data, early->data, early->len);
	flowing->len = early->len;
	if (early->len > 0 && flowing->outflow->seen)
		flowing->outflow->seen(flowing->outflow->data, early->data, early->len);
	return 0;
}

/* *ret_is_over: there is no more. */
static int read_piece(struct flowing *flowing, bool *ret_is_over)
{
	const struct outflow *outflow = flowing->outflow;
	ssize_t n = recv(outflow->from, flowing->data, sizeof(flowing->data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* One that is killed has not said all, which is seen in what it has said. */
	*ret_is_over = n == 0 || (n < 0 && errno == ECONNRESET);
	if (n < 0 && !*ret_is_over)
		return -errno;
	flowing->at = 0;
	flowing->len = n > 0 ? (size_t)n : 0;
	if (n > 0 && outflow->seen)
		outflow->seen(outflow->data, flowing->data, (size_t)n);
	return 0;
}

/* 0, or OUTFLOW_FORCED. */
static int hear_signal(struct flowing *flowing)
{
	struct signalfd_siginfo info;

	if (read(flowing->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	/* The second signal. */
	if (flowing->is_enough)
		return OUTFLOW_FORCED;
	flowing->is_enough = true;
	(void)shutdown(flowing->outflow->from, SHUT_WR); /* fails when it is over already */
	return 0;
}

/* One round: either there is something to write, or something is read. */
static int step(struct flowing *flowing, bool *ret_is_over)
{
	const struct outflow *outflow = flowing->outflow;
	bool has_more = flowing->at < flowing->len;
	/* An end of a pipe that nobody reads any more is told without being asked for. */
	struct pollfd polls[] = {
		{ .fd = flowing->signal_fd, .events = POLLIN },
		{ .fd = outflow->to, .events = (short)(has_more ? POLLOUT : 0) },
		{ .fd = has_more ? -1 : outflow->from, .events = POLLIN },
	};
	int err = deadline_poll(polls, ARRAY_SIZE(polls), DEADLINE_NEVER);
	size_t n;

	if (err < 0)
		return err;
	/* A signal goes first: it must be heard also when there is always something to do. */
	err = polls[0].revents ? hear_signal(flowing) : 0;
	if (err == 0 && !has_more && (polls[1].revents & POLLERR))
		return OUTFLOW_UNREAD;
	if (err == 0 && has_more && polls[1].revents) {
		err = write_piece(flowing, flowing->data + flowing->at, flowing->len - flowing->at,
				  &n);
		flowing->at += n;
	}
	if (err == 0 && polls[2].revents)
		err = read_piece(flowing, ret_is_over);
	return err;
}

/* 0: all was written. OUTFLOW_UNREAD, OUTFLOW_FORCED, or a negative errno. */
int outflow_run(const struct outflow *outflow, struct error *error)
{
	static struct flowing flowing; /* large, and one */
	_cleanup_close_ int signal_fd = open_signals();
	bool is_over = false;
	struct stat status;
	int err;

	if (signal_fd < 0)
		return error_system(error, -errno, "cannot wait for signals");
	flowing = (struct flowing) { .outflow = outflow, .signal_fd = signal_fd };
	/* A regular file takes any size without a wait. */
	flowing.piece_max = fstat(outflow->to, &status) == 0 && S_ISREG(status.st_mode)
				    ? sizeof(flowing.data)
				    : PIPE_BUF;
	err = take_early(&flowing);
	while (err == 0 && !is_over)
		err = step(&flowing, &is_over);
	if (err < 0)
		return error_system(error, err, "cannot write to %s", outflow->to_name);
	return err;
}
