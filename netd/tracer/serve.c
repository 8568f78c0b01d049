// SPDX-License-Identifier: GPL-2.0-or-later
// serve.c - waits for netd to ask for tracers, and makes one of a child for each
#include "base/cleanup.h"
#include "base/deadline.h"
#include "ipc/chan.h"
#include "tracer/tracer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* Theory of operation. netd started this before it gave its rights up, and is the only one at the
 * other end. What it sends is one byte and a socket: whoever has the other end of that says what is
 * wanted, as to a tracer that root has started. When netd ends, so does this; a tracer ends with
 * its socket.
 *
 * The children inherit rights and a filter that is ready. One that crashes costs one tracer. */

/* Where netd puts the socket. */
#define CHANNEL 3

/* false: it is none that is known. */
static bool kind_of(char mode, enum program_kind *ret_kind)
{
	static const struct {
		char mode;
		enum program_kind kind;
	} modes[] = { { 'c', PROGRAM_COUNT }, { 'd', PROGRAM_DROPS }, { 'f', PROGRAM_FOLLOW } };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].mode == mode) {
			*ret_kind = modes[i].kind;
			return true;
		}
	return false;
}

/* What netd asks for: a socket, which is the caller's; -EPIPE: netd has ended. -EAGAIN: it was
 * nothing that is known. */
static int take(enum program_kind *ret_kind)
{
	char mode[2];
	int fd = -1;
	size_t n_fds = 1;
	int n = chan_receive(CHANNEL, mode, sizeof(mode), &fd, &n_fds);

	if (n <= 0)
		return n == 0 ? -EPIPE : n;
	if (n == 1 && n_fds == 1 && kind_of(mode[0], ret_kind))
		return fd;
	if (n_fds == 1)
		cleanup_close(&fd);
	return -EAGAIN;
}

/* In the child: true. The socket takes the place of standard input and output, as with a tracer
 * that root has started. */
static bool become_tracer(int fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return false; /* without one the socket is closed, which says so */
	(void)close(CHANNEL);
	return dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0;
}

/* true: this is a child, and *tracer says what it is to be. false: netd has ended. */
bool tracer_serve(struct tracer *tracer)
{
	struct pollfd poll_fd = { .fd = CHANNEL, .events = POLLIN };

	/* Nobody waits for a child. */
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd;
		bool is_child;

		if (deadline_poll(&poll_fd, 1, DEADLINE_NEVER) < 0)
			return false;
		fd = take(&tracer->kind);
		if (fd == -EPIPE || (fd < 0 && fd != -EAGAIN && fd != -EINTR))
			return false;
		if (fd < 0)
			continue;
		is_child = become_tracer(fd);
		(void)close(fd);
		if (is_child)
			return true;
	}
}
