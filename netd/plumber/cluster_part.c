// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_part.c - the way back to a host without a cluster
#include "plumber/cluster_part.h"

#include "plumber/cluster.h"
#include "plumber/cluster_errand.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_renew.h"
#include "plumber/cluster_roles.h"

#include <string.h>

/* Removes what this host keeps of its cluster, on disk and in memory. The folder of etcd goes
 * before the file: a netd that is killed in between still knows that there is an etcd. */
static void forget_all(struct cluster *cluster)
{
	if (cluster_has_etcd(cluster))
		keeping_remove(&cluster->keeping);
	cluster_file_remove(cluster->state_dir);
	explicit_bzero(&cluster->config, sizeof(cluster->config)); /* keys were in it */
	cluster->configured = false;
}

/* The channel is parted with before the herald is stopped, so that its end is not taken for a loss
 * and no other is started. The file is the last to go: a netd that is killed in between finds what
 * is left, and whoever leaves again removes it. */
void cluster_part(struct cluster *cluster, int err, const struct error *error)
{
	cluster->errand = CLUSTER_PARTING;
	heralding_part(&cluster->link);
	cluster->herald.stop(cluster->herald.data);
	growing_stop(cluster);
	ev_timer_stop(cluster->loop, &cluster->door);
	ev_timer_stop(cluster->loop, &cluster->revoke);
	cluster_renew_stop(cluster);
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	/* Without a keeper to talk to nothing can be wiped by it. The end comes at once, and
	 * what etcd has left is wiped by the next cluster. */
	if (cluster->keeping.channel < 0) {
		if (cluster_has_etcd(cluster))
			cluster->keeper.stop(cluster->keeper.data);
		forget_all(cluster);
		cluster_errand_end(cluster, err, error);
		return;
	}
	/* The keeper removes the data and ends; cluster_part_finish goes on from there. */
	cluster->outcome = err;
	if (err < 0)
		cluster->why = *error;
	cluster_errand_wait(cluster, CLUSTER_JOIN_S);
	keeping_wipe(&cluster->keeping);
}

void cluster_part_finish(struct cluster *cluster)
{
	cluster->keeper.stop(cluster->keeper.data);
	forget_all(cluster);
	cluster_errand_end(cluster, cluster->outcome, &cluster->why);
}
