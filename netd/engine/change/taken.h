// SPDX-License-Identifier: GPL-2.0-or-later
// taken.h - the subnets that are taken: by netd's networks, and by the host's links and routes
#pragma once

#include "engine/change/change.h"

/* What a new subnet must keep clear of: prefixes[0..n_hard) always, and the routes' behind them,
 * [n_hard..n), if that is possible. */
struct taken {
	struct prefix *prefixes;
	size_t n_hard, n;
	struct host_routes all;	   /* of the host, as the kernel tells of them */
	struct rtnl_route *routes; /* those of them that may be in somebody's way */
	size_t n_routes;
};

/* As things are now; taken_done frees it. On failure there is nothing to free. */
int taken_collect(struct engine *engine, struct taken *taken, struct error *error);
void taken_done(struct taken *taken);
/* All of the host's, with the default routes; NULL: nothing was collected. */
const struct host_routes *taken_host_routes(const struct taken *taken);

/* A route of the host that has the prefix, or a part of it, in use; NULL: none. */
const struct rtnl_route *taken_using(const struct taken *taken, const struct prefix *prefix);
/* The narrowest of those that only cover it; NULL: none. */
const struct rtnl_route *taken_covering(const struct taken *taken, const struct prefix *prefix);

/* For a person. The kernel is asked for the name of its interface. */
struct route_text {
	char text[160];
};
struct route_text taken_route_text(const struct engine *engine, const struct rtnl_route *route);
