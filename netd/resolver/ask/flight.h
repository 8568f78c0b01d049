// SPDX-License-Identifier: GPL-2.0-or-later
// flight.h - questions that are being asked upstream, each once, whoever waits for it
#pragma once

#include "base/map.h"
#include "dns/answer.h"
#include "dns/cache.h"
#include "ipc/msg.h"
#include "resolver/ask/request.h"
#include "resolver/ask/upstream.h"

struct party;
struct try;

struct flights {
	struct ev_loop *loop;
	struct upstreams *upstreams;
	struct dns_cache *cache; /* where good answers are kept */
	uint8_t *scratch;	 /* DNS_TCP_MAX bytes to build replies in */
	struct map *by_key;
	struct list done; /* tries that ended and were not looked at yet */
	size_t n_tries;
	struct ipc_stats *stats;
};

/* cache, scratch and stats stay the caller's. 0 or -ENOMEM. */
int flights_init(struct flights *flights, struct ev_loop *loop, struct upstreams *upstreams,
		 struct dns_cache *cache, uint8_t *scratch, struct ipc_stats *stats);

/* Waits for the answer to question from set, asking it unless somebody else did; the time counts
 * from the request's arrival, and what is done takes turns of party's. Takes request over on
 * success; its reply is never called before this returns. -EHOSTUNREACH: the set is empty; -ENOMEM.
 */
int flight_join(struct flights *flights, struct upstream_set *set,
		const struct dns_question *question, struct party *party, struct request *request);

/* flight_steps.c: the question goes on over TCP, which is told who wants to know. */
void flight_steps_goes_on(const struct try *try);

/* Looks at what ended since the last time. Called from the loop, never from inside a callback of
 * somebody else, so replies come when nobody is in the middle of something. */
void flights_settle(struct flights *flights);
