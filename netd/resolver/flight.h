// SPDX-License-Identifier: GPL-2.0-or-later
// flight.h - questions that are being asked upstream, each once, whoever waits for it
#pragma once

#include "base/hash.h"
#include "dns/answer.h"
#include "dns/cache.h"
#include "resolver/upstream.h"

#include <netinet/in.h>

struct request;
/* Sends a reply; must not free the request, which is gone when this returns. len 0: nothing can be
 * said. It may take other requests off their lists (request_cancel). */
typedef void (*request_fn)(struct request *request, const uint8_t *reply, size_t len);

union peer {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* One client waiting for a forwarded question. It is on its owner's list, so that an owner that
 * goes away can cancel it, and counts in *account (may be NULL) until then. */
struct request {
	struct list by_flight, by_owner;
	request_fn reply;
	void *owner;
	unsigned *account;
	union peer peer; /* of UDP */
	uint32_t tag;	 /* of the channel */
	uint16_t limit;	 /* length of the reply */
	uint16_t query_len;
	uint8_t query[];
};

struct flights {
	struct ev_loop *loop;
	struct upstreams *upstreams;
	struct dns_cache *cache; /* where good answers are kept */
	uint8_t *scratch;	 /* DNS_TCP_MAX bytes to build replies in */
	struct map *by_key;
	struct list done; /* tries that ended and were not looked at yet */
	size_t n_requests, n_tries;
	uint64_t *n_failed; /* counts SERVFAILs given */
};

/* cache and scratch stay the caller's. 0 or -ENOMEM. */
int flights_init(struct flights *flights, struct ev_loop *loop, struct upstreams *upstreams,
		 struct dns_cache *cache, uint8_t *scratch, uint64_t *n_failed);

/* Waits for the answer to question from set, asking it unless somebody else did. Takes request over
 * on success; its reply is never called before this returns. -EBUSY: too many are waiting; -ENOMEM.
 */
int flight_join(struct flights *flights, struct upstream_set *set,
		const struct dns_question *question, struct request *request);
void request_cancel(struct flights *flights, struct request *request);
void request_cancel_all(struct flights *flights, struct list *owned);

/* Looks at what ended since the last time. Called from the loop, never from inside a callback of
 * somebody else, so replies come when nobody is in the middle of something. */
void flights_settle(struct flights *flights);
