// SPDX-License-Identifier: GPL-2.0-or-later
// channel.h - the connection with the plumber: accept, receive, catch up, send
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "base/wire.h"
#include "ipc/msg.h"
#include "resolver/loop/acceptor.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct resolver;

/* At most one plumber at a time; the newest. Of a process that has no descriptors left it takes the
 * next plumber in all the same: its place and one for the page that comes with HELLO are kept. */
struct channel {
	struct resolver *resolver;
	struct acceptor acceptor;
	struct spare spare; /* for the page, or a plumber that comes while another is there */
	struct spare seat;  /* what the next plumber will have, while there is none */
	ev_timer retell;    /* while something was missed */
	ev_io io;
	int fd;			     /* -1: no plumber */
	uid_t trusted;		     /* who may be a plumber, beside root */
	const struct ipc_page *page; /* NULL until HELLO */
	uint64_t n_processed;	     /* messages of this connection, HELLO included */
	struct buf queue;	     /* u32 length and bytes of each message not sent yet */
	struct list requests;	     /* QUERYs that wait for upstream */
	uint32_t version;	     /* that is spoken */
	bool syncing;		     /* between HELLO and SYNC */
	bool lost;		     /* there was no place for descriptors of the last message */
	bool offers;		     /* something could not be offered: again when there is room */
};

/* listening stays open for the life of the process. */
void channel_init(struct channel *channel, struct resolver *resolver, int listening, uid_t trusted);

/* Processes what the plumber had sent when this was called, if anything is left of it. May close
 * any view, client or relay. */
void channel_catch_up(struct resolver *resolver);

/* Takes the page of shared memory that came with HELLO; fd stays the caller's. 0, -EPROTO or what
 * mmap said. */
int channel_map_page(struct channel *channel, int fd);

/* What the plumber said was understood, but there was no descriptor for it. All else goes on; when
 * there are some, the connection is dropped, for over the next one all is told again. */
void channel_missed(struct channel *channel);

/* Sends or queues one message. A plumber that does not read for too long is dropped. */
void channel_send(struct channel *channel, const struct wire *wire);

/* Sends one message with descriptors, now or not at all. False: the plumber has it not; where it
 * only has no room now, keep_offer is called when it has. */
bool channel_offer(struct channel *channel, const struct wire *wire, const int *fds, size_t n_fds);
