// SPDX-License-Identifier: GPL-2.0-or-later
// watcher.h - what every callback of an event loop's I/O watcher begins with, and every loop
#pragma once

#include <ev.h>
#include <stdbool.h>

/* Of one loop. */
struct watcher_loop {
	ev_async wake;
	ev_timer rest;
};

/* Called before anything is watched. What libev hears of signals by is in epoll(7) then, and a
 * watcher that is stopped (below) is heard of at once. The loop's user data is taken. */
void watcher_prepare(struct ev_loop *loop, struct watcher_loop *state);

/* libev stops a watcher whose descriptor the kernel has not taken into epoll(7), for want of memory
 * or of watches, and calls it with EV_ERROR: nothing is ready then. It is started again, which is
 * tried in the next turn of the loop; else nobody would hear of the descriptor ever after. true:
 * the callback has nothing else to do. */
static inline bool watcher_again(struct ev_loop *loop, ev_io *io, int revents)
{
	if (!(revents & EV_ERROR))
		return false;
	ev_io_set(io, io->fd, io->events); /* or libev takes it for one that epoll knows */
	ev_io_start(loop, io);
	return true;
}
