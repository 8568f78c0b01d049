// SPDX-License-Identifier: GPL-2.0-or-later
// stats.c - GET /containers/{id}/stats: what went through a container's interfaces, once or each
// second
#include "api/call/reply.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/watcher.h"
#include "model/seen/seen_stats.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A timer asks the kernel once a second and writes one object. As long as the
 * client has not taken the one before, nothing is asked and nothing is written, so one that does
 * not read costs the text of one object. Between two the connection is suspended, and peer_io
 * watches for the client's end, as for events (events.c). */
struct stream {
	struct api_call *call;
	char id[ID_LEN + 1];
	struct timespec before;
	bool ended;
	struct buf out;
	size_t sent; /* of out */
	ev_timer timer;
	ev_io peer_io;
};

/* --- what is written -------------------------------------------------------------------------- */

static int write_stats(struct engine *engine, const struct container *container,
		       struct timespec *before, struct buf *out)
{
	_cleanup_free_ struct seen_stats_link *links = calloc(container->n_endpoints + 1,
							      sizeof(*links));
	struct seen_stats stats = { .container = container, .links = links, .before = *before };

	if (!links)
		return -ENOMEM;
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		struct seen_stats_link *link = &links[stats.n_links];

		/* Two of the same name would be one in the object: those without a name yet. */
		if (endpoint->ifname[0] &&
		    engine_endpoint_traffic(engine, endpoint, &link->received, &link->sent)) {
			link->ifname = endpoint->ifname;
			stats.n_links++;
		}
	}
	(void)clock_gettime(CLOCK_REALTIME, &stats.read); /* cannot fail for this clock */
	*before = stats.read;
	seen_stats_write(out, &stats);
	return out->err;
}

/* --- the stream ------------------------------------------------------------------------------- */

static void stream_free(void *data)
{
	struct stream *stream = data;
	struct ev_loop *loop = api_call_loop(stream->call);

	ev_timer_stop(loop, &stream->timer);
	ev_io_stop(loop, &stream->peer_io);
	buf_done(&stream->out);
	free(stream);
}

static void wake(struct stream *stream)
{
	if (stream->call->state == API_CALL_SUSPENDED)
		api_call_resume(stream->call);
}

static void stream_end(void *data)
{
	struct stream *stream = data;

	stream->ended = true;
	wake(stream);
}

/* By its id: its name may be another's by now. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct stream *stream = timer->data;
	struct engine *engine = api_call_engine(stream->call);
	struct container *container;
	struct error error; /* the client sees the end */

	(void)loop, (void)revents;
	if (stream->ended || stream->out.len > stream->sent)
		return;
	if (engine_container_find(engine, stream->id, &container, &error) < 0 ||
	    write_stats(engine, container, &stream->before, &stream->out) < 0)
		stream->ended = true;
	else
		buf_puts(&stream->out, "\n");
	wake(stream);
}

static void on_peer(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct stream *stream = watcher->data;
	char byte;
	ssize_t n = recv(watcher->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (watcher_again(loop, watcher, revents))
		return;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Bytes are those of its next request, and stay where they are. */
	ev_io_stop(loop, watcher);
	if (n > 0)
		return;
	buf_done(&stream->out);
	stream->sent = 0;
	stream_end(stream);
}

static ssize_t on_read(void *cls, uint64_t pos, char *data, size_t max)
{
	struct stream *stream = cls;
	size_t left = stream->out.len - stream->sent;

	(void)pos;
	if (left == 0) {
		if (stream->ended)
			return MHD_CONTENT_READER_END_OF_STREAM;
		api_call_suspend(stream->call);
		return 0;
	}
	if (max > left)
		max = left;
	memcpy(data, stream->out.data + stream->sent, max);
	stream->sent += max;
	if (max == left) {
		buf_done(&stream->out);
		stream->sent = 0;
	}
	return (ssize_t)max;
}

static int start_stream(struct api_call *call, const struct container *container)
{
	struct stream *stream;
	int err = api_connection_admit_stream(call);

	if (err < 0)
		return err;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_system(&call->error, -ENOMEM, "cannot show statistics");
	stream->call = call;
	(void)snprintf(stream->id, sizeof(stream->id), "%s", container->spec.id);
	ev_timer_init(&stream->timer, on_timer, 0., STATS_STREAM_S);
	ev_io_init(&stream->peer_io, on_peer, api_call_fd(call), EV_READ);
	stream->timer.data = stream->peer_io.data = stream;
	ev_timer_start(api_call_loop(call), &stream->timer);
	ev_io_start(api_call_loop(call), &stream->peer_io);
	call->stream = (struct api_stream) { on_read, stream_end, stream_free, stream, true };
	call->status = MHD_HTTP_OK;
	call->content_type = "application/json";
	return 0;
}

/* --- the call --------------------------------------------------------------------------------- */

/* Docker streams unless told otherwise. */
static int wants_stream(struct api_call *call, bool *ret_stream)
{
	_cleanup_free_ char *text = NULL;
	int err = api_call_query(call, "stream", &text);

	*ret_stream = true;
	if (err < 0 || !text)
		return err;
	return api_call_flag(call, "stream", ret_stream);
}

int api_stats(struct api_call *call)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	struct timespec before = { 0 };
	struct container *container;
	bool stream;
	int err = wants_stream(call, &stream);

	if (err < 0)
		return err;
	err = engine_container_find(api_call_engine(call), call->ref, &container, &call->error);
	if (err < 0)
		return err;
	if (stream)
		return start_stream(call, container);
	err = write_stats(api_call_engine(call), container, &before, &text);
	if (err < 0)
		return api_reply_cannot(call, err);
	return api_reply_json_text(call, MHD_HTTP_OK, &text);
}
