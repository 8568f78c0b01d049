// SPDX-License-Identifier: GPL-2.0-or-later
// backlog.c - messages that the other end of a channel has not taken yet

#include "ipc/backlog.h"

#include "ipc/chan.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Theory of operation. Messages stand one behind the other in a buffer, each behind its length.
 * They leave in that order. A SOCK_SEQPACKET channel takes a message whole or not at all, so there
 * is never a half of one to remember. */

int backlog_put(struct backlog *backlog, const void *data, size_t len, size_t max)
{
	uint32_t length = (uint32_t)len;
	size_t before;

	/* What has been sent already does not count. */
	if (backlog->bytes.len - backlog->at + len + sizeof(length) > max)
		return -ENOBUFS;
	/* What has been sent makes room, when it is most of it: each byte is moved once at the
	 * most for each that was put. */
	if (backlog->at > backlog->bytes.len / 2) {
		buf_consume(&backlog->bytes, backlog->at);
		backlog->at = 0;
	}
	before = backlog->bytes.len;
	buf_append(&backlog->bytes, &length, sizeof(length));
	buf_append(&backlog->bytes, data, len);
	if (backlog->bytes.err == 0)
		return 0;
	/* Not half of a message. */
	backlog->bytes.len = before;
	backlog->bytes.err = 0;
	return -ENOMEM;
}

/* Stops at the first message that is not taken. That one stays. */
int backlog_flush(struct backlog *backlog, int channel)
{
	while (!backlog_is_empty(backlog)) {
		const char *message = backlog->bytes.data + backlog->at;
		uint32_t length;
		int err;

		memcpy(&length, message, sizeof(length));
		err = chan_send(channel, message + sizeof(length), length, NULL, 0);
		if (err < 0)
			return err;
		backlog->at += sizeof(length) + length;
	}
	/* All is sent, and the memory goes back. */
	backlog_done(backlog);
	return 0;
}

void backlog_done(struct backlog *backlog)
{
	buf_done(&backlog->bytes);
	*backlog = (struct backlog) { 0 };
}
