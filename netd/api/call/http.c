// SPDX-License-Identifier: GPL-2.0-or-later
// http.c - libmicrohttpd's daemon, driven by our loop
#include "api/call/http.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <microhttpd.h>

/* Theory of operation. The HTTP server runs in its external mode: it owns an epoll descriptor with
 * all its sockets, our loop watches that one descriptor, and MHD_run does what is ready without
 * waiting. Everything a request needs happens inside MHD_run, the engine included, and the reply is
 * written before it returns unless the socket is full; so an ordinary call costs one turn of the
 * loop. */

/* Runs the server until it has nothing left that could be done without waiting, at most
 * API_ROUNDS_MAX times. */
void api_http_pump(struct api_http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	bool waits = true;

	/* The flag collects what the rounds below close; it is acted upon once, after them. */
	http->closed = false;
	/* A timeout of 0 is work that is left, such as the next of several requests in one packet.
	 * epoll(7) does not tell of it again, for its bytes are read already. */
	for (int i = 0; i < API_ROUNDS_MAX && waits && timeout_ms == 0; i++) {
		/* One failure is no reason to stop serving; the next event tries again. */
		if (MHD_run(http->daemon) != MHD_YES)
			log_error("the HTTP server failed to run");
		waits = MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES;
	}
	if (http->closed)
		http->on_closed(http->on_closed_data);
	/* Always anew: what the server waits for next may have changed with each round. */
	ev_timer_stop(http->loop, &http->timer);
	if (!waits)
		return;
	ev_timer_set(&http->timer, (double)timeout_ms / 1000, 0);
	ev_timer_start(http->loop, &http->timer);
}

/* Some connection can be read, written, or was resumed. */
static void on_ready(struct ev_loop *loop, ev_io *watcher, int revents)
{
	if (watcher_again(loop, watcher, revents))
		return;
	api_http_pump(watcher->data);
}

/* A connection's time is over, or there is work left of the last round. */
static void on_timeout(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	api_http_pump(watcher->data);
}

void api_http_kick(struct api_http *http)
{
	/* Not MHD_run() itself: the caller may be inside it, or inside the engine. The event is
	 * handled in this turn of the loop, when both have returned. */
	ev_feed_event(http->loop, &http->io, EV_READ);
}

/* The descriptor stays the same for the daemon's life. */
void api_http_start(struct api_http *http)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon,
							       MHD_DAEMON_INFO_EPOLL_FD);

	ev_io_init(&http->io, on_ready, info->epoll_fd, EV_READ);
	ev_timer_init(&http->timer, on_timeout, 0, 0);
	http->io.data = http->timer.data = http;
	ev_io_start(http->loop, &http->io);
}

/* The daemon itself is ended by its owner. */
void api_http_stop(struct api_http *http)
{
	ev_io_stop(http->loop, &http->io);
	ev_timer_stop(http->loop, &http->timer);
}
