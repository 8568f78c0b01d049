// SPDX-License-Identifier: GPL-2.0-or-later
// stats.c - GET /containers/{id}/stats: what went through a container's interfaces, once or each
// second
#include "api/call/endless.h"
#include "api/call/reply.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "model/seen/seen_stats.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

/* Theory of operation. A timer asks the kernel once a second and writes one object. As long as the
 * client has not taken the one before, nothing is asked and nothing is written, so one that does
 * not read costs the text of one object. */
struct stream {
	struct api_endless reply; /* first: it is what the HTTP server reads */
	char id[ID_LEN + 1];
	/* when the last object was written; 0: none was */
	struct timespec before;
	ev_timer timer;
};

/* --- what is written -------------------------------------------------------------------------- */

/* Asks the kernel for each link by its index, which is some microseconds. before is when the last
 * object was written, and becomes now. */
static int write_stats(struct engine *engine, const struct container *container,
		       struct timespec *before, struct buf *out)
{
	/* One more than there are endpoints, so that calloc(3) never gets 0. */
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
	/* Taken after the kernel has been asked: the counters are of this moment. */
	(void)clock_gettime(CLOCK_REALTIME, &stats.read); /* cannot fail for this clock */
	*before = stats.read;
	seen_stats_write(out, &stats);
	return out->err;
}

/* --- the stream ------------------------------------------------------------------------------- */

/* The call's end. */
static void stream_free(void *data)
{
	struct stream *stream = data;

	ev_timer_stop(api_call_loop(stream->reply.call), &stream->timer);
	api_endless_done(&stream->reply);
	free(stream);
}

/* netd stops: what is written is still read. */
static void stream_end(void *data)
{
	struct stream *stream = data;

	api_endless_end(&stream->reply);
}

/* By its id: its name may be another's by now. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct stream *stream = timer->data;
	struct engine *engine = api_call_engine(stream->reply.call);
	struct container *container;
	struct error error; /* the client sees the end */

	(void)loop, (void)revents;
	/* The client has not read the last object. */
	if (stream->reply.ended || stream->reply.out.len > stream->reply.sent)
		return;
	if (engine_container_find(engine, stream->id, &container, &error) < 0 ||
	    /* The container has gone, or there is no memory: the stream ends. */
	    write_stats(engine, container, &stream->before, &stream->reply.out) < 0)
		stream->reply.ended = true;
	else
		buf_puts(&stream->reply.out, "\n");
	api_endless_wake(&stream->reply);
}

/* The timer's first call is at once. */
static int start_stream(struct api_call *call, const struct container *container)
{
	struct stream *stream;
	int err = api_connection_admit_stream(call);

	/* A stream holds a connection for as long as the client likes, so they are counted. */
	if (err < 0)
		return err;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_system(&call->error, -ENOMEM, "cannot show statistics");
	api_endless_init(&stream->reply, call);
	(void)snprintf(stream->id, sizeof(stream->id), "%s", container->spec.id);
	ev_timer_init(&stream->timer, on_timer, 0., STATS_STREAM_S);
	stream->timer.data = stream;
	ev_timer_start(api_call_loop(call), &stream->timer);
	api_endless_start(&stream->reply);
	call->stream = (struct api_stream) { api_endless_read, stream_end, stream_free, stream,
					     true };
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

/* One object, or one each second. */
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
