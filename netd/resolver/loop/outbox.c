// SPDX-License-Identifier: GPL-2.0-or-later
// outbox.c - what is said to the plumber: sent at once, queued, or offered

#include "resolver/loop/outbox.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Theory of operation. Two kinds of messages go to the plumber. What it has asked for, or has to
 * know, is sent or queued (outbox_send), in order. What it may keep for a successor is only
 * offered (outbox_offer): it goes when nothing waits before it, and otherwise the caller is told
 * to offer again when there is room. So descriptors are never queued, and a plumber that is slow
 * costs bytes and no descriptors. A plumber that does not read at all is dropped when the queue
 * is full; the next connection begins with everything anew. */

/* The watcher runs only while there is something to say. */
static void watch(struct outbox *outbox)
{
	if (outbox->queue.len > 0 || outbox->offers)
		ev_io_start(outbox->loop, &outbox->writable);
	else
		ev_io_stop(outbox->loop, &outbox->writable);
}

/* As many of the queue as there is room for. 0, or why the next does not go. The queue is lengths
 * (4 bytes) and messages, one behind the other. syscalls: sendmsg */
static int send_queue(struct outbox *outbox, size_t *ret_sent)
{
	size_t pos = 0;
	int err = 0;

	/* Each message is a packet of its own: it goes whole or not at all. */
	while (pos < outbox->queue.len) {
		uint32_t len;

		/* The lengths stand at any address, so they are copied. */
		memcpy(&len, outbox->queue.data + pos, sizeof(len));
		err = chan_send(outbox->fd, outbox->queue.data + pos + sizeof(len), len, NULL, 0);
		if (err < 0)
			break;
		pos += sizeof(len) + len;
	}
	*ret_sent = pos;
	return err;
}

/* The connection may be gone when this returns. */
static void flush(struct outbox *outbox)
{
	size_t sent;
	int err = send_queue(outbox, &sent);

	/* Nobody reads it; but what the plumber said before is still to be read, to the end. */
	if (err == -EPIPE || err == -ECONNRESET) {
		/* What is queued has no reader any more. */
		sent = outbox->queue.len;
	} else if (err < 0 && err != -EAGAIN) {
		log_info("the plumber is gone: %s", strerror(-err));
		outbox->lost(outbox->data);
		return;
	}
	buf_consume(&outbox->queue, sent);
	if (outbox->queue.len == 0) {
		buf_done(&outbox->queue); /* an inventory is large, and rare */
		if (outbox->offers) {
			outbox->offers = false;
			outbox->room(outbox->data);
		}
	}
	if (outbox->fd >= 0)
		watch(outbox);
}

static void on_writable(struct ev_loop *loop, ev_io *watcher, int revents)
{
	if (!watcher_again(loop, watcher, revents))
		flush(watcher->data);
}

/* false: it was not sent. The caller is told when he may offer again. syscalls: sendmsg */
bool outbox_offer(struct outbox *outbox, const struct wire *wire, const int *fds, size_t n_fds)
{
	int err = -EAGAIN;

	if (outbox->fd < 0 || !outbox->open || wire->err < 0)
		return false;
	/* Never before what was said earlier. */
	if (outbox->queue.len == 0)
		err = chan_send(outbox->fd, wire->data, wire->pos, fds, n_fds);
	if (err == -EAGAIN) {
		outbox->offers = true;
		/* The watcher says when there is room. */
		watch(outbox);
	}
	return err == 0;
}

/* Nothing is sent where nobody is connected. */
void outbox_send(struct outbox *outbox, const struct wire *wire)
{
	uint32_t len = (uint32_t)wire->pos;

	if (outbox->fd < 0 || wire->err < 0)
		return;
	buf_append(&outbox->queue, &len, sizeof(len));
	buf_append(&outbox->queue, wire->data, wire->pos);
	/* A plumber that does not read would make the queue grow for ever. It hears everything
	 * again when it connects anew. */
	if (outbox->queue.err < 0 || outbox->queue.len > RESOLVER_QUEUE_MAX) {
		log_warn("the plumber does not read its answers: connection dropped");
		outbox->lost(outbox->data);
		return;
	}
	/* Now, where nothing waits before it; else with that. */
	if (outbox->queue.len == sizeof(len) + len)
		flush(outbox);
}

/* A new connection begins with an empty queue. */
void outbox_start(struct outbox *outbox, int fd)
{
	outbox->fd = fd;
	ev_io_set(&outbox->writable, fd, EV_WRITE);
}

/* What was queued is dropped. */
void outbox_stop(struct outbox *outbox)
{
	ev_io_stop(outbox->loop, &outbox->writable);
	buf_done(&outbox->queue);
	outbox->fd = -1;
	outbox->open = outbox->offers = false;
}

/* lost: the connection is to be given up. room: offers are taken again. */
void outbox_init(struct outbox *outbox, struct ev_loop *loop, void (*lost)(void *data),
		 void (*room)(void *data), void *data)
{
	*outbox = (struct outbox) {
		.loop = loop, .fd = -1, .lost = lost, .room = room, .data = data
	};
	ev_init(&outbox->writable, on_writable);
	outbox->writable.data = outbox;
}
