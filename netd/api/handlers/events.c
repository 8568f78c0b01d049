// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - GET /events: past events from the ring, then those that come, as long as the client
// reads
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/watcher.h"
#include "model/text/when.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* Theory of operation. The reply's body is read from stream->out by the HTTP server. When that is
 * empty the connection is suspended, and the next event resumes it. A suspended connection is not
 * watched by the HTTP server, so peer_io watches for the client's end: without it, clients that
 * went away in a quiet hour would hold their places until something happens. A client that does not
 * read gets API_STREAM_MAX behind and is then cut off; it never makes anybody wait. */
struct stream {
	struct api_call *call;
	struct filters *filters;
	struct engine_subscriber *subscriber;
	bool has_since, has_until;
	struct timespec since, until;
	bool record_separator; /* json-seq, RFC 7464 */
	bool ended;	       /* nothing more is appended to out */
	struct buf out;
	size_t sent; /* of out */
	ev_io peer_io;
	ev_timer until_timer;
};

static void stream_free(void *data)
{
	struct stream *stream = data;
	struct ev_loop *loop = api_call_loop(stream->call);

	/* libev passes over a watcher that is not active, so both may be stopped at any time. */
	ev_io_stop(loop, &stream->peer_io);
	ev_timer_stop(loop, &stream->until_timer);
	engine_unsubscribe(stream->subscriber);
	filters_free(stream->filters);
	buf_done(&stream->out);
	free(stream);
}

static void wake(struct stream *stream)
{
	/* A connection that is not suspended is asked for more by the HTTP server itself. */
	if (stream->call->state == API_CALL_SUSPENDED)
		api_call_resume(stream->call);
}

static void stream_end(void *data)
{
	struct stream *stream = data;

	stream->ended = true;
	wake(stream);
}

static void on_until(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	stream_end(watcher->data);
}

/* The client sent something, or ended. What it sends after its request is the next request's;
 * having closed, even one way, it has gone, as for Go's server. */
static void on_peer(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct stream *stream = watcher->data;
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
	buf_done(&stream->out);
	stream->sent = 0;
	stream_end(stream);
}

static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

static void append_event(struct stream *stream, const json_t *event)
{
	if (stream->ended)
		return;
	if (stream->record_separator)
		buf_puts(&stream->out, "\x1e");
	/* Any failure counts as missing memory: half an event must not be sent. */
	if (json_dump_callback(event, append, &stream->out, JSON_COMPACT) < 0)
		stream->out.err = -ENOMEM;
	buf_puts(&stream->out, "\n");
	if (!stream->out.err && stream->out.len - stream->sent <= (size_t)API_STREAM_MAX)
		return;
	stream->ended = true; /* it cannot have all, and a gap would not show */
	engine_count(api_call_engine(stream->call), GUARD_DROPPED_STREAMS, 1);
}

static void on_event(const json_t *event, void *data)
{
	struct stream *stream = data;

	/* Here and not in the engine: each stream has filters of its own. */
	if (!filters_match_event(stream->filters, event))
		return;
	append_event(stream, event);
	wake(stream);
}

static struct timespec event_time(const json_t *event)
{
	json_int_t ns = json_integer_value(json_object_get(event, "timeNano"));

	return (struct timespec) { .tv_sec = (time_t)(ns / 1000000000),
				   .tv_nsec = ns % 1000000000 };
}

static void on_past_event(const json_t *event, void *data)
{
	struct stream *stream = data;
	/* The ring has all there is. The bounds of time are this client's, and both are
	 * inclusive. */
	struct timespec when = event_time(event);

	if ((stream->has_since && when_compare(&when, &stream->since) < 0) ||
	    (stream->has_until && when_compare(&when, &stream->until) > 0) ||
	    !filters_match_event(stream->filters, event))
		return;
	append_event(stream, event);
}

/* The HTTP server asks for up to max bytes of the body. */
static ssize_t on_read(void *cls, uint64_t pos, char *data, size_t max)
{
	struct stream *stream = cls;
	size_t left = stream->out.len - stream->sent;

	(void)pos;
	if (left == 0) {
		if (stream->ended)
			return MHD_CONTENT_READER_END_OF_STREAM;
		/* Nothing, of one that is not suspended, would be asked for again at once. */
		api_call_suspend(stream->call);
		return 0;
	}
	if (max > left)
		max = left;
	memcpy(data, stream->out.data + stream->sent, max);
	stream->sent += max;
	/* All was sent: the memory goes back, for a quiet stream may stay for weeks. */
	if (max == left) {
		buf_done(&stream->out);
		stream->sent = 0;
	}
	return (ssize_t)max;
}

static int decode_time(struct api_call *call, const char *name, const struct timespec *now,
		       bool *ret_given, struct timespec *ret_when)
{
	_cleanup_free_ char *text = NULL;
	int err = api_call_query(call, name, &text);

	/* "since=" is as good as not said. */
	if (err < 0 || !text || !*text)
		return err;
	if (when_parse(text, now, ret_when) < 0)
		return error_set(&call->error, ERROR_INVALID, "invalid value for %s: \"%s\"", name,
				 text);
	/* A flag of its own, since 0 is a time as well. */
	*ret_given = true;
	return 0;
}

static int decode_query(struct api_call *call, struct stream *stream, const struct timespec *now)
{
	_cleanup_free_ char *filters = NULL;
	int err;

	if ((err = api_call_query(call, "filters", &filters)) < 0 ||
	    (err = decode_time(call, "since", now, &stream->has_since, &stream->since)) < 0 ||
	    (err = decode_time(call, "until", now, &stream->has_until, &stream->until)) < 0 ||
	    (err = filters_parse(filters, filters_events, &stream->filters, &call->error)) < 0)
		return err;
	/* Docker refuses it, too; an empty answer would look as if nothing had happened. */
	if (stream->has_since && stream->has_until &&
	    when_compare(&stream->until, &stream->since) < 0)
		return error_set(&call->error, ERROR_INVALID, "until time is before since time");
	return filters_check(stream->filters, &call->error);
}

/* JSON lines by their own name are younger than the stream itself. */
static const char *choose_format(const struct api_call *call, bool *ret_record_separator)
{
	const char *accept = api_call_header(call, MHD_HTTP_HEADER_ACCEPT);

	*ret_record_separator = false;
	if (call->minor < 52)
		return "application/json";
	if (accept && strcasestr(accept, "application/jsonl"))
		return "application/jsonl";
	if (accept && strcasestr(accept, "application/x-ndjson"))
		return "application/x-ndjson";
	if (accept && strcasestr(accept, "application/json-seq")) {
		*ret_record_separator = true;
		return "application/json-seq";
	}
	return "application/jsonl";
}

static int start(struct api_call *call, struct stream *stream, const struct timespec *now)
{
	struct engine *engine = api_call_engine(call);
	double left = (double)(stream->until.tv_sec - now->tv_sec) +
		      (double)(stream->until.tv_nsec - now->tv_nsec) / 1e9;
	int err;

	/* Replay and subscription in one turn of the loop: no event can fall between them, and none
	 * comes twice. */
	if (stream->has_since || stream->has_until)
		engine_events_replay(engine, on_past_event, stream);
	/* Only the past was asked for, so there is nothing to follow and no place to take. */
	if (stream->has_until && left <= 0) {
		stream->ended = true;
		return 0;
	}
	if ((err = api_connection_admit_stream(call)) <
	    0) /* the past alone may always be asked for */
		return err;
	if (engine_subscribe(engine, on_event, stream, &stream->subscriber) < 0)
		return error_system(&call->error, -ENOMEM, "cannot follow events");
	if (stream->has_until) {
		ev_timer_set(&stream->until_timer, left, 0);
		ev_timer_start(api_call_loop(call), &stream->until_timer);
	}
	ev_io_start(api_call_loop(call), &stream->peer_io);
	return 0;
}

int api_events(struct api_call *call)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct timespec now;
	int err;

	if (!stream)
		return error_system(&call->error, -ENOMEM, "cannot follow events");
	stream->call = call;
	/* Initialised before anything can fail: stream_free() stops both. */
	ev_io_init(&stream->peer_io, on_peer, api_call_fd(call), EV_READ);
	ev_timer_init(&stream->until_timer, on_until, 0, 0);
	stream->peer_io.data = stream->until_timer.data = stream;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if ((err = decode_query(call, stream, &now)) < 0 || (err = start(call, stream, &now)) < 0) {
		stream_free(stream);
		return err;
	}
	/* From here on the stream belongs to the call, and call_free() frees it. */
	call->stream = (struct api_stream) { on_read, stream_end, stream_free, stream, true };
	call->status = MHD_HTTP_OK;
	call->content_type = choose_format(call, &stream->record_separator);
	return 0;
}
