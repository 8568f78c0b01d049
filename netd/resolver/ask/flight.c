// SPDX-License-Identifier: GPL-2.0-or-later
// flight.c - questions that are being asked upstream, each once, whoever waits for it
#include "resolver/ask/flight_parts.h"

#include "base/cleanup.h"
#include "resolver/loop/party.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A flight is one question on its way upstream, whoever waits for it: equal
 * questions of several clients join it. It consists of tries, one for each server that was asked,
 * and goes from server to server with growing patience (flight_retry.c), until an answer lands or
 * its budget is over; then all that wait are answered, some in each turn (flight_reply.c). Tries
 * may outlive it, for what a late answer says about a server is worth knowing.
 *
 * The same name is nearly always asked for both families. Such two flights are siblings: what one
 * learns about the existence of the name keeps the other from answering with a failure. A flight is
 * found by its question in by_key until it has an answer. It belongs to the party of whoever asked
 * first, which pays for its work. */

/* *scratch is the room's space for replies. */
int flights_init(struct flights *flights, struct ev_loop *loop, struct upstreams *upstreams,
		 struct dns_cache *cache, uint8_t *scratch, struct ipc_stats *stats)
{
	*flights = (struct flights) { .loop = loop,
				      .upstreams = upstreams,
				      .cache = cache,
				      .scratch = scratch,
				      .stats = stats,
				      .by_key = map_new() };
	list_init(&flights->done);
	return flights->by_key == NULL ? -ENOMEM : 0;
}

/* NULL: out of memory. */
static struct flight *flight_new(struct flights *flights, struct upstream_set *set,
				 const struct dns_question *question, struct party *party,
				 uint64_t started_ms)
{
	_cleanup_free_ struct flight *flight = calloc(1, sizeof(*flight));
	struct flight_key key;
	size_t key_len = flight_key_make(set, question, &key);

	if (flight == NULL)
		return NULL;
	*flight = (struct flight) { .flights = flights,
				    .question = *question,
				    .started_ms = started_ms,
				    .ede = EDE_NO_REACHABLE_AUTHORITY,
				    .told = -1 };
	/* Composed once. Each try differs by its id alone, and by the OPT record where a server
	 * knows none. */
	flight->message_len = try_message(question, flight->message);
	/* From here on equal questions find it. */
	if (map_set(flights->by_key, &key, key_len, flight) < 0)
		return NULL;
	/* The set must not go while its servers are asked, whatever the configuration is by
	 * then. */
	flight->set = upstream_set_ref(set);
	flight->party = party_ref(party);
	job_init(&flight->more, party, flight_on_more);
	list_init(&flight->requests);
	list_init(&flight->tries);
	flight_retry_init(flight);
	return take_ptr(flight);
}

/* The request is the flight's from here on, but not after an error. party pays for a new flight. */
int flight_join(struct flights *flights, struct upstream_set *set,
		const struct dns_question *question, struct party *party, struct request *request)
{
	struct flight_key key;
	size_t key_len = flight_key_make(set, question, &key);
	struct flight *flight = map_get(flights->by_key, &key, key_len);
	/* A party that has much to do comes to its answer late. Others do not wait for that:
	 * they ask for themselves. */
	bool is_new = flight == NULL || (flight->party != party && party_is_busy(flight->party));

	/* With nobody to ask, waiting for the end of the budget would only cost the client its
	 * time. */
	if (set->n_servers == 0)
		return -EHOSTUNREACH;
	if (is_new)
		flight = flight_new(flights, set, question, party, request->arrived_ms);
	if (flight == NULL)
		return -ENOMEM;
	list_append(&flight->requests, &request->by_flight);
	request->source = is_new ? REQUEST_UPSTREAM : REQUEST_JOINED;
	flight_steps_join(flight, request, is_new);
	/* Only who comes first asks. The others wait for the answer that is on its way. */
	if (is_new) {
		/* The first server is asked now. The others are probed beside it, if they are known
		 * to be dead. */
		flight_retry(flight);
		flight->first = flight->latest;
		flight_retry_probe(flight);
	}
	return 0;
}
