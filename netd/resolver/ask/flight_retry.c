// SPDX-License-Identifier: GPL-2.0-or-later
// flight_retry.c - which server a question is put to next, when, and what its silence tells
#include "resolver/ask/flight_parts.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "dns/forward.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/turns.h"

#include <errno.h>

/* Theory of operation. asked and refused are sets of bits, one for each server of the list. asked:
 * it had its turn in this round. refused: it has answered, or cannot be reached, and is not asked
 * again. latest is the server whose answer is waited for; when the timer fires, the next one is
 * asked and the earlier tries stay open, so that a late answer still counts. Each round is twice as
 * patient as the one before. */

/* Codes of RFC 1035, 4.1.1. */
#define RCODE_FORMERR 1
#define RCODE_SERVFAIL 2

/* A list has at most DNS_SERVERS_MAX servers, which fit eight bits. */
static unsigned bit(unsigned server)
{
	return 1U << server;
}

/* The next server of this round: healthy ones first, each kind in the configured order. -1: none.
 */
static int choose_server(const struct flight *flight)
{
	/* Two rounds over the servers: those that are known to be dead come last, but they come. */
	for (int want_healthy = 1; want_healthy >= 0; want_healthy--)
		for (int i = 0; i < flight->set->n_servers; i++) {
			if (((flight->asked | flight->refused) & bit((unsigned)i)) != 0)
				continue;
			if (server_is_healthy(flight->set->servers[i]) == (want_healthy == 1))
				return i;
		}
	return -1;
}

/* NULL: nothing is open with that server. */
static struct try *find_open(struct flight *flight, unsigned server)
{
	list_foreach (&flight->tries, struct try, try, by_flight)
		if (!try->ended && try->index == server)
			return try;
	return NULL;
}

/* false: nothing was sent. */
static bool ask(struct flight *flight, unsigned server, enum dns_step_kind why)
{
	const struct try *open = find_open(flight, server);
	struct try_target target = { .flight = flight,
				     .party = flight->party,
				     .tries = &flight->tries,
				     .server = flight->set->servers[server],
				     .index = (uint8_t)server };

	/* Also when nothing can be sent: otherwise the same server would be chosen again at
	 * once. */
	flight->asked |= (uint8_t)bit(server);
	flight_steps_tell(flight, why, target.server, 0);
	/* The same id and port again: an answer to the first datagram, which may only be late,
	 * ends it as well. */
	if (open != NULL) {
		try_again(open);
		return true;
	}
	return try_start(flight->flights, &target, flight->message, flight->message_len);
}

static void tell_demoted(struct flight *flight)
{
	for (unsigned i = 0; flight->is_traced && i < flight->set->n_servers; i++)
		if (!server_is_healthy(flight->set->servers[i]))
			flight_steps_tell(flight, DNS_STEP_DEMOTED, flight->set->servers[i], 0);
}

/* Puts the question to the next server, or gives up. */
void flight_retry(struct flight *flight)
{
	enum dns_step_kind why = flight->asked != 0 ? DNS_STEP_ASK_NEXT : DNS_STEP_ASK_FIRST;
	uint64_t now_ms = clock_ms();
	int next = choose_server(flight);

	if (why == DNS_STEP_ASK_FIRST)
		tell_demoted(flight);
	if (next < 0) { /* a new round */
		/* Datagrams get lost, so each round is more patient than the one before. */
		/* Those that refused stay out: they answered, and would answer the same. */
		flight->asked = 0;
		flight->patience_ms *= 2;
		why = DNS_STEP_ASK_AGAIN;
		next = choose_server(flight);
	}
	if (next < 0) {
		flight_fail(flight);
		return;
	}
	/* Nobody waits a full first try for a server that is probably dead, if there is another. */
	bool hurry = !server_is_healthy(flight->set->servers[next]) && flight->set->n_servers > 1;

	flight->latest = (uint8_t)next;
	/* What is not sent is as if it were lost on the way. */
	if (!ask(flight, (unsigned)next, why))
		flight_steps_tell(flight, DNS_STEP_NOT_SENT, flight->set->servers[next], 0);
	flight_arm(flight, now_ms, hurry ? flight->patience_ms / 4 : flight->patience_ms);
}

/* A server that was asked and has said nothing at all since is not there. Silence counts only after
 * the time in which a server that lives has always answered. */
static void blame_silent(struct flight *flight, uint64_t now_ms)
{
	/* Each try has its own moment; only silence since then counts. */
	list_foreach (&flight->tries, struct try, try, by_flight)
		if (!try->ended && try->server->answered_ms < try->sent_ms &&
		    now_ms - try->sent_ms + CLOCK_SLACK_MS >= DNS_FIRST_TRY_MS)
			server_lost(try->server, now_ms);
}

/* The patience with the latest server is over, or the whole budget. */
static unsigned on_due(struct job *job)
{
	struct flight *flight = container_of(job, struct flight, due);
	uint64_t now_ms = clock_ms();

	/* It was only waiting for its sibling, and that time is over. */
	if (flight->failed) {
		flight_give_up(flight);
		return COST_RECEIVE;
	}
	blame_silent(flight, now_ms);
	flight_steps_tell(flight, DNS_STEP_SILENT, flight->set->servers[flight->latest],
			  (uint32_t)(now_ms - flight->started_ms));
	/* The budget is the client's patience: an answer after that has no reader. */
	if (now_ms - flight->started_ms + CLOCK_SLACK_MS >= DNS_BUDGET_MS) {
		flight_steps_tell(flight, DNS_STEP_BUDGET, NULL, DNS_BUDGET_MS);
		flight_fail(flight);
	} else {
		flight_retry(flight);
	}
	return COST_ASK;
}

/* Many that were asked together are due together. The job runs in the party's turn. */
static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct flight *flight = watcher->data;

	(void)loop, (void)revents;
	job_ready(&flight->due);
}

/* Codes that are no answer to the question: another server may do better. */
static bool is_good(const uint8_t *answer)
{
	switch (answer[3] & 0x0f) {
	case RCODE_FORMERR:
	case RCODE_SERVFAIL:
	case 4: /* NOTIMP */
	case 5: /* REFUSED */
		return false;
	default:
		return true;
	}
}

/* FORMERR is about the question as it was put by us; the client's was well formed, and it would
 * take the name for one that cannot be (glibc). The first refusal that means anything is kept, to
 * be told when nobody else answers. */
static void keep_no_answer(struct flight *flight, struct try *try)
{
	if (flight->no_answer != NULL || (try->answer[3] & 0x0f) == RCODE_FORMERR)
		return;
	flight->no_answer = take_ptr(try->answer);
	flight->no_answer_len = try->answer_len;
}

/* An older server answers FORMERR to EDNS (RFC 6891, 7): it gets the same question without. true:
 * it was asked once more. */
static bool retry_plain(struct flight *flight, const struct try *try)
{
	if (try->plain || (try->answer[3] & 0x0f) != RCODE_FORMERR)
		return false;
	/* For all questions to come, until the server is known anew. */
	try->server->plain = true;
	return ask(flight, try->index, DNS_STEP_ASK_PLAIN);
}

/* What came of a try that has not brought the answer. */
static void tell_vain(struct flight *flight, const struct try *try)
{
	if (try->status == 0)
		flight_steps_tell(flight, DNS_STEP_REFUSED, try->server, try->answer[3] & 0x0f);
	else
		flight_steps_tell(flight, DNS_STEP_FAILED, try->server, (uint32_t)-try->status);
}

/* A try has ended. The flight may be gone when this returns. */
static void flight_landed(struct flight *flight, struct try *try)
{
	struct flights *flights = flight->flights;

	if (try->status == 0 && is_good(try->answer)) {
		dns_cache_put(flights->cache, flight->set->number, &flight->question, try->answer,
			      try->answer_len, clock_ms());
		flight->hedged = try->index != flight->first;
		flight_steps_tell(flight, flight->hedged ? DNS_STEP_HEDGED : DNS_STEP_ANSWERED,
				  try->server, try->answer[3] & 0x0f);
		flight_finish(flight, try->answer, try->answer_len);
		return;
	}
	if (try->status == 0 && retry_plain(flight, try))
		return;
	tell_vain(flight, try);
	if (try->status == 0)
		keep_no_answer(flight, try);
	/* Any other failure is the network's. */
	else if (try->status != -ETIMEDOUT)
		flight->ede = EDE_NETWORK_ERROR;
	/* A question that was only lost may be asked again in the next round. */
	if (try->status != -ETIMEDOUT)
		flight->refused |= (uint8_t)bit(try->index);
	/* The one that the timer waits for will not answer. A failure of an earlier one changes
	 * nothing while a later one is being asked. */
	if (try->index == flight->latest || list_empty(&flight->tries))
		flight_retry(flight);
}

/* An answer that does not fit the question is none. An answer is tried on the question that was
 * sent, as if it were a client's. */
static void check_answer(struct flights *flights, struct try *try)
{
	if (try->status == 0 &&
	    (try->answer_len < 12 ||
	     dns_forward_reply(try->message, try->message_len, try->answer, try->answer_len, 0,
			       DNS_TCP_MAX, flights->scratch, DNS_TCP_MAX) == 0))
		try->status = -EBADMSG;
}

/* What the end of a try says about its server. A server that has answered something since is not
 * silent. */
static void judge_server(const struct try *try, uint64_t now_ms)
{
	if (try->status == 0 && is_good(try->answer))
		server_answered(try->server, now_ms);
	else if (try->status == 0 || try->status == -EBADMSG)
		server_erred(try->server, now_ms);
	else if (try->status != -ECANCELED && try->server->answered_ms < try->sent_ms)
		server_lost(try->server, now_ms);
}

/* What ended is only noted inside the callbacks of c-ares and of datagrams, and settled here, from
 * the loop: whoever is called back may not free what he stands on. Called between two rounds of the
 * loop. */
void flights_settle(struct flights *flights)
{
	struct try *try;

	while ((try = list_first(&flights->done, struct try, by_done)) != NULL) {
		struct flight *flight = try->flight;

		/* Off both lists first, for flight_landed may end the flight. */
		list_remove(&try->by_done);
		list_remove(&try->by_flight);
		check_answer(flights, try);
		judge_server(try, clock_ms());
		/* A try may outlive its flight: then its answer says something about the server
		 * only. */
		if (flight != NULL)
			flight_landed(flight, try);
		try_free(flights, try);
	}
}

/* One that has nobody beside it is slow more often than its answer is lost: it gets twice the time.
 *
 * A single server has no other that could be asked instead. */
static uint32_t first_patience_ms(const struct upstream_set *set)
{
	return set->n_servers > 1 ? DNS_FIRST_TRY_MS : 2 * DNS_FIRST_TRY_MS;
}

/* The timer is armed when the first server is asked. */
void flight_retry_init(struct flight *flight)
{
	job_init(&flight->due, flight->party, on_due);
	ev_init(&flight->timer, on_timer);
	flight->timer.data = flight;
	flight->patience_ms = first_patience_ms(flight->set);
}

/* Servers that seemed dead are asked along with the first one, seldom, so that they are noticed
 * when they are back. Their answers count like any other. */
void flight_retry_probe(struct flight *flight)
{
	uint64_t now_ms = clock_ms();

	for (unsigned i = 0; i < flight->set->n_servers; i++)
		if ((flight->asked & bit(i)) == 0 &&
		    server_take_probe(flight->set->servers[i], now_ms))
			/* The next probe is soon enough. */
			(void)ask(flight, i, DNS_STEP_ASK_PROBE);
}
