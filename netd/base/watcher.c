// SPDX-License-Identifier: GPL-2.0-or-later
// watcher.c - a loop that hears of watchers which the kernel did not take
#include "base/watcher.h"

#include "base/limits.h"

/* Theory of operation. A loop of libev tells epoll(7) of its watchers immediately before it waits.
 * The error callback of one that is refused there is due then, but the wait has begun: for as long
 * as nothing else happens, which may be half a minute. Nobody hears of that descriptor meanwhile.
 * libev says when the wait begins. So where a callback is due then, the loop is woken: by an event
 * of its own, and if that does not help, for the kernel refuses it again, after a rest.
 *
 * The three parts are: on_wait(), which libev calls before it waits; an event that ends the wait;
 * and a timer, so that a descriptor that is refused again and again does not keep the process
 * busy. */

/* Called between two rounds of the loop, with the loop's own work done. */
static void on_wait(struct ev_loop *loop)
{
	struct watcher_loop *state = ev_userdata(loop);

	/* While it rests, the wait ends with the rest. */
	if (ev_pending_count(loop) > 0 && !ev_is_active(&state->rest))
		ev_async_send(loop, &state->wake);
}

/* The event itself has done its work by ending the wait. */
static void on_wake(struct ev_loop *loop, ev_async *watcher, int revents)
{
	struct watcher_loop *state = watcher->data;

	(void)revents;
	ev_timer_set(&state->rest, WATCHER_REST_S, 0.);
	ev_timer_start(loop, &state->rest);
}

/* It is over: the next wait wakes at once again. */
static void on_rested(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)timer, (void)revents;
}

/* Called once for each loop, before other watchers are started. */
void watcher_prepare(struct ev_loop *loop, struct watcher_loop *state)
{
	ev_async_init(&state->wake, on_wake);
	state->wake.data = state;
	ev_timer_init(&state->rest, on_rested, 0., 0.);
	/* Signals, children that end and the wake come by a pipe of libev's own. It stops looking
	 * at that without a word where the kernel has not taken it, and makes another one when a
	 * watcher like this starts. So it is taken in here, where it can be tried again. One try
	 * may fail, three in a row hardly do. */
	for (int i = 0; i < 3; i++) {
		(void)ev_run(loop, EVRUN_NOWAIT);
		ev_async_start(loop, &state->wake);
		ev_async_stop(loop, &state->wake);
	}
	ev_async_start(loop, &state->wake);
	ev_unref(loop); /* nobody waits for it */
	ev_set_userdata(loop, state);
	ev_set_loop_release_cb(loop, on_wait, NULL);
}
