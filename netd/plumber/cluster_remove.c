// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_remove.c - out of the cluster: another host, or this one when it leaves
#include "plumber/cluster_remove.h"

#include "plumber/cluster.h"
#include "plumber/cluster_errand.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_part.h"
#include "plumber/cluster_revoked.h"
#include "plumber/cluster_roles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Removing a host, this one or another, is a series of requests. Its member of
 * an etcd of netd's own goes first: one whose host is gone would count for the agreement and never
 * have a part in it. Then each request takes as many blocks of addresses as a message has room for.
 * The host's own record goes with the last one, for a host whose record is gone could not be asked
 * to be removed again while blocks of it were left. A host that leaves parts then
 * (cluster_part.c); one that could not be removed, or could not leave, stays as it was. */

/* An answer asks for the next request, and a request that cannot be made is answered at once. */
static void remove_next(struct cluster *cluster);

/* --- what it has written --- */

/* The next blocks of the host that goes, as many as a request takes; none: it was the last. */
static void collect_blocks(struct cluster *cluster)
{
	struct herald_remove *remove = &cluster->remove;
	struct cluster_record record;
	size_t cursor = 0;

	remove->n_keys = 0;
	/* Stays true when the walk ends before the request is full. */
	remove->last = true;
	while (cluster_state_next(cluster->link.records, CLUSTER_BLOCK, &cursor, &record)) {
		if (strcmp(record.holder, remove->host) != 0)
			continue;
		if (remove->n_keys == HERALD_REMOVE_KEYS_MAX) {
			remove->last = false;
			return;
		}
		/* key_text is a field and no local, for a key is long and the stack of a callback
		 * is not the place for it. */
		(void)cluster_key_print(&record.key, cluster->key_text);
		(void)snprintf(remove->keys[remove->n_keys++], HERALD_KEY_LEN_MAX + 1, "%.*s",
			       HERALD_KEY_LEN_MAX, cluster->key_text);
	}
}

/* Takes the keys of an answered request out of what is known of etcd. */
static void forget_asked(struct cluster *cluster)
{
	struct cluster_key key;

	/* They are gone in etcd; that is heard a moment later, and the next request must not have
	 * them again. */
	for (uint8_t i = 0; i < cluster->remove.n_keys; i++)
		if (cluster_key_parse(cluster->remove.keys[i], strlen(cluster->remove.keys[i]),
				      &key) == 0)
			(void)cluster_state_remove(cluster->link.records, &key);
}

/* The answer to one request of a removal, of another host or of this one. A removal without an
 * errand was given up by the patience timer; what etcd did is seen in the watch. */
static void on_removed(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	bool leaves = cluster->errand == CLUSTER_LEAVING;
	struct error error, why = { 0 };
	int err;

	if (cluster->errand != CLUSTER_REMOVING && !leaves)
		return;
	/* A herald that has ended is followed by another. */
	if (status == -ECONNRESET) {
		cluster->asks_out = true;
		return;
	}
	/* There are more blocks: the errand goes on, and its patience starts anew. */
	if (status == 0 && !cluster->remove.last) {
		forget_asked(cluster);
		remove_next(cluster);
		return;
	}
	err = status == 0 ? 0 : cluster_errand_refusal(status, answer, len, &why);
	error = why;
	if (err < 0 && leaves && !cluster->force)
		err = error_set(&error, ERROR_UNAVAILABLE,
				"etcd was not told that this host leaves (%.255s): try again, or "
				"leave with --force and remove it elsewhere with `netctl node rm`",
				why.text);
	/* With --force this host leaves whatever etcd says, for its administrator may have lost the
	 * cluster. Other hosts keep the record until somebody removes it there. */
	else if (leaves)
		err = 0;
	/* Only now: until etcd has answered the key and the file are needed for another try. */
	if (err == 0 && leaves)
		cluster_part(cluster, 0, NULL);
	else
		cluster_errand_end(cluster, err, &error);
}

/* The bound of each request of a removal. */
static void wait_for_removal(struct cluster *cluster)
{
	/* Who forces it does not wait for an etcd that may be gone. */
	cluster_errand_wait(cluster, cluster->force && cluster->errand == CLUSTER_LEAVING
					     ? CLUSTER_FORCED_S
					     : CLUSTER_ASKED_S);
}

/* Collects and sends. Without a channel it answers itself, so that the errand ends in every
 * case. */
static void remove_next(struct cluster *cluster)
{
	int err;

	collect_blocks(cluster);
	wait_for_removal(cluster);
	err = heralding_remove(&cluster->link, &cluster->remove, on_removed, cluster);
	if (err < 0)
		on_removed(err, (const uint8_t *)"no herald runs", strlen("no herald runs"),
			   cluster);
}

/* --- its member of etcd --- */

/* The member of etcd on the host that goes, if it has one, is none any more; or that cannot be. */
static void on_unseated(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	bool leaves = cluster->errand == CLUSTER_LEAVING;

	/* With the last host goes the last member, and so it does with one that is forced to. */
	if (status == -EAGAIN && (leaves || cluster->errand == CLUSTER_REMOVING)) {
		/* Until the patience is over, which goes on from the first time. */
		(void)cluster_errand_refusal(status, answer, len, &cluster->why);
		cluster->tries_again = true;
		ev_timer_set(&cluster->begin, CLUSTER_ASKS_S, 0.);
		ev_timer_start(cluster->loop, &cluster->begin);
	} else if (status == 0 || (status == -EBUSY && leaves)) {
		cluster->unseated = true;
		cluster->tries_again = false;
		if (leaves || cluster->errand == CLUSTER_REMOVING)
			remove_next(cluster);
	} else {
		on_removed(status, answer, len, cluster);
	}
}

void cluster_remove_go_on(struct cluster *cluster)
{
	struct herald_seat seat = { 0 };
	int err;

	if (!cluster->config.follows || cluster->unseated) {
		remove_next(cluster);
		return;
	}
	(void)snprintf(seat.host, sizeof(seat.host), "%s", cluster->remove.host);
	/* One that has not been started has no name. */
	if (cluster->errand == CLUSTER_LEAVING)
		(void)growing_peer(cluster, seat.peer, sizeof(seat.peer));
	if (!cluster->tries_again)
		wait_for_removal(cluster);
	err = heralding_seat(&cluster->link, HERALD_CALL_UNSEAT, &seat, on_unseated, cluster);
	if (err < 0)
		on_unseated(err, (const uint8_t *)"no herald runs", strlen("no herald runs"),
			    cluster);
}

/* --- what is asked for --- */

/* The host that is to be removed. Before all records are told nobody can say whether it is in the
 * cluster. */
static int find_host(const struct cluster *cluster, const char *ref,
		     struct cluster_record *ret_host, struct error *error)
{
	if (!cluster->link.all_told)
		return error_set(error, ERROR_UNAVAILABLE, "%s",
				 *cluster->link.state.why ? cluster->link.state.why
							  : "etcd has not been read yet");
	return cluster_hosts_find(cluster, ref, ret_host, error);
}

/* A host that is removed by mistake would lose its member of etcd before etcd could say that it is
 * alive: so this is judged by what was last told, and by etcd once more (herald/asked.c). */
static int check_alive(const struct cluster *cluster, const char *host, struct error *error)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host);

	if (!cluster->config.follows || !cluster_state_has(cluster->link.records, &key))
		return 0;
	return error_set(
		error, ERROR_CONFLICT,
		"host %s is alive: `netctl cluster leave` there, or remove it with --force", host);
}

/* Whether all agreement is this host's alone; before members are told, for all that is known. One
 * that learns has no part in it, and may go beside the one that has. */
static bool has_only_voice(const struct cluster *cluster)
{
	const struct herald_members *members = &cluster->link.members;
	bool is_own = members->n == 0;

	for (uint8_t i = 0; i < members->n; i++)
		is_own |= !members->all[i].learner &&
			  strcmp(members->all[i].name, cluster->config.host) == 0;
	return is_own && herald_members_voters(members) <= 1;
}

/* With the only etcd of a cluster goes the cluster, and with who lets hosts in, that they are. */
static int check_needed(const struct cluster *cluster, struct error *error)
{
	struct cluster_record other;
	size_t n = cluster_has_etcd(cluster) ? cluster_hosts_others(cluster, &other) : 0;
	bool is_only = has_only_voice(cluster);

	if (n == 0 || (!cluster->config.own && !is_only))
		return 0;
	if (!is_only)
		return error_set(error, ERROR_CONFLICT,
				 "this host lets others into the cluster, and none of the %zu that "
				 "would be left can: have them leave first, or leave with --force",
				 n);
	return error_set(error, ERROR_CONFLICT,
			 "the cluster's etcd is on this host, and %zu other%s need%s it, %s for "
			 "one: have %s leave first, or end the cluster with --force",
			 n, n == 1 ? "" : "s", n == 1 ? "s" : "", other.key.host,
			 n == 1 ? "it" : "them");
}

/* A host that is removed while its certificates stay good would be out by name alone. */
static int check_room(const struct cluster *cluster, const struct cluster_record *other,
		      struct error *error)
{
	if (!cluster->config.follows || other->host.n_serials <= cluster_revoked_room(cluster))
		return 0;
	return error_set(error, ERROR_CONFLICT,
			 "etcd refuses %d certificates of hosts that were removed, as many as it "
			 "can, and none of them has ended: have %s leave (`netctl cluster leave` "
			 "there), which needs no room, or make the cluster anew",
			 CLUSTER_REVOKED_MAX, other->key.host);
}

/* The requests start from a timer of 0 s: an error could otherwise be told by done before the
 * caller's handler has suspended its call. */
int cluster_remove(struct cluster *cluster, const char *ref, bool force, api_cluster_done done,
		   void *done_data, struct error *error)
{
	static struct cluster_record other; /* large */
	bool leaves = ref == NULL;
	int err;

	if (!cluster->configured)
		return error_set(error, ERROR_NOT_FOUND, "this host is in no cluster");
	if ((err = cluster_errand_check(cluster, error)) < 0 ||
	    (!leaves && (err = find_host(cluster, ref, &other, error)) < 0))
		return err;
	if (!leaves && strcmp(other.key.host, cluster->config.host) == 0)
		return error_set(error, ERROR_INVALID,
				 "%s is this host: `netctl cluster leave` takes it out",
				 other.key.host);
	if (!leaves && !force && (err = check_alive(cluster, other.key.host, error)) < 0)
		return err;
	if (!leaves && (err = check_room(cluster, &other, error)) < 0)
		return err;
	/* Nothing in etcd is its any more, and it may not be heard there. */
	force |= leaves && cluster->link.state.standing == HERALD_REMOVED;
	if (leaves && !force && (err = check_needed(cluster, error)) < 0)
		return err;
	memset(&cluster->remove, 0, sizeof(cluster->remove));
	(void)snprintf(cluster->remove.host, sizeof(cluster->remove.host), "%s",
		       leaves ? cluster->config.host : other.key.host);
	(void)snprintf(cluster->remove.id, sizeof(cluster->remove.id), "%s",
		       leaves ? cluster->config.id : other.host.id);
	/* A host that leaves is alive by its own lease, which must not hinder it. Another one is
	 * removed while it is alive only when the caller says so. */
	cluster->remove.force = force || leaves;
	cluster->force = force;
	cluster->unseated = cluster->tries_again = false;
	cluster_errand_begin(cluster, leaves ? CLUSTER_LEAVING : CLUSTER_REMOVING, done, done_data);
	/* Not from here: who has asked is not waiting yet. */
	ev_timer_set(&cluster->begin, 0., 0.);
	ev_timer_start(cluster->loop, &cluster->begin);
	return 0;
}

/* The first turn of the loop after cluster_remove, or when nothing else is asked of etcd's members.
 */
static void on_begin(struct ev_loop *loop, ev_timer *begin, int revents)
{
	struct cluster *cluster = begin->data;

	(void)revents;
	ev_timer_stop(loop, begin);
	/* A seat that is being asked for would be taken after it has been given up. */
	if (cluster->growing.asks) {
		ev_timer_set(begin, CLUSTER_ASKS_S, 0.);
		ev_timer_start(loop, begin);
		return;
	}
	cluster_remove_go_on(cluster);
}

void cluster_remove_late(struct cluster *cluster, const char *why)
{
	on_removed(-EIO, (const uint8_t *)why, strlen(why), cluster);
}

void cluster_remove_init(struct cluster *cluster)
{
	ev_timer_init(&cluster->begin, on_begin, 0., 0.);
	cluster->begin.data = cluster;
}
