// SPDX-License-Identifier: GPL-2.0-or-later
// host_way.h - the host's routes to endpoints, and to blocks of their addresses
#pragma once

#include "engine/state/state.h"

/* The host is to reach an endpoint at the bridge that it has its port at. What stands already is
 * set again. */
int host_way_lead(struct engine *engine, const struct endpoint *endpoint, struct error *error);
/* It is to be led there no more; it may never have been. What fails is logged, and mended by the
 * next comparison. */
void host_way_end(struct engine *engine, const struct endpoint *endpoint);
/* A start finds it led there. -ENOMEM. */
int host_way_known(const struct endpoint *endpoint);

/* The routes that endpoints of a network share, one after the other; *at is 0 at first. false:
 * there are no more. */
bool host_way_shared(const struct network *network, size_t *at, struct rtnl_route *ret_route);
/* One of them was missing. Nobody is led elsewhere by its coming. */
int host_way_share(struct engine *engine, const struct network *network,
		   const struct rtnl_route *route, struct error *error);

/* Whether the host is to have exactly this route to one or more endpoints of the network. */
bool host_way_is_wanted(const struct network *network, const struct prefix *dst);
/* Whether the block that an address lies in has a route. */
bool host_way_leads_block(const struct network *network, const struct addr *addr);
/* Whether it leads to an endpoint where that is, and is not needed beside its block's. */
bool host_way_is_spare(const struct network *network, const struct rtnl_route *route);
