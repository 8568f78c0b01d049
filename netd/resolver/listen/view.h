// SPDX-License-Identifier: GPL-2.0-or-later
// view.h - the containers that ask: what each may see, and the sockets inside its netns
#pragma once

#include "base/list.h"
#include "dns/table.h"
#include "ipc/msg.h"
#include "resolver/ask/admission.h"
#include "resolver/ask/upstream.h"
#include "resolver/listen/journal.h"
#include "resolver/loop/acceptor.h"
#include "resolver/loop/spot.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listening;
struct view_config;

/* Number, sockets and what waits; what it sees is in config, which an update replaces whole. There
 * are a thousand of these, so no buffers here. */
struct view {
	struct list node; /* in views.all, or in views.gone until nobody can stand on it */
	struct listening *listening;
	struct view_config *config;
	struct upstream_set *upstreams; /* its own (--dns); NULL: the host's */
	uint64_t netns_inode;
	uint32_t number;
	uint16_t port;
	bool said; /* mentioned since the last HELLO */
	bool open; /* has its sockets */
	bool kept; /* so has the plumber, for our successor */
	bool gone;
	int keeper; /* held open for the plumber, never read; -1 */
	struct spot udp;
	unsigned n_at_once; /* datagrams that fit a turn, as they have been of late */
	struct acceptor tcp;
	ev_timer rest;		/* runs while what it asks is not listened to: view_rest */
	struct list requests;	/* of UDP */
	struct account account; /* of what it asks outside */
	struct journal_share journal;
	unsigned n_clients;
	uint64_t n_queries, n_failed; /* answered; and of these in vain (tally.h) */
};

/* An empty one, on no list. party becomes the view's. */
void view_init(struct view *view, struct listening *listening, uint32_t number,
	       struct party *party);
/* Contents as message says; new ones are made first, so a failure leaves the view as it was. 0 or
 * -ENOMEM. */
int view_configure(struct view *view, const struct ipc_view *message);
/* Frees the parts of a view that was closed, not the struct itself. */
void view_done(struct view *view);

const char *view_name(const struct view *view);
const struct dns_view *view_dns(const struct view *view);
/* Does a route of its netns lead to any of its own servers? */
bool view_reaches_own(const struct view *view);
/* The servers that it asks: its own, or the host's. NULL: there are none yet. */
struct upstream_set *view_upstreams(const struct view *view);

/* It asks more than its share, and was told so. What comes in the next moment stays in its sockets,
 * and what they have no room for is lost there, for saying no as fast as somebody can ask keeps a
 * processor busy. Answers to what it asked before come meanwhile. */
void view_rest(struct view *view);
bool view_rests(const struct view *view);
