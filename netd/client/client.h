// SPDX-License-Identifier: GPL-2.0-or-later
// client.h - one HTTP request to netd over its unix socket or over ssh; for cli/ and plugins/
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

struct client;

/* host: unix://PATH, ssh://[user@]host[:port][/PATH] (runs `netctl system dial-stdio` there), or
 * NULL: NETD_HOST, else the default. ERROR_UNAVAILABLE "cannot reach netd at X: …; is it running?".
 */
int client_open(const char *host, struct client **ret_client, struct error *error);
void client_close(struct client *client);
/* The socket's path for unix://, NULL for ssh://: what must share a kernel with netd asks first. */
const char *client_unix_path(const struct client *client);

/* Sends method and path (percent-encoded by the caller: client_quote) with a JSON body or NULL,
 * reads the whole answer. *ret_status is the HTTP status, ret_body its body. Connections are
 * reused. */
int client_call(struct client *client, const char *method, const char *path, const char *body,
		int *ret_status, struct buf *ret_body, struct error *error);

/* The same in two halves, for a caller who has something to do while netd answers: client_ask()
 * sends a GET, and client_hear() reads the answer to it, before anything else is asked. */
int client_ask(struct client *client, const char *path, struct error *error);
int client_hear(struct client *client, int *ret_status, struct buf *ret_body, struct error *error);

/* Sends a request whose answer does not end by itself (events), and waits for it to begin as for
 * any other answer: calls on_data with each piece until the server closes (0), on_data returns
 * non-zero (that value) or something fails. A status of 300 or more is a failure, and only then
 * *ret_refusal (which may be NULL) is the body that came with it. */
int client_stream(struct client *client, const char *path, int *ret_status, struct buf *ret_refusal,
		  int (*on_data)(const char *data, size_t len, void *user), void *user,
		  struct error *error);

/* Asks for the connection to become one of another protocol. *ret_status 101: it is; *ret_body has
 * what came already, and client_fd() the rest, and the client is of no use for calls any more. Any
 * other status is that of an answer, whose body it is. The caller frees it. */
int client_upgrade(struct client *client, const char *path, const char *protocol, int *ret_status,
		   struct buf *ret_body, struct error *error);
/* The connection. It is the client's. */
int client_fd(const struct client *client);

/* Seconds of silence after which a call fails, from now on; CLIENT_TIMEOUT_S until then. */
void client_timeout(struct client *client, unsigned int seconds);

/* Appends text percent-encoded for a path segment or query value. */
void client_quote(struct buf *buf, const char *text);
/* The "message" of an error body, or the body itself; writes at most size bytes with the NUL. */
void client_message(const struct buf *body, char *ret_text, size_t size);

/* Pumps stdin and stdout to the socket until either side ends: `netctl system dial-stdio`. */
int client_dial_stdio(struct client *client, struct error *error);
