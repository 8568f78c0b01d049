// SPDX-License-Identifier: GPL-2.0-or-later
// stdio_pump.c - a socket joined to standard input and output, for a caller at the far end of ssh
#include "client/stdio_pump.h"

#include "base/deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. netctl on another host starts this one's netctl by ssh(1) and speaks to netd
 * through it. Bytes go both ways, each way with a buffer of its own, in one loop over poll(2). It
 * ends when netd has closed the connection and all has been written. */

/* One direction. PIPE_BUF is what a pipe that polls writable takes without blocking, so neither
 * direction can make the other wait. start and len say what of data is still to be written; ended,
 * that from has no more. */
struct flow {
	int from, to;
	bool ended;
	size_t start, len;
	char data[PIPE_BUF];
};

/* Called only when the buffer is empty. */
static int flow_read(struct flow *flow)
{
	ssize_t n = read(flow->from, flow->data, sizeof(flow->data));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	/* The end is only noted: what was read before has to be written first. */
	flow->ended = n == 0;
	flow->start = 0;
	flow->len = (size_t)n;
	return 0;
}

/* Called only when something is there. */
static int flow_write(struct flow *flow)
{
	ssize_t n = write(flow->to, flow->data + flow->start, flow->len);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	/* A pipe may take a part; the rest waits until it polls writable again. */
	flow->start += (size_t)n;
	flow->len -= (size_t)n;
	return 0;
}

/* The descriptors of both ends, as poll(2) has answered for them. */
static int flow_step(struct flow *flow, const struct pollfd *from, const struct pollfd *to)
{
	int err = 0;

	/* Whatever it is, a hang-up too: read(2) says what it means. */
	if (from->revents)
		err = flow_read(flow);
	if (err == 0 && to->revents)
		err = flow_write(flow);
	return err;
}

/* A negative descriptor is one poll(2) passes over. */
static void flow_watch(const struct flow *flow, struct pollfd *from, struct pollfd *to)
{
	/* Nothing is read while something waits to be written: memory stays what it is, and the
	 * slower side slows the faster. */
	*from = (struct pollfd) { .fd = flow->len || flow->ended ? -1 : flow->from,
				  .events = POLLIN };
	*to = (struct pollfd) { .fd = flow->len ? flow->to : -1, .events = POLLOUT };
}

/* fd is the connection to netd. None of the three is closed. */
int stdio_pump_run(int fd, int input, int output, struct error *error)
{
	struct flow up = { .from = input, .to = fd }, down = { .from = fd, .to = output };
	bool closed = false;
	int err = 0;

	/* Until netd has said all. The input is not waited for: ssh keeps it open until we end. */
	while (err == 0 && (!down.ended || down.len)) {
		struct pollfd watch[4];

		/* The end is passed on in one direction only: netd's answer is still to come in the
		 * other. */
		if (up.ended && !up.len && !closed) {
			(void)shutdown(fd, SHUT_WR); /* fails when the other side is gone already */
			closed = true;
		}
		flow_watch(&up, &watch[0], &watch[1]);
		flow_watch(&down, &watch[2], &watch[3]);
		err = deadline_poll(watch, 4, DEADLINE_NEVER);
		if (err < 0)
			break;
		err = flow_step(&up, &watch[0], &watch[1]);
		if (err == 0)
			err = flow_step(&down, &watch[2], &watch[3]);
	}
	return err == 0 ? 0 : error_system(error, err, "passing data between ssh and netd");
}
