// SPDX-License-Identifier: GPL-2.0-or-later
// uplink.h - the link that the host's default route leads to
#pragma once

#include "engine/state/state.h"

/* The host's routes, read once where a change asks for them several times. */
struct host_routes {
	struct rtnl_route *items;
	size_t n;
};

/* The MTU of the link with the default route; 1500 without one. Reads the routes where they are
 * NULL. Fails for what passes alone. */
int uplink_mtu(struct engine *engine, const struct host_routes *routes, uint32_t *ret_mtu,
	       struct error *error);
