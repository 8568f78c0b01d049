// SPDX-License-Identifier: GPL-2.0-or-later
// endless.h - a reply that goes on until its client has enough
#pragma once

#include "api/call/call.h"

#include <ev.h>
#include <stdbool.h>

/* Theory of operation. The reply's body is what stands in out, which the HTTP server reads. When
 * that is empty the connection is suspended, and api_endless_wake() resumes it. A suspended
 * connection is not watched by the HTTP server, so peer_io watches for the client's end: without
 * it, clients that went away in a quiet hour would hold their places until something happens. */
struct api_endless {
	struct api_call *call;
	bool ended; /* nothing more is appended to out */
	struct buf out;
	size_t sent; /* of out */
	ev_io peer_io;
};

/* Before anything can fail: api_endless_done() may be called from here on. */
void api_endless_init(struct api_endless *endless, struct api_call *call);
/* The client's end is watched for. */
void api_endless_start(struct api_endless *endless);
void api_endless_done(struct api_endless *endless);
/* Something was appended, or it has ended. */
void api_endless_wake(struct api_endless *endless);
/* What was appended is still read. */
void api_endless_end(struct api_endless *endless);
/* As libmicrohttpd's MHD_ContentReaderCallback; data is a struct api_endless. */
ssize_t api_endless_read(void *data, uint64_t pos, char *piece, size_t max);
