// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_http_reply.c - a reply means the same in one piece and byte by byte
#include "client/http_reply.h"

#include "base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	int err;
	enum http_reply_state state;
	int status;
	bool keep_alive;
	size_t used;
	struct buf body;
};

static int collect(const char *data, size_t len, void *user)
{
	buf_append(user, data, len);
	return 0;
}

/* Each piece is an exact copy, so that a byte too far is seen. */
static void feed(const uint8_t *data, size_t size, size_t piece, struct outcome *outcome)
{
	static struct http_reply reply;
	size_t used = 0;

	http_reply_init(&reply);
	while (outcome->used < size && outcome->err == 0 && reply.state != HTTP_REPLY_DONE) {
		size_t n = size - outcome->used < piece ? size - outcome->used : piece;
		char *copy = malloc(n);

		assert(copy);
		memcpy(copy, data + outcome->used, n);
		outcome->err = http_reply_feed(&reply, copy, n, collect, &outcome->body, &used);
		free(copy);
		if (outcome->err == 0)
			outcome->used += used;
	}
	outcome->state = reply.state;
	outcome->status = reply.status;
	outcome->keep_alive = reply.keep_alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = { 0 }, pieces = { 0 };

	feed(data, size, size, &whole);
	feed(data, size, 1, &pieces);
	assert(whole.err == pieces.err);
	if (whole.err == 0) {
		assert(whole.state == pieces.state);
		assert(whole.status == pieces.status);
		assert(whole.keep_alive == pieces.keep_alive);
		assert(whole.used == pieces.used);
		assert(whole.body.len == pieces.body.len);
		assert(whole.body.len == 0 ||
		       memcmp(whole.body.data, pieces.body.data, whole.body.len) == 0);
		assert(whole.body.len <= size);
		assert(whole.state != HTTP_REPLY_DONE || whole.status >= 200);
	}
	buf_done(&whole.body);
	buf_done(&pieces.body);
	return 0;
}
