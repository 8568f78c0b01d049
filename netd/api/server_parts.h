// SPDX-License-Identifier: GPL-2.0-or-later
// server_parts.h - the server as its own files share it; not for other modules
#pragma once

#include "api/call.h"
#include "api/server.h"

#include <microhttpd.h>

struct api_server {
	struct ev_loop *loop;
	struct engine *engine;
	struct MHD_Daemon *daemon;
	ev_io io;	/* the HTTP server's epoll descriptor */
	ev_timer timer; /* its next timeout, or work it has left */
	bool closed;	/* a connection ended in this round */
	struct list calls;
};

/* Has the HTTP server look at its connections in this turn of the loop: a resumed one makes no
 * descriptor ready. */
void api_server_kick(struct api_server *server);

/* request.c: the HTTP server's view of a call. cls of the first is the server. */
enum MHD_Result api_on_request(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *http_version,
			       const char *upload_data, size_t *upload_size, void **ret_call);
void api_on_completed(void *cls, struct MHD_Connection *connection, void **ret_call,
		      enum MHD_RequestTerminationCode why);

/* Ends what the call waits for, with an answer, so that the connection can be closed. */
void api_call_cancel(struct api_call *call);

/* events.c: the response that goes on by itself, and its end. */
struct MHD_Response *api_stream_response(struct api_call *call);
void api_stream_end(struct api_stream *stream);
void api_stream_free(struct api_stream *stream);

/* lookup.c: the answer, when it comes, finds nobody. */
void api_lookup_forget(struct api_lookup *lookup);
