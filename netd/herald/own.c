// SPDX-License-Identifier: GPL-2.0-or-later
// own.c - this host's records: what differs from what is wanted is written
#include "herald/herald.h"

#include "base/log.h"
#include "herald/etcd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. wanted is what the plumber says of this host, present is what etcd was seen
 * to have of it. own_write sends the difference as one transaction, and does so again when its
 * effect has been seen in the watch (herald->written). So nothing has to be remembered about what
 * was sent: a transaction that was lost is sent again, and one that was done is seen. Each
 * transaction expects this host's own record, so a host that was removed writes nothing more. */

/* Keys of this host that there is one of. */
static struct cluster_key own_key(const struct herald *herald, enum cluster_kind kind)
{
	return cluster_key_of_host(kind, herald->config.host);
}

/* Records that nobody but this host writes. Blocks and networks are not among them: those are
 * claimed. */
static bool is_own(const struct herald *herald, const struct cluster_key *key)
{
	return (key->kind == CLUSTER_HOST || key->kind == CLUSTER_ALIVE ||
		key->kind == CLUSTER_END) &&
	       strcmp(key->host, herald->config.host) == 0;
}

/* Called for each record that is read or watched, whoever's it is. */
void own_see(struct herald *herald, const struct cluster_record *record)
{
	/* What there is no memory for is written once more, and not missed. */
	if (is_own(herald, &record->key) &&
	    cluster_state_put(herald->present, record) != CLUSTER_SAME)
		herald->is_settled = false;
}

void own_see_gone(struct herald *herald, const struct cluster_key *key)
{
	if (is_own(herald, key) && cluster_state_remove(herald->present, key) != CLUSTER_SAME)
		herald->is_settled = false;
}

/* --- what differs --- */

/* A pause after a refusal, so that an etcd that is full is not asked all the time. */
static void write_later(struct herald *herald)
{
	ev_timer_stop(herald->loop, &herald->write_again);
	ev_timer_set(&herald->write_again, HERALD_AGAIN_S, 0.);
	ev_timer_start(herald->loop, &herald->write_again);
}

/* The host's record is gone. Nothing is written until it joins again; its containers go on. */
static void be_removed(struct herald *herald)
{
	char why[HERALD_WHY_LEN_MAX + 1];

	herald->joined = false;
	(void)snprintf(why, sizeof(why),
		       "%s was removed from the cluster; `netctl cluster leave` and "
		       "join again",
		       herald->config.host);
	log_warn("%s", why);
	session_say(herald, HERALD_REMOVED, why);
}

/* The outcome of own_write's transaction. text NULL: the member has not answered. */
static void on_written(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	herald->writing = NULL;
	if (!text) {
		session_fail(herald, why);
		return;
	}
	if (etcd_answer_read(text, len, &answer) < 0 || answer.why[0]) {
		char sentence[HERALD_WHY_LEN_MAX + 1];

		/* It is read from and not written to: full, as a rule, or without a leader. */
		(void)snprintf(sentence, sizeof(sentence), "%s does not take records: %.120s",
			       herald_member(herald),
			       answer.why[0] ? answer.why : "it does not answer as etcd does");
		/* The record of the lease may not have been written, so it is written again. */
		herald->alive_lease = 0;
		session_say(herald, HERALD_FRESH, sentence);
		write_later(herald);
		return;
	}
	if (!answer.succeeded) {
		be_removed(herald);
		return;
	}
	/* The next transaction waits until the watch has come so far. */
	herald->written = answer.revision;
	session_say(herald, HERALD_FRESH, "");
	/* More, if what this did has been seen already. */
	own_write(herald);
}

/* One more operation, as long as there is room. -ENOSPC ends the comparison: the rest goes with the
 * next transaction. One place is left for the record that says the host is alive. */
static int add_difference(enum cluster_change change, const struct cluster_record *record,
			  void *data)
{
	struct etcd_txn *txn = data;

	if (txn->n >= HERALD_BATCH - 1)
		return -ENOSPC;
	/* Whether it is alive is said with the lease (add_alive). The plumber never wants that
	 * record, so the comparison would delete it. */
	if (record->key.kind == CLUSTER_ALIVE)
		return 0;
	if (change == CLUSTER_REMOVED)
		etcd_txn_delete(txn, &record->key);
	else
		etcd_txn_put(txn, record, 0);
	return 0;
}

/* The record hangs on the lease, so it ends with the host. It is written for each new lease, and
 * when it was lost. */
static void add_alive(struct herald *herald, struct etcd_txn *txn)
{
	struct cluster_key key = own_key(herald, CLUSTER_ALIVE);
	struct cluster_record alive;

	/* Without a lease nothing is said: a record with no lease would stay for ever, and a dead
	 * host would look alive. */
	if (herald->lease == 0 ||
	    (herald->alive_lease == herald->lease && cluster_state_has(herald->present, &key)))
		return;
	cluster_record_init(&alive, &key);
	(void)snprintf(alive.id, sizeof(alive.id), "%s", herald->config.id);
	etcd_txn_put(txn, &alive, herald->lease);
	herald->alive_lease = herald->lease;
}

/* What did not succeed is found when all records have been read (own_write): that the host was
 * removed, or that etcd takes nothing. */
static void on_greeted(const char *text, size_t len, const char *why, void *data)
{
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	herald->writing = NULL;
	if (!text) {
		session_fail(herald, why);
		return;
	}
	if (etcd_answer_read(text, len, &answer) == 0 && !answer.why[0] && answer.succeeded)
		herald->written = answer.revision;
	else
		herald->alive_lease = 0;
	own_write(herald);
}

/* A herald that follows one that was killed has another lease, and reading all records may take as
 * long as the old one lasts. */
void own_greet(struct herald *herald)
{
	struct cluster_key host = own_key(herald, CLUSTER_HOST);
	struct etcd_txn txn = { 0 };
	struct buf body = { 0 };

	if (!herald->joined || herald->writing)
		return;
	add_alive(herald, &txn);
	if (txn.n == 0)
		return;
	etcd_txn_expect(&txn, &host, true);
	etcd_txn_finish(&txn, &body);
	herald->writing = http_ask(herald->http, herald_member(herald), ETCD_TXN, &body, NULL,
				   on_greeted, herald);
	/* Without memory for it own_write says the same. */
	if (!herald->writing)
		herald->alive_lease = 0;
}

/* All that must be so: the host is in, the plumber has said everything, nothing is under way, the
 * watch runs, and what was written last has been seen. */
static bool may_write(const struct herald *herald)
{
	return herald->joined && herald->all_told && !herald->writing && herald->watching &&
	       herald->state.standing == HERALD_FRESH && herald->revision >= herald->written &&
	       !ev_is_active(&herald->write_again);
}

/* Called whenever one of these may have become true. Does nothing when there is nothing to do. */
void own_write(struct herald *herald)
{
	struct cluster_key host = own_key(herald, CLUSTER_HOST);
	struct etcd_txn txn = { 0 };
	struct buf body = { 0 };

	if (!may_write(herald))
		return;
	/* Looked at here as well as expected below: the watch has told of a removal, and the
	 * transaction would only find the same. */
	if (!cluster_state_has(herald->present, &host)) {
		be_removed(herald);
		return;
	}
	add_alive(herald, &txn);
	/* Each change of any host comes by here: all are not compared for that. The only error is
	 * that there is no room for more. */
	if (!herald->is_settled)
		(void)cluster_state_compare(herald->present, herald->wanted, add_difference, &txn);
	if (txn.n == 0) {
		herald->is_settled = true;
		return;
	}
	etcd_txn_expect(&txn, &host, true);
	/* Nothing is noted as sent. If the answer is lost, the watch shows what was done. */
	etcd_txn_finish(&txn, &body);
	herald->writing = http_ask(herald->http, herald_member(herald), ETCD_TXN, &body, NULL,
				   on_written, herald);
	if (!herald->writing)
		session_fail(herald, "there is no memory left for a request to etcd");
}

void own_changed(struct herald *herald)
{
	herald->is_settled = false;
	own_write(herald);
}

/* The pause is over. */
static void on_write_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct herald *herald = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	own_write(herald);
}

/* Runs before the seal. */
int own_init(struct herald *herald)
{
	ev_init(&herald->write_again, on_write_again);
	herald->write_again.data = herald;
	if (cluster_state_new(&herald->wanted) < 0 || cluster_state_new(&herald->present) < 0)
		return -ENOMEM;
	return 0;
}

void own_forget(struct herald *herald)
{
	http_cancel(herald->writing);
	herald->writing = NULL;
	/* Whether it was done nobody knows: the next look tells. */
	herald->written = 0;
	herald->alive_lease = 0;
}
