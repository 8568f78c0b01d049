// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_revoked.c - certificates of hosts that were removed: nobody is to take them any more
#include "plumber/cluster_revoked.h"

#include "base/log.h"
#include "plumber/cluster.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_roles.h"
#include "plumber/inviting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. Who removes a host writes into etcd which of its certificates are revoked
 * (herald/asked.c), in the transaction that takes the host out. Each host keeps the list in
 * cluster.json, for its etcd is started before anything can be read of etcd, and a list that was
 * empty then would make etcd start twice. What is on the list stays there until it has ended by
 * itself: a record that somebody takes out of etcd makes no certificate good again.
 *
 * What says that in etcd is of no use when the certificate has ended: the host that lets others in
 * removes it there, one record after the other, when all are told and once an hour.
 *
 * The list is for netd's own etcd, and goes to the keeper of this host's member. The host that lets
 * others in draws another secret beside: who was removed may know the one of before.
 *
 * A host has more than one certificate, and hosts may be removed one after the other. So what is
 * heard of is looked at a moment later: etcd is started again, and a secret drawn, once for all
 * of it. */

static bool is_known(const struct cluster_config *config, const char *serial)
{
	for (size_t i = 0; i < config->n_revoked; i++)
		if (strcmp(config->revoked[i].serial, serial) == 0)
			return true;
	return false;
}

/* No host takes it then, however late its clock may be. */
static bool has_ended(uint64_t ends)
{
	return ends != 0 && ends + AUTHORITY_BACKDATED_S < (uint64_t)time(NULL);
}

/* What has ended makes room for what has not. */
static void drop_ended(struct cluster_config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_revoked; i++)
		if (!has_ended(config->revoked[i].ends))
			config->revoked[n++] = config->revoked[i];
	config->n_revoked = n;
}

size_t cluster_revoked_room(const struct cluster *cluster)
{
	size_t n = 0;

	for (size_t i = 0; i < cluster->config.n_revoked; i++)
		n += !has_ended(cluster->config.revoked[i].ends);
	return CLUSTER_REVOKED_MAX - n;
}

/* False: it has ended, or there is no room, which who removes a host looks at before. */
static bool add(struct cluster_config *config, const char *serial,
		const struct cluster_revoked *revoked)
{
	struct cluster_config_serial *entry;

	if (has_ended(revoked->ends))
		return false;
	if (config->n_revoked == CLUSTER_REVOKED_MAX)
		drop_ended(config);
	if (config->n_revoked == CLUSTER_REVOKED_MAX) {
		log_warn("certificate %s of %s, which was removed, cannot be refused: there is "
			 "room for %d",
			 serial, revoked->host, CLUSTER_REVOKED_MAX);
		return false;
	}
	log_info("certificate %s of %s, which was removed, is revoked", serial, revoked->host);
	entry = &config->revoked[config->n_revoked++];
	(void)snprintf(entry->serial, sizeof(entry->serial), "%.*s", CLUSTER_SERIAL_LEN_MAX,
		       serial);
	entry->ends = revoked->ends;
	return true;
}

/* How many members of etcd are started again before this host's: one after the other, by name, so
 * that the others agree meanwhile. Who the members are is asked for now and then, and one of them
 * may be that of the host that was removed: it is not counted, or two hosts that have not both
 * heard of its end would have the same turn. Its record went when the certificate did. */
static uint8_t find_turn(const struct cluster *cluster)
{
	const struct herald_members *members = &cluster->link.members;
	uint8_t turn = 0;

	for (uint8_t i = 0; i < members->n; i++) {
		struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, members->all[i].name);

		turn += strcmp(members->all[i].name, cluster->config.host) < 0 &&
			cluster_state_has(cluster->link.records, &key);
	}
	return turn;
}

/* The list has grown: it is kept first, and then said. */
static void put_in_force(struct cluster *cluster)
{
	struct cluster_config *config = &cluster->config;
	bool lets_in = cluster_has_usher(cluster);
	struct error error;

	if (lets_in && inviting_draw(config, CLUSTER_TOKEN_VALID_S) < 0)
		log_warn("no other token could be drawn: `netctl cluster token --rotate`");
	if (cluster_file_write(cluster->state_dir, config, &error) < 0)
		log_warn("%s", error.text); /* told again, and kept, at the next start */
	cluster->keeping.turn = find_turn(cluster);
	keeping_tell(&cluster->keeping, config);
	cluster->keeping.turn = 0;
	if (lets_in)
		ushering_tell(&cluster->ushering, config);
}

/* --- what has ended --- */

static void remove_ended(struct cluster *cluster);

/* etcd has removed it, or has another one there or none (-EBUSY): the watch says so, and until then
 * it would be found again. What could not be asked is found in an hour. */
static void on_released(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	struct cluster_key key = cluster_key_of_name(CLUSTER_REVOKED, cluster->ended);

	(void)answer, (void)len;
	cluster->ended[0] = '\0';
	if (status != 0 && status != -EBUSY)
		return;
	(void)cluster_state_remove(cluster->link.records, &key);
	remove_ended(cluster);
}

/* The first that is found; the next when that has gone. */
static void remove_ended(struct cluster *cluster)
{
	size_t cursor = 0;
	struct cluster_record record;

	if (!cluster_has_usher(cluster) || cluster->ended[0])
		return;
	while (cluster_state_next(cluster->link.records, CLUSTER_REVOKED, &cursor, &record)) {
		if (!has_ended(record.revoked.ends))
			continue;
		(void)snprintf(cluster->ended, sizeof(cluster->ended), "%.*s",
			       CLUSTER_SERIAL_LEN_MAX, record.key.name);
		if (heralding_release(&cluster->link, &record, on_released, cluster) < 0)
			cluster->ended[0] = '\0';
		return;
	}
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	remove_ended(timer->data);
}

/* --- what is heard of --- */

void cluster_revoked_look(struct cluster *cluster)
{
	size_t cursor = 0;
	struct cluster_record record;
	bool has_grown = false;

	ev_timer_stop(cluster->loop, &cluster->revoke);
	/* An etcd of somebody else's has an authority of somebody else's. */
	if (!cluster->configured || !cluster->config.follows)
		return;
	while (cluster_state_next(cluster->link.records, CLUSTER_REVOKED, &cursor, &record)) {
		if (!is_known(&cluster->config, record.key.name))
			has_grown |= add(&cluster->config, record.key.name, &record.revoked);
	}
	if (has_grown)
		put_in_force(cluster);
	remove_ended(cluster);
	ev_timer_again(cluster->loop, &cluster->sweep);
}

static void on_revoke(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	cluster_revoked_look(timer->data);
}

void cluster_revoked_heard(struct cluster *cluster)
{
	/* From the first of them, so that nobody puts it off for ever. */
	if (ev_is_active(&cluster->revoke))
		return;
	ev_timer_set(&cluster->revoke, CLUSTER_REVOKE_S, 0.);
	ev_timer_start(cluster->loop, &cluster->revoke);
}

void cluster_revoked_init(struct cluster *cluster)
{
	ev_init(&cluster->revoke, on_revoke);
	cluster->revoke.data = cluster;
	ev_timer_init(&cluster->sweep, on_sweep, 0., CLUSTER_SWEEP_S);
	cluster->sweep.data = cluster;
}

void cluster_revoked_stop(struct cluster *cluster)
{
	ev_timer_stop(cluster->loop, &cluster->revoke);
	ev_timer_stop(cluster->loop, &cluster->sweep);
}
