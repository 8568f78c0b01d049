// SPDX-License-Identifier: GPL-2.0-or-later
// spanning.c - networks that span hosts: what the herald tells goes to the engine, and what this
// host has to the herald
#include "plumber/spanning.h"

#include "base/log.h"
#include "model/network/service.h"
#include "plumber/hearing.h"
#include "plumber/proposing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. What is told is handed on as it comes. What this host has is looked at when
 * the engine says that it may have changed, and each second, and what differs from what was said
 * last is said: so nothing is missed, whatever was refused or lost. Networks, services and blocks
 * of addresses belong to whoever writes them first. One claim is under way at a time: services and
 * networks that were removed here, a network that is here and that nobody knows, then services and
 * blocks that are wanted. What a service is, and what follows when another host was first, is the
 * engine's affair (engine/change/services_shared.c). */

/* --- what is told ----------------------------------------------------------------------------- */

static void tell_self(struct spanning *spanning);
static bool is_here(struct spanning *spanning, const char *id);

/* The herald tells everything from the start. The engine marks what it knows of other hosts, and
 * on_end removes what was not told again. */
static void on_begin(void *data)
{
	struct spanning *spanning = data;

	engine_cluster_begin(spanning->engine);
}

/* A record of a network that was removed here before it was told: it is on its way out of etcd. */
static bool is_going(const struct spanning *spanning, const struct cluster_record *record)
{
	static struct cluster_record known;

	return cluster_state_get(spanning->nets, &record->key, &known) &&
	       strcmp(known.net.id, record->net.id) == 0;
}

/* A network of the cluster that is on this host: that it is removed here can be noticed from now
 * on. */
static void note_here(struct spanning *spanning, const struct cluster_record *record)
{
	if (record->key.kind == CLUSTER_NET && is_here(spanning, record->net.id))
		(void)cluster_state_put(spanning->nets, record); /* or with the next look */
}

/* A record that the engine cannot take (no memory, a network that does not fit this host) is
 * logged. All others are entered. */
static void on_record(const struct cluster_record *record, void *data)
{
	struct spanning *spanning = data;
	struct error error;

	tell_self(spanning); /* it may be in since a moment ago */
	/* One that goes is not made again. */
	if ((record->key.kind != CLUSTER_NET || !is_going(spanning, record) ||
	     is_here(spanning, record->net.id)) &&
	    engine_cluster_put(spanning->engine, record, &error) < 0)
		log_warn("%s", error.text);
	note_here(spanning, record);
	/* A network wants a block of addresses, a block is followed by the next claim, and a
	 * service may be waited for. */
	if (record->key.kind == CLUSTER_NET || record->key.kind == CLUSTER_BLOCK ||
	    record->key.kind == CLUSTER_SVC)
		ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM);
}

/* Something of another host, or of this one, is no longer in etcd. */
static void on_gone(const struct cluster_key *key, void *data)
{
	struct spanning *spanning = data;

	engine_cluster_remove(spanning->engine, key);
	/* Only a network that is gone can leave blocks behind it. Under the name of a service there
	 * may be another one here. Behind blocks there may be more. */
	if (key->kind == CLUSTER_NET) {
		(void)cluster_state_remove(spanning->nets, key);
		spanning->frees = true;
	}
	if (key->kind == CLUSTER_NET || key->kind == CLUSTER_SVC ||
	    (key->kind == CLUSTER_BLOCK && spanning->frees))
		ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM);
}

/* All has been told: the engine removes what is left of before. Claims wait for this moment
 * (link->all_told), for who has not heard everything would claim what others have. */
static void on_end(void *data)
{
	struct spanning *spanning = data;
	struct error error;

	if (engine_cluster_end(spanning->engine, &error) < 0)
		log_warn("%s", error.text);
	spanning->frees = true;
	ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM);
}

/* --- what this host is and has ---------------------------------------------------------------- */

/* A host whose join is not confirmed has its settings already, and is not in. */
static bool is_in(const struct spanning *spanning)
{
	return spanning->cluster->configured && spanning->cluster->config.joined;
}

/* The address that tunnels of this host end at is its IPv4 address where it has one. A host that
 * leaves tells "none" once, and the engine takes its tunnels down. */
static void tell_self(struct spanning *spanning)
{
	static const struct addr none;
	const struct cluster_config *config = &spanning->cluster->config;
	const struct addr *addr = !is_in(spanning) ? &none
				  : addr_is_set(&config->addrs[FAMILY_4])
					  ? &config->addrs[FAMILY_4]
					  : &config->addrs[FAMILY_6];
	struct error error;

	/* The engine was never told that there is a cluster. */
	if (!is_in(spanning) && !spanning->told_in)
		return;
	spanning->told_in = is_in(spanning);
	if (engine_cluster_self(spanning->engine, config->host, addr, &error) < 0)
		log_warn("%s", error.text);
}

/* What this host has now, as it is collected. */
struct noting {
	struct spanning *spanning;
	struct cluster_state *now;
};

/* The host's own record says what the cluster knows of it (heralding.c), and of the engine's one
 * what it does not publish. Collects the engine's records. Only those of containers are compared
 * here; networks and blocks are claimed, one at a time. */
static int note(const struct cluster_record *record, void *data)
{
	const struct noting *noting = data;
	struct cluster *cluster = noting->spanning->cluster;

	if (record->key.kind == CLUSTER_HOST && is_in(noting->spanning))
		heralding_refuse(&cluster->link, &cluster->config, &record->host);
	if (record->key.kind != CLUSTER_END)
		return 0;
	return cluster_state_put(noting->now, record) < 0 ? -ENOMEM : 0;
}

/* The herald keeps etcd as it is told, and does its own comparison: what is said twice writes
 * nothing. */
static int say_one(enum cluster_change change, const struct cluster_record *record, void *data)
{
	struct spanning *spanning = data;

	if (change == CLUSTER_REMOVED)
		heralding_unwant(&spanning->cluster->link, &record->key);
	else
		heralding_want(&spanning->cluster->link, record);
	return 0;
}

/* Compares what this host has now with what was said last, and says the difference. What was said
 * becomes "said" in any case: a message that did not leave ends with its channel, and the next
 * herald is told everything (on_met). */
static void say_own(struct spanning *spanning)
{
	struct cluster_state *now;
	struct noting noting = { .spanning = spanning };

	if (cluster_state_new(&now) < 0)
		return; /* in a second, then */
	noting.now = now;
	if (engine_cluster_own(spanning->engine, note, &noting) < 0) {
		cluster_state_free(now);
		return;
	}
	(void)cluster_state_compare(spanning->said, now, say_one, spanning); /* never fails */
	cluster_state_free(spanning->said);
	spanning->said = now;
}

static void say_changed(const struct cluster_record *record, void *data)
{
	struct spanning *spanning = data;

	/* Without memory it is said once more when all are compared. */
	if (cluster_state_put(spanning->said, record) != CLUSTER_SAME)
		heralding_want(&spanning->cluster->link, record);
}

static void say_gone(const struct cluster_key *key, void *data)
{
	struct spanning *spanning = data;

	if (cluster_state_remove(spanning->said, key) == CLUSTER_REMOVED)
		heralding_unwant(&spanning->cluster->link, key);
}

/* What somebody has noted; all of it each second, in case something was not. */
static void say(struct spanning *spanning, bool all)
{
	if (!engine_cluster_changed(spanning->engine, say_changed, say_gone, spanning) || all)
		say_own(spanning);
}

/* A new herald. said is emptied, so everything is said again. */
static void on_met(void *data)
{
	struct spanning *spanning = data;

	/* It knows nothing yet. */
	cluster_state_begin(spanning->said);
	(void)cluster_state_end(spanning->said, NULL, NULL);
	if (is_in(spanning))
		say_own(spanning);
}

/* --- claims ----------------------------------------------------------------------------------- */

/* "Somebody was first" needs no word: his record comes in the watch, and claim_networks deals with
 * it. All else is tried again with the next look, a second later. */
static void note_answer(struct spanning *spanning, int status, const uint8_t *answer, size_t len)
{
	spanning->asks = false;
	if (status != 0 && status != -EEXIST && status != -EBUSY && status != -ECONNRESET)
		log_warn("a record is not taken by etcd: %.*s; it is tried again", (int)len,
			 answer ? (const char *)answer : "");
}

/* etcd's answer to a removal. What it has done is seen in the watch, and the next look follows
 * that: before, the same would be asked again. */
static void on_released(int status, const uint8_t *answer, size_t len, void *data)
{
	note_answer(data, status, answer, len);
}

/* The answer comes to on_released. */
static void release_record(struct spanning *spanning, const struct cluster_record *record)
{
	spanning->asks = heralding_release(&spanning->cluster->link, record, on_released,
					   spanning) == 0;
}

/* etcd's answer to a claim. A network that was removed meanwhile goes at once: it is in etcd, or
 * may be, and has not been told yet. */
static void on_claimed(int status, const uint8_t *answer, size_t len, void *data)
{
	struct spanning *spanning = data;
	const struct cluster_record *claimed = &spanning->claimed;

	note_answer(spanning, status, answer, len);
	if (status != -EEXIST && claimed->key.kind == CLUSTER_NET &&
	    !is_here(spanning, claimed->net.id))
		release_record(spanning, claimed);
	if (status == 0)
		ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM); /* the next one */
}

/* asks stays true until on_claimed, which bounds claims to one at a time. */
static void claim(struct spanning *spanning, const struct cluster_record *record)
{
	spanning->claimed = *record;
	spanning->asks = heralding_claim(&spanning->cluster->link, record, on_claimed, spanning) ==
			 0;
	note_here(spanning, record);
}

/* Another host was first with this name: its network is the cluster's. Only called for a network
 * without containers here: its own network goes, and the other host's takes its name. */
static void give_way(struct spanning *spanning, const struct cluster_record *record)
{
	log_warn("network %s was made on another host at the same time, and is that one",
		 record->key.name);
	engine_cluster_yield(spanning->engine, record);
}

/* Whether something was claimed. Goes over the networks of this host that span hosts. Each is new
 * to the cluster (it is claimed), known there (it is noted, so that its removal is noticed later),
 * or another host's of the same name (this one gives way, if nobody is attached). */
static bool claim_networks(struct spanning *spanning)
{
	static struct cluster_record record;
	struct cluster_state *records = spanning->cluster->link.records;
	size_t n;
	/* The list is the engine's own, and is another one after a change. */
	struct network *const *networks = engine_networks(spanning->engine, &n);

	for (size_t i = 0; i < n && !spanning->asks; i++) {
		const struct network *network = networks[i];
		struct cluster_key key = cluster_key_of_name(CLUSTER_NET, network->spec.name);

		if (!network->spec.kind->spans)
			continue;
		if (!cluster_state_get(records, &key, &record)) {
			engine_cluster_net(network, &record);
			claim(spanning, &record);
		} else if (strcmp(record.net.id, network->spec.id) == 0) {
			(void)cluster_state_put(spanning->nets, &record); /* or the next time */
		} else if (network->n_endpoints == 0) {
			give_way(spanning, &record);
			return true; /* the list of networks is another one */
		}
	}
	return spanning->asks;
}

/* Whether a network with this id is on this host. Goes by the id: a name may have been given to
 * another network since. */
static bool is_here(struct spanning *spanning, const char *id)
{
	size_t n;
	struct network *const *networks = engine_networks(spanning->engine, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(networks[i]->spec.id, id) == 0)
			return true;
	return false;
}

static void add_key(struct herald_remove *remove, const struct cluster_key *key)
{
	char text[CLUSTER_KEY_SIZE];

	(void)snprintf(remove->keys[remove->n_keys++], sizeof(remove->keys[0]), "%.*s",
		       HERALD_KEY_LEN_MAX, cluster_key_print(key, text));
}

/* One at a time: the others are next. */
static int release_first(const struct cluster_record *record, void *data)
{
	release_record(data, record);
	return -ECANCELED;
}

/* True: a request was tried. */
static bool release_services(struct spanning *spanning)
{
	return engine_cluster_unwanted(spanning->engine, release_first, spanning) == -ECANCELED;
}

/* One that was removed here is removed from the cluster. spanning->nets has the networks that were
 * here and in the cluster. One of these that is not here any more was removed by somebody on this
 * host. True: a request was tried, and the look ends here. */
static bool release_networks(struct spanning *spanning)
{
	static struct cluster_record record, known;
	size_t cursor = 0;

	while (cluster_state_next(spanning->nets, CLUSTER_NET, &cursor, &record)) {
		if (is_here(spanning, record.net.id))
			continue;
		/* The cluster has removed it already, or has another network of that name: there is
		 * nothing to remove. */
		if (!cluster_state_get(spanning->cluster->link.records, &record.key, &known) ||
		    strcmp(known.net.id, record.net.id) != 0) {
			(void)cluster_state_remove(spanning->nets, &record.key);
			engine_cluster_forget(spanning->engine, &record.key);
			return false; /* the walk cannot go on */
		}
		release_record(spanning, &known);
		return true;
	}
	return false;
}

/* Whether the cluster has a network with this id. Keys have the name, so all networks are walked
 * over. */
static bool is_known(struct spanning *spanning, const char *id)
{
	static struct cluster_record record;
	size_t cursor = 0;

	while (cluster_state_next(spanning->cluster->link.records, CLUSTER_NET, &cursor, &record))
		if (strcmp(record.net.id, id) == 0)
			return true;
	return false;
}

/* Nobody gives addresses any more from this host's blocks on a network that neither it nor the
 * cluster has. All blocks are walked over, so only when a network has gone, or all has been told.
 * True: a request was tried. */
static bool release_blocks(struct spanning *spanning)
{
	static struct herald_remove remove;
	static struct cluster_record record;
	size_t cursor = 0;

	if (!spanning->frees)
		return false;
	remove = (struct herald_remove) { .force = true };
	while (remove.n_keys < HERALD_REMOVE_KEYS_MAX &&
	       cluster_state_next(spanning->cluster->link.records, CLUSTER_BLOCK, &cursor,
				  &record)) {
		if (strcmp(record.holder, spanning->cluster->config.host) != 0 ||
		    is_here(spanning, record.key.net) || is_known(spanning, record.key.net))
			continue;
		add_key(&remove, &record.key);
	}
	/* Those that are removed now are seen to be gone in the watch; until then they are found.
	 */
	spanning->frees = remove.n_keys > 0;
	if (remove.n_keys > 0)
		spanning->asks = heralding_remove(&spanning->cluster->link, &remove, on_released,
						  spanning) == 0;
	return remove.n_keys > 0;
}

/* --- who waits for a network or a service ----------------------------------------------------- */

/* It is made on this host. It is the cluster's when etcd has its record, and goes when another host
 * was first. Of a network a block of addresses is claimed for this host then: who hears that it is
 * made can attach somebody to it. */
struct waiting {
	struct list node;
	struct spanning *spanning;
	/* copies: it may be removed meanwhile */
	char id[ID_LEN + 1];	     /* "": it is a service, with these addresses, or room */
	char name[NAME_LEN_MAX + 1]; /* "": it is room, in the networks of this host */
	struct addr addrs[FAMILY_N];
	/* from the call on; it does not start anew */
	ev_timer patience;
	/* called once, unless api_unsettle comes first */
	api_cluster_done done;
	void *data;
};

/* Without a word to whoever waits. Takes it off the list and stops its timer. */
static void free_waiting(struct waiting *waiting)
{
	ev_timer_stop(waiting->spanning->loop, &waiting->patience);
	list_remove(&waiting->node);
	free(waiting);
}

/* Tells the outcome. Freed first, for the callee may ask for the next network at once. */
static void finish(struct waiting *waiting, int err, const struct error *error)
{
	api_cluster_done done = waiting->done;
	void *data = waiting->data;

	free_waiting(waiting);
	done(err, error, data);
}

/* Whether etcd has the record of this network, or of another one of its name. */
static bool find_taken(const struct waiting *waiting, struct cluster_record *ret_record)
{
	struct cluster_key key = cluster_key_of_name(CLUSTER_NET, waiting->name);

	return cluster_state_get(waiting->spanning->cluster->link.records, &key, ret_record);
}

/* etcd is slow or away. The network stays on this host and goes on being claimed, so this is
 * neither success nor failure, and the sentence says so. One that etcd has is made, though this
 * host may have no addresses of it yet: who attaches somebody is told then. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	static struct cluster_record record;
	struct waiting *waiting = timer->data;
	const char *why = waiting->spanning->cluster->link.state.why;
	const char *what = waiting->id[0] ? "network" : "service";
	struct error error;

	(void)loop, (void)revents;
	if (!waiting->name[0] || (waiting->id[0] && find_taken(waiting, &record) &&
				  strcmp(record.net.id, waiting->id) == 0)) {
		finish(waiting, 0, NULL);
		return;
	}
	(void)error_set(&error, ERROR_UNAVAILABLE,
			"etcd has not taken %s %s yet%s%.255s: until it has, the %s is on this "
			"host alone, and another host may be first with its name",
			what, waiting->name, *why ? ", " : "", why, what);
	finish(waiting, -EINPROGRESS, &error);
}

/* A block that this host is without, of any network. */
struct wish {
	const char *net; /* of this one; "": of any */
	bool is_there;
};

static int note_wish(const struct cluster_record *record, void *data)
{
	struct wish *wish = data;

	wish->is_there |= record->key.kind == CLUSTER_BLOCK &&
			  (!*wish->net || strcmp(record->key.net, wish->net) == 0);
	return 0;
}

/* Without memory to find out nobody is kept waiting. */
static bool wants_block(struct spanning *spanning, const char *net)
{
	struct wish wish = { .net = net };

	(void)engine_cluster_wanted(spanning->engine, note_wish, &wish);
	return wish.is_there;
}

enum outcome { UNDECIDED, TAKEN, LOST };

/* A network that is not here any more has given way, or was removed by somebody; both mean that it
 * was not made. */
static enum outcome outcome_of_network(struct spanning *spanning, const struct waiting *waiting)
{
	static struct cluster_record record;
	bool is_taken = find_taken(waiting, &record);

	if (is_taken && strcmp(record.net.id, waiting->id) == 0)
		return wants_block(spanning, waiting->id) ? UNDECIDED : TAKEN;
	return (is_taken && !is_going(spanning, &record)) || !is_here(spanning, waiting->id)
		       ? LOST
		       : UNDECIDED;
}

/* The same: the engine has made it give way to one of other addresses. */
static enum outcome outcome_of_service(struct spanning *spanning, const struct waiting *waiting)
{
	struct service *service;

	if (engine_service_find(spanning->engine, waiting->name, &service, NULL) < 0)
		return LOST;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (!addr_equal(&service->spec.ip[family], &waiting->addrs[family]))
			return LOST;
	return service->agreed ? TAKEN : UNDECIDED;
}

static enum outcome outcome_of(struct spanning *spanning, const struct waiting *waiting)
{
	if (waiting->id[0])
		return outcome_of_network(spanning, waiting);
	if (waiting->name[0])
		return outcome_of_service(spanning, waiting);
	return wants_block(spanning, "") ? UNDECIDED : TAKEN;
}

/* After each look: who waits is told when the cluster has decided. */
static void tell_waiting(struct spanning *spanning)
{
	list_foreach (&spanning->waiting, struct waiting, waiting, node) {
		bool is_network = waiting->id[0];
		enum outcome outcome = outcome_of(spanning, waiting);
		const char *why = is_network ? NULL
					     : engine_service_lost(spanning->engine, waiting->name);
		struct error error;

		if (outcome == TAKEN)
			finish(waiting, 0, NULL);
		if (outcome != LOST)
			continue;
		if (why) {
			(void)error_set(&error, ERROR_CONFLICT, "%s", why);
			finish(waiting, -EEXIST, &error);
			continue;
		}
		(void)error_set(&error, ERROR_CONFLICT,
				"%s %s already exists: it was made on another host at the same "
				"time",
				is_network ? "network with name" : "service", waiting->name);
		finish(waiting, -EEXIST, &error);
	}
}

/* Something was made here; done hears when etcd has it. -ENOENT: this host is in no cluster, and
 * there is nothing to wait for; -ENOMEM. */
static int api_settle(const struct api_made *made, api_cluster_done done, void *done_data,
		      void *data)
{
	struct spanning *spanning = data;
	const struct heralding *link = &spanning->cluster->link;
	struct waiting *waiting;

	if (!is_in(spanning))
		return -ENOENT;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		return -ENOMEM;
	*waiting = (struct waiting) { .spanning = spanning, .done = done, .data = done_data };
	(void)snprintf(waiting->id, sizeof(waiting->id), "%s", made->id ? made->id : "");
	(void)snprintf(waiting->name, sizeof(waiting->name), "%s", made->name);
	memcpy(waiting->addrs, made->addrs, sizeof(waiting->addrs));
	list_append(&spanning->waiting, &waiting->node);
	/* Nobody is kept waiting for an etcd that is known not to answer. */
	ev_timer_init(&waiting->patience, on_patience,
		      link->all_told && link->state.standing == HERALD_FRESH ? SPANNING_PATIENCE_S
									     : 0.,
		      0.);
	waiting->patience.data = waiting;
	ev_timer_start(spanning->loop, &waiting->patience);
	ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM);
	return 0;
}

/* While etcd does not answer nobody waits (api_settle). */
static int api_await_room(api_cluster_done done, void *done_data, void *data)
{
	static const struct api_made room = { .name = "" };
	struct spanning *spanning = data;

	return is_in(spanning) && wants_block(spanning, "")
		       ? api_settle(&room, done, done_data, data)
		       : -ENOENT;
}

/* The caller has hung up, and his data is about to be freed. What he has made stays. */
static void api_unsettle(void *done_data, void *data)
{
	struct spanning *spanning = data;

	list_foreach (&spanning->waiting, struct waiting, waiting, node)
		if (waiting->data == done_data)
			free_waiting(waiting);
	proposing_forget(spanning, done_data);
	hearing_forget(spanning, done_data);
}

/* A network is named that this host knows nothing of. */
static int api_await_word(api_cluster_done done, void *done_data, void *data)
{
	return hearing_wait(data, done, done_data);
}

/* A service is to be another one than etcd has. */
static int api_propose(const struct cluster_record *before, const struct cluster_record *after,
		       api_cluster_done done, void *done_data, void *data, struct error *error)
{
	return proposing_ask(data, before, after, done, done_data, error);
}

void spanning_api(struct spanning *spanning, struct api_cluster *api)
{
	api->settle = api_settle;
	api->await_room = api_await_room;
	api->await_word = api_await_word;
	api->unsettle = api_unsettle;
	api->propose = api_propose;
	api->spanning = spanning;
}

/* engine_cluster_wanted calls this for all that is wanted, and stops at the first error. */
static int claim_first(const struct cluster_record *record, void *data)
{
	claim(data, record);
	return -ECANCELED; /* one at a time */
}

/* What this file does at each look, in a fixed order. Nothing is claimed by a herald that has lost
 * etcd (its answer would be late) or has not told everything. */
static void look(struct spanning *spanning, bool all)
{
	const struct heralding *link = &spanning->cluster->link;

	tell_self(spanning);
	/* Without a herald nothing can be said; on_met says all when there is one. */
	if (link->channel < 0 || !is_in(spanning))
		return;
	say(spanning, all);
	if (spanning->asks || !link->all_told || link->state.standing != HERALD_FRESH ||
	    engine_is_restoring(spanning->engine))
		return;
	if (!release_services(spanning) && !release_networks(spanning) &&
	    !claim_networks(spanning) && !release_blocks(spanning))
		(void)engine_cluster_wanted(spanning->engine, claim_first, spanning);
}

/* Each second, and when something has happened (EV_CUSTOM). Who waits is told after the look: it
 * may have made one of the networks give way. */
static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop;
	look(timer->data, !(revents & EV_CUSTOM));
	tell_waiting(timer->data);
	proposing_look(timer->data);
}

/* --- its life --------------------------------------------------------------------------------- */

/* The engine calls this from inside a change. The event is fed to the loop, and look runs when the
 * change is done. */
static void on_changed(void *data)
{
	struct spanning *spanning = data;

	/* After the change: it may not be done yet. */
	ev_feed_event(spanning->loop, &spanning->look, EV_CUSTOM);
}

/* One that a netd before has removed, and etcd may have. */
static int note_going(const struct cluster_record *record, void *data)
{
	struct spanning *spanning = data;

	return cluster_state_put(spanning->nets, record) < 0 ? -ENOMEM : 0;
}

/* A failure frees what was made; spanning_stop finds loop NULL and does nothing. */
int spanning_start(struct spanning *spanning, struct ev_loop *loop, struct engine *engine,
		   struct cluster *cluster, struct error *error)
{
	spanning->engine = engine;
	if (cluster_state_new(&spanning->said) < 0 || cluster_state_new(&spanning->nets) < 0 ||
	    engine_cluster_going(engine, note_going, spanning) < 0) {
		cluster_state_free(spanning->said);
		cluster_state_free(spanning->nets);
		spanning->said = spanning->nets = NULL;
		return error_system(error, -ENOMEM, "cannot start");
	}
	list_init(&spanning->waiting);
	list_init(&spanning->proposals);
	list_init(&spanning->hearings);
	spanning->loop = loop;
	spanning->cluster = cluster;
	/* Before there is a herald, so no record can be missed. */
	cluster->link.ears = (struct heralding_ears) { on_begin, on_record, on_gone,
						       on_end,	 on_met,    spanning };
	ev_timer_init(&spanning->look, on_look, SPANNING_LOOK_S, SPANNING_LOOK_S);
	spanning->look.data = spanning;
	ev_timer_start(loop, &spanning->look);
	engine_cluster_watch(engine, on_changed, spanning);
	tell_self(spanning);
	return 0;
}

/* The callbacks are taken away before the states are freed: engine and herald still live. */
void spanning_stop(struct spanning *spanning)
{
	if (!spanning->loop)
		return;
	engine_cluster_watch(spanning->engine, NULL, NULL);
	ev_timer_stop(spanning->loop, &spanning->look);
	list_foreach (&spanning->waiting, struct waiting, waiting, node)
		free_waiting(waiting);
	proposing_stop(spanning);
	hearing_stop(spanning);
	spanning->cluster->link.ears = (struct heralding_ears) { 0 };
	cluster_state_free(spanning->said);
	cluster_state_free(spanning->nets);
	spanning->loop = NULL;
}
