// SPDX-License-Identifier: GPL-2.0-or-later
// supervisors.h - a supervisor for each role, and whom the role works for
#pragma once

#include "base/error.h"
#include "engine/engine.h"
#include "plumber/cluster.h"
#include "plumber/metering.h"
#include "plumber/supervisor.h"

#include <ev.h>
#include <stdbool.h>

/* Zeroed is fine: nothing was started. */
struct supervisors {
	struct engine *engine; /* NULL until supervisors_start */
	struct ev_loop *loop;
	struct metering *metering;
	struct cluster *cluster;
	struct supervisor *by_role[ROLE_N];
};

struct supervisors_options {
	struct ev_loop *loop;
	const char *run_dir;
	const char *users[ROLE_N]; /* what each becomes; NULL: there is none of that role */
	struct metering *metering; /* of ROLE_METRICS; stays where it is */
	struct cluster *cluster;   /* of ROLE_HERALD, _KEEPER, _USHER; the same */
	const char *log_level;
};

/* Nothing happens until supervisors_start; the struct stays where it is. */
int supervisors_init(struct supervisors *supervisors, const struct supervisors_options *options,
		     struct error *error);
/* The processes live on. */
void supervisors_done(struct supervisors *supervisors);

/* The engine's view of the resolver. */
struct engine_resolver_host supervisors_resolver_host(struct supervisors *supervisors);

/* Has the herald started, ended, and started again, for a host that joins, leaves, or stays. */
struct cluster_host_ops supervisors_cluster_host(struct supervisors *supervisors);
/* The same with the keeper, where etcd is netd's own. */
struct cluster_host_ops supervisors_keeper_host(struct supervisors *supervisors);
/* And with the usher. */
struct cluster_host_ops supervisors_usher_host(struct supervisors *supervisors);

/* Has all of them at work: found alive or started, and introduced. The herald where this host is in
 * a cluster. */
int supervisors_start(struct supervisors *supervisors, struct engine *engine, struct error *error);
/* A start failed: those that it started are ended. */
void supervisors_undo_start(struct supervisors *supervisors);
/* Nobody needs them any more, but an etcd of netd's own: other hosts may. */
void supervisors_end(struct supervisors *supervisors);
