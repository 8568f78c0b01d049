// SPDX-License-Identifier: GPL-2.0-or-later
// counting.c - who counts drops for the metrics, as long as these are served
#include "plumber/counting.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "ipc/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The kernel counts, for a tracer that a process holds (netd-explain --drops
 * --lines). Once a second it tells the process that serves metrics what was dropped, by a socket of
 * which netd makes both ends and keeps none: no line of it comes by the plumber's loop. A pipe that
 * nobody writes to tells each side of the other's end.
 *
 * One that ends is followed by another after a second, and by further ones later and later: a
 * kernel that lacks something today lacks it tomorrow, and a process each second would be a cost of
 * its own. With the process that serves metrics it ends, too, for that has the sums. */

static void start(struct counting *counting);

/* Closing the pipe is how it learns that it is to end, and with it its tracer. */
static void stop(struct counting *counting)
{
	if (!counting->is_running)
		return;
	ev_io_stop(counting->loop, &counting->io);
	cleanup_close(&counting->pipe_fd);
	counting->is_running = false;
}

static void start_again(struct counting *counting)
{
	if (counting->wait_s < METRICS_DROPS_AGAIN_S)
		counting->wait_s = METRICS_DROPS_AGAIN_S;
	ev_timer_set(&counting->again, counting->wait_s, 0.);
	ev_timer_start(counting->loop, &counting->again);
	counting->wait_s *= 2;
	if (counting->wait_s > METRICS_DROPS_AGAIN_MAX_S)
		counting->wait_s = METRICS_DROPS_AGAIN_MAX_S;
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	start(timer->data);
}

/* It has ended, whatever became of it. Why, it has said to whom it told. */
static void on_end(struct ev_loop *loop, ev_io *io, int revents)
{
	struct counting *counting = io->data;
	char byte;
	ssize_t n;

	if (watcher_again(loop, io, revents))
		return;
	n = read(counting->pipe_fd, &byte, 1);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	stop(counting);
	if (deadline_now_s() - counting->began_s >= METRICS_DROPS_AGAIN_MAX_S)
		counting->wait_s = METRICS_DROPS_AGAIN_S;
	start_again(counting);
}

/* The process that serves metrics gets its end first: one whose channel is full is asked again
 * later, and nobody counts for it until then. */
static int introduce(struct counting *counting, int lines_fd)
{
	uint8_t head[OBSERVE_HEAD_LEN];

	observe_put_head(head, OBSERVE_DROPS, 0);
	return chan_send(counting->channel, head, sizeof(head), &lines_fd, 1);
}

/* On success ends[0] is the pipe's end that is read here. */
static int try_start(struct counting *counting, int *ret_pipe_fd)
{
	const struct api_watch asked = { .drops = true, .for_metrics = true };
	_cleanup_close_ int ours = -1, theirs = -1, told = -1, teller = -1;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	told = ends[0];
	teller = ends[1];
	err = introduce(counting, told);
	if (err == 0)
		err = counting->explainer->watch(&asked, teller, theirs, counting->explainer->data);
	if (err == 0)
		*ret_pipe_fd = take_fd(&ours);
	return err;
}

/* Without a tracer none is tried again: the rights for it went with netd's start. */
static void start(struct counting *counting)
{
	int err = try_start(counting, &counting->pipe_fd);

	if (err == -EOPNOTSUPP) {
		log_warn("drops are not counted for the metrics: %s", counting->lacks);
		return;
	}
	if (err < 0) {
		/* At the first time only: wait_s grows from then on. */
		if (counting->wait_s <= METRICS_DROPS_AGAIN_S)
			log_warn("drops are not counted for the metrics: %s", strerror(-err));
		start_again(counting);
		return;
	}
	counting->is_running = true;
	counting->began_s = deadline_now_s();
	ev_io_set(&counting->io, counting->pipe_fd, EV_READ);
	ev_io_start(counting->loop, &counting->io);
}

/* Both are there: who is to count, and who is to be told. */
static void start_if_all(struct counting *counting)
{
	if (!counting->explainer || !counting->loop)
		return;
	ev_io_init(&counting->io, on_end, -1, 0);
	ev_timer_init(&counting->again, on_again, 0., 0.);
	counting->io.data = counting->again.data = counting;
	counting->wait_s = METRICS_DROPS_AGAIN_S;
	start(counting);
}

void counting_look(struct counting *counting, const struct api_explainer *explainer,
		   const char *lacks)
{
	counting->explainer = explainer;
	counting->lacks = lacks;
	start_if_all(counting);
}

void counting_begin(struct counting *counting, struct ev_loop *loop, int channel)
{
	counting->loop = loop;
	counting->channel = channel;
	start_if_all(counting);
}

void counting_end(struct counting *counting)
{
	if (counting->explainer && counting->loop) {
		stop(counting);
		ev_timer_stop(counting->loop, &counting->again);
	}
	counting->loop = NULL;
}
