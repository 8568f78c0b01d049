// SPDX-License-Identifier: GPL-2.0-or-later
// outbox.h - what is said to the plumber: sent at once, queued, or offered
#pragma once

#include "base/buf.h"
#include "base/wire.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

/* Theory of operation. Every room has something to say to the plumber, and none of them may wait
 * for it. A message is queued where the socket is full, and a plumber that lets the queue grow is
 * given up: it is told everything again when it connects the next time. What comes with descriptors
 * is not queued, for each of them would have to be duplicated: it is offered, and who was refused
 * hears when there is room again. */
struct outbox {
	struct ev_loop *loop;
	ev_io writable;	  /* runs while something is queued, or was refused */
	int fd;		  /* the connection's, which is its owner's; -1: nobody is there */
	bool open;	  /* to offers: the plumber knows all there is, and what an offer is */
	bool offers;	  /* one was refused: again when there is room */
	struct buf queue; /* u32 length and bytes of each message not sent yet */
	/* The plumber does not read, or is gone: the owner ends the connection. */
	void (*lost)(void *data);
	/* There is room for what was refused. */
	void (*room)(void *data);
	void *data;
};

void outbox_init(struct outbox *outbox, struct ev_loop *loop, void (*lost)(void *data),
		 void (*room)(void *data), void *data);
/* A plumber is there; fd stays the caller's and is open until outbox_stop. */
void outbox_start(struct outbox *outbox, int fd);
/* Nobody is there: what is queued is for nobody. */
void outbox_stop(struct outbox *outbox);

/* Sends or queues one message; into nothing where nobody is there. lost may be called meanwhile. */
void outbox_send(struct outbox *outbox, const struct wire *wire);
/* Sends one message with descriptors, now or not at all. False: the plumber has it not; where it
 * only has no room now, room is called when it has. */
bool outbox_offer(struct outbox *outbox, const struct wire *wire, const int *fds, size_t n_fds);
