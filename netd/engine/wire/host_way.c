// SPDX-License-Identifier: GPL-2.0-or-later
// host_way.c - the host's routes to endpoints, and to blocks of their addresses
#include "engine/wire/wire.h"

#include "base/log.h"

/* Theory of operation: docs/decisions/0020. By IPv4 the host has a route to each endpoint that is
 * not in the first segment, which has the subnet. By IPv6, whose routes the kernel walks over for
 * each new port, endpoints share a route for each block of addresses where they can
 * (model/network/blocks.h). Each change is made of steps behind which everybody else is reached.
 *
 * A start knows of its containers one by one, so meanwhile each that comes or goes has a route of
 * his own, which is right whatever becomes of his block; the comparison that follows joins them. */

/* The route to one address: /32 or /128. */
static struct prefix alone(const struct addr *addr)
{
	return (struct prefix) { *addr, addr_bits(addr) };
}

/* A step is one route that is added or removed. Adding one that is there, and removing one that is
 * gone, are successes. */
static int take_step(struct engine *engine, const struct network *network,
		     const struct block_step *step, struct error *error)
{
	const struct door_routes *routes = &engine->door->routes;
	const int ifindex = network->segments[step->route.segment].ifindex;

	return step->add ? routes->add(engine->rtnl, ifindex, &step->route.dst, 1, error)
			 : routes->remove(engine->rtnl, ifindex, &step->route.dst, 1, error);
}

/* From these routes to those that the block is to have now. What one step cannot do keeps those
 * behind it from being done, for they rest on it. */
static int change(struct engine *engine, const struct network *network, const struct addr *addr,
		  const struct block_routes *before, struct error *error)
{
	struct block_routes after;
	struct block_steps steps;
	int err = 0;

	blocks_near(&network->blocks, addr, &after);
	blocks_steps(before, &after, &steps);
	for (size_t i = 0; i < steps.n && err == 0; i++)
		err = take_step(engine, network, &steps.items[i], error);
	return err;
}

/* Only notes where the address is, without touching the kernel. -ENOMEM. */
int host_way_known(const struct endpoint *endpoint)
{
	const struct addr *addr = &endpoint->ip[FAMILY_6];
	struct network *network = endpoint->network;

	if (!addr_is_set(addr))
		return 0;
	/* In a subnet of a block or less nothing can be shared. */
	network->blocks.apart = network->spec.subnet[FAMILY_6].prefix.len >= SEGMENT_BLOCK_LEN;
	return blocks_put(&network->blocks, addr, endpoint->segment);
}

/* Its own: by IPv4 it has one where it is not in the first segment. */
static int lead_alone(struct engine *engine, const struct endpoint *endpoint, bool ipv6,
		      struct error *error)
{
	struct prefix dsts[FAMILY_N];
	size_t n = 0;

	if (endpoint->segment > 0 && addr_is_set(&endpoint->ip[FAMILY_4]))
		dsts[n++] = alone(&endpoint->ip[FAMILY_4]);
	if (ipv6)
		dsts[n++] = alone(&endpoint->ip[FAMILY_6]);
	return n == 0 ? 0
		      : engine->door->routes.add(engine->rtnl, endpoint_bridge(endpoint), dsts, n,
						 error);
}

/* The endpoint has a link now: routes lead to it. The member is noted before the kernel is asked,
 * so the block's new routes are known; the routes before are read first, for the steps lead from
 * one to the other. */
int host_way_lead(struct engine *engine, const struct endpoint *endpoint, struct error *error)
{
	const struct addr *addr = &endpoint->ip[FAMILY_6];
	const struct network *network = endpoint->network;
	const struct prefix own = alone(addr);
	struct block_routes before = { .n = 0 };
	int err;

	if (!addr_is_set(addr))
		return lead_alone(engine, endpoint, false, error);
	blocks_near(&network->blocks, addr, &before);
	if (host_way_known(endpoint) < 0)
		return error_system(error, -ENOMEM, "cannot set a route to a container");
	/* The other members of the block are not loaded yet, so its shared route would be wrong. */
	if (engine->booting)
		return lead_alone(engine, endpoint, endpoint->segment > 0, error);
	/* One that it has already is set again, for it may be missing. */
	err = lead_alone(engine, endpoint, block_routes_find(&before, &own) != NULL, error);
	return err < 0 ? err : change(engine, network, addr, &before, error);
}

/* The inverse: the endpoint goes. It cannot fail. Routes that stay behind lead to nobody, and the
 * comparison removes them. */
void host_way_end(struct engine *engine, const struct endpoint *endpoint)
{
	struct network *network = endpoint->network;
	const struct addr *addr = &endpoint->ip[FAMILY_6];
	bool shares = !engine->booting && addr_is_set(addr) &&
		      blocks_member(&network->blocks, addr) != NULL;
	struct prefix dsts[FAMILY_N];
	struct block_routes before;
	struct error error;
	size_t n = 0;
	int err = 0;

	if (shares)
		blocks_near(&network->blocks, addr, &before);
	/* The member goes before the change, so that the block is as it will be. */
	if (addr_is_set(addr))
		blocks_remove(&network->blocks, addr);
	if (shares)
		err = change(engine, network, addr, &before, &error);
	if (err < 0) {
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
		later_resync(engine); /* it was about others, too */
	}
	if (endpoint->segment > 0 && addr_is_set(&endpoint->ip[FAMILY_4]))
		dsts[n++] = alone(&endpoint->ip[FAMILY_4]);
	/* One that was not known to be led there may be, as a netd before made it. */
	if (endpoint->segment > 0 && addr_is_set(addr) && !shares)
		dsts[n++] = alone(addr);
	if (n > 0 && (err = engine->door->routes.remove(engine->rtnl, endpoint_bridge(endpoint),
							dsts, n, &error)) < 0)
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
}

/* Walks over the blocks for the comparison. Only the first route of a block can be a shared one. */
bool host_way_shared(const struct network *network, size_t *at, struct rtnl_route *ret_route)
{
	struct block_routes routes;

	while (blocks_next(&network->blocks, at, &routes)) {
		if (routes.n == 0 || !block_route_is_shared(&routes.items[0]))
			continue;
		*ret_route = (struct rtnl_route) {
			.dst = routes.items[0].dst,
			.ifindex = network->segments[routes.items[0].segment].ifindex,
		};
		return true;
	}
	return false;
}

int host_way_share(struct engine *engine, const struct network *network,
		   const struct rtnl_route *route, struct error *error)
{
	const struct block_routes none = { .n = 0 };

	/* All of the block's: those who are in another segment come before it. */
	return change(engine, network, &route->dst.addr, &none, error);
}

/* Whether netd would make this route now. */
bool host_way_is_wanted(const struct network *network, const struct prefix *dst)
{
	struct block_routes routes;

	blocks_near(&network->blocks, &dst->addr, &routes);
	return block_routes_find(&routes, dst) != NULL;
}

bool host_way_leads_block(const struct network *network, const struct addr *addr)
{
	struct block_routes routes;

	if (addr->family != AF_INET6)
		return false;
	blocks_near(&network->blocks, addr, &routes);
	return routes.n > 0 && block_route_is_shared(&routes.items[0]);
}

/* A single route that a shared one has made unnecessary, as a netd of a release before left it. */
bool host_way_is_spare(const struct network *network, const struct rtnl_route *route)
{
	const struct block_member *member = blocks_member(&network->blocks, &route->dst.addr);

	/* What leads to the first bridge, and is not netd's, is the administrator's. */
	return member && member->segment > 0 && route->dst.len == addr_bits(&route->dst.addr) &&
	       network->segments[member->segment].ifindex == route->ifindex &&
	       !host_way_is_wanted(network, &route->dst);
}
