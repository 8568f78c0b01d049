// SPDX-License-Identifier: GPL-2.0-or-later
// client.c - one HTTP request to netd over its unix socket or over ssh; for cli/ and plugins/
#include "client/client.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "client/http_reply.h"
#include "client/stdio_pump.h"
#include "client/transport.h"

#include <errno.h>
#include <jansson.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A client has one connection, which is kept from call to call: a plugin makes
 * a dozen calls for one container. Before each request the connection is looked at
 * (transport_idle()). One that netd has closed meanwhile, or that has bytes on it nobody asked for,
 * is replaced by a new one, so a restart of netd costs the caller nothing. A call is never repeated
 * by itself: it may have been carried out although the answer was lost.
 *
 * The order of a call: the connection is looked at and replaced where needed; the request goes out
 * in one piece; the reply is read to its end. A reply that says "close", or bytes behind its end,
 * close the connection after the call. client_stream() and client_upgrade() use the same request
 * and reply, and the connection is not used for another call behind them. */

/* One connection at a time; -1 in transport.fd means that there is none. */
struct client {
	struct client_host host;
	struct transport transport;
	struct http_reply reply;
	unsigned int timeout_s;
};

/* Where the pieces of a body go. Either body or on_data is used. */
struct sink {
	struct buf *body;					  /* of client_call */
	int (*on_data)(const char *data, size_t len, void *user); /* of client_stream */
	void *user;
	struct buf *early; /* of client_upgrade: what came behind the reply */
	const struct http_reply *reply;
	bool has_no_end; /* of client_stream: once it has begun */
};

/* Takes NULL. */
void client_close(struct client *client)
{
	/* It is called for a client that was never opened, too. */
	if (!client)
		return;
	transport_close(&client->transport);
	client_host_done(&client->host);
	free(client);
}

static void client_closep(struct client **client)
{
	client_close(*client);
}

/* *ret_client is the caller's, to be given to client_close(). */
int client_open(const char *host, struct client **ret_client, struct error *error)
{
	_cleanup_(client_closep) struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return error_system(error, -ENOMEM, "connecting to netd");
	/* 0 would be a descriptor of the caller's, and the cleanup would close it. */
	client->transport.fd = -1;
	client->timeout_s = CLIENT_TIMEOUT_S;
	/* What the caller says wins over the environment, which wins over the default. */
	if (!host || !*host)
		host = getenv(NETD_HOST_VARIABLE);
	if (!host || !*host)
		host = NETD_DEFAULT_HOST;
	err = client_host_parse(host, &client->host, error);
	/* Connected at once, so that a wrong host is told by open and not by the first call. */
	if (err == 0)
		err = transport_open(&client->host, &client->transport, error);
	if (err < 0)
		return err;
	*ret_client = take_ptr(client);
	return 0;
}

/* NULL: the daemon is on another host. */
const char *client_unix_path(const struct client *client)
{
	return client->host.ssh ? NULL : client->host.path;
}

/* A failure of the connection. It is closed, so the next call opens a new one. */
static int fail(struct client *client, int code, struct error *error)
{
	/* Whatever comes on this connection later belongs to a request that was given up. */
	transport_close(&client->transport);
	/* How recv(2) tells that SO_RCVTIMEO has passed. */
	if (code == EAGAIN || code == EWOULDBLOCK)
		return error_set(error, ERROR_UNAVAILABLE,
				 "netd at %s did not answer for %u seconds", client->host.text,
				 client->timeout_s);
	return error_set(error, ERROR_UNAVAILABLE, "talking to netd at %s: %s", client->host.text,
			 strerror(code));
}

/* A request that netd refuses early may break the connection while it is being sent. */
static int send_all(struct client *client, const struct buf *request, struct error *error)
{
	size_t sent = 0;

	/* The request was not written to its end, so none of it is sent. */
	if (request->err < 0)
		return fail(client, ENOMEM, error);
	while (sent < request->len) {
		ssize_t n = send(client->transport.fd, request->data + sent, request->len - sent,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* A refusal may be waiting to be read although the request was not taken whole. */
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0)
			return fail(client, errno, error);
		sent += (size_t)n;
	}
	return 0;
}

/* The path comes quoted from client_quote; anything else would end the request line early. A line
 * break in a path would be a second request of the caller's choice. */
static bool path_is_clean(const char *path)
{
	if (*path != '/')
		return false;
	for (; *path; path++)
		if ((unsigned char)*path <= ' ' || (unsigned char)*path >= 0x7f)
			return false;
	return true;
}

/* upgrade: the protocol that is asked for, or NULL. */
static int send_request(struct client *client, const char *method, const char *path,
			const char *body, const char *upgrade, struct error *error)
{
	_cleanup_(buf_done) struct buf request = { 0 };
	size_t len = body ? strlen(body) : 0;
	int err;

	/* A path with a space or a line break would be two requests to the server. */
	if (!path_is_clean(path))
		return error_set(error, ERROR_INVALID, "'%s' is not a path of the API", path);
	if (!transport_idle(&client->transport)) {
		transport_close(&client->transport);
		err = transport_open(&client->host, &client->transport, error);
		if (err < 0)
			return err;
		/* The timeout belongs to the descriptor and has to be set anew. */
		transport_timeout(&client->transport, client->timeout_s);
	}
	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: netd\r\nAccept: application/json\r\n", method,
		   path);
	if (upgrade)
		buf_printf(&request, "Connection: Upgrade\r\nUpgrade: %s\r\n", upgrade);
	if (body)
		buf_puts(&request, "Content-Type: application/json\r\n");
	/* Without a length a server waits for a body until its own time is over, or answers 411
	 * (RFC 9110, 8.6). */
	if (body || strcmp(method, "POST") == 0)
		buf_printf(&request, "Content-Length: %zu\r\n", len);
	buf_puts(&request, "\r\n");
	buf_append(&request, body ? body : "", len);
	return send_all(client, &request, error);
}

/* A callback of http_reply_feed(). Any result but 0 ends the reading. */
static int on_body(const char *data, size_t len, void *user)
{
	struct sink *sink = user;

	/* A stream hands its pieces on as they come and keeps none, so its length has no bound.
	 * The body of a refusal is a sentence and no event: it is kept for the error. */
	if (sink->on_data && sink->reply->status < 300)
		return sink->on_data(data, len, sink->user);
	/* A server that sends without an end must not fill the caller's memory. */
	if (len > CLIENT_BODY_MAX - sink->body->len)
		return -EMSGSIZE;
	buf_append(sink->body, data, len);
	return sink->body->err;
}

/* The codes are those of the parser and of on_body(). */
static int bad_reply(struct client *client, int err, struct error *error)
{
	/* What is left on the connection cannot be read as a reply any more. */
	transport_close(&client->transport);
	if (err == -EMSGSIZE)
		return error_set(error, ERROR_UNAVAILABLE, "the answer from %s is too large",
				 client->host.text);
	if (err == -ENOMEM)
		return error_system(error, err, "reading the answer from %s", client->host.text);
	return error_set(error, ERROR_UNAVAILABLE, "what listens at %s does not speak HTTP",
			 client->host.text);
}

/* any: at least one byte of the reply has come. */
static int at_eof(struct client *client, bool any, struct error *error)
{
	/* A reply without a length ends with the connection (RFC 9112, 6.3). */
	if (http_reply_eof(&client->reply) == 0)
		return 0;
	/* Not one byte: ssh could not connect, or netd was just stopped. transport_lost() knows
	 * what ssh said. */
	if (!any)
		return transport_lost(&client->transport, &client->host, error);
	return fail(client, ECONNRESET, error);
}

/* 0: the reply is complete; negative: error is filled; positive: sink's on_data stopped it. */
static int read_reply(struct client *client, struct sink *sink, struct error *error)
{
	char data[16384];
	bool any = false;

	http_reply_init(&client->reply);
	while (client->reply.state != HTTP_REPLY_DONE) {
		ssize_t n = recv(client->transport.fd, data, sizeof(data), 0);
		size_t used = 0;
		int err;

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return at_eof(client, any, error);
		if (n < 0)
			return fail(client, errno, error);
		any = true;
		err = http_reply_feed(&client->reply, data, (size_t)n, on_body, sink, &used);
		/* Stopped by the caller: the rest of the reply stays unread, and client_stream()
		 * closes. */
		if (err > 0)
			return err;
		if (err < 0)
			return bad_reply(client, err, error);
		/* Nothing may happen for days then, and that is no fault. */
		if (sink->has_no_end && client->reply.state > HTTP_REPLY_HEADERS) {
			transport_timeout(&client->transport, 0);
			sink->has_no_end = false;
		}
		if (used == (size_t)n)
			continue;
		if (sink->early)
			buf_append(sink->early, data + used, (size_t)n - used);
		else /* bytes nobody asked for: out of step, start anew next time */
			client->reply.keep_alive = false;
	}
	return 0;
}

/* For somebody who waits for several answers at once: it is asked now and heard later. */
int client_ask(struct client *client, const char *path, struct error *error)
{
	return send_request(client, "GET", path, NULL, NULL, error);
}

/* *ret_body is the caller's. */
int client_hear(struct client *client, int *ret_status, struct buf *ret_body, struct error *error)
{
	_cleanup_(buf_done) struct buf answer = { 0 };
	/* The reply stands in the client, for it has a buffer of a whole line. */
	struct sink sink = { .body = &answer, .reply = &client->reply };
	int err = read_reply(client, &sink, error);

	if (err < 0)
		return err;
	/* The server closes it, so it is given up now and not found dead by the next request. */
	if (!client->reply.keep_alive)
		transport_close(&client->transport);
	*ret_status = client->reply.status;
	*ret_body = take_struct(answer);
	return 0;
}

/* A status of failure is no error here: the caller looks at the status. */
int client_call(struct client *client, const char *method, const char *path, const char *body,
		int *ret_status, struct buf *ret_body, struct error *error)
{
	int err = send_request(client, method, path, body, NULL, error);

	return err < 0 ? err : client_hear(client, ret_status, ret_body, error);
}

/* on_data is called with each piece as it comes. What it returns other than 0 ends the stream and
 * is the result. A refusal is an error, and its body goes to ret_refusal. */
int client_stream(struct client *client, const char *path, int *ret_status, struct buf *ret_refusal,
		  int (*on_data)(const char *data, size_t len, void *user), void *user,
		  struct error *error)
{
	_cleanup_(buf_done) struct buf refusal = { 0 };
	struct sink sink = {
		.body = &refusal,
		.on_data = on_data,
		.user = user,
		.reply = &client->reply,
		.has_no_end = true,
	};
	char text[ERROR_TEXT_MAX];
	int err = send_request(client, "GET", path, NULL, NULL, error);

	if (err < 0)
		return err;
	err = read_reply(client, &sink, error);
	/* Who stopped it in the middle has left bytes there that belong to no reply. */
	transport_close(&client->transport);
	if (err < 0)
		return err;
	*ret_status = client->reply.status;
	if (client->reply.status >= 300) {
		client_message(&refusal, text, sizeof(text));
		/* The owner of the refusal is the caller now. */
		if (ret_refusal)
			*ret_refusal = take_struct(refusal);
		return error_set(error, ERROR_INTERNAL, "%s", text);
	}
	return err;
}

/* Status 101: the connection speaks that protocol now, and client_fd() is used for it. ret_body has
 * what came behind the reply. Another status: ret_body has the refusal. */
int client_upgrade(struct client *client, const char *path, const char *protocol, int *ret_status,
		   struct buf *ret_body, struct error *error)
{
	_cleanup_(buf_done) struct buf answer = { 0 }, early = { 0 };
	struct sink sink = { .body = &answer, .early = &early, .reply = &client->reply };
	int err = send_request(client, "GET", path, NULL, protocol, error);

	if (err == 0)
		err = read_reply(client, &sink, error);
	if (err < 0)
		return err;
	if (answer.err < 0 || early.err < 0)
		return error_system(error, -ENOMEM, "reading from %s", client->host.text);
	*ret_status = client->reply.status;
	*ret_body = *ret_status == 101 ? take_struct(early) : take_struct(answer);
	/* The other protocol may rest as long as it likes. */
	if (*ret_status == 101)
		transport_timeout(&client->transport, 0);
	else
		transport_close(&client->transport);
	return 0;
}

int client_fd(const struct client *client)
{
	return client->transport.fd;
}

/* Joins the connection to standard input and output until one of them ends. */
int client_dial_stdio(struct client *client, struct error *error)
{
	/* What is pumped is somebody else's talk, and may rest as long as it likes. */
	transport_timeout(&client->transport, 0);
	return stdio_pump_run(client->transport.fd, STDIN_FILENO, STDOUT_FILENO, error);
}

/* 0: no limit. */
void client_timeout(struct client *client, unsigned int seconds)
{
	/* Kept, since a connection that is made anew needs it again. */
	client->timeout_s = seconds;
	transport_timeout(&client->transport, seconds);
}

/* All other bytes become %XX, also those of UTF-8. */
void client_quote(struct buf *buf, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~"; /* RFC 3986, 2.3 */

	while (*text) {
		size_t len = strspn(text, plain);

		buf_append(buf, text, len);
		text += len;
		if (*text)
			buf_printf(buf, "%%%02X", (unsigned int)(unsigned char)*text++);
	}
}

/* The "message" of an error body; a body that is none of netd's is shown as it is. */
void client_message(const struct buf *body, char *ret_text, size_t size)
{
	json_t *json = body->data ? json_loadb(body->data, body->len, 0, NULL) : NULL;
	const char *message = json_string_value(json_object_get(json, "message"));
	size_t len = body->data ? body->len : 0;

	while (len > 0 && (body->data[len - 1] == '\n' || body->data[len - 1] == '\r'))
		/* Sentences of programs end with a line break, and this one goes on in another
		 * sentence. */
		len--;
	if (message)
		(void)snprintf(ret_text, size, "%s", message); /* cut is fine */
	else if (len > 0)
		(void)snprintf(ret_text, size, "%.*s", (int)(len < size ? len : size), body->data);
	else
		(void)snprintf(ret_text, size, "netd gave no reason");
	json_decref(json);
}
