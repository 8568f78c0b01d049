// SPDX-License-Identifier: GPL-2.0-or-later
// server.h - one upstream server and what is known about its health
#pragma once

#include "base/addr.h"
#include "base/list.h"
#include "resolver/ask/lane.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. A server is asked first as long as it answers. One that stays silent for a
 * whole first try, while nothing else came from it either, is demoted at once: it costs somebody
 * DNS_FIRST_TRY_MS once and nobody afterwards. Answers that are errors count too, but only many in
 * a row demote, for they may be about the name asked. A demoted server is asked after the others,
 * and now and then beside them; any answer, however late, restores it. */
struct server {
	struct list node;
	unsigned refs;
	struct server_name name;
	struct ev_loop *loop;
	struct lane *lane; /* NULL until something does not fit a datagram */
	uint64_t asked_ms; /* when the lane was used last: an idle one is closed */
	uint64_t answered_ms;
	unsigned n_failed;   /* in a row */
	uint64_t n_failures; /* since it is known */
	uint64_t failed_ms;
	uint64_t probe_ms; /* when a demoted one is asked again */
	uint32_t probe_delay_ms;
	bool plain; /* it does not understand EDNS */
};

/* refs starts at 1. NULL: out of memory. */
struct server *server_new(struct ev_loop *loop, const struct server_name *name);
void server_free(struct server *server);

bool server_is_healthy(const struct server *server);
/* Demoted, and it was asked in vain a short while ago: what is longer ago nobody knows any more. */
bool server_is_dead(const struct server *server, uint64_t now_ms);
/* True when a demoted server is to be tried again; the next time is later. */
bool server_take_probe(struct server *server, uint64_t now_ms);

/* It answered sensibly; it answered with an error; it was silent or the network says it is away. */
void server_answered(struct server *server, uint64_t now_ms);
void server_erred(struct server *server, uint64_t now_ms);
void server_lost(struct server *server, uint64_t now_ms);

/* Over TCP. False (and query untouched): out of memory. Else query->done is called, as lane_send
 * says. */
bool server_send_stream(struct server *server, const uint8_t *message, size_t len,
			struct lane_query *query, uint64_t now_ms);
/* What is open over TCP ends with -ECANCELED. */
void server_close_stream(struct server *server);
/* Closes a lane that was not used for a while. Returns how many are left. */
unsigned server_rest(struct server *server, uint64_t now_ms);
