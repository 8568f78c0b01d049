// SPDX-License-Identifier: GPL-2.0-or-later
// election.c - behind an election of etcd's: who was lost with its leader
#include "herald/herald.h"

#include "base/log.h"
#include "herald/etcd.h"

#include <string.h>

/* Theory of operation. Each answer of etcd's says how many elections there were (its term). When
 * that grows, a host with a member of etcd says anew that it is alive, and looks after the others
 * that have one (missed.h): who is alive by which lease is read once, and what is left of the
 * leases is asked for, some times a second, until a lost one's would be over by itself. Nothing of
 * it is waited for and no failure counts: without it a host is missed as any other.
 *
 * Whoever is taken for lost has his record deleted as it was read. One who has said anew that he is
 * alive has another by then, whether that has been heard of here or not; and one who sees that his
 * record is gone writes it again. */

static struct http_call *ask(struct herald *herald, const char *path, struct buf *body,
			     http_done done, void *data)
{
	/* NULL, without memory: the next look asks again. */
	return http_ask(herald->http, herald_member(herald), path, body, NULL, done, data);
}

static void on_alive(const char *text, size_t len, const char *why, void *data)
{
	/* Too large for the stack. */
	static struct etcd_item item;
	struct herald *herald = data;
	struct election *election = &herald->election;
	struct etcd_answer answer = { 0 };

	(void)why;
	election->listing = NULL;
	if (!text || etcd_answer_read(text, len, &answer) < 0 || answer.why[0])
		return;
	election->listed = true;
	while (etcd_answer_next(&answer, &item))
		if (item.kind == ETCD_RECORD && item.key.kind == CLUSTER_ALIVE)
			missed_note(&election->missed, item.key.host, item.lease, item.revision);
}

/* What came of it is seen in the watch. */
static void on_ended(const char *text, size_t len, const char *why, void *data)
{
	struct election_look *look = data;

	(void)text, (void)len, (void)why;
	look->asking = NULL;
}

static void end(struct election_look *look, const struct missed_host *host)
{
	const struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host->host);
	struct etcd_txn txn = { 0 };
	struct buf body = { 0 };

	log_info("host %s was not heard of since etcd chose another leader: it is lost",
		 host->host);
	etcd_txn_expect_at(&txn, &key, host->revision);
	etcd_txn_delete(&txn, &key);
	etcd_txn_finish(&txn, &body);
	look->asking = ask(look->herald, ETCD_TXN, &body, on_ended, look);
}

static void on_left(const char *text, size_t len, const char *why, void *data)
{
	struct election_look *look = data;
	struct election *election = &look->herald->election;
	struct missed_host *host = &election->missed.hosts[look - election->looks];
	struct etcd_answer answer = { 0 };

	(void)why;
	look->asking = NULL;
	if (text && etcd_answer_read(text, len, &answer) == 0 && missed_look(host, &answer))
		end(look, host);
}

static void look_at(struct herald *herald, uint8_t i)
{
	const struct missed_host *host = &herald->election.missed.hosts[i];
	struct election_look *look = &herald->election.looks[i];
	struct buf body = { 0 };

	if (host->over || host->lease == 0 || look->asking)
		return;
	etcd_ask_renew(&body, host->lease);
	look->asking = ask(herald, ETCD_LEFT, &body, on_left, look);
}

/* Who does not hear what changes would not hear that a host is alive. */
static void look(struct herald *herald)
{
	struct election *election = &herald->election;
	struct buf body = { 0 };

	if (!herald->watching || herald->state.standing != HERALD_FRESH)
		return;
	if (!election->listed && !election->listing) {
		etcd_ask_alive(&body);
		election->listing = ask(herald, ETCD_RANGE, &body, on_alive, herald);
	}
	for (uint8_t i = 0; election->listed && i < election->missed.n; i++)
		look_at(herald, i);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct herald *herald = timer->data;

	(void)revents;
	if (herald->election.n_looks++ < HERALD_ELECTION_LOOKS)
		look(herald);
	else
		ev_timer_stop(loop, timer);
}

static void cancel(struct http_call **call)
{
	http_cancel(*call);
	*call = NULL;
}

/* What is under way is of the election before, or of a member that is not spoken to any more. */
void election_forget(struct herald *herald)
{
	cancel(&herald->election.listing);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		cancel(&herald->election.looks[i].asking);
}

/* Of several elections in a row the last one counts: with each all leases begin anew. */
void election_see(struct herald *herald, int64_t term)
{
	struct election *election = &herald->election;
	bool is_first = election->term == 0;

	if (term <= election->term)
		return;
	election->term = term;
	if (is_first)
		return;
	election_forget(herald);
	missed_begin(&election->missed, herald->config.host, &herald->members);
	if (election->missed.n == 0)
		return;
	/* What is written next says that this host is alive (own.c). */
	herald->alive_lease = 0;
	election->listed = false;
	election->n_looks = 0;
	ev_timer_stop(herald->loop, &election->timer);
	ev_timer_set(&election->timer, 0., HERALD_ELECTION_LOOK_S);
	ev_timer_start(herald->loop, &election->timer);
}

void election_hear(struct herald *herald, const struct cluster_record *record)
{
	if (record->key.kind == CLUSTER_ALIVE)
		missed_heard(&herald->election.missed, record->key.host);
}

void election_init(struct herald *herald)
{
	ev_init(&herald->election.timer, on_look);
	herald->election.timer.data = herald;
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		herald->election.looks[i].herald = herald;
}
