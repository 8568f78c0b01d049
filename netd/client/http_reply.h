// SPDX-License-Identifier: GPL-2.0-or-later
// http_reply.h - bounded, incremental parser of one HTTP/1.1 reply (RFC 9112)
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_reply_state {
	HTTP_REPLY_STATUS, /* in the status line */
	HTTP_REPLY_HEADERS,
	HTTP_REPLY_LENGTH, /* in a body of known length; left is what is to come */
	HTTP_REPLY_CLOSE,  /* in a body that ends with the connection */
	HTTP_REPLY_CHUNK_SIZE,
	HTTP_REPLY_CHUNK_DATA, /* left is what is to come of this chunk */
	HTTP_REPLY_CHUNK_END,  /* the line end behind the data */
	HTTP_REPLY_TRAILERS,
	HTTP_REPLY_DONE,
	HTTP_REPLY_N_STATES,
};

/* A piece of the body; non-zero stops the parser, which then returns it. */
typedef int (*http_reply_body)(const char *data, size_t len, void *user);

struct http_reply {
	enum http_reply_state state;
	int status;	 /* valid from HTTP_REPLY_HEADERS on */
	bool keep_alive; /* the connection may carry another request after DONE */
	bool chunked, has_length;
	uint64_t left;
	unsigned int n_headers;
	size_t line_len;
	char line[HTTP_LINE_MAX];
};

void http_reply_init(struct http_reply *reply);

/* Takes in data, in pieces of any size. Returns 0, what on_body returned, or -EBADMSG (not HTTP, or
 * framing that could be read in two ways) or -EMSGSIZE (a line or header block over the limits);
 * after anything but 0 the reply is of no more use. *ret_used (also on 0 only) is less than len
 * when the reply ended before the data did. Interim (1xx) replies are skipped, but for 101, behind
 * which the connection speaks another protocol. */
int http_reply_feed(struct http_reply *reply, const char *data, size_t len, http_reply_body on_body,
		    void *user, size_t *ret_used);

/* The connection ended: 0 when the reply was complete or ends that way, else -EPIPE. */
int http_reply_eof(struct http_reply *reply);
