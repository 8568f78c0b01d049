// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_errand.c - what a caller has asked of the cluster: one thing at a time, with an end
#include "plumber/cluster_errand.h"

#include <errno.h>

/* Theory of operation. A caller's errand (join, remove, leave) is one at a time, and ends in
 * cluster_errand_end, once: by etcd's answer, by the patience timer (cluster.c), or because the
 * caller has hung up, which only forgets whom to tell. */

int cluster_errand_check(const struct cluster *cluster, struct error *error)
{
	return cluster->errand == CLUSTER_NO_ERRAND
		       ? 0
		       : error_set(error, ERROR_CONFLICT,
				   "another change of the cluster is under way");
}

void cluster_errand_begin(struct cluster *cluster, enum cluster_errand what, api_cluster_done done,
			  void *done_data)
{
	cluster->errand = what;
	cluster->done = done;
	cluster->done_data = done_data;
}

void cluster_errand_wait(struct cluster *cluster, double seconds)
{
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_set(&cluster->patience, seconds, 0.);
	ev_timer_start(cluster->loop, &cluster->patience);
}

/* The fields are cleared before the call, for the callee may begin another errand at once. */
void cluster_errand_end(struct cluster *cluster, int err, const struct error *error)
{
	api_cluster_done done = cluster->done;

	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_stop(cluster->loop, &cluster->begin);
	cluster->errand = CLUSTER_NO_ERRAND;
	cluster->asks_out = false;
	json_decref(cluster->asked);
	cluster->asked = NULL;
	cluster->done = NULL;
	if (done)
		done(err, error, cluster->done_data);
}

/* A claim that somebody else has written first (-EEXIST, -EBUSY) is a conflict; all else means
 * that etcd could not be asked. On a timeout the request may have been carried out, and the
 * sentence says how to find out. */
int cluster_errand_refusal(int status, const uint8_t *answer, size_t len, struct error *error)
{
	enum error_kind kind = status == -EEXIST || status == -EBUSY ? ERROR_CONFLICT
								     : ERROR_UNAVAILABLE;

	if (status == -ETIMEDOUT || !answer || len == 0)
		return error_set(error, kind,
				 "etcd has not answered in time: whether it is done "
				 "`netctl node ls` tells");
	return error_set(error, kind, "%.*s", (int)len, (const char *)answer);
}
