// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - this host in a cluster, from netd's start to its end: who hears what
#include "plumber/cluster.h"

#include "base/log.h"
#include "plumber/cluster_door.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_join.h"
#include "plumber/cluster_part.h"
#include "plumber/cluster_remove.h"
#include "plumber/cluster_renew.h"
#include "plumber/cluster_revoked.h"
#include "plumber/cluster_roles.h"
#include "plumber/cluster_status.h"

#include <string.h>

/* Theory of operation. What a host does about its cluster is in the files beside this one, by what
 * somebody asks for: cluster_join.c is the way in, cluster_remove.c the way out, cluster_part.c the
 * end of either, cluster_door.c lets other hosts in, cluster_revoked.c sees to it that who was
 * removed stays out, cluster_renew.c to it that who is in can stay, cluster_status.c says how it
 * stands. They change one struct cluster, and one thing is under way at a time (cluster_errand.c).
 *
 * This file knows all of them and none of them knows it: it hears the herald, the keeper and the
 * timers, and calls whom it concerns. Nothing here waits: each step is a callback of the loop. The
 * herald's channel is heralding.c's, the keeper's keeping.c's, the usher's ushering.c's. */

/* --- the herald --- */

/* All records are known. */
static void on_told(void *data)
{
	cluster_revoked_look(data);
	cluster_join_told(data);
	cluster_renew_start(data);
}

static void on_revoked(void *data)
{
	cluster_revoked_heard(data);
}

/* The watch runs, so the herald takes requests; or it tries to have one. */
static void on_stands(void *data)
{
	struct cluster *cluster = data;

	if (cluster->link.state.standing == HERALD_TRYING) {
		cluster_join_refused(cluster);
		return;
	}
	if (cluster->asks_out) {
		cluster->asks_out = false;
		cluster_remove_go_on(cluster);
		return;
	}
	if (cluster->link.state.standing == HERALD_FRESH)
		cluster_join_ask(cluster);
}

/* The herald has ended. A host that is in a cluster gets another; one that has just left does
 * not. */
static void on_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster->configured)
		cluster->herald.lost(cluster->herald.data);
}

/* The members of netd's own etcd are others than they were. They are kept, for this host's may be
 * the one that is not there after a start; and whoever comes in is told of them. */
static void on_seated(void *data)
{
	static char urls[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	struct cluster *cluster = data;
	struct cluster_config *config = &cluster->config;
	struct error error;
	uint8_t n;

	memset(urls, 0, sizeof(urls));
	n = herald_members_urls(&cluster->link.members, urls);
	for (uint8_t i = 0; i < n; i++)
		if (!cluster_config_is_member(urls[i]))
			return; /* the file could not be read again */
	if (!cluster->configured || n == 0)
		return;
	growing_start(cluster);
	if (n == config->n_members && memcmp(urls, config->members, sizeof(urls)) == 0)
		return;
	memcpy(config->members, urls, sizeof(config->members));
	config->n_members = n;
	if (cluster_file_write(cluster->state_dir, config, &error) < 0)
		log_warn("%s", error.text);
	if (cluster_has_usher(cluster))
		ushering_tell(&cluster->ushering, config);
}

/* --- the keeper --- */

static void on_made(const struct keeper_made *made, void *data)
{
	cluster_join_made(data, made);
}

static void on_keeper_stands(void *data)
{
	cluster_join_hindered(data);
}

/* The end of the channel: wanted as the end of a wipe, a loss at any other time. */
static void on_keeper_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster->errand == CLUSTER_PARTING)
		cluster_part_finish(cluster);
	else if (!growing_dropped(cluster) && cluster_has_keeper(cluster))
		cluster->keeper.lost(cluster->keeper.data);
}

/* --- patience --- */

/* The bound of every errand: a caller of the API is answered within CLUSTER_ASKED_S of the last
 * sign of progress, also when no herald ever runs. The reason is the herald's last one, when it has
 * told any. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct cluster *cluster = timer->data;
	const char *why = cluster_status_why(cluster);

	(void)loop, (void)revents;
	ev_timer_stop(loop, timer);
	if (cluster->errand == CLUSTER_PARTING) {
		log_warn("etcd's data cannot be removed in time");
		cluster_part_finish(cluster);
		return;
	}
	if (!*why && cluster->tries_again)
		why = cluster->why.text;
	if (!*why)
		why = "etcd has not answered in time";
	if (cluster->errand == CLUSTER_JOINING)
		cluster_join_late(cluster, why);
	else
		cluster_remove_late(cluster, why);
}

/* --- callers --- */

static json_t *api_status(void *data)
{
	return cluster_status(data);
}

static json_t *api_nodes(void *data)
{
	return cluster_status_nodes(data);
}

/* The record is large, and used before the next call. */
static int api_node(const char *ref, json_t **ret_node, void *data, struct error *error)
{
	static struct cluster_record host;
	int err = cluster_hosts_find(data, ref, &host, error);

	if (err == 0)
		*ret_node = cluster_status_node(data, &host);
	return err;
}

static bool api_is_in(void *data)
{
	return ((struct cluster *)data)->configured;
}

static int api_join(const json_t *body, enum api_cluster_mode mode, api_cluster_done done,
		    void *done_data, void *data, struct error *error)
{
	return cluster_join(data, body, mode, done, done_data, error);
}

static int api_remove(const char *host, bool force, api_cluster_done done, void *done_data,
		      void *data, struct error *error)
{
	return cluster_remove(data, host, force, done, done_data, error);
}

static int api_token(const json_t *body, json_t **ret_token, void *data, struct error *error)
{
	return cluster_door_token(data, body, ret_token, error);
}

/* The caller has hung up. The errand goes on to its end: it may already be in etcd. */
static void api_forget(void *data)
{
	((struct cluster *)data)->done = NULL;
}

struct api_cluster cluster_api(struct cluster *cluster)
{
	return (struct api_cluster) { .status = api_status,
				      .nodes = api_nodes,
				      .node = api_node,
				      .is_in = api_is_in,
				      .join = api_join,
				      .remove = api_remove,
				      .token = api_token,
				      .forget = api_forget,
				      .data = cluster };
}

/* --- its life --- */

int cluster_init(struct cluster *cluster, struct ev_loop *loop, const char *state_dir,
		 const struct cluster_others *others, struct error *error)
{
	int err;

	/* Set first: it is what cluster_done goes by, so a failure below is cleaned up. */
	cluster->loop = loop;
	cluster->state_dir = state_dir;
	cluster->herald = others->herald;
	cluster->keeper = others->keeper;
	cluster->usher = others->usher;
	cluster_door_init(cluster);
	cluster->keeping.loop = loop;
	cluster->keeping.state_dir = state_dir;
	cluster->keeping.made = on_made;
	cluster->keeping.stands = on_keeper_stands;
	cluster->keeping.lost = on_keeper_lost;
	cluster->keeping.data = cluster;
	cluster->link.told = on_told;
	cluster->link.stands = on_stands;
	cluster->link.seated = on_seated;
	cluster->link.revoked = on_revoked;
	cluster->link.lost = on_lost;
	cluster->link.data = cluster;
	/* It gets its time at each start (cluster_errand_wait). */
	ev_init(&cluster->patience, on_patience);
	cluster->patience.data = cluster;
	cluster_remove_init(cluster);
	cluster_revoked_init(cluster);
	cluster_renew_init(cluster);
	growing_init(cluster);
	err = heralding_init(&cluster->link, loop);
	if (err < 0)
		return error_system(error, err, "cannot start");
	/* A file that cannot be read ends the start, and is not taken for none: this host would
	 * otherwise go on without its cluster, and its networks that span hosts would be taken
	 * down. */
	err = cluster_file_read(state_dir, &cluster->config, &cluster->configured, error);
	/* Open before supervisors_start: the keeper inherits it. */
	if (err == 0 && cluster_has_keeper(cluster))
		err = keeping_open(&cluster->keeping, error);
	if (err == 0 && cluster_has_usher(cluster))
		cluster_door_reopen(cluster);
	return err;
}

void cluster_done(struct cluster *cluster)
{
	/* cluster_init was never called: a start that failed before. */
	if (!cluster->loop)
		return;
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_stop(cluster->loop, &cluster->begin);
	growing_stop(cluster);
	cluster_revoked_stop(cluster);
	cluster_renew_stop(cluster);
	heralding_done(&cluster->link);
	keeping_done(&cluster->keeping);
	ev_timer_stop(cluster->loop, &cluster->door);
	ushering_done(&cluster->ushering);
	json_decref(cluster->asked);
}
