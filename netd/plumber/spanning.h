// SPDX-License-Identifier: GPL-2.0-or-later
// spanning.h - networks that span hosts: what the herald tells goes to the engine, and what this
// host has to the herald
#pragma once

#include "base/list.h"
#include "engine/engine.h"
#include "plumber/cluster.h"

#include <ev.h>

/* Zeroed: not started. */
struct spanning {
	struct ev_loop *loop;
	struct engine *engine;
	struct cluster *cluster;
	struct cluster_state *said; /* what the herald was told of this host's containers */
	struct cluster_state *
		nets; /* networks of the cluster that were on this host, also under a netd before */
	ev_timer look;		       /* each second, and when something has changed */
	bool told_in;		       /* the engine knows that this host is in a cluster */
	bool asks;		       /* a claim or a removal is under way */
	struct cluster_record claimed; /* by the last claim */
	bool frees;		       /* blocks of this host may be on networks that are gone */
	struct list waiting;	       /* callers who have made a network or a service here */
	struct list proposals;	       /* changes of services (proposing.c) */
	struct list hearings;	       /* callers who wait for word of a network (hearing.c) */
	bool hears;		       /* that is being asked for */
	uint32_t question;	       /* the last that was asked */
};

/* Before there is a herald. -ENOMEM. */
int spanning_start(struct spanning *spanning, struct ev_loop *loop, struct engine *engine,
		   struct cluster *cluster, struct error *error);
/* Callers who make a network or a service here wait for etcd (struct api_cluster). */
void spanning_api(struct spanning *spanning, struct api_cluster *api);
/* Before the cluster's end. Harmless where it was not started. */
void spanning_stop(struct spanning *spanning);
