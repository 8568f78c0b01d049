// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - the plugin's socket, on which Docker calls: libmicrohttpd without threads
#include "plugins/docker/server.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Theory of operation. Everything runs in the main thread: server_run() waits for libmicrohttpd's
 * descriptors and serves what is ready. A call is answered before the next one is looked at, so the
 * plugin needs no lock. This also means that a call must not wait for Docker, which may be waiting
 * for another answer of ours (see plugin.c). Docker wants status 200 with an "Err" field for a
 * failure; other statuses are to it a plugin that is broken.
 *
 * libmicrohttpd calls back for a request twice or more: with its header, with each part of its
 * body, and at last without data. Only the last call answers. The state of a request hangs on
 * *ret_call in between, and goes in on_completed(), whatever became of the connection. */

/* The media type of Docker's plugin protocol. */
#define CONTENT_TYPE "application/vnd.docker.plugins.v1.2+json"

/* path is owned; the plugin is the caller's. */
struct server {
	struct plugin *plugin;
	struct MHD_Daemon *daemon;
	char *path;
};

/* One request of Docker's. */
struct call {
	/* false: the path is no method of the protocol. It is answered after its body has come. */
	bool known;
	enum docker_method method;
	struct buf body;
	/* Bytes of the body so far. It may be larger than the body that is kept. */
	size_t seen; /* with what was thrown away */
};

/* --- answers ---------------------------------------------------------------------------------- */

/* Takes json, which may be NULL for want of memory. MHD_NO closes the connection. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned int status, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	json_decref(json);
	if (!text)
		return MHD_NO;
	/* libmicrohttpd frees the text, which lives until the last byte is sent. */
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	/* A reference goes with the queued response; the own one is put below in any case. */
	if (MHD_add_response_header(response, "Content-Type", CONTENT_TYPE) == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* A new reference. The text may have any bytes, and json_text() makes valid UTF-8 of them. */
static json_t *failure(enum docker_method method, const struct error *error)
{
	log_warn("%s: %s", docker_method_name[method], error->text);
	/* Docker's two protocols name the field differently, and a wrong name would read as
	 * success. */
	return json_pack("{s:o}", docker_method_is_ipam(method) ? "Error" : "Err",
			 json_text(error->text));
}

/* Runs the whole call. Docker waits for it, and so does every other connection. */
static enum MHD_Result dispatch(const struct server *server, struct MHD_Connection *connection,
				const struct call *call)
{
	struct docker_request request;
	struct error error = { 0 };
	json_t *answer = NULL;
	int err;

	/* A 404 tells Docker that the plugin has no such method. */
	if (!call->known)
		return reply(connection, MHD_HTTP_NOT_FOUND,
			     json_pack("{s:s}", "Err", "netd has no such method"));
	/* A body that is too long was not kept, and so cannot be decoded. */
	err = call->seen > API_BODY_MAX
		      ? error_set(&error, ERROR_INVALID, "the request has more than %d bytes",
				  API_BODY_MAX)
		      : docker_request_decode(call->method, call->body.data ? call->body.data : "",
					      call->body.len, &request, &error);
	if (err == 0) {
		err = method_call(server->plugin, &request, &answer, &error);
		docker_request_done(&request);
	}
	log_debug("%s: %s", docker_method_name[call->method], err < 0 ? error.text : "done");
	return reply(connection, MHD_HTTP_OK, err < 0 ? failure(call->method, &error) : answer);
}

/* --- libmicrohttpd ---------------------------------------------------------------------------- */

/* cls is the server. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **ret_call)
{
	struct call *call = *ret_call;

	(void)version;
	/* The first call has the header alone. The body comes with the next ones, and the last
	 * of these is empty. */
	if (!call) {
		call = calloc(1, sizeof(*call));
		if (!call)
			return MHD_NO;
		call->known = strcmp(method, "POST") == 0 &&
			      docker_method_find(url + (*url == '/'), &call->method);
		/* The pointer that is stored here marks the later calls as such. */
		*ret_call = call;
		return MHD_YES;
	}
	if (*size == 0)
		return dispatch(cls, connection, call);
	/* Too much is read to its end and thrown away: only then can an answer say what was
	 * wrong. */
	call->seen += *size;
	if (call->seen <= API_BODY_MAX)
		buf_append(&call->body, data, *size);
	/* 0 tells libmicrohttpd that all of it was taken. */
	*size = 0;
	return call->body.err < 0 ? MHD_NO : MHD_YES;
}

/* It comes for every request, also for one whose connection broke in the middle. *ret_call is NULL
 * if memory was short at the header. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **ret_call,
			 enum MHD_RequestTerminationCode why)
{
	struct call *call = *ret_call;

	(void)cls, (void)connection, (void)why;
	if (call)
		buf_done(&call->body);
	free(call);
	*ret_call = NULL;
}

/* --- the socket ------------------------------------------------------------------------------- */

/* Nonblocking: a listener whose queue is full counts as one (EAGAIN). */
static bool is_served(const struct sockaddr_un *address)
{
	/* socket(2) that failed makes connect(2) fail, too: nobody is there then, as far as this
	 * process can tell. */
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	       errno == EAGAIN;
}

/* The listening socket, or a negative error. A path in a directory that is not there fails at
 * bind(2). */
static int listen_at(const char *path, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	mode_t old;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, ERROR_INVALID, "the socket path %s is too long", path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	/* A socket that nobody listens on is what a killed plugin has left. Two plugins on one path
	 * would each get a part of the calls. */
	if (is_served(&address))
		return error_set(error, ERROR_CONFLICT, "another plugin listens on %s", path);
	(void)unlink(path); /* what it was in the way of says so */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_system(error, -errno, "cannot make a socket");
	/* The mode is that of the socket from its first moment: a chmod(2) afterwards would leave a
	 * gap. The umask is of the process. One thread runs, so nobody makes a file meanwhile. */
	old = umask(0177);
	err = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	(void)umask(old); /* cannot fail */
	if (err == 0 && listen(fd, SOMAXCONN) < 0)
		err = -errno;
	if (err < 0)
		return error_system(error, err, "cannot listen on %s", path);
	return take_fd(&fd);
}

/* *ret_server is the caller's, for server_close(). */
int server_open(const char *path, struct plugin *plugin, struct server **ret_server,
		struct error *error)
{
	/* NULL is looked at below, together with the other failures. */
	struct server *server = calloc(1, sizeof(*server));
	int fd = listen_at(path, error);

	if (fd < 0) {
		free(server);
		return fd;
	}
	if (server) {
		server->plugin = plugin;
		server->path = strdup(path);
		/* Without a thread of its own: the daemon does its work in MHD_run_wait(). The
		 * limits are those of netd's own API. */
		server->daemon = MHD_start_daemon(
			MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
			fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)API_CONNECTIONS_MAX,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADER_MAX,
			MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	}
	if (!server || !server->path || !server->daemon) {
		if (server && server->daemon)
			MHD_stop_daemon(server->daemon); /* which closes fd */
		else
			(void)close(fd); /* may be closed already by a start that failed */
		free(server ? server->path : NULL);
		free(server);
		return error_set(error, ERROR_INTERNAL, "cannot start the HTTP server");
	}
	*ret_server = server;
	return 0;
}

/* timeout_ms is as for poll(2). */
void server_run(struct server *server, int timeout_ms)
{
	(void)MHD_run_wait(server->daemon, timeout_ms); /* a signal ends it early */
}

/* Takes NULL. */
void server_close(struct server *server)
{
	if (!server)
		return;
	/* Unlinked first, so that Docker finds no socket that is about to close. */
	(void)unlink(server->path); /* gone is gone */
	MHD_stop_daemon(server->daemon);
	free(server->path);
	free(server);
}
