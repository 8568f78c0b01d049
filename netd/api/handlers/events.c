// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - GET /events: past events from the ring, then those that come, as long as the client
// reads
#include "api/call/endless.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "model/text/when.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. An event is appended to the reply of each stream. A client that does not
 * read gets API_STREAM_MAX behind and is then cut off; it never makes anybody wait. */
struct stream {
	struct api_endless reply; /* first: it is what the HTTP server reads */
	struct filters *filters;
	struct engine_subscriber *subscriber;
	bool has_since, has_until;
	struct timespec since, until;
	bool record_separator; /* json-seq, RFC 7464 */
	ev_timer until_timer;
};

/* The call's end. Nothing calls on_event afterwards. */
static void stream_free(void *data)
{
	struct stream *stream = data;

	/* libev passes over a watcher that is not active, so it may be stopped at any time. */
	ev_timer_stop(api_call_loop(stream->reply.call), &stream->until_timer);
	engine_unsubscribe(stream->subscriber);
	filters_free(stream->filters);
	api_endless_done(&stream->reply);
	free(stream);
}

/* What was appended is still read by the client. */
static void stream_end(void *data)
{
	struct stream *stream = data;

	api_endless_end(&stream->reply);
}

/* The time that the client named is over. */
static void on_until(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	stream_end(watcher->data);
}

/* For jansson, which writes in pieces. -1 stops it. */
static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

/* Appends an event as a line, or cuts the stream off when its client is too far behind. Does
 * nothing for a stream that has ended. */
static void append_event(struct stream *stream, const json_t *event)
{
	if (stream->reply.ended)
		return;
	if (stream->record_separator)
		/* RFC 7464, section 2.2: a record begins with this character. */
		buf_puts(&stream->reply.out, "\x1e");
	/* Any failure counts as missing memory: half an event must not be sent. */
	if (json_dump_callback(event, append, &stream->reply.out, JSON_COMPACT) < 0)
		stream->reply.out.err = -ENOMEM;
	buf_puts(&stream->reply.out, "\n");
	if (!stream->reply.out.err &&
	    stream->reply.out.len - stream->reply.sent <= (size_t)API_STREAM_MAX)
		return;
	/* The client sees the end of the stream, and can ask again with since. */
	stream->reply.ended = true; /* it cannot have all, and a gap would not show */
	engine_count(api_call_engine(stream->reply.call), GUARD_DROPPED_STREAMS, 1);
}

/* Called by the engine, within the change that the event is about. It only appends, and the client
 * is served later. */
static void on_event(const json_t *event, void *data)
{
	struct stream *stream = data;

	/* Here and not in the engine: each stream has filters of its own. */
	if (!filters_match_event(stream->filters, event))
		return;
	append_event(stream, event);
	api_endless_wake(&stream->reply);
}

/* Events have their time as one number, as Docker's have. */
static struct timespec event_time(const json_t *event)
{
	json_int_t ns = json_integer_value(json_object_get(event, "timeNano"));

	return (struct timespec) { .tv_sec = (time_t)(ns / 1000000000),
				   .tv_nsec = ns % 1000000000 };
}

/* Called for each event of the ring, oldest first. */
static void on_past_event(const json_t *event, void *data)
{
	struct stream *stream = data;
	/* The ring has all there is. The bounds of time are this client's, and both are inclusive.
	 * Requests that follow each other lose nothing that lies at the bound. */
	struct timespec when = event_time(event);

	if ((stream->has_since && when_compare(&when, &stream->since) < 0) ||
	    (stream->has_until && when_compare(&when, &stream->until) > 0) ||
	    !filters_match_event(stream->filters, event))
		return;
	append_event(stream, event);
}

/* A point in time, or a span before now (when_parse). */
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

/* What was decoded before a failure is freed with the stream. */
static int decode_query(struct api_call *call, struct stream *stream, const struct timespec *now)
{
	_cleanup_free_ char *filters = NULL;
	int err;

	if ((err = api_call_query(call, "filters", &filters)) < 0 ||
	    /* Both times are judged by one "now": a span before now would mean two moments
	     * otherwise. */
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

/* JSON lines by their own name are younger than the stream itself. What the client accepts decides,
 * from the version on that knows several. */
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

/* 0: the reply is a stream, which may have ended already. */
static int start(struct api_call *call, struct stream *stream, const struct timespec *now)
{
	struct engine *engine = api_call_engine(call);
	/* May be negative: until is over then. */
	double left = (double)(stream->until.tv_sec - now->tv_sec) +
		      (double)(stream->until.tv_nsec - now->tv_nsec) / 1e9;
	int err;

	/* Replay and subscription in one turn of the loop: no event can fall between them, and none
	 * comes twice. */
	if (stream->has_since || stream->has_until)
		engine_events_replay(engine, on_past_event, stream);
	/* Only the past was asked for, so there is nothing to follow and no place to take. A time
	 * that is over asks for the past alone. */
	if (stream->has_until && left <= 0) {
		stream->reply.ended = true;
		return 0;
	}
	if ((err = api_connection_admit_stream(call)) <
	    0) /* the past alone may always be asked for */
		return err;
	if (engine_subscribe(engine, on_event, stream, &stream->subscriber) < 0)
		return error_system(&call->error, -ENOMEM, "cannot follow events");
	if (stream->has_until) {
		/* The timer ends the stream and not the call: what was written is still sent. */
		ev_timer_set(&stream->until_timer, left, 0);
		ev_timer_start(api_call_loop(call), &stream->until_timer);
	}
	api_endless_start(&stream->reply);
	return 0;
}

/* A failure is an ordinary reply: nothing of the stream has been sent by then. */
int api_events(struct api_call *call)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct timespec now;
	int err;

	if (!stream)
		return error_system(&call->error, -ENOMEM, "cannot follow events");
	/* Initialised before anything can fail: stream_free() stops both. */
	api_endless_init(&stream->reply, call);
	ev_timer_init(&stream->until_timer, on_until, 0, 0);
	stream->until_timer.data = stream;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if ((err = decode_query(call, stream, &now)) < 0 || (err = start(call, stream, &now)) < 0) {
		stream_free(stream);
		return err;
	}
	/* From here on the stream belongs to the call, and call_free() frees it. */
	call->stream = (struct api_stream) { api_endless_read, stream_end, stream_free, stream,
					     true };
	call->status = MHD_HTTP_OK;
	call->content_type = choose_format(call, &stream->record_separator);
	return 0;
}
