// SPDX-License-Identifier: GPL-2.0-or-later
// ui_server.c - the page's HTTP server
#include "cli/ui/ui_server.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/graph/graph.h"
#include "cli/graph/graph_svg.h"
#include "cli/ui/ui_assets.h"
#include "cli/ui/ui_events.h"
#include "client/calls.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. Every connection has a thread, so a question that netd takes long to answer
 * holds nobody else up. A request is looked at before anything is done for it: it must be a GET,
 * and its Host an address and not a name that leads here. The page itself is anybody's. What it
 * shows is not, for other users of this machine reach the port, too: no page of somebody else's may
 * have asked for it, and the question must have the key, which the page was opened with. It is in
 * no cookie: those go to all ports of an address, and so to whoever listens on another. Nothing
 * here changes anything: what is asked of netd are four paths, of which the browser chooses A, B
 * and a width. */

/* A page of this kind loads nothing from elsewhere, sends no form, and is in no frame. */
#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* What becomes of a request: status is 200 until something is refused. */
struct answer {
	const char *type;
	unsigned int status;
	struct buf body;
};

/* NULL: the browser has not sent it. */
static const char *query_of(struct MHD_Connection *connection, const char *key)
{
	return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

/* --- what is answered ------------------------------------------------------------------------- */

/* What was written before is dropped. */
static void refuse(struct answer *answer, unsigned int status, const char *why)
{
	buf_consume(&answer->body, answer->body.len);
	buf_printf(&answer->body, "%s\n", why);
	answer->type = "text/plain";
	answer->status = status;
}

/* What netd answers, as it is, whatever its status; 502 when it does not within the seconds.
 * The connection is opened for this one call, since each thread needs its own. */
static void pass_on(const struct ui_server *server, const char *path, unsigned int patience_s,
		    struct answer *answer)
{
	struct client *client = NULL;
	struct error error = { 0 };
	int status = 0, err = client_open(server->host, &client, &error);

	answer->type = "application/json";
	if (err == 0) {
		client_timeout(client, patience_s);
		err = client_call(client, "GET", path, NULL, &status, &answer->body, &error);
	}
	client_close(client);
	if (err < 0)
		refuse(answer, MHD_HTTP_BAD_GATEWAY, error.text);
	else
		answer->status = (unsigned int)status;
}

/* A and B are quoted, so they are values and no other part of the path. */
static void explain(const struct ui_server *server, struct MHD_Connection *connection,
		    struct answer *answer)
{
	const char *from = query_of(connection, "from"), *to = query_of(connection, "to");
	_cleanup_(buf_done) struct buf path = { 0 };

	if (!from || !to) {
		refuse(answer, MHD_HTTP_BAD_REQUEST, "from and to are wanted");
		return;
	}
	buf_puts(&path, "/netd/v1/explain?from=");
	client_quote(&path, from);
	buf_puts(&path, "&to=");
	client_quote(&path, to);
	if (path.err < 0)
		refuse(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory");
	else
		pass_on(server, path.data, EXPLAIN_ANSWER_S, answer);
}

/* What a container has lost inside, by reason. */
static void tell_losses(const struct ui_server *server, struct MHD_Connection *connection,
			struct answer *answer)
{
	const char *of = query_of(connection, "of");
	_cleanup_(buf_done) struct buf path = { 0 };

	if (!of || !*of) {
		refuse(answer, MHD_HTTP_BAD_REQUEST, "of is wanted");
		return;
	}
	buf_puts(&path, "/netd/v1/containers/");
	client_quote(&path, of);
	buf_puts(&path, "/losses");
	if (path.err < 0)
		refuse(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory");
	else
		pass_on(server, path.data, EXPLAIN_ANSWER_S, answer);
}

/* The width is the browser's, and only a wish: the picture is no narrower than one box. */
static void draw(const struct ui_server *server, struct MHD_Connection *connection,
		 struct answer *answer)
{
	const char *width = query_of(connection, "width");
	struct graph_svg_look look = { .is_part = true };
	_cleanup_(graph_done) struct graph graph = { 0 };
	struct client *client = NULL;
	json_auto_t *snapshot = NULL;
	struct error error = { 0 };
	int err = client_open(server->host, &client, &error);

	/* Five digits at the most: a picture has a bound. graph_svg() has one below. */
	look.width = width && strlen(width) < 6 ? strtoul(width, NULL, 10) : GRAPH_PIXELS;
	if (err == 0) {
		client_timeout(client, UI_ANSWER_S);
		err = calls_json(client, "GET", GRAPH_SNAPSHOT, NULL, &snapshot, &error);
	}
	/* The snapshot is a value of its own by now. */
	client_close(client);
	if (err == 0)
		err = graph_read(snapshot, &graph, &error);
	if (err < 0) {
		refuse(answer, MHD_HTTP_BAD_GATEWAY, error.text);
		return;
	}
	answer->type = "image/svg+xml";
	graph_svg(&graph, &look, &answer->body);
}

/* What is part of the program, and tells nothing of this host. False: url is none of it. */
static bool fill_page(const char *url, struct answer *answer)
{
	if (strcmp(url, "/") == 0) {
		answer->type = "text/html; charset=utf-8";
		buf_puts(&answer->body, ui_assets_page);
	} else if (strcmp(url, "/page.js") == 0) {
		answer->type = "text/javascript; charset=utf-8";
		buf_puts(&answer->body, ui_assets_script);
	} else if (strcmp(url, "/page.css") == 0) {
		/* The style of the picture is the same as in a file that netctl graph writes. */
		answer->type = "text/css; charset=utf-8";
		buf_puts(&answer->body, graph_svg_style);
		buf_puts(&answer->body, ui_assets_style);
	} else {
		return false;
	}
	return true;
}

/* The paths are fixed; what a browser sends besides is no part of a path. */
static void fill(const struct ui_server *server, struct MHD_Connection *connection, const char *url,
		 struct answer *answer)
{
	if (strcmp(url, "/picture") == 0) {
		draw(server, connection, answer);
	} else if (strcmp(url, "/counters") == 0) {
		pass_on(server, "/netd/v1/snapshot?parts=ends,traffic,resolver,dns", UI_ANSWER_S,
			answer);
	} else if (strcmp(url, "/explain") == 0) {
		explain(server, connection, answer);
	} else if (strcmp(url, "/losses") == 0) {
		tell_losses(server, connection, answer);
	} else {
		refuse(answer, MHD_HTTP_NOT_FOUND, "there is no such page");
	}
}

/* --- events ----------------------------------------------------------------------------------- */

/* libmicrohttpd calls it for more, and it waits here for as long as a beat. The text is an
 * event of the HTML standard (server-sent events). */
static ssize_t more_events(void *cls, uint64_t pos, char *data, size_t size)
{
	unsigned long *seen = cls;
	struct ui_events_state state = ui_events_wait(*seen, UI_BEAT_MS);
	int len;

	(void)pos;
	/* A write to it fails, and the thread ends. */
	if (state.n == *seen) /* the line of a comment: whoever has gone is found out so */
		len = snprintf(data, size, ":\n\n");
	else
		len = snprintf(data, size, "event: %s\ndata: %lu\n\n",
			       state.is_there ? "change" : "lost", state.n);
	*seen = state.n;
	return len > 0 && (size_t)len < size ? len : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The count of this page begins at 0, so the first event comes at once. libmicrohttpd frees it
 * with the response. */
static struct MHD_Response *events(void)
{
	unsigned long *seen = calloc(1, sizeof(*seen));
	struct MHD_Response *response =
		seen ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, UI_EVENT_SIZE,
							 more_events, seen, free)
		     : NULL;

	if (!response)
		free(seen);
	return response;
}

/* --- requests --------------------------------------------------------------------------------- */

/* The response is given up here in any case: while it is sent, the connection holds it. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned int status,
				     const char *type, struct MHD_Response *response)
{
	static const char *const heads[][2] = {
		{ "Content-Security-Policy", POLICY },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-store" },
	};
	enum MHD_Result result = MHD_add_response_header(response, "Content-Type", type);

	for (size_t i = 0; i < ARRAY_SIZE(heads) && result == MHD_YES; i++)
		result = MHD_add_response_header(response, heads[i][0], heads[i][1]);
	if (result == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* 0, or the status of a refusal of whatever it is. The Host is looked at before the method, so
 * that a foreign page learns nothing. */
static unsigned int check(const struct ui_server *server, struct MHD_Connection *connection,
			  const char *method, const char **ret_why)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

	*ret_why = "this page is asked for by its address, and not by a name";
	if (!ui_request_host(host, server->port))
		return MHD_HTTP_FORBIDDEN;
	*ret_why = "nothing is changed here: there is only GET";
	return strcmp(method, "GET") == 0 ? 0 : MHD_HTTP_METHOD_NOT_ALLOWED;
}

/* The same, of what is no stranger's business. */
static unsigned int check_owner(const struct ui_server *server, struct MHD_Connection *connection,
				const char **ret_why)
{
	const char *site = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       "Sec-Fetch-Site");

	*ret_why = "another page may not ask";
	if (!ui_request_site(site))
		return MHD_HTTP_FORBIDDEN;
	*ret_why = "open the page as netctl ui has printed it: its key is missing or old";
	return ui_request_key(query_of(connection, "key"), server->key) ? 0 : MHD_HTTP_FORBIDDEN;
}

/* Without a text the connection is closed. */
static enum MHD_Result reply(struct MHD_Connection *connection, struct answer *answer)
{
	struct MHD_Response *response;

	if (answer->body.err < 0 || !answer->body.data) {
		buf_done(&answer->body);
		return MHD_NO;
	}
	/* libmicrohttpd frees the text, which lives until the last byte is sent. */
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.data,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		buf_done(&answer->body);
		return MHD_NO;
	}
	return send_response(connection, answer->status, answer->type, response);
}

/* libmicrohttpd calls it at the head, and again when all has come. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **ret_call)
{
	static int head_seen;
	const struct ui_server *server = cls;
	struct answer answer = { .status = MHD_HTTP_OK };
	const char *why;
	unsigned int status;

	(void)version, (void)data;
	/* The first call has the header alone; a body, which nobody is to send, is thrown away.
	 * ret_call tells the calls apart; where it points does not matter. */
	if (!*ret_call || *size > 0) {
		*ret_call = &head_seen;
		*size = 0;
		return MHD_YES;
	}
	status = check(server, connection, method, &why);
	/* The page itself is given without a key, as it says nothing about this host. */
	if (status == 0 && fill_page(url, &answer))
		return reply(connection, &answer);
	if (status == 0)
		status = check_owner(server, connection, &why);
	if (status != 0) {
		refuse(&answer, status, why);
		return reply(connection, &answer);
	}
	if (strcmp(url, "/events") == 0) {
		struct MHD_Response *response = events();

		return response ? send_response(connection, MHD_HTTP_OK, "text/event-stream",
						response)
				: MHD_NO;
	}
	fill(server, connection, url, &answer);
	return reply(connection, &answer);
}

/* --- the socket ------------------------------------------------------------------------------- */

/* The socket is made here, so that a mistake in the address is told before anything is served. */
static int listen_at(const struct sockaddr_storage *address, socklen_t len, uint16_t *ret_port)
{
	_cleanup_close_ int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage bound;
	socklen_t bound_len = sizeof(bound);
	int on = 1;

	if (fd < 0)
		return -errno;
	/* SO_REUSEADDR: the port is free at once when this program was ended a moment ago. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&bound, &bound_len) < 0)
		return -errno;
	/* The port is at the same place in both families. */
	*ret_port = ntohs(((const struct sockaddr_in *)&bound)->sin_port);
	return take_fd(&fd);
}

/* The server is not stopped: it ends with the process. */
int ui_server_start(const struct sockaddr_storage *address, socklen_t len, struct ui_server *server,
		    struct error *error)
{
	int fd = listen_at(address, len, &server->port);

	if (fd < 0)
		return error_system(error, fd, "cannot listen there");
	if (!MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0,
			      NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
			      MHD_OPTION_CONNECTION_LIMIT, (unsigned int)UI_CONNECTIONS_MAX,
			      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S,
			      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADER_MAX,
			      MHD_OPTION_END)) {
		(void)close(fd); /* the start has failed */
		return error_set(error, ERROR_INTERNAL, "cannot start the HTTP server");
	}
	return 0;
}
