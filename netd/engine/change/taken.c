// SPDX-License-Identifier: GPL-2.0-or-later
// taken.c - the subnets that are taken: by netd's networks, and by the host's links and routes
#include "engine/change/taken.h"
#include "engine/change/change.h"

#include "engine/change/networks.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A subnet that another of netd's networks has is nobody's. On the host's side
 * two things differ. Addresses of a link of the host, and what a route leads to that is as narrow
 * as the subnet or narrower, are used: the subnet would take them away, or never be reached. A
 * wider route (a VPN's 10.0.0.0/8) says only that some of it may be somewhere: whoever asks for a
 * part of it by name gets it, and what netd chooses by itself lies there when nothing else is free.
 */

/* A route this short is a default route in disguise (0.0.0.0/1, as VPNs set them), not somebody's
 * network: libnetwork#779. */
#define ROUTE_MIN_LEN 8

/* A route as `ip route` would show it. Returned by value, so sentences need no memory. */
struct route_text taken_route_text(const struct engine *engine, const struct rtnl_route *route)
{
	struct rtnl_link link = { 0 };
	struct route_text out;

	/* The link may be gone by now, and the route with it. What is said of it was true. */
	(void)engine->door->links.by_index(engine->rtnl, route->ifindex, &link, NULL);

	/* The widest text is 119 bytes, both addresses of IPv6 and a name of 15. */
	(void)snprintf(out.text, sizeof(out.text), "%s%s%s dev %s", PREFIX_STR(&route->dst),
		       addr_is_set(&route->gateway) ? " via " : "", ADDR_STR(&route->gateway),
		       link.name); /* fits: 119 */
	return out;
}

/* Also for one that was never filled, if it is zero. */
void taken_done(struct taken *taken)
{
	free(taken->prefixes);
	free(taken->routes);
	free(taken->all.items);
	*taken = (struct taken) { 0 };
}

/* NULL: nothing was collected. */
const struct host_routes *taken_host_routes(const struct taken *taken)
{
	/* A host without any route has an empty list, and room for prefixes all the same. */
	return taken->prefixes ? &taken->all : NULL;
}

/* Room was made for both families of each network. */
static void take_network(struct taken *taken, const struct network *network)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&network->spec.subnet[family].prefix.addr))
			taken->prefixes[taken->n_hard++] = network->spec.subnet[family].prefix;
}

/* At start the bridges of before stand, and their networks are not loaded yet. Routes to netd's own
 * subnets are no reason against them. */
static bool is_own(struct engine *engine, const struct rtnl_route *route)
{
	struct rtnl_link link;

	/* A route that our own bridge has is no reason against its own subnet. */
	if (tables_own_bridge(engine, route->ifindex))
		return true;
	return engine->booting &&
	       engine->door->links.by_index(engine->rtnl, route->ifindex, &link, NULL) == 0 &&
	       strncmp(link.alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0;
}

/* Whether a route says anything about who uses an address. */
static bool route_counts(struct engine *engine, const struct rtnl_route *route)
{
	/* Link-local and multicast prefixes are on every link and say nothing about who uses
	 * what. */
	return route->dst.len >= ROUTE_MIN_LEN && !is_own(engine, route) &&
	       !addr_is_link_local(&route->dst.addr) && !addr_is_multicast(&route->dst.addr);
}

/* The subnet of a link: an address of it, a router's advertisement or DHCP said so. A route that
 * somebody set by hand through a link without a gateway, as to a tunnel, is none. */
static bool is_on_link(const struct rtnl_route *route)
{
	return !addr_is_set(&route->gateway) &&
	       (route->protocol == RTPROT_KERNEL || route->protocol == RTPROT_RA ||
		route->protocol == RTPROT_DHCP);
}

static bool uses(const struct rtnl_route *route, const struct prefix *prefix)
{
	/* As narrow or narrower: there are hosts, and the subnet would hide them. An address of
	 * the host's own counts at any width. */
	return prefix_overlaps(prefix, &route->dst) &&
	       (route->dst.len >= prefix->len || is_on_link(route));
}

/* Wider, and not of a link: somebody may be there. */
static bool covers(const struct rtnl_route *route, const struct prefix *prefix)
{
	return prefix_overlaps(prefix, &route->dst) && !uses(route, prefix);
}

/* The narrowest of them says most. */
const struct rtnl_route *taken_covering(const struct taken *taken, const struct prefix *prefix)
{
	const struct rtnl_route *found = NULL;

	for (size_t i = 0; i < taken->n_routes; i++)
		if (covers(&taken->routes[i], prefix) &&
		    (!found || taken->routes[i].dst.len > found->dst.len))
			found = &taken->routes[i];
	return found;
}

const struct rtnl_route *taken_using(const struct taken *taken, const struct prefix *prefix)
{
	for (size_t i = 0; i < taken->n_routes; i++)
		if (uses(&taken->routes[i], prefix))
			return &taken->routes[i];
	return NULL;
}

/* Hard ones first; the others are only avoided while that is possible. Routes stay in the list
 * whatever they are; hard prefixes are added. */
static void take_routes(struct engine *engine, struct taken *taken)
{
	for (size_t i = 0; i < taken->all.n; i++) {
		const struct rtnl_route *route = &taken->all.items[i];

		if (!route_counts(engine, route))
			continue;
		taken->routes[taken->n_routes++] = *route;
		if (is_on_link(route))
			taken->prefixes[taken->n_hard++] = route->dst;
	}
}

/* The order of prefixes: networks, links, name servers (all hard, n_hard), then the routes that are
 * only avoided (up to n). */
int taken_collect(struct engine *engine, struct taken *taken, struct error *error)
{
	const struct hostdns_conf *dns = hostdns_conf(engine->tell->hostdns);
	int err;

	*taken = (struct taken) { 0 };
	err = engine->door->routes.all(engine->rtnl, &taken->all.items, &taken->all.n, error);
	if (err < 0)
		return err;
	/* Room for the most that there can be: two families of each network, all routes, all
	 * servers. */
	taken->prefixes = calloc(2 * engine->n_networks + taken->all.n + dns->n_servers + 1,
				 sizeof(*taken->prefixes));
	taken->routes = calloc(taken->all.n + 1, sizeof(*taken->routes));
	if (!taken->prefixes || !taken->routes) {
		taken_done(taken);
		return error_system(error, -ENOMEM, "cannot choose a subnet");
	}
	for (size_t i = 0; i < engine->n_networks; i++)
		take_network(taken, engine->networks[i]);
	take_routes(engine, taken);
	/* A name server reached by the default route would be hidden by a subnet around it. */
	for (size_t i = 0; i < dns->n_servers; i++)
		if (!addr_is_loopback(&dns->servers[i]))
			taken->prefixes[taken->n_hard++] =
				(struct prefix) { dns->servers[i], addr_bits(&dns->servers[i]) };
	/* Hard ones end here. */
	taken->n = taken->n_hard;
	for (size_t i = 0; i < taken->n_routes; i++)
		if (!is_on_link(&taken->routes[i]))
			taken->prefixes[taken->n++] = taken->routes[i].dst;
	return 0;
}
