// SPDX-License-Identifier: GPL-2.0-or-later
// endless.c - a reply that goes on until its client has enough
#include "api/call/endless.h"

#include "base/watcher.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>

/* The client sent something, or ended. What it sends after its request is the next request's;
 * having closed, even one way, it has gone, as for Go's server. */
static void on_peer(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct api_endless *endless = watcher->data;
	char byte;
	/* MSG_PEEK: what was sent is the HTTP server's to read. */
	ssize_t n = recv(watcher->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (watcher_again(loop, watcher, revents))
		return;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Bytes stay where they are, and would be reported for ever. An end behind them is seen
	 * when something is sent. */
	ev_io_stop(loop, watcher);
	if (n > 0)
		return;
	buf_done(&endless->out);
	endless->sent = 0;
	api_endless_end(endless);
}

void api_endless_init(struct api_endless *endless, struct api_call *call)
{
	*endless = (struct api_endless) { .call = call };
	ev_io_init(&endless->peer_io, on_peer, api_call_fd(call), EV_READ);
	endless->peer_io.data = endless;
}

/* From here on the client's end ends the stream. */
void api_endless_start(struct api_endless *endless)
{
	ev_io_start(api_call_loop(endless->call), &endless->peer_io);
}

void api_endless_done(struct api_endless *endless)
{
	/* libev passes over a watcher that is not active, so it may be stopped at any time. */
	ev_io_stop(api_call_loop(endless->call), &endless->peer_io);
	buf_done(&endless->out);
}

/* There is something to read, or an end to be told. */
void api_endless_wake(struct api_endless *endless)
{
	/* A connection that is not suspended is asked for more by the HTTP server itself. */
	if (endless->call->state == API_CALL_SUSPENDED)
		api_call_resume(endless->call);
}

/* Twice is no harm. */
void api_endless_end(struct api_endless *endless)
{
	endless->ended = true;
	api_endless_wake(endless);
}

/* The HTTP server asks for up to max bytes of the body. Called by the server whenever its socket
 * takes more. */
ssize_t api_endless_read(void *data, uint64_t pos, char *piece, size_t max)
{
	struct api_endless *endless = data;
	size_t left = endless->out.len - endless->sent;

	(void)pos;
	if (left == 0) {
		if (endless->ended)
			return MHD_CONTENT_READER_END_OF_STREAM;
		/* Nothing, of one that is not suspended, would be asked for again at once. */
		api_call_suspend(endless->call);
		return 0;
	}
	if (max > left)
		max = left;
	memcpy(piece, endless->out.data + endless->sent, max);
	endless->sent += max;
	/* All was sent: the memory goes back, for a quiet stream may stay for weeks. */
	if (max == left) {
		buf_done(&endless->out);
		endless->sent = 0;
	}
	return (ssize_t)max;
}
