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

struct party;

struct job;
/* Does a piece and returns what it cost. Calls job_ready again when something is left. */
typedef unsigned (*job_fn)(struct job *job);

struct job {
	struct list node; /* in the party's line */
	struct party *party;
	job_fn run;
};

struct spot;
/* events: EPOLLIN and EPOLLOUT, both when the descriptor is broken. Returns what it cost. */
typedef unsigned (*spot_fn)(struct spot *spot, uint32_t events);

/* A descriptor that is watched; fd is the owner's, and stays open while it is. */
struct spot {
	struct party *party; /* a reference; NULL: not started */
	spot_fn on;
	int fd;
	uint32_t events, wanted; /* 0: not watched for now */
	struct list refused;
};

void turns_init(struct turns *turns, struct ev_loop *loop);
/* Gives turns: to all that have just come, or to the one of the busy whose turn it is. */
void turns_run(struct turns *turns);

/* A party with one reference. NULL: out of memory, or of descriptors. */
struct party *party_new(struct turns *turns);
struct party *party_ref(struct party *party);
/* NULL is fine. */
void party_unref(struct party *party);
/* Work was done for it outside of its turn. What it owes has a bound. */
void party_charge(struct party *party, unsigned cost);
/* It stands in line: what is done for it comes when its turn does. */
bool party_is_busy(const struct party *party);

/* party must outlive job. */
void job_init(struct job *job, struct party *party, job_fn run);
/* Its piece is done in the party's turn; safe to call twice. */
void job_ready(struct job *job);
bool job_is_ready(const struct job *job);
/* Safe to call twice. */
void job_cancel(struct job *job);

/* What the kernel has no memory to watch it is asked to watch again and again. */
void spot_start(struct spot *spot, struct party *party, int fd, uint32_t events, spot_fn on);
void spot_watch(struct spot *spot, uint32_t events);
/* Before fd is closed. Safe to call twice. */
void spot_stop(struct spot *spot);
static inline bool spot_is_started(const struct spot *spot)
{
	return spot->party != NULL;
}
