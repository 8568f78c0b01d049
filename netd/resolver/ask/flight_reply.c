// SPDX-License-Identifier: GPL-2.0-or-later
// flight_reply.c - all that wait for one question get its answer, or the word that there is none
#include "resolver/ask/flight_parts.h"

#include "dns/forward.h"
#include "dns/msg.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/party.h"
#include "resolver/loop/turns.h"

#include <stdlib.h>
#include <string.h>

#define RCODE_SERVFAIL 2

/* A turn of eight answers is short enough for everybody else. */
#define REPLIES_PER_TURN 8

/* The name in a question is in lower case already. The key is as long as the name makes it. */
size_t flight_key_make(const struct upstream_set *set, const struct dns_question *question,
		       struct flight_key *ret_key)
{
	/* All bytes are compared, those between the members too. */
	memset(ret_key, 0, sizeof(*ret_key));
	ret_key->set = set->number;
	ret_key->type = question->type;
	ret_key->class = question->class;
	ret_key->cd = question->cd;
	ret_key->do_bit = question->do_bit;
	memcpy(ret_key->name, question->name, question->name_len);
	return offsetof(struct flight_key, name) + question->name_len;
}

/* Tries that are still open go on by themselves: their answers tell about the servers. Nobody finds
 * the flight any more after this. */
static void flight_forget(struct flight *flight)
{
	struct flights *flights = flight->flights;
	struct flight_key key;
	size_t key_len = flight_key_make(flight->set, &flight->question, &key);

	/* Somebody may have started another flight for the same question, when this one belonged
	 * to a busy container. */
	if (map_get(flights->by_key, &key, key_len) == flight)
		(void)map_remove(flights->by_key, &key, key_len);
	ev_timer_stop(flights->loop, &flight->timer);
	job_cancel(&flight->due);
	list_foreach (&flight->tries, struct try, try, by_flight) {
		list_remove(&try->by_flight);
		/* A try without a flight only tells about its server. */
		try->flight = NULL;
	}
}

/* All requests must have been answered. */
static void flight_free(struct flight *flight)
{
	flight_forget(flight);
	job_cancel(&flight->more);
	party_unref(flight->party);
	upstream_set_unref(flight->set);
	free(flight->answer);
	free(flight->no_answer);
	free(flight);
}

/* answer NULL: there is none. The reply is never empty, except for a query that cannot be read. */
static void reply(struct flight *flight, struct request *request, const uint8_t *answer, size_t len)
{
	/* One space for all replies: it is copied or sent before the next one is made. */
	uint8_t *scratch = flight->flights->scratch;
	size_t reply_len = 0;

	/* Each client gets its own id, spelling and size. */
	if (answer != NULL)
		reply_len = dns_forward_reply(request->query, request->query_len, answer, len, 0,
					      request->limit, scratch, DNS_TCP_MAX);
	/* The sibling knows whether the name exists. "No such record" is better than a failure,
	 * which clients repeat. */
	if (reply_len == 0 && flight->failed && flight->told >= 0)
		reply_len = dns_answer_told(request->query, request->query_len,
					    (uint8_t)flight->told, flight->ede, scratch,
					    request->limit);
	if (reply_len == 0) {
		reply_len = dns_answer_error(request->query, request->query_len, RCODE_SERVFAIL,
					     flight->ede, scratch, DNS_TCP_MAX);
		flight->flights->stats->failed++;
	}
	if (flight->hedged && request->source == REQUEST_UPSTREAM)
		request->source = REQUEST_HEDGED;
	request_finish(request, scratch, reply_len);
}

/* Some of those that wait. True: all have their answer. Each request is freed as it is answered. */
static bool answer_some(struct flight *flight, const uint8_t *answer, size_t len)
{
	struct request *request;

	/* Bounded: thousands may wait for one answer, and each reply is a system call. */
	for (int n = 0; n < REPLIES_PER_TURN; n++) {
		request = list_first(&flight->requests, struct request, by_flight);
		if (request == NULL)
			return true;
		reply(flight, request, answer, len);
	}
	return list_empty(&flight->requests);
}

/* The job of a flight whose answer is there: it goes on until all have it. */
unsigned flight_on_more(struct job *job)
{
	struct flight *flight = container_of(job, struct flight, more);

	if (answer_some(flight, flight->answer, flight->answer_len))
		flight_free(flight);
	else
		job_ready(job);
	/* The turn is over in any case: what is left has the next one. */
	return TURN_UNITS;
}

/* From now on it is nobody's sibling, and nobody joins it. answer is copied where some of them have
 * to wait. */
static void answer_all(struct flight *flight, const uint8_t *answer, size_t len)
{
	flight_forget(flight);
	if (answer_some(flight, answer, len)) {
		flight_free(flight);
		return;
	}
	if (answer != NULL) {
		/* Copied, because the try that holds it ends before those who wait have had
		 * their turn. */
		flight->answer = malloc(len);
		flight->answer_len = len;
		if (flight->answer != NULL) /* else SERVFAIL */
			memcpy(flight->answer, answer, len);
	}
	job_ready(&flight->more);
}

/* The same question for the other family of addresses; false: there is no other, or the asker wants
 * to see for itself. A and AAAA are asked together by nearly every program. */
static bool other_family(const struct dns_question *question, struct dns_question *ret_other)
{
	if ((question->type != DNS_TYPE_A && question->type != DNS_TYPE_AAAA) || question->do_bit ||
	    question->cd)
		return false;
	*ret_other = *question;
	ret_other->type = DNS_TYPE_A + DNS_TYPE_AAAA - question->type;
	return true;
}

/* NULL: nobody is asking it. */
static struct flight *find_sibling(const struct flight *flight)
{
	struct dns_question other;
	struct flight_key key;

	if (!other_family(&flight->question, &other))
		return NULL;
	return map_get(flight->flights->by_key, &key, flight_key_make(flight->set, &other, &key));
}

/* What the sibling's answer told while it is not too old to be given. -1: it told nothing. */
static int told_before(const struct flight *flight)
{
	struct dns_question other;
	const uint8_t *answer;
	uint32_t age_s;
	size_t len;

	if (!other_family(&flight->question, &other))
		return -1;
	answer = dns_cache_get(flight->flights->cache, flight->set->number, &other, clock_ms(),
			       &len, &age_s);
	return answer != NULL ? dns_forward_tells(answer, len) : -1;
}

/* Ends the flight. All that wait get what is known, which may be a failure. */
void flight_give_up(struct flight *flight)
{
	if (flight->told >= 0) {
		flight_steps_tell(flight, DNS_STEP_TOLD, NULL, (uint32_t)flight->told);
		answer_all(flight, NULL, 0);
		return;
	}
	/* Some server's own refusal is more than a failure of ours: it names the reason. */
	answer_all(flight, flight->no_answer, flight->no_answer_len);
}

/* Ends the flight with an answer. Its sibling may have waited for just that. */
void flight_finish(struct flight *flight, const uint8_t *answer, size_t len)
{
	struct flight *sibling = find_sibling(flight);

	/* The flight may be gone after this, so its sibling was looked for before. */
	answer_all(flight, answer, len);
	if (sibling == NULL)
		return;
	sibling->told = dns_forward_tells(answer, len);
	if (sibling->failed)
		flight_give_up(sibling);
}

/* One timer for each flight: the next server is due, or the budget is over. */
void flight_arm(struct flight *flight, uint64_t now_ms, uint32_t delay_ms)
{
	uint64_t end_ms = flight->started_ms + DNS_BUDGET_MS;
	uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;

	/* Never beyond the budget: the clients are answered before they give up by themselves.
	 * */
	if (left_ms > delay_ms)
		left_ms = delay_ms;
	job_cancel(&flight->due);
	ev_timer_stop(flight->flights->loop, &flight->timer);
	ev_timer_set(&flight->timer, (double)left_ms / 1000.0, 0.0);
	ev_timer_start(flight->flights->loop, &flight->timer);
}

/* No server is left to be asked. */
void flight_fail(struct flight *flight)
{
	struct flight *sibling = find_sibling(flight);
	uint64_t now_ms = clock_ms();

	flight->failed = true;
	if (flight->told < 0)
		flight->told = told_before(flight);
	/* Its sibling may still learn that the name exists. Until then there is no answer, and
	 * no failure either. */
	if (flight->told < 0 && sibling != NULL && !sibling->failed &&
	    now_ms < flight->started_ms + DNS_BUDGET_MS) {
		flight_steps_tell(flight, DNS_STEP_SIBLING, NULL, 0);
		flight_arm(flight, now_ms, DNS_BUDGET_MS);
		return;
	}
	flight_give_up(flight);
	if (sibling != NULL && sibling->failed)
		flight_give_up(sibling);
}
