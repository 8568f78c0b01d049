// SPDX-License-Identifier: GPL-2.0-or-later
// view.h - the containers that ask: what each may see, and the sockets inside its netns
#pragma once

#include "base/hash.h"
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

struct resolver;
struct view_config;

/* Number, sockets and what waits; what it sees is in config, which an update replaces whole. There
 * are a thousand of these, so no buffers here. */
struct view {
	struct list node; /* in views.all, or in views.gone until nobody can stand on it */
	struct resolver *resolver;
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
	ev_timer rest;		/* runs while what it asks is not listened to: listener_rest */
	struct list requests;	/* of UDP */
	struct account account; /* of what it asks outside */
	struct journal_share journal;
	unsigned n_clients;
};

struct views {
	struct map *by_number;
	struct list all, gone;
	struct view host; /* number 0: sees all, has no sockets */
};

int views_init(struct resolver *resolver);
struct view *view_find(const struct views *views, uint32_t number);

/* Makes or updates the view that message describes. fds: UDP, TCP and perhaps a keeper, or none for
 * a view that has its sockets. Taken over on success only. -EPROTO: no such view, or not such
 * sockets; -EMFILE: no descriptor was left for it; -ENOMEM. */
int view_update(struct resolver *resolver, const struct ipc_view *message, const int *fds,
		size_t n_fds);
/* Closes its sockets; what waits is forgotten. The memory goes with views_settle. */
void view_close(struct view *view);
void views_settle(struct views *views);

/* For a new plumber: all are unmentioned; what is still so at the end is closed. */
void views_sync_begin(struct views *views);
void views_sync_end(struct views *views);

const char *view_name(const struct view *view);
const struct dns_view *view_dns(const struct view *view);
/* Does a route of its netns lead to any of its own servers? */
bool view_reaches_own(const struct view *view);
struct upstream_set *view_upstreams(const struct view *view, const struct resolver *resolver);
