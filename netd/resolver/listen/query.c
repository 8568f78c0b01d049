// SPDX-License-Identifier: GPL-2.0-or-later
// query.c - one question, from whatever transport: local answer, cache, or upstream

#include "resolver/listen/query.h"

#include "dns/forward.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listening.h"
#include "resolver/loop/clock.h"

/* Theory of operation. query_answer() decides at once what can be decided: the table, the zones,
 * the cache. What is left becomes a request, which either joins a flight or stands in its
 * container's line. *ret_pending says so; the reply is then sent by the request later. Whatever
 * happens, each question is counted once, when its answer is known.
 *
 * Equal questions are requests of their own, which join one flight. */

/* Codes of RFC 1035. */
#define RCODE_SERVFAIL 2
#define RCODE_REFUSED 5
#define EDE_NONE (-1)
#define EDE_NO_REACHABLE_AUTHORITY 22 /* RFC 8914, 4.23 */

/* A quick generator (xorshift): answers are to be spread, and nothing depends on their secrecy.
 * Never 0, as long as it begins with another number. Begun from random bytes where the listening is
 * made. */
static uint32_t next_random(struct listening *listening)
{
	uint64_t x = listening->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	listening->random = x;
	return (uint32_t)(x >> 32);
}

/* Only replies of this process's own making. Those of name servers are counted elsewhere. Errors of
 * form count as local. */
static void count_reply(struct listening *listening, const uint8_t *reply, size_t len)
{
	if (len < 4)
		return;
	switch (reply[3] & 0x0f) {
	case RCODE_SERVFAIL:
		listening->stats->failed++;
		break;
	case RCODE_REFUSED:
		listening->stats->refused++;
		break;
	default:
		listening->stats->local++;
		break;
	}
}

/* A failure is an answer, too: the client tries its next server at once. The length of the failure
 * in reply. */
static size_t fail(struct listening *listening, const uint8_t *query, size_t len, int ede,
		   uint8_t *reply, size_t size)
{
	listening->stats->failed++;
	return dns_answer_error(query, len, RCODE_SERVFAIL, ede, reply, size);
}

/* The slot in the journal goes with the request. */
static void on_gone(struct request *request)
{
	journal_forget(container_of(request->account, struct view, account), request->note);
}

/* For a successor of this process; a client over TCP would have no connection to it. Without a slot
 * the question is only lost if this process is killed now. view is the asker's. */
static void note(struct view *view, struct request *request)
{
	request->note = journal_note(view, &request->peer, request->query, request->query_len);
	if (request->note != NULL)
		request->gone = on_gone;
}

/* --- what is counted, and told whoever looks --- */

/* Called once for each question, whatever its answer. The time is measured from the arrival, so
 * time in a line counts. */
static void answered(struct view *view, struct noting_answer *answer, bool is_noted)
{
	struct listening *listening = view->listening;

	answer->view = view;
	answer->answered_ns = clock_ns();
	view->n_queries++;
	view->n_failed += tally_answer(&listening->tally, answer->source, answer->reply,
				       answer->reply_len, answer->answered_ns - answer->came_ns);
	if (is_noted)
		noting_write(&listening->noting, answer);
}

/* Of an answer that is there already; 0: of none. The plumber's questions are nobody's. reply_len
 * is given back, so that this can stand in a return statement. len and reply_len may be 0. */
static size_t tell(struct listening *listening, const struct asker *asker,
		   enum dns_log_source source, const uint8_t *query, size_t len,
		   const uint8_t *reply, size_t reply_len)
{
	struct noting_answer answer = { .tcp = asker->tcp,
					.source = source,
					.came_ns = listening->noting.came_ns,
					.query = query,
					.query_len = len,
					.reply = reply,
					.reply_len = reply_len };

	/* The plumber's own questions have no account. */
	if (asker->account != NULL)
		answered(asker->view, &answer, listening->noting.looks);
	return reply_len;
}

/* The end of a request, whoever answered it. account is set, as only such requests have this
 * callback. */
static void on_answered(struct request *request, const uint8_t *reply, size_t len)
{
	static const enum dns_log_source sources[REQUEST_N_SOURCES] = {
		[REQUEST_NOBODY] = DNS_LOG_NONE,       [REQUEST_CACHE] = DNS_LOG_CACHE,
		[REQUEST_UPSTREAM] = DNS_LOG_UPSTREAM, [REQUEST_HEDGED] = DNS_LOG_HEDGED,
		[REQUEST_JOINED] = DNS_LOG_JOINED,
	};
	struct noting_answer answer = { .tcp = request->tcp,
					.source = sources[request->source],
					.came_ns = request->came_ns,
					.query = request->query,
					.query_len = request->query_len,
					.reply = reply,
					.reply_len = len };

	answered(container_of(request->account, struct view, account), &answer, request->is_noted);
}

/* How it is decided, to who asks for that (dns/steps.h). */
static void tell_step(const struct asker *asker, enum dns_step_kind kind, uint32_t value)
{
	if (asker->steps != NULL)
		dns_steps_add(asker->steps, &(struct dns_step) { .kind = kind, .value = value });
}

/* The flights take it over, or it waits in line for that. false: it could not be taken, and is
 * answered with a failure by the caller. The query is copied into the request. */
static bool ask_upstream(struct listening *listening, const struct asker *asker,
			 struct upstream_set *set, const struct dns_question *question,
			 const uint8_t *query, size_t len, uint16_t limit)
{
	struct admission *admission = &listening->asking->admission;
	struct account *account = asker->account;
	struct request template = { .reply = asker->reply,
				    .owner = asker->owner,
				    .tcp = asker->tcp,
				    .arrived_ms = clock_ms(),
				    .peer = asker->peer,
				    .tag = asker->tag,
				    .limit = limit,
				    .steps = asker->steps };
	struct request *request = request_new(&template, query, len);
	bool taken;

	if (request == NULL)
		return false;
	request->came_ns = listening->noting.came_ns;
	request->is_noted = listening->noting.looks;
	/* Without it nobody is told of the end: the plumber's question. */
	if (account != NULL)
		request->answered = on_answered;
	/* Whoever has others waiting comes behind them, even when there is room by now. Otherwise a
	 * container that keeps asking would always be served before its own line. */
	if (account != NULL &&
	    (!list_empty(&account->waiting) || !admission_is_open(admission, account))) {
		taken = admission_wait(admission, account, request);
		if (!taken) {
			listening->stats->shed++;
			/* A container that is refused rests for a moment: refusing costs time,
			 * too. */
			view_rest(asker->view);
		}
	} else {
		/* The plumber's questions count among the host's. */
		struct party *party =
			(account != NULL ? account : &listening->views.host.account)->party;

		taken = flight_join(&listening->asking->flights, set, question, party, request) ==
			0;
		if (taken)
			admission_ask(admission, account, request);
	}
	if (!taken) {
		request->steps = NULL; /* the asker's still */
		/* Nothing else refers to it yet. */
		request_free(request);
		return false;
	}
	/* From here on the owner can take it back, and a successor of this process can answer it.
	 */
	list_append(asker->owned, &request->by_owner);
	if (account != NULL && !asker->tcp)
		note(asker->view, request);
	listening->stats->forwarded++;
	return true;
}

/* Length of the reply that the cache has, 0: none. A hit is put together for this client, with the
 * TTLs that are left. limit: of bytes that the client takes. */
static size_t look_up(struct listening *listening, const struct upstream_set *set,
		      const struct dns_question *question, const uint8_t *query, size_t len,
		      uint16_t limit, uint8_t *reply, size_t size)
{
	size_t known_len, reply_len;
	uint32_t age_s;
	const uint8_t *known = dns_cache_get(listening->asking->cache, set->number, question,
					     clock_ms(), &known_len, &age_s);

	if (known == NULL)
		return 0;
	reply_len = dns_forward_reply(query, len, known, known_len, age_s, limit, reply, size);
	listening->stats->cached += reply_len > 0;
	return reply_len;
}

/* netd asks what is known by now, and nobody outside is to be asked for it. It is no container's
 * question, and no failure of one. RD off in a question of the plumber's means "what is known". The
 * failure says by its extended code whether servers answer at all. */
static size_t tell_known(struct listening *listening, const struct upstream_set *set,
			 const struct dns_question *question, const uint8_t *query, size_t len,
			 uint8_t *reply, size_t size)
{
	size_t reply_len = look_up(listening, set, question, query, len, DNS_TCP_MAX, reply, size);
	int ede = upstream_set_is_dead(set, clock_ms()) ? EDE_NO_REACHABLE_AUTHORITY : EDE_NONE;

	if (reply_len > 0)
		return reply_len;
	return dns_answer_error(query, len, RCODE_SERVFAIL, ede, reply, size);
}

static void tell_servers(const struct asker *asker, const struct upstream_set *set)
{
	uint8_t n = set != NULL ? set->n_servers : 0;

	tell_step(asker,
		  n == 0			  ? DNS_STEP_NO_SERVERS
		  : set != asker->view->upstreams ? DNS_STEP_HOST_SERVERS
						  : DNS_STEP_OWN_SERVERS,
		  n);
}

/* The reply's length; 0: nothing is to be sent now. *ret_pending is false from the beginning. */
static size_t forward(struct listening *listening, const struct asker *asker,
		      const struct dns_question *question, const uint8_t *query, size_t len,
		      uint8_t *reply, size_t size, bool *ret_pending)
{
	struct upstream_set *set = view_upstreams(asker->view);
	/* Over UDP the client has said how much it takes (EDNS), or 512 bytes hold. */
	uint16_t limit = asker->tcp ? DNS_TCP_MAX : question->udp_size;
	size_t reply_len;

	/* The steps go with the answer, in one message. */
	if (asker->steps != NULL && limit > size)
		limit = (uint16_t)size;
	tell_servers(asker, set);
	/* Said at once: silence would cost the client its own time-out for nothing. */
	if (set == NULL || set->n_servers == 0)
		return tell(listening, asker, DNS_LOG_NONE, query, len, reply,
			    fail(listening, query, len, EDE_NO_REACHABLE_AUTHORITY, reply, size));
	/* A look-up of what is cached alone: it causes no traffic. */
	if (asker->account == NULL && !question->rd) {
		tell_step(asker, DNS_STEP_ONLY_CACHED, 0);
		return tell_known(listening, set, question, query, len, reply, size);
	}
	/* The cache first: an answer that is there costs no place and no socket. */
	reply_len = look_up(listening, set, question, query, len, limit, reply, size);
	tell_step(asker, reply_len > 0 ? DNS_STEP_CACHED : DNS_STEP_NOT_CACHED, 0);
	if (reply_len > 0)
		return tell(listening, asker, DNS_LOG_CACHE, query, len, reply, reply_len);
	*ret_pending = ask_upstream(listening, asker, set, question, query, len, limit);
	return *ret_pending ? 0
			    : tell(listening, asker, DNS_LOG_NONE, query, len, reply,
				   fail(listening, query, len, EDE_NONE, reply, size));
}

/* Who asks, and what he sees. */
static void tell_view(struct listening *listening, const struct asker *asker)
{
	const struct dns_view *dns = view_dns(asker->view);

	if (asker->steps == NULL)
		return;
	dns_steps_add(asker->steps,
		      &(struct dns_step) {
			      .kind = DNS_STEP_VIEW,
			      .name = dns->all ? "" : view_name(asker->view),
			      .value = (uint32_t)(dns->all ? dns_table_n_networks(listening->table)
							   : dns->n_networks) });
}

/* The verdict of the table, with one exception that needs system calls. reply may be the answer
 * already, and *ret_len says how long it is. */
static enum dns_verdict decide(struct listening *listening, const struct view *view, bool tcp,
			       struct dns_steps *steps, const uint8_t *query, size_t len,
			       uint8_t *reply, size_t size, size_t *ret_len,
			       struct dns_question *ret_question)
{
	struct dns_policy policy = { .ttl_s = listening->ttl_s,
				     .forward_single = listening->forward_single,
				     .tcp = tcp,
				     .random = next_random(listening) };

	struct dns_view dns = *view_dns(view);
	const bool own_only = !dns.forward && view->upstreams != NULL;
	bool reaches_own;
	enum dns_verdict verdict;

	dns.steps = steps;
	/* A container without a way out may have a server of its own within its networks. Whether
	 * it has takes system calls, so that is asked only of what is not answered here. */
	dns.forward |= own_only;
	verdict = dns_answer(listening->table, &dns, &policy, query, len, reply, size, ret_len,
			     ret_question);
	if (verdict != DNS_VERDICT_FORWARD || !own_only)
		return verdict;
	reaches_own = view_reaches_own(view);
	dns_steps_add(steps, &(struct dns_step) { .kind = reaches_own ? DNS_STEP_OWN_REACHED
								      : DNS_STEP_OWN_UNREACHED });
	if (reaches_own)
		return verdict;
	/* The same again but for its end, which was told. */
	dns.steps = NULL;
	/* The second time without the way out, as for a container that has none. */
	dns.forward = false;
	return dns_answer(listening->table, &dns, &policy, query, len, reply, size, ret_len,
			  ret_question);
}

/* reply has room for size bytes, and what is written there is the caller's to send. 0 with
 * *ret_pending false: the question is dropped, and nobody answers it. */
size_t query_answer(struct listening *listening, const struct asker *asker, const uint8_t *query,
		    size_t len, uint8_t *reply, size_t size, bool *ret_pending)
{
	struct dns_question question;
	size_t reply_len = 0;

	*ret_pending = false;
	listening->stats->queries++;
	/* Counted before it is answered, in whatever way. */
	tell_view(listening, asker);
	switch (decide(listening, asker->view, asker->tcp, asker->steps, query, len, reply, size,
		       &reply_len, &question)) {
	case DNS_VERDICT_REPLY:
		count_reply(listening, reply, reply_len);
		return tell(listening, asker, DNS_LOG_LOCAL, query, len, reply, reply_len);
	case DNS_VERDICT_FORWARD:
		return forward(listening, asker, &question, query, len, reply, size, ret_pending);
	case DNS_VERDICT_DROP:
	case DNS_VERDICT_N:
		break;
	}
	return 0;
}

/* Much may have changed while it waited: it is looked at as if it had just come. A callback of
 * admission. request is this function's, and is finished or joins a flight here. reply is the
 * scratch buffer, which holds until the next question. */
void query_turn(struct request *request, bool late, void *data)
{
	struct listening *listening = data;
	struct account *account = request->account;
	const struct view *view = container_of(account, struct view, account);
	struct upstream_set *set = view_upstreams(view);
	const uint8_t *query = request->query;
	uint8_t *reply = listening->asking->scratch;
	struct dns_question question;
	size_t len = request->query_len, reply_len = 0;

	/* late: it is answered with a failure, without a look. */
	if (!late && decide(listening, view, request->tcp, NULL, query, len, reply, DNS_TCP_MAX,
			    &reply_len, &question) == DNS_VERDICT_FORWARD) {
		if (set != NULL)
			reply_len = look_up(listening, set, &question, query, len, request->limit,
					    reply, DNS_TCP_MAX);
		request->source = reply_len > 0 ? REQUEST_CACHE : REQUEST_NOBODY;
		if (reply_len == 0 && set != NULL &&
		    flight_join(&listening->asking->flights, set, &question, account->party,
				request) == 0) {
			admission_ask(&listening->asking->admission, account, request);
			return;
		}
	}
	listening->stats->late += late;
	if (reply_len == 0)
		reply_len = fail(listening, query, len,
				 late ? EDE_NO_REACHABLE_AUTHORITY : EDE_NONE, reply, DNS_TCP_MAX);
	request_finish(request, reply, reply_len);
}
