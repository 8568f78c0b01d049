// SPDX-License-Identifier: GPL-2.0-or-later
// journal.h - questions over UDP that were read and not answered, in memory that outlives the
// process
#pragma once

#include "base/limits.h"
#include "resolver/ask/request.h"
#include "resolver/loop/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct listening;
struct view;

/* Theory of operation. What the plumber keeps of a socket holds what has not been read. What has is
 * in a file of memory that the plumber keeps, too: the kernel writes datagrams right into it (the
 * batch), and a question that waits for an upstream has a copy in it (a slot) until it is answered.
 * All of that are stores to memory, no system call. A process that was killed leaves what it owes
 * there; its successor answers that as if it had just come, once it knows the containers. A
 * question may so be answered twice, which clients take no notice of, but none is forgotten.
 *
 * A question may be why the process ended. One that was being looked at when it did is tried
 * JOURNAL_LIVES times. One that only waited is asked again for as long as its client waits, however
 * many processes die meanwhile, be it sooner than the upstream answers. And the process may have
 * been made to write anything: a successor believes nothing but that these are bytes, as from any
 * container.
 *
 * Slots are shares (share.h), so that none takes them all, and what is owed is answered in its
 * container's turns: whoever had thousands waiting is waited for by nobody else. */

struct journal_slot {
	uint64_t netns_inode; /* whose container's; numbers of views are given anew */
	uint64_t arrived_ms;  /* clock_ms(), the same for all processes */
	union peer peer;
	uint16_t len;
	uint8_t lives; /* of processes that died while they looked at it */
	uint8_t used;  /* written last, and first when it is given up */
	uint8_t query[JOURNAL_QUERY_MAX];
};

/* What recvmmsg fills in: msg_len says how much of each is there. */
struct journal_batch {
	uint64_t netns_inode; /* 0: all are answered, or in slots */
	struct mmsghdr in[RESOLVER_BATCH];
	union peer peers[RESOLVER_BATCH];
	uint8_t queries[RESOLVER_BATCH][RESOLVER_UDP_QUERY_MAX];
};

struct journal_page {
	struct journal_batch batch;
	struct journal_slot slots[JOURNAL_SLOTS];
	uint32_t n_relayed_alone; /* relays_outlive() */
};

/* Answers a question as if it had just come. */
typedef void (*journal_fn)(struct view *view, const union peer *peer, const uint8_t *query,
			   size_t len);

/* What is one container's. */
struct journal_share {
	unsigned n;    /* slots of questions that wait */
	unsigned owed; /* the first that a process before us owes it; JOURNAL_SLOTS: none */
	struct job job;
};

struct journal {
	struct journal_page *page;
	int fd; /* -1: nobody gave us one, and nothing outlives us */
	bool kept;
	bool replayed;
	unsigned n_free, n_owed;
	uint16_t free[JOURNAL_SLOTS];
	uint16_t found[JOURNAL_SLOTS]; /* owed, until the containers are known */
	uint16_t next[JOURNAL_SLOTS];  /* behind each slot that is owed, in its container's line */
	const struct journal_slot *again; /* is being answered again; NULL: it is new */
	journal_fn answer;		  /* answers it */
};

/* Takes fd over, where it is such a file (else it stays as it is), with what is in there, which
 * answer will answer. 0 or -ENOMEM. */
int journal_init(struct journal *journal, int fd, journal_fn answer);
/* Around a read of the batch and its answers. */
void journal_begin(struct journal *journal, const struct view *view);
void journal_end(struct journal *journal);
/* A question waits. NULL: it is not noted. */
struct journal_slot *journal_note(struct view *view, const union peer *peer, const uint8_t *query,
				  size_t len);
/* It was answered, or nobody waits for it. NULL is fine. */
void journal_forget(struct view *view, struct journal_slot *slot);
/* Has what the process before owed answered, once: all containers are known. */
void journal_replay(struct listening *listening);

/* Of a view that begins, and ends. */
void journal_share_init(struct journal_share *share, struct party *party);
void journal_share_done(struct view *view);
