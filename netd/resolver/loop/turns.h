// SPDX-License-Identifier: GPL-2.0-or-later
// turns.h - the containers take turns: who floods waits for itself
#pragma once

#include "base/list.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. All that is done for one container is done for its party: its descriptors
 * are in an epoll set of the party's own (spots), of which the loop sees one descriptor, and work
 * that goes on without a descriptor stands in its line (jobs). Each piece of either is small and
 * says what it cost, in units of a local answer, some 4 us. A turn is TURN_UNITS of these; what was
 * beyond is owed. Between two turns the loop looks who else has come. Whoever had nothing to do is
 * served before those that are busy, which follow one another, as in RFC 8290, 4: so a container
 * that asks now and then waits for the rest of one turn, however much the others ask. What a busy
 * one sends meanwhile stays in its own sockets, and what does not fit there is lost there. With one
 * party alone a turn follows the other, and costs one look at the loop. */

#define TURN_UNITS 8
#define COST_ASK 6     /* a question upstream: socket, port, send */
#define COST_ANSWER 5  /* one that came back from there */
#define COST_RECEIVE 1 /* bytes of a connection */
#define COST_ACCEPT 3

struct turns {
	struct ev_loop *loop;
	ev_idle idle; /* somebody has something to do: the loop does not sleep */
	struct list fresh, busy;
	struct list refused; /* spots that epoll did not take, for want of memory */
	ev_timer again;	     /* when they are offered again */
};

void turns_init(struct turns *turns, struct ev_loop *loop);
/* Gives turns: to all that have just come, or to the one of the busy whose turn it is. */
void turns_run(struct turns *turns);
