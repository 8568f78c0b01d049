// SPDX-License-Identifier: GPL-2.0-or-later
// subnets.c - subnets: chosen clear of everything the host uses, or checked against it
#include "engine/networks.h"

#include "base/log.h"
#include "model/ipam.h"

#include <errno.h>
#include <string.h>

/* A route this short is a default route in disguise (0.0.0.0/1, as VPNs set them), not somebody's
 * network: libnetwork#779. */
#define ROUTE_MIN_LEN 8

/* What a new subnet must keep clear of. */
struct taken {
	struct prefix *prefixes;
	size_t n;
	struct rtnl_route *routes; /* of the host, foreign ones first n_routes */
	size_t n_routes;
};

static void taken_done(struct taken *taken)
{
	free(taken->prefixes);
	free(taken->routes);
	*taken = (struct taken) { 0 };
}

static void take_network(struct taken *taken, const struct network *network)
{
	if (addr_is_set(&network->spec.subnet4.prefix.addr))
		taken->prefixes[taken->n++] = network->spec.subnet4.prefix;
	if (addr_is_set(&network->spec.subnet6.prefix.addr))
		taken->prefixes[taken->n++] = network->spec.subnet6.prefix;
}

/* At start the bridges of before stand, and their networks are not loaded yet. */
static bool is_own(struct engine *engine, const struct rtnl_route *route)
{
	struct rtnl_link link;

	if (networks_own_bridge(engine, route->ifindex))
		return true;
	return engine->booting &&
	       rtnl_link_by_name(engine->rtnl, route->ifname, &link, NULL) == 0 &&
	       strncmp(link.alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0;
}

static bool route_counts(struct engine *engine, const struct rtnl_route *route)
{
	return route->dst.len >= ROUTE_MIN_LEN && !is_own(engine, route) &&
	       !addr_is_link_local(&route->dst.addr) && !addr_is_multicast(&route->dst.addr);
}

static int taken_collect(struct engine *engine, struct taken *taken, struct error *error)
{
	const struct hostdns_conf *dns = hostdns_conf(engine->hostdns);
	size_t n_routes = 0;
	int err;

	*taken = (struct taken) { 0 };
	err = rtnl_routes(engine->rtnl, &taken->routes, &n_routes, error);
	if (err < 0)
		return err;
	taken->prefixes = calloc(2 * engine->n_networks + n_routes + dns->n_servers + 1,
				 sizeof(*taken->prefixes));
	if (!taken->prefixes) {
		taken_done(taken);
		return error_system(error, -ENOMEM, "cannot choose a subnet");
	}
	for (size_t i = 0; i < engine->n_networks; i++)
		take_network(taken, engine->networks[i]);
	for (size_t i = 0; i < n_routes; i++) {
		if (!route_counts(engine, &taken->routes[i]))
			continue;
		taken->routes[taken->n_routes++] = taken->routes[i];
		taken->prefixes[taken->n++] = taken->routes[i].dst;
	}
	/* A name server reached by the default route would be hidden by a subnet around it. */
	for (size_t i = 0; i < dns->n_servers; i++)
		if (!addr_is_loopback(&dns->servers[i]))
			taken->prefixes[taken->n++] =
				(struct prefix) { dns->servers[i], addr_bits(&dns->servers[i]) };
	return 0;
}

static int overlaps_network(struct engine *engine, const struct prefix *prefix, struct error *error)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *other = &engine->networks[i]->spec;
		const struct prefix *theirs = prefix->addr.family == AF_INET
						      ? &other->subnet4.prefix
						      : &other->subnet6.prefix;

		if (addr_is_set(&theirs->addr) && prefix_overlaps(prefix, theirs))
			return error_set(error, ERROR_FORBIDDEN,
					 "invalid pool request: Pool overlaps with other one on "
					 "this address space: subnet %s overlaps %s of network %s",
					 PREFIX_STR(prefix), PREFIX_STR(theirs), other->name);
	}
	return 0;
}

static int overlaps_route(const struct taken *taken, const struct prefix *prefix,
			  struct error *error)
{
	for (size_t i = 0; i < taken->n_routes; i++) {
		const struct rtnl_route *route = &taken->routes[i];

		if (!prefix_overlaps(prefix, &route->dst))
			continue;
		return error_set(error, ERROR_FORBIDDEN,
				 "invalid pool request: subnet %s overlaps the host's route %s%s%s "
				 "dev %s: choose another subnet, or none and netd finds a free one",
				 PREFIX_STR(prefix), PREFIX_STR(&route->dst),
				 addr_is_set(&route->gateway) ? " via " : "",
				 ADDR_STR(&route->gateway), route->ifname);
	}
	return 0;
}

static int choose_prefix(struct engine *engine, uint8_t family, const struct taken *taken,
			 struct subnet *subnet, struct error *error)
{
	const struct config *config = engine->config;
	struct ipam_base ula = { engine->ula, 64 };
	const struct ipam_base *bases = config->bases;
	size_t n = config->n_bases;
	int err;

	if (n == 0)
		bases = ipam_default_bases(&n);
	err = ipam_choose_subnet(bases, n, family, subnet->prefix.len, taken->prefixes, taken->n,
				 &subnet->prefix, error);
	/* The built-in or configured pools may have no IPv6: this host's own ULA prefix has. */
	if (err < 0 && family == AF_INET6)
		err = ipam_choose_subnet(&ula, 1, family, subnet->prefix.len, taken->prefixes,
					 taken->n, &subnet->prefix, error);
	return err;
}

/* Gives one family of a spec its prefix and gateway. A prefix of address zero asks for a size. */
static int settle_subnet(struct engine *engine, uint8_t family, struct subnet *subnet,
			 const struct taken *taken, struct error *error)
{
	bool given = addr_is_set(&subnet->prefix.addr) && !addr_is_any(&subnet->prefix.addr);
	int err;

	if (!given) {
		err = choose_prefix(engine, family, taken, subnet, error);
		if (err < 0)
			return err;
	} else {
		err = overlaps_network(engine, &subnet->prefix, error);
		if (err == 0)
			err = overlaps_route(taken, &subnet->prefix, error);
		if (err < 0)
			return err;
	}
	if (addr_is_set(&subnet->gateway))
		return 0;
	return subnet_choose_gateway(subnet, error);
}

int networks_settle_subnets(struct engine *engine, struct network_spec *spec, struct error *error)
{
	struct taken taken;
	int err;

	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return 0;
	err = taken_collect(engine, &taken, error);
	if (err < 0)
		return err;
	if (spec->ipv4)
		err = settle_subnet(engine, AF_INET, &spec->subnet4, &taken, error);
	if (err == 0 && spec->ipv6)
		err = settle_subnet(engine, AF_INET6, &spec->subnet6, &taken, error);
	taken_done(&taken);
	return err;
}

static int settle_configured(struct engine *engine, uint8_t family, const struct taken *taken,
			     const struct subnet *subnet, struct error *error)
{
	const char *key = family == AF_INET ? "bip" : "bip6 or fixed-cidr-v6";
	struct error why;

	if (overlaps_network(engine, &subnet->prefix, &why) < 0)
		return error_set(error, ERROR_CONFLICT,
				 "%s in netd.json cannot be: %s: choose another, or start without "
				 "and remove that network",
				 key, why.text);
	if (overlaps_route(taken, &subnet->prefix, &why) < 0)
		log_warn("%s in netd.json: %s", key, why.text);
	return 0;
}

static int settle_unless_taken(struct engine *engine, uint8_t family, const struct taken *taken,
			       struct subnet *subnet, struct error *error)
{
	struct error why;
	int err;

	if (!addr_is_set(&subnet->prefix.addr))
		return settle_subnet(engine, family, subnet, taken, error);
	if (overlaps_network(engine, &subnet->prefix, &why) == 0 &&
	    overlaps_route(taken, &subnet->prefix, &why) == 0)
		return 0;
	*subnet = (struct subnet) { 0 };
	err = settle_subnet(engine, family, subnet, taken, error);
	if (err == 0)
		log_info("network bridge has subnet %s now: %s", PREFIX_STR(&subnet->prefix),
			 why.text);
	return err;
}

int networks_settle_default(struct engine *engine, uint8_t family, struct subnet *subnet,
			    bool configured, struct error *error)
{
	struct taken taken;
	int err = taken_collect(engine, &taken, error);

	if (err < 0)
		return err;
	err = configured ? settle_configured(engine, family, &taken, subnet, error)
			 : settle_unless_taken(engine, family, &taken, subnet, error);
	taken_done(&taken);
	return err;
}
