// SPDX-License-Identifier: GPL-2.0-or-later
// session.c - with one member of etcd after the other: the lease, all records, and what changes
#include "herald/herald.h"

#include "base/log.h"
#include "herald/certificate.h"
#include "herald/etcd.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A session goes: lease, then all records page by page at one revision, then
 * the watch from the revision behind it. With the first answer the lease's timer runs. A session
 * that follows another one goes on with the watch, from where the plumber was told last; only when
 * etcd has forgotten that, or is older, everything is read again. Every failure comes to
 * session_fail, which cancels all and tries the next member. */

/* Says it only when it is news: the plumber shows it and need not hear it each second. All members
 * have refused when each has done so some times in a row: one that is started again refuses once or
 * twice. */
void session_say(struct herald *herald, enum herald_standing standing, const char *why)
{
	struct herald_state *state = &herald->state;

	bool refused = standing == HERALD_TRYING &&
		       herald->n_refused >= HERALD_ASKED_ROUNDS * herald->config.n_members;

	if (state->standing == standing && state->refused == refused &&
	    strcmp(state->why, why) == 0)
		return;
	state->standing = standing;
	state->refused = refused;
	state->revision = (uint64_t)herald->revision;
	(void)snprintf(state->why, sizeof(state->why), "%s", why);
	channel_tell_state(herald, state);
}

/* NULL afterwards, so that it can be cancelled twice. */
static void cancel(struct http_call **call)
{
	http_cancel(*call);
	*call = NULL;
}

/* Members answer, and none has taken this host since it was with one: its certificate was revoked.
 * etcd does not say so. A member that is down says nothing, so the host need not have met all. Said
 * as a removal, which it is as far as this host can see; it ends with the first member that takes
 * it, as no other removal does. */
static bool is_shut_out(const struct herald *herald)
{
	return herald->config.follows && herald->joined && herald->n_hung_up >= HERALD_HANG_UPS;
}

/* Whether this host was seen to have no record any more: a herald of its knows no way back. */
static bool was_removed(const struct herald *herald)
{
	return herald->state.standing == HERALD_REMOVED && !herald->joined;
}

/* A session has ended, and why. */
static void say_trying(struct herald *herald, const char *why)
{
	if (is_shut_out(herald))
		session_say(herald, HERALD_REMOVED,
			    "members hang up on this host, as they do when its certificate was "
			    "revoked, for it was removed from the cluster: `netctl cluster leave`, "
			    "and join again with a new token");
	else if (!was_removed(herald))
		session_say(herald, HERALD_TRYING, why);
}

/* Safe to call at any time, also from within a callback of one of the calls that it cancels.
 * refused: who was asked has said no, and would say so again. */
static void end_session(struct herald *herald, const char *why, bool refused)
{
	uint8_t n = herald->config.n_members;

	/* All requests are of one member, and so are their answers. None of them may come into the
	 * next session. */
	cancel(&herald->reading);
	cancel(&herald->watching);
	cancel(&herald->renewing);
	cancel(&herald->renewing_beside);
	own_forget(herald);
	election_forget(herald);
	herald->page_waits = false;
	ev_timer_stop(herald->loop, &herald->renew);
	herald->n_refused = refused ? herald->n_refused + 1 : 0;
	/* The log hears of the first of a row; each is told to the plumber. */
	if (herald->n_failed == 0)
		log_warn("%s", why);
	say_trying(herald, why);
	/* It counts up to the first watch that begins. A member that grants a lease and then fails
	 * is not taken for a success. */
	herald->n_failed++;
	herald->above.ended(herald, why);
	herald->state.member = (uint8_t)((herald->state.member + 1) % n);
	/* The others at once, for the lease is running; and then in peace. */
	ev_timer_stop(herald->loop, &herald->again);
	ev_timer_set(&herald->again, herald->n_failed < n ? 0. : HERALD_AGAIN_S, 0.);
	ev_timer_start(herald->loop, &herald->again);
}

/* For other files, whose reasons come after a session has begun. */
void session_fail(struct herald *herald, const char *why)
{
	end_session(herald, why, false);
}

/* The answer, or the session has ended. line: what is refused is said as of the member. False: the
 * session has ended, and the caller returns. text NULL: the member has not answered, and why says
 * so. */
static bool understand(struct herald *herald, const char *text, size_t len, const char *why,
		       struct etcd_answer *ret_answer)
{
	char sentence[HERALD_WHY_LEN_MAX + 1];

	if (text && etcd_answer_read(text, len, ret_answer) == 0 && !ret_answer->why[0]) {
		election_see(herald, ret_answer->term);
		return true;
	}
	if (text)
		(void)snprintf(sentence, sizeof(sentence), "%s: %.150s", herald_member(herald),
			       len == 0		    ? "it hung up"
			       : ret_answer->why[0] ? ret_answer->why
						    : "it does not answer as etcd does");
	if (!text)
		herald->n_hung_up += http_was_hung_up(herald->http);
	if (text)
		end_session(herald, sentence, len > 0 && !ret_answer->unavailable);
	else
		end_session(herald, why, http_was_refused(herald->http));
	return false;
}

/* It is tried again as any other failure. */
static void fail_memory(struct herald *herald)
{
	session_fail(herald, "there is no memory left for a request to etcd");
}

/* What changes is told, and what is wrong beside that. */
static void say_fresh(struct herald *herald)
{
	char why[HERALD_WHY_LEN_MAX + 1] = "";

	if (herald->full)
		(void)snprintf(why, sizeof(why),
			       "%s is full and does not take records: see etcdctl alarm list",
			       herald_member(herald));
	session_say(herald, HERALD_FRESH, why);
}

/* --- what changes --- */

/* The plumber hears of every record of netd's in the order in which they come. Those of this host
 * are noted as well. */
static void tell_items(struct herald *herald, struct etcd_answer *answer)
{
	/* Too large for the stack. */
	static struct etcd_item item;

	while (etcd_answer_next(answer, &item)) {
		/* Of a page the last one tells where the next begins, whether its record makes
		 * sense or not. */
		memcpy(herald->last_key, item.name, sizeof(herald->last_key));
		herald->last_key_len = item.name_len;
		if (item.kind == ETCD_RECORD) {
			own_see(herald, &item.record);
			election_hear(herald, &item.record);
			channel_tell_record(herald, &item.record);
		} else if (item.kind != ETCD_FOREIGN) {
			if (item.kind == ETCD_WRONG)
				log_warn("etcd has no record that makes sense under %s", item.name);
			own_see_gone(herald, &item.key);
			channel_tell_key(herald, &item.key);
		}
	}
}

static void read_all(struct herald *herald);

/* etcd has less than was told: it was made anew, or put back to an older state. The plumber gets
 * BEGIN and END around it, and forgets what is not told in between. */
static void read_anew(struct herald *herald, const char *why)
{
	log_info("%s: all records are read again", why);
	cancel(&herald->watching);
	/* From here on a session that fails begins with all records, too. */
	herald->revision = 0;
	read_all(herald);
}

/* One line of the watch: its beginning, some events, or its end. */
static void on_events(const char *text, size_t len, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	if (!understand(herald, text, len, NULL, &answer))
		return;
	if (answer.canceled && answer.compact_revision > 0) {
		read_anew(herald, "etcd does not know what has changed since");
	} else if (answer.canceled) {
		session_fail(herald, "etcd has ended the watch");
	} else if (answer.created && answer.revision < herald->revision) {
		read_anew(herald, "etcd is older than it was");
	} else {
		tell_items(herald, &answer);
		if (answer.revision > herald->revision)
			/* A later session watches from the revision behind this one. */
			herald->revision = answer.revision;
		herald->above.went_on(herald);
		if (answer.created)
			/* Only a watch that has begun counts as success. */
			herald->n_failed = herald->n_refused = herald->n_hung_up = 0;
		if (answer.created && herald->state.standing != HERALD_FRESH &&
		    !was_removed(herald))
			say_fresh(herald);
		/* The events may have been those that the next transaction waits for. */
		own_write(herald);
		if (answer.created)
			herald->above.stands(herald);
	}
}

/* A watch ends only when something is wrong. */
static void on_watch_end(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	herald->watching = NULL;
	/* Whatever it is, it is no watch any more. */
	if (understand(herald, text, len, why, &answer))
		session_fail(herald, "etcd has ended the watch");
}

/* From here on nothing is missed: etcd keeps what has happened since that revision. */
static void start_watch(struct herald *herald)
{
	struct buf body = { 0 };

	/* The revision itself was told already. */
	etcd_ask_watch(&body, herald->revision + 1);
	herald->watching = http_ask(herald->http, herald_member(herald), ETCD_WATCH, &body,
				    on_events, on_watch_end, herald);
	if (!herald->watching)
		fail_memory(herald);
}

/* --- all records --- */

static void ask_page(struct herald *herald);

/* One page. The next is asked for while the plumber works in this one, unless it has not taken
 * HERALD_AHEAD of what it was told: so memory has a bound however many records there are. */
static void on_page(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	herald->reading = NULL;
	if (!understand(herald, text, len, why, &answer))
		return;
	/* The first page says at which revision it was read. */
	if (herald->reading_at == 0)
		herald->reading_at = answer.revision;
	tell_items(herald, &answer);
	if (answer.more && backlog_size(&herald->backlog) > HERALD_AHEAD) {
		herald->page_waits = true;
	} else if (answer.more) {
		ask_page(herald);
	} else {
		/* Only now, after the last page: a session that fails in between reads all
		 * again. */
		herald->revision = herald->reading_at;
		(void)cluster_state_end(herald->present, NULL, NULL); /* what is left goes later */
		herald->is_settled = false;
		channel_tell(herald, HERALD_END);
		start_watch(herald);
	}
}

/* The first page has no last key. */
static void ask_page(struct herald *herald)
{
	struct buf body = { 0 };

	/* All pages are of one moment: that of the first. */
	etcd_ask_range(&body, herald->last_key_len > 0 ? herald->last_key : NULL,
		       herald->last_key_len, herald->reading_at, HERALD_PAGE);
	herald->reading = http_ask(herald->http, herald_member(herald), ETCD_RANGE, &body, NULL,
				   on_page, herald);
	if (!herald->reading)
		fail_memory(herald);
}

/* Tells everything again. */
static void read_all(struct herald *herald)
{
	herald->reading_at = 0;
	herald->last_key_len = 0;
	cluster_state_begin(herald->present);
	channel_tell(herald, HERALD_BEGIN);
	ask_page(herald);
}

/* The backlog is empty. */
void session_go_on(struct herald *herald)
{
	if (!herald->page_waits)
		return;
	herald->page_waits = false;
	ask_page(herald);
}

/* --- the lease --- */

/* An etcd that is full gives no lease, but is read as ever. Notes it and says it once. */
static bool is_full(struct herald *herald, const char *text, size_t len)
{
	struct etcd_answer answer = { 0 };

	herald->full = text && etcd_answer_read(text, len, &answer) == 0 &&
		       strstr(answer.why, "space exceeded");
	if (herald->full && herald->state.standing == HERALD_FRESH)
		say_fresh(herald);
	return herald->full;
}

/* The member answers: what it knows is told. The member has answered for the first time in this
 * session. */
static void begin(struct herald *herald)
{
	ev_timer_set(&herald->renew, HERALD_RENEW_S, HERALD_RENEW_S);
	ev_timer_start(herald->loop, &herald->renew);
	own_greet(herald);
	if (herald->revision == 0)
		read_all(herald);
	else
		start_watch(herald);
}

static void ask_lease(struct herald *herald);

/* A lease was granted or renewed. is_first: the session begins with this answer. */
static void on_lease(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };
	bool is_first = !herald->watching && !herald->reading && !herald->page_waits, had_one;

	herald->renewing = NULL;
	/* The answer of one that is full is a refusal, and answer stays all zeros: no lease, and
	 * the session goes on. */
	if (!is_full(herald, text, len) && !understand(herald, text, len, why, &answer))
		return;
	had_one = herald->lease != 0;
	/* A TTL of 0 says that the lease is over. */
	herald->lease = answer.ttl_s > 0 ? answer.lease : 0;
	if (is_first)
		begin(herald);
	else
		own_write(herald);
	/* It was over: another at once, for the others take this host for lost. */
	if (had_one && herald->lease == 0 && !ev_is_active(&herald->again))
		ask_lease(herald);
}

/* What comes of it is etcd's affair: the session goes on with its own member. */
static void on_beside(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;

	(void)text, (void)len, (void)why;
	herald->renewing_beside = NULL;
}

/* The member that is spoken to is slow, or was lost with its host, which shows only when
 * HERALD_REQUEST_MS are over. The lease may be over by then, and any member can renew it: one of
 * the others is asked, each time the next. */
static void renew_beside(struct herald *herald)
{
	const struct herald_config *config = &herald->config;
	struct buf body = { 0 };

	if (config->n_members < 2 || herald->lease == 0)
		return;
	cancel(&herald->renewing_beside);
	herald->beside = (uint8_t)(herald->beside % (config->n_members - 1) + 1);
	etcd_ask_renew(&body, herald->lease);
	/* Without memory the member that is spoken to has to do. */
	herald->renewing_beside = http_ask(
		herald->http,
		config->members[(herald->state.member + herald->beside) % config->n_members],
		ETCD_RENEW, &body, NULL, on_beside, herald);
}

/* Renews the lease, or asks for one. */
static void ask_lease(struct herald *herald)
{
	struct buf body = { 0 };

	/* An answer is still awaited. Its request ends by HERALD_REQUEST_MS. */
	if (herald->renewing) {
		renew_beside(herald);
		return;
	}
	if (herald->lease != 0)
		etcd_ask_renew(&body, herald->lease);
	else
		etcd_ask_grant(&body, HERALD_LEASE_S);
	herald->renewing = http_ask(herald->http, herald_member(herald),
				    herald->lease != 0 ? ETCD_RENEW : ETCD_GRANT, &body, NULL,
				    on_lease, herald);
	if (!herald->renewing)
		fail_memory(herald);
}

/* Each HERALD_RENEW_S while the session lasts. */
static void on_renew(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct herald *herald = timer->data;

	(void)loop, (void)revents;
	ask_lease(herald);
}

/* The pause before the next member is over. */
static void on_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct herald *herald = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	session_start(herald);
}

/* The certificate is looked at for each session: it may have expired since. */
void session_start(struct herald *herald)
{
	char why[HERALD_WHY_LEN_MAX + 1];

	/* The sentence of OpenSSL says more than the connection that etcd would close. */
	if (certificate_check(&herald->config, why, sizeof(why)) < 0)
		end_session(herald, why, true);
	else
		ask_lease(herald);
}

/* Nothing is asked before the settings have come. */
void session_init(struct herald *herald)
{
	ev_init(&herald->renew, on_renew);
	ev_init(&herald->again, on_again);
	herald->renew.data = herald->again.data = herald;
	herald->state.standing = HERALD_TRYING;
}
