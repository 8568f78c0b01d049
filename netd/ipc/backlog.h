// SPDX-License-Identifier: GPL-2.0-or-later
// backlog.h - messages that the other end of a channel has not taken yet
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Messages in the order in which they were put, as long as the channel has no room for them.
 * Zeroed is empty. */
struct backlog {
	struct buf bytes; /* each message behind its length */
	size_t at;	  /* where the next one begins */
};

static inline bool backlog_is_empty(const struct backlog *backlog)
{
	return backlog->at == backlog->bytes.len;
}

/* Bytes that wait, with a few for each message. */
static inline size_t backlog_size(const struct backlog *backlog)
{
	return backlog->bytes.len - backlog->at;
}

/* A message to be sent. -ENOBUFS: more than max bytes would wait; -ENOMEM; nothing has changed
 * then. */
int backlog_put(struct backlog *backlog, const void *data, size_t len, size_t max);
/* Sends what goes. 0: all is sent; -EAGAIN: the channel takes no more now; or why it has ended. */
int backlog_flush(struct backlog *backlog, int channel);
void backlog_done(struct backlog *backlog);
