// SPDX-License-Identifier: GPL-2.0-or-later
// asked.c - what the plumber asks: it waits for a member of etcd that answers
#include "herald/herald.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "herald/etcd.h"
#include "herald/seats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A request is one transaction, or, about a member of etcd, the two questions
 * of seats.h. It stays until a member has answered it, or its time is over: when a session ends,
 * for whatever reason, it is asked anew in the next one, which is with the next member. Whether a
 * member that has not answered has done it nobody knows, so a request may be done twice. What is
 * removed twice is gone. A record that nobody may have written before is there the second time; it
 * is this host's if it says the same, for it has an id in it that this host has drawn, or this
 * host's name. One that was to be replaced and is not there any more is replaced if what is there
 * says what this host wants, whoever wrote it.
 *
 * A host that is removed is looked at first, and the transaction expects its record to be as it was
 * then: one that has joined anew under the same name must not go by a removal of before. That
 * record says also which certificates are revoked.
 *
 * Who names a network that nobody here has heard of asks whether there is a newer one than the
 * watch has told of (HERALD_CALL_HEAR). It is not told from here: what happened before it, to one
 * of its name for example, would come behind it. The answer waits for the watch, which is about to
 * tell it. Whoever asks is quickly refused where that cannot be found out. */

/* A request of the plumber's, from its message to its one answer. */
struct call {
	struct list node; /* in herald.calls */
	struct herald *herald;
	struct http_call *http; /* NULL: it waits for a session */
	/* Runs from the beginning to the answer: nobody waits for longer than HERALD_ASKED_S. */
	ev_timer patience;
	double began_s;	   /* of the monotonic clock */
	unsigned n_failed; /* sessions that ended while it waited */
	uint32_t id;
	enum herald_call what;
	bool was_joined; /* before this host wanted to leave */
	bool is_there;	 /* what nobody may have written before: whose is it? */
	/* Of a join, a claim, or a release; what another is replaced by; the host that is removed.
	 */
	struct cluster_record record;
	struct cluster_record *before; /* the other; NULL: nothing is replaced */
	int64_t newest;	 /* until the watch has told of this revision; 0: it is not known */
	int64_t seen_at; /* the host's record was written last at this revision; 0: it is gone */
	struct herald_remove remove;
	struct herald_seat seat;
	struct seats_step step;		  /* what follows from the members there are */
	bool is_decided;		  /* the second question is what etcd is being asked */
	char why[HERALD_WHY_LEN_MAX + 1]; /* the last member did not answer */
};

/* --- its end --- */

/* The one end of a request. The call is freed; a callback must not use it afterwards. */
static void answer(struct call *call, int status, const char *why)
{
	struct herald *herald = call->herald;

	/* NULL, or still under way: its answer would find freed memory. */
	http_cancel(call->http);
	ev_timer_stop(herald->loop, &call->patience);
	list_remove(&call->node);
	/* A host that could not leave is what it was. */
	if (status < 0 && call->was_joined)
		herald->joined = true;
	channel_reply(herald, call->id, status, why);
	free(call->before);
	free(call);
}

/* The words of the last member say most; without any, those of the session. */
static void give_up(struct call *call)
{
	const char *why = call->why[0]		       ? call->why
			  : call->herald->state.why[0] ? call->herald->state.why
						       : "no member of etcd answers";

	answer(call, -EIO, why);
}

/* The caller has waited long enough, whatever is under way. The request may be done all the
 * same. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	give_up(timer->data);
}

/* --- what etcd says --- */

static void ask(struct call *call);
static void ask_step(struct call *call);

static bool is_seat(const struct call *call)
{
	return call->what == HERALD_CALL_SEAT || call->what == HERALD_CALL_PROMOTE ||
	       call->what == HERALD_CALL_UNSEAT;
}

/* What is asked to go, and may be another's by now. */
static bool removes(const struct call *call)
{
	return call->what == HERALD_CALL_REMOVE || call->what == HERALD_CALL_RELEASE;
}

/* This host is in: from here on its records may be written (own.c). */
static void finish_join(struct call *call, const struct etcd_answer *etcd)
{
	struct herald *herald = call->herald;

	herald->joined = true;
	herald->all_told = true;
	/* Whether that is heard of before this session ends, or when, is not known. */
	own_see(herald, &call->record);
	/* A record that was there already is of an older revision, so nothing is waited for. */
	herald->written = call->is_there ? 0 : etcd->revision;
	if (cluster_state_put(herald->wanted, &call->record) < 0)
		answer(call, -ENOMEM, "there is no memory left for this host's record");
	else
		answer(call, 0, "");
	herald->above.changed(herald);
}

/* Somebody else has what was asked for. That is no fault of a member's, so it is not asked
 * again. */
static void refuse(struct call *call)
{
	char why[HERALD_WHY_LEN_MAX + 1] = "another host was first";

	if (call->what == HERALD_CALL_JOIN)
		(void)snprintf(why, sizeof(why),
			       "a host called %s is in the cluster: choose another name with "
			       "--name, or remove it with `netctl node rm`",
			       call->record.key.host);
	else if (call->what == HERALD_CALL_REMOVE)
		(void)snprintf(why, sizeof(why),
			       "host %s is alive: `netctl cluster leave` there, or remove it with "
			       "--force",
			       call->remove.host);
	answer(call, removes(call) ? -EBUSY : -EEXIST, why);
}

/* The answer may come before the watch has told of what was done, and the plumber would ask for it
 * again. So it is told here as of that revision, unless the watch has come so far: then something
 * newer may have been told. What the watch tells again is no news. */
static void tell_done(struct call *call, const struct etcd_answer *etcd)
{
	struct cluster_key key;

	if (etcd->revision <= call->herald->revision)
		return;
	if (call->what == HERALD_CALL_CLAIM)
		channel_tell_record(call->herald, &call->record);
	for (uint8_t i = 0; call->what == HERALD_CALL_REMOVE && i < call->remove.n_keys; i++)
		if (cluster_key_parse(call->remove.keys[i], strlen(call->remove.keys[i]), &key) ==
		    0)
			channel_tell_key(call->herald, &key);
}

/* This host leaves by itself, and keeps no key. */
static bool is_itself(const struct call *call)
{
	return strcmp(call->remove.host, call->herald->config.host) == 0;
}

/* The record of the host that is to be removed. */
static void finish_look(struct call *call, struct etcd_answer *etcd)
{
	static struct etcd_item item; /* large */
	char why[HERALD_WHY_LEN_MAX + 1];

	memset(&item, 0, sizeof(item));
	(void)etcd_answer_next(etcd, &item);
	call->seen_at = item.revision;
	cluster_record_init(&call->record, &item.key);
	if (item.kind == ETCD_RECORD)
		call->record = item.record;
	if (item.kind != ETCD_RECORD || strcmp(item.record.host.id, call->remove.id) == 0) {
		call->is_decided = true;
		ask_step(call);
		return;
	}
	/* This host's own has gone long since: somebody has removed it. */
	(void)snprintf(why, sizeof(why), "another host called %s has joined meanwhile, and stays",
		       call->remove.host);
	answer(call, is_itself(call) ? 0 : -EEXIST, is_itself(call) ? "" : why);
}

/* A transaction that did not find what it expects has changed nothing. For a record that nobody may
 * have written the question is then whose it is: asked again, it expects the very record. A host's
 * record that has changed since it was looked at is looked at again; where that could be because
 * the host is alive, this is said. */
static void finish(struct call *call, struct etcd_answer *etcd)
{
	if (call->what == HERALD_CALL_REMOVE && !call->is_decided) {
		finish_look(call, etcd);
	} else if (!etcd->succeeded && call->what == HERALD_CALL_REMOVE && call->remove.force) {
		ask(call);
	} else if (!etcd->succeeded && (removes(call) || call->is_there)) {
		refuse(call);
	} else if (!etcd->succeeded) {
		call->is_there = true;
		ask(call);
	} else if (call->what == HERALD_CALL_JOIN) {
		finish_join(call, etcd);
	} else {
		tell_done(call, etcd);
		answer(call, 0, "");
	}
}

/* All that etcd had when it was asked has been told. */
static void answer_if_heard(struct call *call)
{
	if (call->newest != 0 && call->newest <= call->herald->revision)
		answer(call, 0, "");
}

/* At most one network, and the newest. None: nothing is newer than what was told. */
static void finish_hear(struct call *call, struct etcd_answer *etcd)
{
	static struct etcd_item item; /* large */

	memset(&item, 0, sizeof(item));
	(void)etcd_answer_next(etcd, &item);
	if (item.revision == 0) {
		answer(call, 0, "");
		return;
	}
	call->newest = item.revision;
	answer_if_heard(call);
}

/* The members there are, or what has come of what followed from them. */
static void finish_seat(struct call *call, const struct etcd_answer *etcd)
{
	static struct herald_members members;

	if (!call->is_decided) {
		if (etcd_answer_members(etcd, &members) < 0) {
			answer(call, -EIO, "etcd's members cannot be read");
			return;
		}
		seats_decide(call->what, &call->seat, &members, &call->step);
		call->is_decided = true;
		if (call->step.path) {
			ask_step(call);
			return;
		}
	}
	/* Nobody has to wait for the time of the next look. */
	roster_look(call->herald);
	answer(call, call->step.status, call->step.text);
}

/* text NULL: the member has not answered. A member that cannot answer at the moment ends the
 * session, and the request goes to the next one. */
static void on_answered(const char *text, size_t len, const char *why, void *data)
{
	struct call *call = data;
	struct herald *herald = call->herald;
	char sentence[HERALD_WHY_LEN_MAX + 1];
	struct etcd_answer etcd = { 0 };

	call->http = NULL;
	if (!text) {
		/* This comes back by asked_wait, and the call may be gone when it returns. */
		herald->above.fail(herald, why);
		return;
	}
	if (etcd_answer_read(text, len, &etcd) < 0)
		(void)snprintf(etcd.why, sizeof(etcd.why), "it does not answer as etcd does");
	(void)snprintf(sentence, sizeof(sentence), "%s: %.150s", herald_member(herald), etcd.why);
	/* Members that have just met, or do not all hear each other, are not changed for some
	 * seconds ("unhealthy cluster"). This one is as good as any for that. */
	if (etcd.why[0] && etcd.unavailable && is_seat(call) && call->is_decided)
		answer(call, -EAGAIN, sentence);
	else if (etcd.why[0] && etcd.unavailable)
		herald->above.fail(herald, sentence);
	else if (etcd.why[0])
		answer(call, -EIO, sentence);
	else if (is_seat(call))
		finish_seat(call, &etcd);
	else if (call->what == HERALD_CALL_HEAR)
		finish_hear(call, &etcd);
	else
		finish(call, &etcd);
}

/* --- what is asked --- */

/* Under the record's key there may be another one, of another host, since it was looked at. */
static void fill_release(const struct cluster_record *record, struct etcd_txn *txn)
{
	etcd_txn_expect_same(txn, record);
	etcd_txn_delete(txn, &record->key);
}

/* For a join, a claim, and what replaces a record. */
static void fill(const struct call *call, struct etcd_txn *txn)
{
	const struct cluster_key self = cluster_key_of_host(CLUSTER_HOST,
							    call->herald->config.host);

	/* Changes nothing, and succeeds if the record there says what this one does. */
	if (call->is_there) {
		etcd_txn_expect_same(txn, &call->record);
		return;
	}
	/* Whoever was removed claims nothing. */
	if (call->what != HERALD_CALL_JOIN)
		etcd_txn_expect(txn, &self, true);
	if (call->before)
		etcd_txn_expect_same(txn, call->before);
	else
		etcd_txn_expect(txn, &call->record.key, false);
	etcd_txn_put(txn, &call->record, 0);
}

/* What was that host's when it was looked at may be another's since. A key that is no block's is
 * passed over. */
static void fill_block(const char *text, const char *holder, struct etcd_txn *txn)
{
	struct cluster_record block;
	struct cluster_key key;

	if (cluster_key_parse(text, strlen(text), &key) < 0 || key.kind != CLUSTER_BLOCK)
		return;
	cluster_record_init(&block, &key);
	(void)snprintf(block.holder, sizeof(block.holder), "%s", holder);
	etcd_txn_delete_same(txn, &block);
}

/* What the host showed to others is worth nothing from now on: each host hears of it. */
static void fill_revoked(const struct call *call, struct etcd_txn *txn)
{
	const struct cluster_host *host = &call->record.host;
	struct cluster_record revoked;
	struct cluster_key key;

	for (size_t i = 0; i < host->n_serials; i++) {
		key = cluster_key_of_name(CLUSTER_REVOKED, host->serials[i]);
		cluster_record_init(&revoked, &key);
		memcpy(revoked.revoked.host, call->remove.host, sizeof(revoked.revoked.host));
		revoked.revoked.ends = host->ends;
		etcd_txn_put(txn, &revoked, 0);
	}
}

/* Blocks first, in requests of their own where there are many; the last one takes the host
 * itself. */
static void fill_remove(const struct call *call, struct etcd_txn *txn)
{
	const struct herald_remove *remove = &call->remove;
	struct cluster_key alive = cluster_key_of_host(CLUSTER_ALIVE, remove->host);
	struct cluster_key host = cluster_key_of_host(CLUSTER_HOST, remove->host);

	etcd_txn_expect_at(txn, &host, call->seen_at);
	/* etcd decides this, and not what was read a moment ago. */
	if (!remove->force)
		etcd_txn_expect(txn, &alive, false);
	for (uint8_t i = 0; i < remove->n_keys; i++)
		fill_block(remove->keys[i],
			   remove->host[0] ? remove->host : call->herald->config.host, txn);
	/* The host stays until its last block has gone, so that a request which is lost in between
	 * can be made again. */
	if (!remove->last)
		return;
	etcd_txn_delete(txn, &host);
	etcd_txn_delete(txn, &alive);
	etcd_txn_delete_ends(txn, remove->host);
	if (!is_itself(call))
		fill_revoked(call, txn);
}

/* Of the member that the session is with; the body is http_ask's in any case. */
static void send_ask(struct call *call, const char *path, struct buf *body)
{
	struct herald *herald = call->herald;

	call->http = http_ask(herald->http, herald_member(herald), path, body, NULL, on_answered,
			      call);
	if (!call->http)
		answer(call, -ENOMEM, "there is no memory left for a request to etcd");
}

/* The second question, about a member or a host that is removed. */
static void ask_step(struct call *call)
{
	struct etcd_txn txn = { 0 };
	struct buf body = { 0 };

	if (is_seat(call)) {
		body = take_struct(call->step.body);
		send_ask(call, call->step.path, &body);
		return;
	}
	fill_remove(call, &txn);
	etcd_txn_finish(&txn, &body);
	send_ask(call, ETCD_TXN, &body);
}

/* One attempt, of all of it. */
static void ask(struct call *call)
{
	const struct cluster_key host = cluster_key_of_host(CLUSTER_HOST, call->remove.host);
	struct etcd_txn txn = { 0 };
	struct buf body = { 0 };

	call->is_decided = false;
	if (is_seat(call)) {
		etcd_ask_members(&body);
		send_ask(call, ETCD_MEMBER_LIST, &body);
		return;
	}
	if (call->what == HERALD_CALL_REMOVE || call->what == HERALD_CALL_HEAR) {
		if (call->what == HERALD_CALL_REMOVE)
			etcd_ask_key(&body, &host);
		else
			etcd_ask_newest(&body, call->herald->revision + 1);
		send_ask(call, ETCD_RANGE, &body);
		return;
	}
	if (call->what == HERALD_CALL_RELEASE)
		fill_release(&call->record, &txn);
	else
		fill(call, &txn);
	etcd_txn_finish(&txn, &body);
	send_ask(call, ETCD_TXN, &body);
}

/* NULL: it has been answered. The call is in no list yet. */
static struct call *new_call(struct herald *herald, uint32_t id, enum herald_call what)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call) {
		channel_reply(herald, id, -ENOMEM, "there is no memory left for a request to etcd");
		return NULL;
	}
	call->herald = herald;
	call->id = id;
	call->what = what;
	call->began_s = deadline_now_s();
	ev_timer_init(&call->patience, on_patience, HERALD_ASKED_S, 0.);
	call->patience.data = call;
	return call;
}

/* At once where a session stands, else as soon as one does. */
static void begin(struct call *call)
{
	struct herald *herald = call->herald;

	list_append(&herald->calls, &call->node);
	ev_timer_start(herald->loop, &call->patience);
	/* Otherwise asked_go_on asks, when the session stands. */
	if (herald->watching && herald->n_failed == 0)
		ask(call);
}

/* --- from outside --- */

void asked_init(struct herald *herald)
{
	list_init(&herald->calls);
}

void asked_join(struct herald *herald, uint32_t id, const struct cluster_record *record)
{
	struct call *call = new_call(herald, id, HERALD_CALL_JOIN);

	if (!call)
		return;
	cluster_record_copy(&call->record, record);
	begin(call);
}

void asked_claim(struct herald *herald, uint32_t id, enum herald_call what,
		 const struct cluster_record *record)
{
	struct call *call = new_call(herald, id, what);

	if (!call)
		return;
	cluster_record_copy(&call->record, record);
	begin(call);
}

void asked_replace(struct herald *herald, uint32_t id, const struct cluster_record *before,
		   const struct cluster_record *after)
{
	struct call *call = new_call(herald, id, HERALD_CALL_REPLACE);

	if (!call)
		return;
	/* Without memory for it the call would be another one. */
	call->before = malloc(sizeof(*call->before));
	if (!call->before) {
		free(call);
		channel_reply(herald, id, -ENOMEM, "there is no memory left for a request to etcd");
		return;
	}
	*call->before = *before;
	cluster_record_copy(&call->record, after);
	begin(call);
}

void asked_remove(struct herald *herald, uint32_t id, const struct herald_remove *remove)
{
	struct call *call = new_call(herald, id, HERALD_CALL_REMOVE);

	if (!call)
		return;
	call->remove = *remove;
	/* Its own records are written no more: it leaves. */
	if (strcmp(remove->host, herald->config.host) == 0) {
		call->was_joined = herald->joined;
		herald->joined = false;
	}
	begin(call);
}

void asked_seat(struct herald *herald, uint32_t id, enum herald_call what,
		const struct herald_seat *seat)
{
	struct call *call = new_call(herald, id, what);

	if (!call)
		return;
	call->seat = *seat;
	begin(call);
}

void asked_hear(struct herald *herald, uint32_t id)
{
	struct call *call;

	if (!herald->watching || herald->n_failed > 0)
		channel_reply(herald, id, -EAGAIN, "no member of etcd answers");
	else if ((call = new_call(herald, id, HERALD_CALL_HEAR)) != NULL)
		begin(call);
}

void asked_went_on(struct herald *herald)
{
	list_foreach (&herald->calls, struct call, call, node)
		answer_if_heard(call);
}

/* A session stands. Those that wait are asked in the order in which they came. */
void asked_go_on(struct herald *herald)
{
	list_foreach (&herald->calls, struct call, call, node)
		if (!call->http)
			ask(call);
}

/* The session has ended. Its answers are not waited for, and each call stays for the next session,
 * unless it has seen all members fail several times. */
void asked_wait(struct herald *herald, const char *why)
{
	list_foreach (&herald->calls, struct call, call, node) {
		http_cancel(call->http);
		call->http = NULL;
		call->n_failed++;
		(void)snprintf(call->why, sizeof(call->why), "%s", why);
		/* The next one would be too late. */
		if (call->what == HERALD_CALL_HEAR)
			answer(call, -EAGAIN, why);
		else if (call->n_failed >= HERALD_ASKED_ROUNDS * herald->config.n_members &&
			 deadline_now_s() - call->began_s >= HERALD_ASKED_MIN_S)
			give_up(call);
	}
}
