// SPDX-License-Identifier: GPL-2.0-or-later
// http.h - requests to a member of etcd over TLS, in the loop
#pragma once

#include "base/buf.h"
#include "ipc/herald_msg.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct http;
struct http_call;

/* An answer has come, whatever its status says, or (text NULL) none will: why is a sentence then.
 * The call is gone. */
typedef void (*http_done)(const char *text, size_t len, const char *why, void *data);
/* A line of an answer that goes on. The call may be cancelled by it. */
typedef void (*http_line)(const char *text, size_t len, void *data);

/* Loads what the library needs, while there are files. 0, or -ENOMEM. */
int http_new(struct ev_loop *loop, struct http **ret_http);
/* Whose certificates are trusted, and who this is: config stays where it is. */
void http_trust(struct http *http, const struct herald_config *config);

/* Sends body, which is its own then, to url and path. line NULL: the answer comes as a whole within
 * HERALD_REQUEST_MS; else it goes on until its end, or http_cancel. NULL: no memory. */
struct http_call *http_ask(struct http *http, const char *url, const char *path, struct buf *body,
			   http_line line, http_done done, void *data);
/* Of the last call without an answer: has the member, or this host, said no? Then it will the next
 * time, too, as long as nothing else changes: nobody listens there, or a certificate is not taken.
 * One that was not heard of in time may answer the next time. */
bool http_was_refused(const struct http *http);
/* Of the same call: the member took the connection, and ended it without a word of why. So does
 * etcd with a certificate that was revoked, and now and then one that is being stopped. */
bool http_was_hung_up(const struct http *http);
/* done is not called. NULL is fine. */
void http_cancel(struct http_call *call);
