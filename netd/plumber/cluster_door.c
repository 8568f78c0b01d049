// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_door.c - the door by which other hosts come into this host's cluster
#include "plumber/cluster_door.h"

#include "base/log.h"
#include "plumber/cluster.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_roles.h"
#include "plumber/inviting.h"

/* Another usher of netd's that has not ended yet, or another program, has the port: it is tried
 * again until it is free. */
static void try_door(struct cluster *cluster, struct error *ret_why)
{
	if (ushering_listen(&cluster->ushering, &cluster->config, ret_why) == 0) {
		ushering_tell(&cluster->ushering, &cluster->config);
		return;
	}
	ev_timer_stop(cluster->loop, &cluster->door);
	ev_timer_set(&cluster->door, CLUSTER_DOOR_S, 0.);
	ev_timer_start(cluster->loop, &cluster->door);
}

/* The port may be free by now. */
static void on_door(struct ev_loop *loop, ev_timer *door, int revents)
{
	struct error why;

	(void)revents;
	ev_timer_stop(loop, door);
	try_door(door->data, &why); /* said at the start */
}

/* An usher that has ended while nobody needs it is not missed. */
static void on_usher_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster_has_usher(cluster) && cluster->errand != CLUSTER_PARTING)
		cluster->usher.lost(cluster->usher.data);
}

void cluster_door_init(struct cluster *cluster)
{
	ushering_init(&cluster->ushering, cluster->loop);
	cluster->ushering.lost = on_usher_lost;
	cluster->ushering.data = cluster;
	ev_init(&cluster->door, on_door);
	cluster->door.data = cluster;
}

int cluster_door_open(struct cluster *cluster, struct error *error)
{
	int err = inviting_draw(&cluster->config, CLUSTER_TOKEN_VALID_S);

	if (err < 0)
		return error_system(error, err, "cannot draw a secret");
	/* A port that is taken fails a new cluster, whose maker reads the reason. */
	err = ushering_listen(&cluster->ushering, &cluster->config, error);
	return err < 0 ? err : cluster->usher.start(cluster->usher.data, error);
}

/* It does not fail the start: containers need netd more than other hosts need to be let in. */
void cluster_door_reopen(struct cluster *cluster)
{
	struct error why = { 0 };

	try_door(cluster, &why);
	if (why.text[0])
		log_warn("%s", why.text);
}

/* Where a token is to be had instead. */
static int refuse(const struct cluster *cluster, struct error *error)
{
	struct cluster_record host;

	if (!cluster_hosts_door(cluster, &host))
		return error_set(error, ERROR_NOT_FOUND,
				 "this host does not let others in: ask where the cluster was made "
				 "with an etcd of netd's own");
	return error_set(error, ERROR_NOT_FOUND, "this host does not let others in: ask on %s%s",
			 host.key.host,
			 cluster_hosts_is_alive(cluster, &host)
				 ? ""
				 : ", which is lost: nobody can come in until it is back");
}

/* An expired one helps nobody, so whoever asks has a new one. */
int cluster_door_token(struct cluster *cluster, const json_t *body, json_t **ret_token,
		       struct error *error)
{
	json_int_t valid_s;
	bool rotate;
	int err = inviting_read(body, &rotate, &valid_s, error);

	if (err < 0)
		return err;
	if (!cluster->configured)
		return error_set(error, ERROR_NOT_FOUND, "this host is in no cluster");
	if (!cluster_has_usher(cluster))
		return refuse(cluster, error);
	/* The length of time is for a new token; one that is good keeps its own. */
	if (rotate || inviting_has_expired(&cluster->config)) {
		err = inviting_draw(&cluster->config, valid_s);
		if (err < 0)
			return error_system(error, err, "cannot draw a secret");
		err = cluster_file_write(cluster->state_dir, &cluster->config, error);
		ushering_tell(&cluster->ushering, &cluster->config);
	}
	if (err == 0)
		*ret_token = inviting_show(&cluster->config);
	return err;
}
