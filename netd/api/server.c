// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - libmicrohttpd driven by our loop
#include "api/server.h"

#include "api/server_parts.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The HTTP server runs in its external mode: it owns an epoll descriptor with
 * all its sockets, our loop watches that one descriptor, and MHD_run does what is ready without
 * waiting. Everything a request needs happens inside MHD_run, the engine included, and the reply is
 * written before it returns unless the socket is full; so an ordinary call costs one turn of the
 * loop. Who connects, and who has to go for somebody else, is decided in accept.c and
 * connections.c. */

/* Rounds of MHD_run while it says there is more (pipelined requests), before others get their turn.
 */
#define ROUNDS_MAX 8

void api_server_pump(struct api_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	bool waits = true;

	server->closed = false;
	for (int i = 0; i < ROUNDS_MAX && waits && timeout_ms == 0; i++) {
		if (MHD_run(server->daemon) != MHD_YES)
			log_error("the HTTP server failed to run");
		waits = MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES;
	}
	if (server->closed)
		api_accept_wake(server);
	ev_timer_stop(server->loop, &server->timer);
	if (!waits)
		return;
	ev_timer_set(&server->timer, (double)timeout_ms / 1000, 0);
	ev_timer_start(server->loop, &server->timer);
}

/* The connection's own memory is ours: accept.c has made it before the HTTP server hears of it. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct api_server *server = cls;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = server->arriving;
	else
		api_connection_free(*socket_context);
}

static void on_ready(struct ev_loop *loop, ev_io *watcher, int revents)
{
	if (watcher_again(loop, watcher, revents))
		return;
	api_server_pump(watcher->data);
}

static void on_timeout(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	api_server_pump(watcher->data);
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
	char line[256];

	if (strncmp(format, MHD_REFUSES, strlen(MHD_REFUSES)) == 0)
		engine_count(server->engine, GUARD_REFUSED_REQUESTS, 1);
	if (log_max_level < LOG_LEVEL_DEBUG)
		return;
	(void)vsnprintf(line, sizeof(line), format, args); /* cut is fine */
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
	const unsigned int limit = API_CONNECTIONS_MAX + API_STREAMS_MAX + API_REFUSED_MAX;

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG | ONE_THREAD,
		0, NULL, NULL, api_on_request, server,
		/* first, so that it is in place when others complain */
		MHD_OPTION_EXTERNAL_LOGGER, on_log, server, MHD_OPTION_CONNECTION_LIMIT,
		limit + API_ACCEPTS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADER_MAX,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		api_on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
}

void api_server_kick(struct api_server *server)
{
	ev_feed_event(server->loop, &server->io, EV_READ);
}

/* Made beforehand: to queue it takes no memory. Who is given it cannot know how far netd came. */
static struct MHD_Response *make_speechless(void)
{
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

static int start(struct api_server *server, int listen_fd, struct error *error)
{
	const union MHD_DaemonInfo *info;

	server->daemon = start_daemon(server);
	if (!server->daemon)
		return error_set(error, ERROR_INTERNAL, "cannot start the HTTP server");
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ev_io_init(&server->io, on_ready, info->epoll_fd, EV_READ);
	ev_timer_init(&server->timer, on_timeout, 0, 0);
	server->io.data = server->timer.data = server;
	ev_io_start(server->loop, &server->io);
	api_accept_start(server, listen_fd);
	return 0;
}

int api_server_new(const struct api_options *options, struct api_server **ret_server,
		   struct error *error)
{
	struct api_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return error_system(error, -ENOMEM, "cannot start the API");
	server->loop = options->loop;
	server->engine = options->engine;
	list_init(&server->calls);
	list_init(&server->connections);
	server->speechless = make_speechless();
	err = server->speechless ? start(server, options->listen_fd, error)
				 : error_system(error, -ENOMEM, "cannot start the API");
	if (err < 0) {
		if (server->speechless)
			MHD_destroy_response(server->speechless);
		free(server);
		return err;
	}
	*ret_server = server;
	return 0;
}

void api_server_free(struct api_server *server)
{
	if (!server)
		return;
	api_accept_stop(server);
	list_foreach (&server->calls, struct api_call, call, node)
		api_call_cancel(call);
	/* a suspended connection must be resumed, and seen to be, before the end */
	for (int i = 0; i < 2; i++)
		(void)MHD_run(server->daemon); /* what cannot be sent now is given up */
	ev_io_stop(server->loop, &server->io);
	ev_timer_stop(server->loop, &server->timer);
	MHD_stop_daemon(server->daemon);
	MHD_destroy_response(server->speechless);
	free(server);
}
