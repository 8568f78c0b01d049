// SPDX-License-Identifier: GPL-2.0-or-later
// flight.c - questions that are being asked upstream, each once, whoever waits for it

#include "resolver/ask/flight.h"

#include "base/cleanup.h"
#include "base/wire.h"
#include "dns/forward.h"
#include "dns/msg.h"
#include "resolver/ask/try.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/job.h"
#include "resolver/loop/party.h"
#include "resolver/loop/turns.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* RFC 8914, 4.23 and 4.24. */
#define EDE_NO_REACHABLE_AUTHORITY 22
#define EDE_NETWORK_ERROR 23

#define RCODE_FORMERR 1
#define RCODE_SERVFAIL 2

#define REPLIES_PER_TURN 8

/* Theory of operation. A flight asks the servers of its set in turns: the first healthy one, after
 * DNS_FIRST_TRY_MS of silence the next one as well, and so on; when all were asked, again from the
 * start with twice the patience, for datagrams get lost. The first good answer ends it. A server
 * that says SERVFAIL or REFUSED is not asked again; when all have, the first of these answers is
 * the answer. When the budget is spent the clients get SERVFAIL, before they give up by themselves.
 *
 * Some servers fail for AAAA and answer A, or the other way round, and some clients (musl) take a
 * failure of either for one of both. So a flight for an address that fails looks at its sibling,
 * the same question for the other family: it waits until that has its answer, and beside addresses
 * its own is that there are none (RFC 4074, 4). Who validates is told the truth. */
struct flight {
	struct flights *flights;
	struct party *party; /* of who asked first; all it does takes turns there */
	struct job due;	     /* the timer has fired */
	struct job more;     /* of many who wait some have their answer */
	struct upstream_set *set;
	struct dns_question question;
	struct list requests, tries;
	ev_timer timer;
	uint64_t started_ms;
	uint32_t patience_ms;
	uint8_t asked, refused; /* bits: servers asked in this round; that said no */
	uint8_t latest;		/* the server that the timer waits for */
	int ede;		/* why there is no answer, so far */
	int told;		/* by the sibling's answer: an rcode; -1: nothing so far */
	bool failed;		/* waits for its sibling only */
	uint8_t *no_answer;	/* the first answer that was an error */
	size_t no_answer_len;
	uint8_t *answer; /* for those who wait for more */
	size_t answer_len;
	uint8_t message[TRY_MESSAGE_MAX]; /* what is asked, but for the id */
	size_t message_len;
};

static_assert(DNS_SERVERS_MAX <= 8, "a flight keeps its servers in the bits of a byte");

/* One question is the same as another when the same servers are asked for the same thing in the
 * same manner. */
struct flight_key {
	uint32_t set;
	uint16_t type, class;
	uint8_t cd, do_bit;
	uint8_t name[DNS_NAME_MAX + 1];
};

static size_t make_key(const struct upstream_set *set, const struct dns_question *question,
		       struct flight_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key));
	ret_key->set = set->number;
	ret_key->type = question->type;
	ret_key->class = question->class;
	ret_key->cd = question->cd;
	ret_key->do_bit = question->do_bit;
	memcpy(ret_key->name, question->name, question->name_len);
	return offsetof(struct flight_key, name) + question->name_len;
}

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

/* Tries that are still open go on by themselves: their answers tell about the servers. */
static void flight_forget(struct flight *flight)
{
	struct flights *flights = flight->flights;
	struct flight_key key;
	size_t key_len = make_key(flight->set, &flight->question, &key);

	if (map_get(flights->by_key, &key, key_len) == flight)
		(void)map_remove(flights->by_key, &key, key_len);
	ev_timer_stop(flights->loop, &flight->timer);
	job_cancel(&flight->due);
	list_foreach (&flight->tries, struct try, try, by_flight) {
		list_remove(&try->by_flight);
		try->flight = NULL;
	}
}

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

static void reply(struct flight *flight, struct request *request, const uint8_t *answer, size_t len)
{
	uint8_t *scratch = flight->flights->scratch;
	size_t reply_len = 0;

	if (answer != NULL)
		reply_len = dns_forward_reply(request->query, request->query_len, answer, len, 0,
					      request->limit, scratch, DNS_TCP_MAX);
	if (reply_len == 0 && flight->failed && flight->told >= 0)
		reply_len = dns_answer_told(request->query, request->query_len,
					    (uint8_t)flight->told, flight->ede, scratch,
					    request->limit);
	if (reply_len == 0) {
		reply_len = dns_answer_error(request->query, request->query_len, RCODE_SERVFAIL,
					     flight->ede, scratch, DNS_TCP_MAX);
		flight->flights->stats->failed++;
	}
	request_finish(request, scratch, reply_len);
}

/* Some of those that wait. True: all have their answer. */
static bool answer_some(struct flight *flight, const uint8_t *answer, size_t len)
{
	struct request *request;

	for (int n = 0; n < REPLIES_PER_TURN; n++) {
		request = list_first(&flight->requests, struct request, by_flight);
		if (request == NULL)
			return true;
		reply(flight, request, answer, len);
	}
	return list_empty(&flight->requests);
}

static unsigned on_more(struct job *job)
{
	struct flight *flight = container_of(job, struct flight, more);

	if (answer_some(flight, flight->answer, flight->answer_len))
		flight_free(flight);
	else
		job_ready(job);
	return TURN_UNITS;
}

/* From now on it is nobody's sibling, and nobody joins it. */
static void answer_all(struct flight *flight, const uint8_t *answer, size_t len)
{
	flight_forget(flight);
	if (answer_some(flight, answer, len)) {
		flight_free(flight);
		return;
	}
	if (answer != NULL) {
		flight->answer = malloc(len);
		flight->answer_len = len;
		if (flight->answer != NULL) /* else SERVFAIL */
			memcpy(flight->answer, answer, len);
	}
	job_ready(&flight->more);
}

/* The same question for the other family of addresses; false: there is no other, or the asker wants
 * to see for itself. */
static bool other_family(const struct dns_question *question, struct dns_question *ret_other)
{
	if ((question->type != DNS_TYPE_A && question->type != DNS_TYPE_AAAA) || question->do_bit ||
	    question->cd)
		return false;
	*ret_other = *question;
	ret_other->type = DNS_TYPE_A + DNS_TYPE_AAAA - question->type;
	return true;
}

static struct flight *find_sibling(const struct flight *flight)
{
	struct dns_question other;
	struct flight_key key;

	if (!other_family(&flight->question, &other))
		return NULL;
	return map_get(flight->flights->by_key, &key, make_key(flight->set, &other, &key));
}

/* What the sibling's answer told while it is not too old to be given. */
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

static void give_up(struct flight *flight)
{
	if (flight->told >= 0)
		answer_all(flight, NULL, 0);
	else
		answer_all(flight, flight->no_answer, flight->no_answer_len);
}

static void flight_finish(struct flight *flight, const uint8_t *answer, size_t len)
{
	struct flight *sibling = find_sibling(flight);

	answer_all(flight, answer, len);
	if (sibling == NULL)
		return;
	sibling->told = dns_forward_tells(answer, len);
	if (sibling->failed)
		give_up(sibling);
}

static unsigned bit(unsigned server)
{
	return 1U << server;
}

/* The next server of this round: healthy ones first, each kind in the configured order. -1: none.
 */
static int choose_server(const struct flight *flight)
{
	for (int want_healthy = 1; want_healthy >= 0; want_healthy--)
		for (int i = 0; i < flight->set->n_servers; i++) {
			if (((flight->asked | flight->refused) & bit((unsigned)i)) != 0)
				continue;
			if (server_is_healthy(flight->set->servers[i]) == (want_healthy == 1))
				return i;
		}
	return -1;
}

static void arm(struct flight *flight, uint64_t now_ms, uint32_t delay_ms)
{
	uint64_t end_ms = flight->started_ms + DNS_BUDGET_MS;
	uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;

	if (left_ms > delay_ms)
		left_ms = delay_ms;
	job_cancel(&flight->due);
	ev_timer_stop(flight->flights->loop, &flight->timer);
	ev_timer_set(&flight->timer, (double)left_ms / 1000.0, 0.0);
	ev_timer_start(flight->flights->loop, &flight->timer);
}

/* No server answers. */
static void flight_fail(struct flight *flight)
{
	struct flight *sibling = find_sibling(flight);
	uint64_t now_ms = clock_ms();

	flight->failed = true;
	if (flight->told < 0)
		flight->told = told_before(flight);
	if (flight->told < 0 && sibling != NULL && !sibling->failed &&
	    now_ms < flight->started_ms + DNS_BUDGET_MS) {
		arm(flight, now_ms, DNS_BUDGET_MS);
		return;
	}
	give_up(flight);
	if (sibling != NULL && sibling->failed)
		give_up(sibling);
}

static struct try *find_open(struct flight *flight, unsigned server)
{
	list_foreach (&flight->tries, struct try, try, by_flight)
		if (!try->ended && try->index == server)
			return try;
	return NULL;
}

static bool ask(struct flight *flight, unsigned server)
{
	const struct try *open = find_open(flight, server);
	struct try_target target = { .flight = flight,
				     .party = flight->party,
				     .tries = &flight->tries,
				     .server = flight->set->servers[server],
				     .index = (uint8_t)server };

	flight->asked |= (uint8_t)bit(server);
	if (open != NULL) {
		try_again(open);
		return true;
	}
	return try_start(flight->flights, &target, flight->message, flight->message_len);
}

/* Asks the next server. When all have said no there is nothing left to wait for. */
static void flight_next(struct flight *flight)
{
	uint64_t now_ms = clock_ms();
	int next = choose_server(flight);

	if (next < 0) { /* a new round */
		flight->asked = 0;
		flight->patience_ms *= 2;
		next = choose_server(flight);
	}
	if (next < 0) {
		flight_fail(flight);
		return;
	}
	/* Nobody waits a full first try for a server that is probably dead, if there is another. */
	bool hurry = !server_is_healthy(flight->set->servers[next]) && flight->set->n_servers > 1;

	flight->latest = (uint8_t)next;
	(void)ask(flight, (unsigned)next); /* not sent: as if it were lost on the way */
	arm(flight, now_ms, hurry ? flight->patience_ms / 4 : flight->patience_ms);
}

/* Whoever was asked and has said nothing at all since is not there. */
static void blame_silent(struct flight *flight, uint64_t now_ms)
{
	list_foreach (&flight->tries, struct try, try, by_flight)
		if (!try->ended && try->server->answered_ms < try->sent_ms &&
		    now_ms - try->sent_ms + CLOCK_SLACK_MS >= DNS_FIRST_TRY_MS)
			server_lost(try->server, now_ms);
}

static unsigned on_due(struct job *job)
{
	struct flight *flight = container_of(job, struct flight, due);
	uint64_t now_ms = clock_ms();

	if (flight->failed) {
		give_up(flight);
		return COST_RECEIVE;
	}
	blame_silent(flight, now_ms);
	if (now_ms - flight->started_ms + CLOCK_SLACK_MS >= DNS_BUDGET_MS)
		flight_fail(flight);
	else
		flight_next(flight);
	return COST_ASK;
}

/* Many that were asked together are due together. */
static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct flight *flight = watcher->data;

	(void)loop, (void)revents;
	job_ready(&flight->due);
}

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
 * take the name for one that cannot be (glibc). */
static void keep_no_answer(struct flight *flight, struct try *try)
{
	if (flight->no_answer != NULL || (try->answer[3] & 0x0f) == RCODE_FORMERR)
		return;
	flight->no_answer = take_ptr(try->answer);
	flight->no_answer_len = try->answer_len;
}

/* An older server answers FORMERR to EDNS (RFC 6891, 7): it gets the same question without. */
static bool retry_plain(struct flight *flight, const struct try *try)
{
	if (try->plain || (try->answer[3] & 0x0f) != RCODE_FORMERR)
		return false;
	try->server->plain = true;
	return ask(flight, try->index);
}

static void flight_landed(struct flight *flight, struct try *try)
{
	struct flights *flights = flight->flights;

	if (try->status == 0 && is_good(try->answer)) {
		dns_cache_put(flights->cache, flight->set->number, &flight->question, try->answer,
			      try->answer_len, clock_ms());
		flight_finish(flight, try->answer, try->answer_len);
		return;
	}
	if (try->status == 0 && retry_plain(flight, try))
		return;
	if (try->status == 0)
		keep_no_answer(flight, try);
	else if (try->status != -ETIMEDOUT)
		flight->ede = EDE_NETWORK_ERROR;
	/* A question that was only lost may be asked again in the next round. */
	if (try->status != -ETIMEDOUT)
		flight->refused |= (uint8_t)bit(try->index);
	if (try->index == flight->latest || list_empty(&flight->tries))
		flight_next(flight);
}

/* An answer that does not fit the question is none. */
static void check_answer(struct flights *flights, struct try *try)
{
	if (try->status == 0 &&
	    (try->answer_len < 12 ||
	     dns_forward_reply(try->message, try->message_len, try->answer, try->answer_len, 0,
			       DNS_TCP_MAX, flights->scratch, DNS_TCP_MAX) == 0))
		try->status = -EBADMSG;
}

static void judge_server(const struct try *try, uint64_t now_ms)
{
	if (try->status == 0 && is_good(try->answer))
		server_answered(try->server, now_ms);
	else if (try->status == 0 || try->status == -EBADMSG)
		server_erred(try->server, now_ms);
	else if (try->status != -ECANCELED && try->server->answered_ms < try->sent_ms)
		server_lost(try->server, now_ms);
}

void flights_settle(struct flights *flights)
{
	struct try *try;

	while ((try = list_first(&flights->done, struct try, by_done)) != NULL) {
		struct flight *flight = try->flight;

		list_remove(&try->by_done);
		list_remove(&try->by_flight);
		check_answer(flights, try);
		judge_server(try, clock_ms());
		if (flight != NULL)
			flight_landed(flight, try);
		try_free(flights, try);
	}
}

/* One that has nobody beside it is slow more often than its answer is lost: it gets twice the time.
 */
static uint32_t first_patience_ms(const struct upstream_set *set)
{
	return set->n_servers > 1 ? DNS_FIRST_TRY_MS : 2 * DNS_FIRST_TRY_MS;
}

static struct flight *flight_new(struct flights *flights, struct upstream_set *set,
				 const struct dns_question *question, struct party *party,
				 uint64_t started_ms)
{
	_cleanup_free_ struct flight *flight = calloc(1, sizeof(*flight));
	struct flight_key key;
	size_t key_len = make_key(set, question, &key);

	if (flight == NULL)
		return NULL;
	*flight = (struct flight) { .flights = flights,
				    .question = *question,
				    .started_ms = started_ms,
				    .patience_ms = first_patience_ms(set),
				    .ede = EDE_NO_REACHABLE_AUTHORITY,
				    .told = -1 };
	flight->message_len = try_message(question, flight->message);
	if (map_set(flights->by_key, &key, key_len, flight) < 0)
		return NULL;
	flight->set = upstream_set_ref(set);
	flight->party = party_ref(party);
	job_init(&flight->due, party, on_due);
	job_init(&flight->more, party, on_more);
	list_init(&flight->requests);
	list_init(&flight->tries);
	ev_init(&flight->timer, on_timer);
	flight->timer.data = flight;
	return take_ptr(flight);
}

/* A demoted server whose time has come is asked beside the one that is expected to answer. */
static void probe_demoted(struct flight *flight)
{
	uint64_t now_ms = clock_ms();

	for (unsigned i = 0; i < flight->set->n_servers; i++)
		if ((flight->asked & bit(i)) == 0 &&
		    server_take_probe(flight->set->servers[i], now_ms))
			(void)ask(flight, i); /* the next probe is soon enough */
}

int flight_join(struct flights *flights, struct upstream_set *set,
		const struct dns_question *question, struct party *party, struct request *request)
{
	struct flight_key key;
	size_t key_len = make_key(set, question, &key);
	struct flight *flight = map_get(flights->by_key, &key, key_len);
	/* What one asks who has much to do is not waited for by others: they ask for themselves. */
	bool is_new = flight == NULL || (flight->party != party && party_is_busy(flight->party));

	if (set->n_servers == 0)
		return -EHOSTUNREACH;
	if (is_new)
		flight = flight_new(flights, set, question, party, request->arrived_ms);
	if (flight == NULL)
		return -ENOMEM;
	list_append(&flight->requests, &request->by_flight);
	if (is_new) {
		flight_next(flight);
		probe_demoted(flight);
	}
	return 0;
}
