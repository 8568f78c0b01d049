// SPDX-License-Identifier: GPL-2.0-or-later
// channel.h - the connection with the plumber: accept, receive, catch up
#pragma once

#include "base/list.h"
#include "ipc/msg.h"
#include "resolver/loop/acceptor.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ipc_stats;
struct outbox;
struct tcp_clients;

/* Who hears of the connection. */
struct channel_handlers {
	/* One whole message. Descriptors that are taken over are replaced by -1. A negative errno
	 * means that the message makes no sense and the plumber is not to be listened to any
	 * further. */
	int (*message)(const uint8_t *message, size_t len, int *fds, size_t n_fds, void *data);
	/* What could not be offered may be again. */
	void (*room)(void *data);
	void *data;
};

/* There is one plumber at the most, the newest. A process without free descriptors takes the
 * next plumber in all the same: it keeps a place for the connection, and one for the page that
 * comes with HELLO. */
struct channel {
	struct ev_loop *loop;
	struct outbox *outbox;	     /* stopped while no plumber is there */
	struct tcp_clients *clients; /* that make room for what the plumber brings */
	struct ipc_stats *stats;
	struct channel_handlers handlers;
	struct acceptor acceptor;
	struct spare spare; /* for the page, or a plumber that comes while another is there */
	struct spare seat;  /* what the next plumber will have, while there is none */
	ev_timer retell;    /* while something was missed */
	ev_io io;
	int fd;			     /* -1: no plumber */
	uid_t trusted;		     /* who may be a plumber, beside root */
	const struct ipc_page *page; /* NULL until HELLO */
	uint64_t n_processed;	     /* messages of this connection, HELLO included */
	struct list requests;	     /* QUERYs that wait for upstream */
	uint32_t version;	     /* that is spoken */
	bool syncing;		     /* between HELLO and SYNC */
	bool lost;		     /* there was no place for descriptors of the last message */
};

struct channel_options {
	struct ev_loop *loop;
	struct outbox *outbox; /* made by channel_init */
	struct tcp_clients *clients;
	struct ipc_stats *stats;
	int listening; /* stays open for the life of the process */
	uid_t trusted;
	struct channel_handlers handlers;
};

void channel_init(struct channel *channel, const struct channel_options *options);

/* Processes what the plumber had sent when this was called, if anything is left of it. May close
 * any view, client or relay. */
void channel_catch_up(struct channel *channel);

/* Takes the page of shared memory that came with HELLO; fd stays the caller's. 0, -EPROTO or what
 * mmap said. */
int channel_map_page(struct channel *channel, int fd);

/* The message of the plumber was understood, but there was no descriptor for it. All else goes
 * on. When there are some again, the connection is dropped, for over the next one all is told
 * again. */
void channel_missed(struct channel *channel);
