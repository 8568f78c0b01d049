// SPDX-License-Identifier: GPL-2.0-or-later
// uplink.c - the link that the host's default route leads to
#include "engine/wire/uplink.h"

#include "engine/wire/wire.h"

#include <stdlib.h>

/* The MTU for containers, so that their packets fit the link by which they leave. A route's own MTU
 * counts before its link's. A host without a default route gets 1500. Only a failure that may pass
 * is an error. */
int uplink_mtu(struct engine *engine, const struct host_routes *routes, uint32_t *ret_mtu,
	       struct error *error)
{
	struct host_routes own = { 0 };
	struct rtnl_link link;
	uint32_t mtu = 1500;
	bool found = false;
	int err = 0;

	if (!routes) {
		err = engine->door->routes.all(engine->rtnl, &own.items, &own.n, error);
		/* The caller has no list at hand. */
		routes = &own;
	}
	for (size_t i = 0; !error_is_passing(err) && !found && i < routes->n; i++) {
		const struct rtnl_route *route = &routes->items[i];

		if (route->dst.len != 0)
			continue;
		err = engine->door->links.by_index(engine->rtnl, route->ifindex, &link, error);
		found = err == 0;
		if (found)
			mtu = route->mtu ? route->mtu : link.mtu;
	}
	free(own.items);
	*ret_mtu = mtu < 65535 ? mtu : 65535;
	return error_is_passing(err) ? err : 0;
}
