// SPDX-License-Identifier: GPL-2.0-or-later
// growing.c - this host's member of an etcd of netd's own: taken when it is needed, given up when
// not
#include "plumber/growing.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "plumber/cluster.h"
#include "plumber/cluster_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A cluster of three hosts or more has three members of etcd, a smaller one
 * has one: of two, the loss of either would be the loss of both. Nobody hands seats out. Each host
 * looks once a second at who the members are and how many hosts there are, and asks for what
 * follows for itself; etcd puts what several ask into an order (herald/seats.c).
 *
 * A host that takes a seat goes through these: it is added as one that learns, and hears beside
 * whom it begins; that is written to cluster.json; its keeper starts etcd; it has learnt, and is
 * given a voice. The file comes before the keeper, so a netd that is killed anywhere goes on from
 * what it finds: a member that was added and has no seat in the file is asked for again and found
 * to be there.
 *
 * A seat is given up when the member is none any more, whoever has removed it: the keeper wipes
 * what it had, for a member that came back with old data would be of no use, and the file is
 * written when that is done. */

/* --- what there is --- */

const char *growing_peer(const struct cluster *cluster, char *buffer, size_t size)
{
	const struct cluster_config *config = &cluster->config;
	/* As keeper/etcd.c chooses it where this host has made the cluster. */
	const struct addr *addr =
		config->own ? &config->addrs[addr_is_set(&config->addrs[FAMILY_4]) ? FAMILY_4
										   : FAMILY_6]
			    : &config->serves;
	bool is_v6 = addr->family == AF_INET6;

	buffer[0] = '\0';
	if (addr_is_set(addr))
		(void)snprintf(buffer, size, "https://%s%s%s:%d", is_v6 ? "[" : "", ADDR_STR(addr),
			       is_v6 ? "]" : "", CLUSTER_PEER_PORT);
	return buffer;
}

/* This host, as it asks for its seat. */
static struct herald_seat own_seat(const struct cluster *cluster)
{
	struct herald_seat seat = { 0 };

	memcpy(seat.host, cluster->config.host, sizeof(seat.host));
	(void)growing_peer(cluster, seat.peer, sizeof(seat.peer));
	return seat;
}

/* How many hosts there are, and how many of those without a member come before this one. Each waits
 * that many looks longer than the first, so that not all ask at once. */
static void count_hosts(const struct cluster *cluster, unsigned *ret_hosts, unsigned *ret_before)
{
	struct cluster_record record;
	struct herald_seat seat = { 0 };
	size_t cursor = 0;

	*ret_hosts = *ret_before = 0;
	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record)) {
		(*ret_hosts)++;
		memcpy(seat.host, record.key.host, sizeof(seat.host));
		if (strcmp(record.key.host, cluster->config.host) < 0 &&
		    !herald_members_find(&cluster->link.members, &seat))
			(*ret_before)++;
	}
}

/* --- what is asked for --- */

/* Begins beside these members. The file first: see above. */
static void take_seat(struct cluster *cluster, const uint8_t *answer, size_t len)
{
	struct cluster_config *config = &cluster->config;
	char seat[CLUSTER_SEAT_LEN_MAX + 1], before[CLUSTER_SEAT_LEN_MAX + 1];
	struct error error;
	int err;

	(void)snprintf(seat, sizeof(seat), "%.*s", (int)len, (const char *)answer);
	/* It was asked for again because etcd does not start beside those of before; if they are
	 * the same, that is not why. */
	if (!cluster_config_is_seat(seat) || strcmp(seat, config->seat) == 0)
		return;
	memcpy(before, config->seat, sizeof(before));
	memcpy(config->seat, seat, sizeof(config->seat));
	err = cluster_file_write(cluster->state_dir, config, &error);
	if (err == 0)
		err = keeping_open(&cluster->keeping, &error);
	if (err == 0 && cluster->keeping.channel >= 0)
		keeping_tell(&cluster->keeping, config);
	else if (err == 0)
		err = cluster->keeper.start(cluster->keeper.data, &error);
	if (err == 0)
		return;
	/* The next look asks again. */
	memcpy(config->seat, before, sizeof(config->seat));
	log_warn("%s", error.text);
}

/* What could not be done is asked again at the next look, if it is still wanted. */
static void on_answer(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;

	cluster->growing.asks = false;
	if (status < 0)
		log_debug("etcd's members stay as they are: %.*s", (int)len,
			  answer ? (const char *)answer : "");
}

static void on_seat(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;

	on_answer(status, answer, len, data);
	if (status == 0 && answer && cluster->configured && cluster->config.joined)
		take_seat(cluster, answer, len);
}

static void ask(struct cluster *cluster, enum herald_call what, const struct herald_seat *seat)
{
	cluster->growing.asks = heralding_seat(&cluster->link, what, seat,
					       what == HERALD_CALL_SEAT ? on_seat : on_answer,
					       cluster) == 0;
}

/* --- a seat that is held --- */

/* The end is growing_dropped. Without a keeper there is nobody to wipe: a look later there is. */
static void drop_seat(struct cluster *cluster)
{
	if (cluster->keeping.channel < 0)
		return;
	log_info("this host has no member of etcd any more");
	cluster->growing.drops = true;
	keeping_wipe(&cluster->keeping);
}

bool growing_dropped(struct cluster *cluster)
{
	struct error error;

	if (!cluster->growing.drops)
		return false;
	cluster->growing.drops = false;
	cluster->growing.n_missed = 0;
	cluster->keeper.stop(cluster->keeper.data);
	keeping_remove(&cluster->keeping);
	cluster->config.seat[0] = '\0';
	if (cluster_file_write(cluster->state_dir, &cluster->config, &error) < 0)
		log_warn("%s", error.text); /* found again at the next start, and given up again */
	return true;
}

/* mine NULL: it is not among the members. */
static void look_at_seat(struct cluster *cluster, const struct herald_member *mine,
			 const struct herald_seat *seat, unsigned n_hosts)
{
	struct growing *growing = &cluster->growing;

	if (!mine) {
		if (++growing->n_missed >= CLUSTER_MISSED_S)
			drop_seat(cluster);
		return;
	}
	growing->n_missed = 0;
	if (!mine->learner)
		return;
	if (n_hosts < CLUSTER_SEATS)
		ask(cluster, HERALD_CALL_UNSEAT, seat);
	else if (mine->name[0])
		ask(cluster, HERALD_CALL_PROMOTE, seat);
	else if (cluster->keeping.state.why[0]) /* members have changed since it was told them */
		ask(cluster, HERALD_CALL_SEAT, seat);
}

/* --- a seat that is free --- */

static bool may_serve(const struct cluster *cluster)
{
	const struct cluster_config *config = &cluster->config;
	const struct addr *serves = &config->serves;
	struct error error;

	/* Where the others send to is where they look for a member, too. */
	return addr_is_set(serves) &&
	       addr_equal(serves, &config->addrs[family_of(serves->family)]) &&
	       keeping_find_etcd(&error) == 0;
}

static void look_for_seat(struct cluster *cluster, const struct herald_member *mine,
			  const struct herald_seat *seat, unsigned n_hosts, unsigned n_before)
{
	struct growing *growing = &cluster->growing;
	bool is_free = n_hosts >= CLUSTER_SEATS &&
		       (mine || cluster->link.members.n < CLUSTER_SEATS);

	/* Added, and never begun. */
	if (mine && n_hosts < CLUSTER_SEATS)
		ask(cluster, HERALD_CALL_UNSEAT, seat);
	growing->waited = is_free ? growing->waited + 1 : 0;
	if (is_free && growing->waited > n_before && may_serve(cluster))
		ask(cluster, HERALD_CALL_SEAT, seat);
}

/* Of two members of two hosts one goes: that of the host that has not made the cluster, or has the
 * greater name. */
static void look_for_surplus(struct cluster *cluster, unsigned n_hosts)
{
	const struct herald_members *members = &cluster->link.members;
	const char *host = cluster->config.host;
	const struct herald_member *other;
	struct herald_seat seat;

	if (n_hosts >= CLUSTER_SEATS || members->n != 2 || herald_members_voters(members) != 2)
		return;
	other = &members->all[strcmp(members->all[0].name, host) == 0 ? 1 : 0];
	seat = own_seat(cluster);
	if (cluster->config.own) {
		memcpy(seat.host, other->name, sizeof(seat.host));
		memcpy(seat.peer, other->peer, sizeof(seat.peer));
	} else if (strcmp(host, other->name) < 0) {
		return;
	}
	ask(cluster, HERALD_CALL_UNSEAT, &seat);
}

/* --- once a second --- */

static void look(struct cluster *cluster)
{
	const struct cluster_config *config = &cluster->config;
	const struct heralding *link = &cluster->link;
	const struct herald_member *mine;
	struct herald_seat seat = own_seat(cluster);
	unsigned n_hosts, n_before;

	/* What is told may be old, or is being changed. */
	if (!config->joined || cluster->errand != CLUSTER_NO_ERRAND || cluster->growing.asks ||
	    cluster->growing.drops || !link->all_told || link->state.standing != HERALD_FRESH ||
	    link->members.n == 0)
		return;
	mine = herald_members_find(&link->members, &seat);
	count_hosts(cluster, &n_hosts, &n_before);
	if (config->seat[0])
		look_at_seat(cluster, mine, &seat, n_hosts);
	else if (!config->own)
		look_for_seat(cluster, mine, &seat, n_hosts, n_before);
	if (!cluster->growing.asks && (config->own || config->seat[0]))
		look_for_surplus(cluster, n_hosts);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	look(timer->data);
}

void growing_init(struct cluster *cluster)
{
	ev_timer_init(&cluster->growing.look, on_look, CLUSTER_LOOK_S, CLUSTER_LOOK_S);
	cluster->growing.look.data = cluster;
}

void growing_start(struct cluster *cluster)
{
	if (!ev_is_active(&cluster->growing.look))
		ev_timer_again(cluster->loop, &cluster->growing.look);
}

void growing_stop(struct cluster *cluster)
{
	ev_timer_stop(cluster->loop, &cluster->growing.look);
	cluster->growing.drops = false;
	cluster->growing.waited = cluster->growing.n_missed = 0;
}
