// SPDX-License-Identifier: GPL-2.0-or-later
// segments_drift.h - what others did to the bridges of networks, and to the routes that hang on
// them
#pragma once

#include "engine/wire/present.h"

/* What somebody did to the bridge of a segment, as the end of a sentence; NULL: it is as it should
 * be. The first looks at everything, the second at what a message about the link holds. */
const char *segments_drift_of(const struct engine *engine, const struct network *network,
			      uint32_t number, const struct present *present);
const char *segments_drift_link(const struct network *network, uint32_t number,
				const struct rtnl_link *link);

/* The kernel tells of a link: the same, where it is the bridge of a segment. */
const char *segments_drift_told(const struct engine *engine, const struct rtnl_link *link);
/* Something is gone: whether it was a segment's, or led to a container in one. */
bool segments_drift_lost(struct engine *engine, const struct rtnl_event *event);

/* Whether the host has routes of netd's to containers of the network, or to blocks of them. */
bool segments_drift_routes_hosts(const struct network *network);
/* Whether it is to have one to this endpoint alone. */
bool segments_drift_wants_route(const struct endpoint *endpoint, enum family family);
/* That route; NULL: it has none, or needs none. */
const struct rtnl_route *segments_drift_route(const struct endpoint *endpoint, enum family family,
					      const struct present *present);
/* Whether such a route can be netd's alone. */
bool segments_drift_owns_route(const struct engine *engine, const struct rtnl_route *route);
