// SPDX-License-Identifier: GPL-2.0-or-later
// probe_wait.c - a probe waits for its answer, or until who watches has seen what became of it
#include "base/deadline.h"
#include "base/limits.h"
#include "kernel/probe_parts.h"

/* Theory of operation. A probe with a tracer has two things to wait for: its own answer, and what
 * the tracer sees. When the tracer has seen the packet end, an answer is not to be expected, and
 * the probe waits only PROBE_SEEN_MS more. */

/* watch_fd stays -1 without a tracer, and poll(2) passes over it. */
void probe_wait_begin(struct probe_waiting *waiting, const struct probe_asked *asked, int fd,
		      short events)
{
	*waiting = (struct probe_waiting) {
		.asked = asked,
		.fd = fd,
		.watch_fd = asked->is_seen ? asked->watch_fd : -1,
		.events = events,
		.deadline_ms = deadline_after(asked->patience_ms),
	};
}

/* true: there is something to read. false: the time is over. */
bool probe_wait(struct probe_waiting *waiting)
{
	const struct probe_asked *asked = waiting->asked;
	struct pollfd polls[] = {
		{ .fd = waiting->fd, .events = waiting->events },
		{ .fd = waiting->watch_fd, .events = POLLIN },
	};

	while (deadline_poll(polls, 2, waiting->deadline_ms) > 0) {
		if (polls[0].revents)
			return true;
		/* POLLIN is the usual event. Without it, poll(2) would report the end for ever. */
		if (polls[1].revents & ~POLLIN) /* it has ended */
			polls[1].fd = -1;
		/* Who is to answer may do so all the same. */
		if (asked->is_seen(asked->data)) {
			polls[1].fd = -1;
			/* The deadline only gets nearer. */
			if (deadline_after(PROBE_SEEN_MS) < waiting->deadline_ms)
				waiting->deadline_ms = deadline_after(PROBE_SEEN_MS);
		}
		waiting->watch_fd = polls[1].fd;
	}
	return false;
}
