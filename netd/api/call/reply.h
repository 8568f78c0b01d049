// SPDX-License-Identifier: GPL-2.0-or-later
// reply.h - how a call is answered
#pragma once

#include "api/call/call.h"

/* The reply cannot be made for err: the error says so, and that what was asked for is done where
 * the call is one that changes something. Returns err. */
int api_reply_cannot(struct api_call *call, int err);
/* The reply: json (taken over; NULL: out of memory) and a newline. Returns as a handler does. */
int api_reply_json(struct api_call *call, int status, json_t *json);
/* The same with a text that was written already, which it empties. */
int api_reply_json_text(struct api_call *call, int status, struct buf *text);
/* A container, as it is inspected. */
int api_reply_container(struct api_call *call, int status, const struct container *container);
int api_reply_empty(struct api_call *call, int status);
int api_reply_text(struct api_call *call, int status, const char *text);
/* call->error as {"message": …, "code": …}; cannot fail. */
void api_reply_error(struct api_call *call);

/* What a handler does when it ends, for one that has returned API_LATER: err as it would return it,
 * n_left of the engine before its change. */
void api_reply_finish(struct api_call *call, int err, uint64_t n_left);
