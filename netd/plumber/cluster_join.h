// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_join.h - this host's way into a cluster: one that it makes, one that is there, or by a
// token
#pragma once

#include "api/call/cluster.h"
#include "base/error.h"
#include "ipc/keeper_msg.h"

#include <jansson.h>

struct cluster;

/* Begins a join. 0: done hears how it ends, though not before this returns; else nothing has
 * changed. */
int cluster_join(struct cluster *cluster, const json_t *body, enum api_cluster_mode mode,
		 api_cluster_done done, void *done_data, struct error *error);

/* What a join waits for. Each is harmless where there is none. The keeper has made what a new
 * cluster trusts in, or tells what keeps its etcd from running: */
void cluster_join_made(struct cluster *cluster, const struct keeper_made *made);
void cluster_join_hindered(struct cluster *cluster);
/* All records are known; the herald takes requests; every member of etcd refuses: */
void cluster_join_told(struct cluster *cluster);
void cluster_join_ask(struct cluster *cluster);
void cluster_join_refused(struct cluster *cluster);
/* Its time is over: */
void cluster_join_late(struct cluster *cluster, const char *why);
