// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - libmicrohttpd driven by our loop
#include "api/server.h"

#include "api/connect/accept.h"
#include "api/request.h"
#include "base/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who connects, and who has to go for somebody else, is decided in connect/; what is asked is read
 * in request.c, and answered in handlers/. This file makes them one server. */
struct api_server {
	struct api_http http;
	struct api_door door;
	struct api_requests requests;
};

/* The connection's own memory is ours: accept.c has made it before the HTTP server hears of it. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct api_server *server = cls;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		/* MHD_add_connection() calls this before it returns, and takes no argument to pass
		 * on. */
		*socket_context = server->door.arriving;
	else
		api_connection_free(*socket_context);
}

/* How it begins to tell that it has refused, by itself, what is no request: nothing else says so.
 */
#define MHD_REFUSES "Error processing request"

/* Its messages are about misbehaving clients, which are none of the administrator's business one by
 * one. */
__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *format,
							 va_list args)
{
	const struct api_server *server = cls;
	/* The HTTP server's sentences are short. A longer one has the client's bytes in it, which
	 * may be cut. */
	char line[256];

	if (strncmp(format, MHD_REFUSES, strlen(MHD_REFUSES)) == 0)
		engine_count(server->http.engine, GUARD_REFUSED_REQUESTS, 1);
	if (log_max_level < LOG_LEVEL_DEBUG)
		return;
	(void)vsnprintf(line, sizeof(line), format, args); /* cut is fine */
	/* One line of the log for each: what a client sent must not begin another. */
	line[strcspn(line, "\n")] = '\0';
	log_debug("http: %s", line);
}

/* Escapes are left alone here: a path must be split before it is decoded. */
static size_t on_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls, (void)connection;
	return strlen(text);
}

/* MHD_USE_NO_THREAD_SAFETY of libmicrohttpd 0.9.77 and later, which without it puts off what it is
 * handed over; earlier ones never do, and pass over the flag. */
#define ONE_THREAD (1U << 19)

/* Connections are accepted here (accept.c) and handed over: the HTTP server's own listening stops
 * for good when one accept fails. */
static struct MHD_Daemon *start_daemon(struct api_server *server)
{
	/* Who has to go is decided in connect/, and the HTTP server's own limit must not decide
	 * first: those that were accepted together are counted before it closes those that made
	 * room for them. */
	const unsigned int limit = API_CONNECTIONS_MAX + API_STREAMS_MAX + API_REFUSED_MAX;

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG | ONE_THREAD,
		0, NULL, NULL, api_request_on, &server->requests,
		/* first, so that it is in place when others complain */
		MHD_OPTION_EXTERNAL_LOGGER, on_log, server, MHD_OPTION_CONNECTION_LIMIT,
		limit + API_ACCEPTS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADER_MAX,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		api_request_on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
}

int api_server_new(const struct api_options *options, struct api_server **ret_server,
		   struct error *error)
{
	struct api_server *server = calloc(1, sizeof(*server));

	if (!server)
		return error_system(error, -ENOMEM, "cannot start the API");
	server->http.loop = options->loop;
	server->http.engine = options->engine;
	server->http.explainer = options->explainer;
	server->http.starter = options->starter;
	server->http.cluster = options->cluster;
	list_init(&server->http.explanations.waiting);
	server->http.captures.http = &server->http;
	api_captures_init(&server->http.captures);
	server->http.on_closed = api_accept_wake;
	server->http.on_closed_data = &server->door;
	/* First, as it makes the answer for when there is no memory: nobody is served without
	 * it. */
	if (api_request_init(&server->requests, &server->http) < 0) {
		free(server);
		return error_system(error, -ENOMEM, "cannot start the API");
	}
	server->http.daemon = start_daemon(server);
	if (!server->http.daemon) {
		api_request_done(&server->requests);
		free(server);
		return error_set(error, ERROR_INTERNAL, "cannot start the HTTP server");
	}
	/* The loop watches the server before anybody is let in. */
	api_http_start(&server->http);
	api_accept_start(&server->door, &server->http, options->listen_fd);
	*ret_server = server;
	return 0;
}

void api_server_free(struct api_server *server)
{
	if (!server)
		return;
	/* Nobody comes in any more, so the list of calls can only become shorter. */
	api_accept_stop(&server->door);
	api_request_cancel_all(&server->requests);
	/* a suspended connection must be resumed, and seen to be, before the end */
	for (int i = 0; i < 2; i++)
		(void)MHD_run(server->http.daemon); /* what cannot be sent now is given up */
	api_http_stop(&server->http);
	/* It calls back for each connection that it closes, which needs the calls and the door:
	 * they go after it. */
	MHD_stop_daemon(server->http.daemon);
	api_captures_done(&server->http.captures);
	api_request_done(&server->requests);
	free(server);
}
