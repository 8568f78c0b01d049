// SPDX-License-Identifier: GPL-2.0-or-later
// query.c - one question, from whatever transport: local answer, cache, or upstream

#include "resolver/query.h"

#include "resolver/clock.h"
#include "resolver/state.h"

#define RCODE_SERVFAIL 2
#define RCODE_REFUSED 5
#define EDE_NONE (-1)
#define EDE_NO_REACHABLE_AUTHORITY 22 /* RFC 8914, 4.23 */

static uint32_t next_random(struct resolver *resolver)
{
	uint64_t x = resolver->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	resolver->random = x;
	return (uint32_t)(x >> 32);
}

static void count_reply(struct resolver *resolver, const uint8_t *reply, size_t len)
{
	if (len < 4)
		return;
	switch (reply[3] & 0x0f) {
	case RCODE_SERVFAIL:
		resolver->stats.failed++;
		break;
	case RCODE_REFUSED:
		resolver->stats.refused++;
		break;
	default:
		resolver->stats.local++;
		break;
	}
}

static size_t fail(struct resolver *resolver, const uint8_t *query, size_t len, int ede,
		   uint8_t *reply, size_t size)
{
	resolver->stats.failed++;
	return dns_answer_error(query, len, RCODE_SERVFAIL, ede, reply, size);
}

static bool ask_upstream(struct resolver *resolver, const struct asker *asker,
			 struct upstream_set *set, const struct dns_question *question,
			 const uint8_t *query, size_t len, uint16_t limit)
{
	struct request template = { .reply = asker->reply,
				    .owner = asker->owner,
				    .account = asker->account,
				    .peer = asker->peer,
				    .tag = asker->tag,
				    .limit = limit };
	struct request *request;

	if (asker->account != NULL && *asker->account >= DNS_INFLIGHT_PER_VIEW_MAX)
		return false;
	request = request_new(&template, query, len);
	if (request == NULL)
		return false;
	if (flight_join(&resolver->flights, set, question, request) < 0) {
		request_free(request);
		return false;
	}
	list_append(asker->owned, &request->by_owner);
	resolver->stats.forwarded++;
	return true;
}

static size_t forward(struct resolver *resolver, const struct asker *asker,
		      const struct dns_question *question, const uint8_t *query, size_t len,
		      uint8_t *reply, size_t size)
{
	struct upstream_set *set = view_upstreams(asker->view, resolver);
	uint16_t limit = asker->tcp ? DNS_TCP_MAX : question->udp_size;
	const uint8_t *known;
	size_t known_len, reply_len;
	uint32_t age_s;

	if (set == NULL || set->n_servers == 0)
		return fail(resolver, query, len, EDE_NO_REACHABLE_AUTHORITY, reply, size);
	known = dns_cache_get(resolver->cache, set->number, question, clock_ms(), &known_len,
			      &age_s);
	if (known != NULL) {
		reply_len = dns_answer_relay(query, len, known, known_len, age_s, limit, reply,
					     size);
		if (reply_len > 0) {
			resolver->stats.cached++;
			return reply_len;
		}
	}
	if (!ask_upstream(resolver, asker, set, question, query, len, limit))
		return fail(resolver, query, len, EDE_NONE, reply, size);
	return 0;
}

size_t query_answer(struct resolver *resolver, const struct asker *asker, const uint8_t *query,
		    size_t len, uint8_t *reply, size_t size)
{
	struct dns_policy policy = { .ttl_s = resolver->ttl_s,
				     .forward_single = resolver->forward_single,
				     .tcp = asker->tcp,
				     .random = next_random(resolver) };
	struct dns_question question;
	size_t reply_len = 0;

	resolver->stats.queries++;
	switch (dns_answer(resolver->table, view_dns(asker->view), &policy, query, len, reply, size,
			   &reply_len, &question)) {
	case DNS_VERDICT_REPLY:
		count_reply(resolver, reply, reply_len);
		return reply_len;
	case DNS_VERDICT_FORWARD:
		return forward(resolver, asker, &question, query, len, reply, size);
	case DNS_VERDICT_DROP:
	case DNS_VERDICT_N:
		break;
	}
	return 0;
}
