// SPDX-License-Identifier: GPL-2.0-or-later
// request.c - the life of one HTTP request: its bytes in, its handler, its reply out
#include "api/request.h"

#include "api/call/reply.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/settling.h"
#include "api/routes.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_parse.h"
#include "base/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. libmicrohttpd calls api_request_on() several times for one request: for its
 * head, for each piece of its body, and at its end. The struct api_call is what connects these
 * calls; it lives from the first of them to api_request_on_completed(). An error that is found
 * while the body comes in is kept in the call and answered at the end, for a client that is still
 * writing would not read an answer. Only who is refused, for the length that he announces or for
 * want of a place, is answered at the head, before anything was read. */

/* A client that goes on sending a body far too long is not worth an answer. */
#define BODY_GIVE_UP 4 /* times as long as it may be */

static size_t body_max(const struct api_call *call)
{
	return call->route && call->route->body == API_BODY_BACKUP ? API_BACKUP_MAX : API_BODY_MAX;
}

static struct api_call *call_new(struct api_requests *requests, struct MHD_Connection *connection,
				 const char *url, const char *method)
{
	struct api_call *call = calloc(1, sizeof(*call));
	int err;

	if (!call)
		return NULL;
	call->requests = requests;
	call->http = requests->http;
	call->connection = connection;
	/* A path without a version means the newest, as for Docker. */
	call->minor = API_MINOR_MAX;
	(void)snprintf(call->method, sizeof(call->method), "%s", method); /* a cut one is unknown */
	/* The waiter is in no list yet, but call_free() removes it in any case. */
	list_init(&call->waiter.node);
	list_append(&requests->calls, &call->node);
	/* The error is only noted: the body has to be taken from the connection before an answer is
	 * of use. */
	err = api_path_parse(url, &call->path);
	if (err == -EINVAL)
		(void)error_set(&call->error, ERROR_INVALID, "invalid URL escape");
	else if (err == -ENOMEM)
		(void)error_system(&call->error, err, "cannot read the request");
	/* -ENOENT, too many segments, says nothing more: without a route it is a page not found. */
	if (err == 0)
		call->route = api_routes_find(call->method, &call->path, &call->ref);
	call->operation = api_routes_operation(call->route);
	if (call->ref && *call->ref == '/') /* Docker shows names with a slash */
		call->ref++;
	return call;
}

static struct api_call **place_of_large(const struct api_call *call)
{
	return &call->requests->large[api_connection_of(call->connection)->uid != 0];
}

static void call_free(struct api_call *call)
{
	/* The place of large bodies is free again, however the call ended. */
	for (size_t i = 0; i < ARRAY_SIZE(call->requests->large); i++)
		if (call->requests->large[i] == call)
			call->requests->large[i] = NULL;
	list_remove(&call->node);
	list_remove(&call->waiter.node);
	/* Before the rest: what waits may look at the call while it is given up. */
	api_call_forget(call);
	if (call->stream.data)
		call->stream.free(call->stream.data);
	if (call->upgrade.protocol)
		call->upgrade.forget(call->upgrade.data);
	api_path_done(&call->path);
	buf_done(&call->body);
	buf_done(&call->reply);
	json_decref(call->json);
	free(call);
}

/* moby's wording, which clients match on to downgrade. */
static int check_version(struct api_call *call)
{
	const struct api_path *path = &call->path;

	/* A client that does not know the version yet asks /_ping without one. */
	if (!path->versioned)
		return 0;
	if (path->major < API_MAJOR || (path->major == API_MAJOR && path->minor < API_MINOR_MIN))
		return error_set(
			&call->error, ERROR_INVALID,
			"client version %u.%u is too old. Minimum supported API version is "
			"%s, please upgrade your client to a newer version",
			path->major, path->minor, API_VERSION_MIN);
	if (path->major > API_MAJOR || path->minor > API_MINOR_MAX)
		return error_set(
			&call->error, ERROR_INVALID,
			"client version %u.%u is too new. Maximum supported API version is "
			"%s",
			path->major, path->minor, API_VERSION_MAX);
	call->minor = path->minor;
	return 0;
}

/* Parameters ("; charset=utf-8") are allowed and say nothing that JSON does not. */
static int check_content_type(struct api_call *call)
{
	static const char wanted[] = "application/json";
	const char *given = api_call_header(call, MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t len = given ? strcspn(given, "; \t") : 0;

	if (call->body.len == 0) /* clients that send no body do not say of which type it is */
		return 0;
	if (len == 0)
		return error_set(&call->error, ERROR_INVALID,
				 "malformed Content-Type header (%s): mime: no media type",
				 given ? given : "");
	if (len != strlen(wanted) || strncasecmp(given, wanted, len) != 0)
		return error_set(&call->error, ERROR_INVALID,
				 "unsupported Content-Type header (%s): must be '%s'", given,
				 wanted);
	return 0;
}

static int run_handler(struct api_call *call)
{
	int err;

	/* What went wrong earlier is said first: with half a body nothing else is certain. */
	if (call->error.code < 0)
		return call->error.code;
	if (!call->route)
		return error_set(&call->error, ERROR_NOT_FOUND, "page not found");
	if ((err = check_version(call)) < 0)
		return err;
	if (call->route->body != API_BODY_NONE) {
		if ((err = check_content_type(call)) < 0 ||
		    (err = json_parse_record(call->body.data, call->body.len, &call->json,
					     &call->error)) < 0)
			return err;
	}
	return call->route->handler(call);
}

/* The whole request is here. */
static void dispatch(struct api_call *call)
{
	/* Taken before the handler: a larger number afterwards is what this call has left to be
	 * done. */
	uint64_t n_left = engine_n_left(api_call_engine(call));
	int err;

	call->began_s = deadline_now_s();
	err = run_handler(call);
	/* Nobody who wants an address has to know that a host asks for these, nor who names a
	 * network that it was made on another host a moment ago. */
	if (err < 0 && settling_again(call))
		err = API_LATER;
	if (err != API_LATER)
		api_reply_finish(call, err, n_left);
}

static struct MHD_Response *make_response(struct api_call *call)
{
	/* The length must be known before the buffer changes hands. */
	size_t len = call->reply.len;
	struct MHD_Response *response;

	if (call->upgrade.protocol)
		return MHD_create_response_for_upgrade(call->upgrade.handler, call->upgrade.data);
	/* The stream is freed with its call, which outlives the response. */
	if (call->stream.read)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, call->stream.read,
							 call->stream.data, NULL);
	if (len == 0)
		return MHD_create_response_from_buffer(0, (char[1]) { 0 }, MHD_RESPMEM_PERSISTENT);
	/* Handed over and not copied: the answer for a container with all ports that it may have is
	 * megabytes. */
	response = MHD_create_response_from_buffer(len, call->reply.data, MHD_RESPMEM_MUST_FREE);
	/* Else the buffer is still ours, and call_free() frees it. */
	if (response)
		call->reply = (struct buf) { 0 };
	return response;
}

static bool add_headers(const struct api_call *call, struct MHD_Response *response)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	bool is_in = cluster->is_in && cluster->is_in(cluster->data);
	const struct {
		const char *name, *value;
	} headers[] = {
		{ "Api-Version", API_VERSION_MAX },
		{ "Ostype", "linux" },
		{ "Server", "netd/" NETD_VERSION " (linux)" },
		{ "Content-Type", call->content_type },
		{ "Upgrade", call->upgrade.protocol },
	}, ping[] = {
		{ "Docker-Experimental", "false" },
		{ "Builder-Version", "" },
		{ "Swarm", is_in ? "active/manager" : "inactive" },
		{ "Cache-Control", "no-cache, no-store, must-revalidate" },
		{ "Pragma", "no-cache" },
	};
	bool refused = api_connection_of(call->connection)->refused;
	bool greets = call->route && call->route->greets;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		if (headers[i].value &&
		    MHD_add_response_header(response, headers[i].name, headers[i].value) != MHD_YES)
			return false;
	}
	/* There are few places for those who are refused: one answer each. */
	if (refused &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES)
		return false;
	/* an empty value cannot be set; "Builder-Version" empty is the same as absent */
	for (size_t i = 0; greets && i < ARRAY_SIZE(ping); i++) {
		if (*ping[i].value &&
		    MHD_add_response_header(response, ping[i].name, ping[i].value) != MHD_YES)
			return false;
	}
	return true;
}

static enum MHD_Result send_speechless(const struct api_requests *requests,
				       struct MHD_Connection *connection)
{
	return MHD_queue_response(connection, MHD_HTTP_SERVICE_UNAVAILABLE, requests->speechless);
}

static enum MHD_Result send_reply(struct api_call *call)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	/* A word of ours would stand in the middle of what somebody else has written. */
	if (call->is_handed) {
		call->state = API_CALL_SENT;
		return MHD_NO;
	}
	response = call->speechless ? NULL : make_response(call);
	if (!response) {
		call->state = API_CALL_SENT;
		return send_speechless(call->requests, call->connection);
	}
	log_debug("%s %s%s%s: %d", call->method, call->route ? call->route->pattern : "(no route)",
		  call->ref ? " " : "", call->ref ? call->ref : "", call->status);
	call->state = API_CALL_SENT;
	if (add_headers(call, response))
		/* The HTTP server takes a reference of its own, so ours goes below in any case. */
		result = MHD_queue_response(call->connection, (unsigned int)call->status, response);
	else
		result = send_speechless(call->requests, call->connection);
	MHD_destroy_response(response);
	return result;
}

/* As many long bodies as there are connections would be more memory than netd may have. One of
 * root's never waits for those of others. */
static int admit_large(struct api_call *call)
{
	struct api_call **place = place_of_large(call);

	/* Each piece of the same body comes here again and finds its own place. */
	if (*place && *place != call)
		return error_set(&call->error, ERROR_UNAVAILABLE,
				 "a request body of more than %d bytes is read one at a time, and "
				 "another is being read: try again when that is done",
				 API_BODY_MAX);
	*place = call;
	return 0;
}

/* len: as far as is known. Counted when it is refused. */
static int check_len(struct api_call *call, uint64_t len)
{
	int err = 0;

	/* First the bound that never passes: trying again would not help there. */
	if (len > body_max(call))
		err = error_set(&call->error, ERROR_TOO_LARGE,
				"the request body has more than %zu bytes", body_max(call));
	else if (len > API_BODY_MAX)
		err = admit_large(call);
	if (err < 0)
		engine_count(api_call_engine(call), GUARD_REFUSED_REQUESTS, 1);
	return err;
}

/* A body too long for now by its own account, or whatever it is when nothing is taken, is refused
 * before it is read; the connection ends there. */
static enum MHD_Result begin(struct api_call *call)
{
	const char *length = api_call_header(call, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (api_connection_of(call->connection)->refused)
		api_connection_refuse(call);
	/* A chunked body has no length here and is checked as it comes (take_body). The HTTP server
	 * has refused a length that is no number. */
	else if (!length || check_len(call, strtoull(length, NULL, 10)) == 0)
		return MHD_YES;
	api_reply_error(call);
	return send_reply(call);
}

static enum MHD_Result take_body(struct api_call *call, const char *data, size_t len)
{
	call->body_seen += len;
	/* MHD_NO closes the connection at once. */
	if (call->body_seen > BODY_GIVE_UP * body_max(call))
		return MHD_NO;
	/* Read and dropped: an answer while the client still writes may be lost with a reset of the
	 * connection. */
	if (!call->route || call->route->body == API_BODY_NONE || call->error.code < 0)
		return MHD_YES;
	if (check_len(call, call->body_seen) == 0)
		buf_append(&call->body, data, len);
	if (call->body.err < 0)
		(void)error_system(&call->error, call->body.err, "cannot read the request");
	if (call->error.code < 0) /* what comes is thrown away, and so is what came */
		buf_done(&call->body);
	return MHD_YES;
}

/* The HTTP server calls this once when the headers are there, then for each piece of the body, and
 * a last time, without data, when all has come (microhttpd.h, MHD_AccessHandlerCallback). What it
 * has not been given an answer for it comes back with. */
enum MHD_Result api_request_on(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *http_version,
			       const char *upload_data, size_t *upload_size, void **ret_call)
{
	struct api_call *call = *ret_call;
	size_t len = *upload_size;

	(void)http_version;
	if (!call) {
		/* NULL in *ret_call is how the HTTP server says that this is a new request. */
		call = call_new(cls, connection, url, method);
		*ret_call = call;
		if (!call)
			return send_speechless(cls, connection);
		/* From here on the state of the request says whether the connection may be closed
		 * for others (connection_limits.c). */
		api_connection_asks(api_connection_of(connection), call);
		return begin(call);
	}
	if (len > 0) {
		/* All of it was taken, or the HTTP server would show the rest again. */
		*upload_size = 0;
		return take_body(call, upload_data, len);
	}
	/* Once only: the HTTP server comes here again when a suspended call is resumed. */
	if (call->state == API_CALL_READING)
		dispatch(call);
	return call->state == API_CALL_READY ? send_reply(call) : MHD_YES;
}

void api_request_on_completed(void *cls, struct MHD_Connection *connection, void **ret_call,
			      enum MHD_RequestTerminationCode why)
{
	struct api_call *call = *ret_call;

	(void)cls, (void)why;
	/* No call: there was no memory for one. */
	if (call) {
		api_connection_asks(api_connection_of(connection), NULL);
		call_free(call);
	}
	*ret_call = NULL;
}

/* The HTTP server must not be stopped with a suspended connection (microhttpd.h, MHD_stop_daemon):
 * each gets an answer, and goes on. */
static void cancel(struct api_call *call)
{
	if (call->stream.data)
		call->stream.end(call->stream.data);
	if (call->state != API_CALL_SUSPENDED)
		return;
	api_call_forget(call);
	list_remove(&call->waiter.node);
	/* A change that is made has its reply already, and it would be wrong to say that it was
	 * not. */
	if (!call->is_done) {
		(void)error_set(&call->error, ERROR_UNAVAILABLE, "netd is shutting down");
		api_reply_error(call);
	}
	api_call_resume(call);
}

void api_request_cancel_all(struct api_requests *requests)
{
	list_foreach (&requests->calls, struct api_call, call, node)
		cancel(call);
}

/* Made beforehand: to queue it takes no memory. Who is given it cannot know how far netd came. */
static struct MHD_Response *make_speechless(void)
{
	/* Persistent: the response refers to the text, and copies nothing when it is queued. */
	static char text[] = "{\"message\":\"netd has no memory for an answer: what was asked for "
			     "may be done or not; ask again\",\"code\":\"unavailable\"}\n";
	struct MHD_Response *response = MHD_create_response_from_buffer(sizeof(text) - 1, text,
									MHD_RESPMEM_PERSISTENT);

	if (response && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
						"application/json") != MHD_YES) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

int api_request_init(struct api_requests *requests, struct api_http *http)
{
	requests->http = http;
	list_init(&requests->calls);
	requests->speechless = make_speechless();
	return requests->speechless ? 0 : -ENOMEM;
}

void api_request_done(struct api_requests *requests)
{
	MHD_destroy_response(requests->speechless);
}
