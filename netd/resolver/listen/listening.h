// SPDX-License-Identifier: GPL-2.0-or-later
// listening.h - the room in which containers ask and are answered: what it consists of
#pragma once

#include "dns/table.h"
#include "resolver/listen/journal.h"
#include "resolver/listen/noting.h"
#include "resolver/listen/tally.h"
#include "resolver/listen/tcp.h"
#include "resolver/listen/views.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct asking;
struct ipc_stats;
struct turns;

/* A container is a view. Its questions come in by a listener (UDP) or a client of tcp.h, and go
 * through query.h, which answers from the table or hands them to the room below. */
struct listening {
	struct ev_loop *loop;
	struct turns *turns;
	struct asking *asking;
	struct ipc_stats *stats;
	struct views views;
	struct tcp_clients clients;
	struct journal journal;
	struct noting noting;
	struct ipc_dns tally;
	struct dns_table *table; /* the names that the plumber told */
	uint32_t ttl_s;		 /* of answers from it */
	bool forward_single;	 /* dns_policy's */
	uint64_t random;	 /* xorshift64: good enough to shuffle answers */
	/* Takes in what the plumber had said when a question came; may close any view or client. */
	void (*catch_up)(void *data);
	void *data;
};

struct listening_options {
	struct ev_loop *loop;
	struct turns *turns;
	struct asking *asking;
	struct ipc_stats *stats;
	void (*catch_up)(void *data);
	void *data;
};

/* Once in a process, which ends with it; its journal was made before. 0 or -ENOMEM. */
int listening_init(struct listening *listening, const struct listening_options *options);
/* On the way to the kernel: what was closed and somebody might have stood on is freed. */
void listening_settle(struct listening *listening);
