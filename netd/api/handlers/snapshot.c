// SPDX-License-Identifier: GPL-2.0-or-later
// snapshot.c - GET /netd/v1/snapshot: all that netd knows and the kernel counts, of one moment
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The call waits for the next snapshot that is gathered (engine_observe); then
 * its reply is a stream that reads from it. One that does not read it is ended in a crowd as any
 * other that does not take its answer. The observer is in the engine's list until on_done is
 * called. */
struct waiting {
	struct api_call *call;
	struct engine_observer observer;
};

/* The document is a list of texts. Each reader has a place in it of his own; pos is not needed. */
static ssize_t on_read(void *cls, uint64_t pos, char *data, size_t max)
{
	ssize_t n = snapshot_read(cls, data, max);

	(void)pos;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return n < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

/* netd is stopping. The document is whole, so there is nothing to be ended here: the server sends
 * what the client takes at once (api_server_free), and cuts the stream of a slow one. */
static void on_stop(void *cls)
{
	(void)cls;
}

/* The document is freed when its last reader has given it back. */
static void on_free(void *cls)
{
	snapshot_free(cls);
}

/* The caller hung up before it was gathered. */
static void forget(void *data)
{
	struct waiting *waiting = data;

	/* The engine must not call on_done() for a call that is no more. */
	list_remove(&waiting->observer.node);
	free(waiting);
}

/* The reply begins: headers now, the body as fast as the client takes it. */
static void on_done(struct snapshot *snapshot, const struct error *error, void *data)
{
	struct waiting *waiting = data;
	struct api_call *call = waiting->call;

	/* The observer is in no list by now. */
	free(waiting);
	call->pending = (struct api_pending) { 0 };
	/* The snapshot is this stream's to give back, which on_free() does when the call ends. */
	if (snapshot) {
		call->stream = (struct api_stream) { on_read, on_stop, on_free, snapshot, false };
		call->status = MHD_HTTP_OK;
		call->content_type = "application/json";
	} else {
		call->error = *error;
		api_reply_error(call);
	}
	api_call_resume(call);
}

/* 0: none is named, and all are wanted. Only the published ports that are on it are wanted then. */
static int read_port(struct api_call *call, uint16_t *ret_port)
{
	_cleanup_free_ char *text = NULL;
	int err = api_call_query(call, "port", &text);
	size_t len = text ? strlen(text) : 0;
	unsigned long port;

	if (err < 0 || !text)
		return err;
	/* Five digits fit an unsigned long, so strtoul(3) cannot overflow. */
	port = len <= 5 && strspn(text, "0123456789") == len ? strtoul(text, NULL, 10) : 0;
	if (port == 0 || port > UINT16_MAX)
		return error_set(&call->error, ERROR_INVALID,
				 "port=%.16s is no port: they are numbers from 1 to 65535", text);
	*ret_port = (uint16_t)port;
	return 0;
}

/* parts= names what is wanted; without it all of it is. */
int api_snapshot(struct api_call *call)
{
	_cleanup_free_ char *text = NULL;
	unsigned int parts = 0;
	uint16_t port = 0;
	struct waiting *waiting;
	int err;

	if ((err = api_call_query(call, "parts", &text)) < 0 ||
	    (err = seen_part_parse(text, &parts, &call->error)) < 0 ||
	    (err = read_port(call, &port)) < 0)
		return err;
	/* Everything that can be refused has been by now. */
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		return error_system(&call->error, -ENOMEM, "cannot gather a snapshot");
	waiting->call = call;
	waiting->observer.parts = parts;
	waiting->observer.port = port;
	waiting->observer.done = on_done;
	waiting->observer.data = waiting;
	list_init(&waiting->observer.node);
	/* The gathering takes turns of the loop, so on_done() is never called from within. */
	engine_observe(api_call_engine(call), &waiting->observer);
	call->pending = (struct api_pending) { forget, waiting };
	api_call_suspend(call);
	return API_LATER;
}
