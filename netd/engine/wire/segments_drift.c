// SPDX-License-Identifier: GPL-2.0-or-later
// segments_drift.c - what others did to the bridges of networks, and to the routes that hang on
// them
#include "engine/wire/wire.h"

#include "model/network/segment.h"

#include <net/if.h>
#include <string.h>

/* --- a bridge --------------------------------------------------------------------------------- */

/* What a single message about the link tells. It needs no other question to the kernel, so it is
 * done for each notification. */
const char *segments_drift_link(const struct network *network, uint32_t number,
				const struct rtnl_link *link)
{
	const struct network_spec *spec = &network->spec;
	const struct mac mac = mac_from_text(spec->id);

	/* In the order in which an administrator would look: name and state first, what follows
	 * from them later. Only the first difference is told, for one repair mends all. */
	if (strcmp(link->name, network_segment_name(network, number)) != 0)
		return "was renamed";
	if (!(link->flags & IFF_UP))
		return "was set down";
	/* 0: the network's MTU was never settled, and then any is right. */
	if (spec->mtu > 0 && link->mtu != spec->mtu)
		return "has another MTU";
	if (memcmp(&link->mac, &mac, sizeof(mac)) != 0)
		return "has another MAC address";
	if (link->bridge_differs)
		return "has other options";
	if (network->last_segment > 0 && !link->answers)
		return "lost proxy_arp, so that other segments are not reached";
	if (!link->route_localnet)
		return "lost route_localnet, so that ports are not reached on 127.0.0.1";
	if (network_bridge_has_ipv6(spec) != link->ipv6)
		return network_bridge_has_ipv6(spec) ? "has IPv6 switched off"
						     : "has IPv6 switched on";
	if (!segment_has_alias(network, number, link->alias))
		return "lost its alias";
	return NULL;
}

/* The kernel makes one when there is a carrier, some time after that can be seen: so one is missed
 * only after it was there. */
static bool lost_link_local(const struct engine *engine, const struct rtnl_link *link,
			    const struct present *present)
{
	/* Without a carrier the kernel makes no link-local address. */
	return engine->wire->lost_link_local && (link->flags & IFF_RUNNING) &&
	       !present_has_link_local(present, link->ifindex);
}

/* One family: the address, the route to the subnet, and the local route of the address. */
static const char *lost_of_subnet(const struct network *network, uint32_t number,
				  enum family family, const struct present *present)
{
	const struct prefix *subnet = &network->spec.subnet[family].prefix;
	const struct prefix addr = segment_addr(network, number, family_af(family));
	const int ifindex = network->segments[number].ifindex;
	const struct prefix self = { addr.addr, addr_bits(&addr.addr) };

	/* A network without an address at its bridge (isolated, inhibit_ipv4) has lost nothing. */
	if (!addr_is_set(&addr.addr))
		return NULL;
	if (!present_has_addr(present, ifindex, &addr))
		return "lost its address";
	/* A route that was removed by hand stays away: the kernel adds it only with the address. */
	if (addr.len < self.len && !present_has_route(present, ifindex, subnet))
		return "lost the route to its subnet";
	if (family == FAMILY_4 && !present_has_route(present, ifindex, &self))
		return "lost the local route of its address";
	return NULL;
}

/* As rtnl_bridge_ensure sets it: IPv4 where the bridge has an address, IPv6 where it is on. The
 * host's own setting comes first: where that is off, the bridge's is not missed. */
static bool lost_forwarding(const struct engine *engine, const struct network *network,
			    const struct rtnl_link *link)
{
	const struct prefix addr4 = network_bridge_addr(&network->spec, AF_INET);

	if (!engine->config->ip_forward || !forwarding_is_for(network))
		return false;
	return (addr_is_set(&addr4.addr) && !link->forwards[FAMILY_4] &&
		forwarding_on_host(engine, AF_INET)) ||
	       (network_bridge_has_ipv6(&network->spec) && !link->forwards[FAMILY_6] &&
		forwarding_on_host(engine, AF_INET6));
}

/* Everything that can be wrong with a segment, from the lists and by single questions. The first
 * difference is told. */
const char *segments_drift_of(const struct engine *engine, const struct network *network,
			      uint32_t number, const struct present *present)
{
	const int ifindex = network->segments[number].ifindex;
	const struct rtnl_link *link = present_link(present, ifindex);
	const struct mac mac = mac_from_text(network->spec.id);
	const char *what = link ? segments_drift_link(network, number, link) : "is missing";

	for (enum family family = 0; family < FAMILY_N && !what; family++)
		what = lost_of_subnet(network, number, family, present);
	if (!what && network_bridge_has_ipv6(&network->spec) &&
	    lost_link_local(engine, link, present))
		what = "lost its link-local address";
	/* The entry is in no dump of links, so it is asked for last, and only where all else is
	 * right. */
	if (!what && !engine->door->bridges.hears(engine->rtnl, ifindex, &mac))
		what = "lost the entry for its own MAC address";
	if (!what && lost_forwarding(engine, network, link))
		what = "has forwarding switched off";
	return what;
}

/* --- what the kernel tells -------------------------------------------------------------------- */

const char *segments_drift_told(const struct engine *engine, const struct rtnl_link *link)
{
	uint32_t number;
	const struct network *network = tables_find_bridge(engine, link->ifindex, &number);

	/* A message of the family AF_BRIDGE lacks what makes a bridge. */
	return network && link->family != AF_BRIDGE ? segments_drift_link(network, number, link)
						    : NULL;
}

/* It led to who is in a segment after the first, or in the first among such: the route is netd's. A
 * route has gone: was it one of netd's to containers? */
static bool is_routed(const struct engine *engine, const struct prefix *prefix)
{
	const enum family family = family_of(prefix->addr.family);

	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		if (!segments_drift_routes_hosts(network) ||
		    !prefix_contains(&network->spec.subnet[family].prefix, &prefix->addr))
			continue;
		if (family == FAMILY_6)
			return host_way_is_wanted(network, prefix);
		/* A route to a single host is netd's where a container in a later segment has
		 * that address. Any other is somebody else's. */
		list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network)
			if (endpoint->segment > 0 && prefix->len == addr_bits(&prefix->addr) &&
			    addr_equal(&endpoint->ip[family], &prefix->addr))
				return true;
	}
	return false;
}

/* Any network's, for the message does not say at which bridge it was. */
static bool has_subnet(const struct engine *engine, const struct prefix *prefix)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;
		const struct subnet *subnet = &spec->subnet[family_of(prefix->addr.family)];

		/* Either the subnet's route, or the local route of the gateway. */
		if ((prefix->len == subnet->prefix.len &&
		     addr_equal(&prefix->addr, &subnet->prefix.addr)) ||
		    (prefix->len == addr_bits(&prefix->addr) &&
		     addr_equal(&prefix->addr, &subnet->gateway)))
			return true;
	}
	return false;
}

/* Which one the message does not tell, and a bridge that gets its MAC loses the entry of the one
 * that it was born with: a comparison for each bridge that is made would be one too many. */
static bool lost_entry(const struct engine *engine, int ifindex)
{
	uint32_t number;
	const struct network *network = tables_find_bridge(engine, ifindex, &number);
	struct mac mac;

	if (!network)
		return false;
	mac = mac_from_text(network->spec.id);
	return !engine->door->bridges.hears(engine->rtnl, ifindex, &mac);
}

/* A bridge that is made tells what it has of each family. Of one that its network has none of
 * nothing was switched off, and each network that is made would be followed by a comparison. */
static bool hears_of_forwarding(const struct engine *engine, const struct rtnl_event *event)
{
	uint32_t number;
	const struct network *network = tables_find_bridge(engine, event->ifindex, &number);

	return network && network_has(&network->spec, family_of(event->family));
}

/* Something is gone. True starts a comparison, so it is better to be sure: of netd's own changes
 * the kernel tells as well. */
bool segments_drift_lost(struct engine *engine, const struct rtnl_event *event)
{
	switch (event->change) {
	case RTNL_CHANGE_LINK_GONE:
		return tables_own_bridge(engine, event->ifindex);
	case RTNL_CHANGE_NO_FORWARD:
		return hears_of_forwarding(engine, event);
	case RTNL_CHANGE_FDB_GONE:
		return lost_entry(engine, event->ifindex);
	case RTNL_CHANGE_ADDR_GONE:
		if (!tables_own_bridge(engine, event->ifindex))
			return false;
		if (event->prefix.addr.family == AF_INET6 &&
		    addr_is_link_local(&event->prefix.addr))
			/* Noted for the comparison, which cannot see by itself whether there was
			 * one. */
			engine->wire->lost_link_local = true;
		return true;
	case RTNL_CHANGE_ROUTE_GONE:
		return has_subnet(engine, &event->prefix) || is_routed(engine, &event->prefix);
	case RTNL_CHANGE_NEIGHBOUR_GONE: /* a matter of tunnels */
	case RTNL_CHANGE_LINK:
	case RTNL_CHANGE_QUEUE:	    /* of limits (shaping.c) */
	case RTNL_CHANGE_PORT_GONE: /* a matter of the endpoint whose port it was */
		return false;
	}
	return false;
}

/* --- routes to containers --------------------------------------------------------------------- */

/* Only then the large dump of routes is made. */
bool segments_drift_routes_hosts(const struct network *network)
{
	return network->last_segment > 0;
}

bool segments_drift_wants_route(const struct endpoint *endpoint, enum family family)
{
	const struct prefix dst = { endpoint->ip[family], addr_bits(&endpoint->ip[family]) };

	if (!addr_is_set(&dst.addr))
		return false;
	return family == FAMILY_4 ? endpoint->segment > 0
				  : host_way_is_wanted(endpoint->network, &dst);
}

const struct rtnl_route *segments_drift_route(const struct endpoint *endpoint, enum family family,
					      const struct present *present)
{
	const struct prefix dst = { endpoint->ip[family], addr_bits(&endpoint->ip[family]) };

	/* The others are reached by the subnet's own route, or by that of their block. */
	if (!segments_drift_wants_route(endpoint, family))
		return NULL;
	return present_host_route(present, endpoint_bridge(endpoint), &dst);
}

/* Asked of each route at a bridge that leads to no endpoint. True means that it may be removed. */
bool segments_drift_owns_route(const struct engine *engine, const struct rtnl_route *route)
{
	uint32_t number = 0;
	const struct network *network = tables_find_bridge(engine, route->ifindex, &number);
	const struct prefix *subnet;

	if (!network)
		return false;
	subnet = &network->spec.subnet[family_of(route->dst.addr.family)].prefix;
	if (!addr_is_set(&subnet->addr) || !prefix_contains(subnet, &route->dst.addr))
		return false;
	/* The first segment's subnet has its own route, and what else is in it is the
	 * administrator's, but for single addresses in a block that is led elsewhere. */
	return number > 0 || (route->dst.len == addr_bits(&route->dst.addr) &&
			      host_way_leads_block(network, &route->dst.addr));
}
