// SPDX-License-Identifier: GPL-2.0-or-later
// subnets.c - subnets: chosen clear of everything the host uses, or checked against it
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/log.h"
#include "engine/change/taken.h"
#include "model/ipam/ipam_base.h"
#include "model/ipam/ipam_choose.h"
#include "model/ipam/subnet.h"

/* Theory of operation. What the host uses is collected once for a call (taken.c). A subnet that is
 * asked for is checked against it, and one that is not is chosen clear of it, in two tries: clear
 * of every route, then clear of what is used for certain. The network "bridge" is a case of its
 * own, for netd must start: settle_configured and settle_unless_taken never refuse because of a
 * route. */

/* A sentence as Docker says it, with the network's name. */
static int overlaps_network(struct engine *engine, const struct prefix *prefix, struct error *error)
{
	/* Every network counts, also those of other kinds: two networks with one subnet are one
	 * too many for the host's routes. */
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *other = &engine->networks[i]->spec;
		const struct prefix *theirs = &other->subnet[family_of(prefix->addr.family)].prefix;

		if (addr_is_set(&theirs->addr) && prefix_overlaps(prefix, theirs))
			return error_set(error, ERROR_FORBIDDEN,
					 "invalid pool request: Pool overlaps with other one on "
					 "this address space: subnet %s overlaps %s of network %s",
					 PREFIX_STR(prefix), PREFIX_STR(theirs), other->name);
	}
	return 0;
}

/* A wider route is no reason: taken_using knows the difference. */
static int overlaps_route(const struct engine *engine, const struct taken *taken,
			  const struct prefix *prefix, struct error *error)
{
	const struct rtnl_route *route = taken_using(taken, prefix);

	if (!route)
		return 0;
	return error_set(error, ERROR_FORBIDDEN,
			 "invalid pool request: subnet %s overlaps the host's route %s: choose "
			 "another subnet, or none and netd finds a free one",
			 PREFIX_STR(prefix), taken_route_text(engine, route).text);
}

/* covered: a wider route may cover it. Hard prefixes stand first in the list. They are never taken;
 * those behind them are avoided unless covered. */
static int choose_from(const struct ipam_base *bases, size_t n_bases, uint8_t family,
		       const struct taken *taken, bool covered, struct subnet *subnet,
		       struct error *error)
{
	size_t n_hard = covered ? taken->n_hard : taken->n;

	/* The first list is never touched, and the second only if it must be. */
	return ipam_choose_subnet_routed(bases, n_bases, family, subnet->prefix.len,
					 taken->prefixes, n_hard, taken->prefixes + n_hard,
					 taken->n - n_hard, &subnet->prefix, error);
}

/* From the pools of netd.json or the built-in ones; for IPv6 from the host's own prefix at last. */
static int choose_prefix(struct engine *engine, uint8_t family, const struct taken *taken,
			 bool covered, struct subnet *subnet, struct error *error)
{
	const struct config *config = engine->config;
	/* A ULA /48 of this host alone (RFC 4193), of which each network gets a /64. */
	struct ipam_base ula = { engine->config->ula, 64 };
	const struct ipam_base *bases = config->bases;
	size_t n = config->n_bases;
	int err;

	if (n == 0)
		bases = ipam_base_defaults(&n);
	/* What the configuration names has priority, for both families. */
	err = choose_from(bases, n, family, taken, covered, subnet, error);
	/* The built-in or configured pools may have no IPv6: this host's own ULA prefix has. */
	if (err < 0 && family == AF_INET6)
		err = choose_from(&ula, 1, family, taken, covered, subnet, error);
	return err;
}

/* Any route in this range, to be named in a sentence. */
static const struct rtnl_route *route_within(const struct taken *taken, const struct prefix *base)
{
	/* The first one is good enough for a sentence. */
	for (size_t i = 0; i < taken->n_routes; i++)
		if (prefix_overlaps(base, &taken->routes[i].dst))
			return &taken->routes[i];
	return NULL;
}

/* One of the routes that took what could have been chosen, if routes did. Without a name the
 * sentence would only say that nothing is free, and nobody would know where to look. */
static void blame_route(struct engine *engine, uint8_t family, const struct taken *taken,
			struct error *error)
{
	const struct ipam_base *bases = engine->config->bases;
	size_t n = engine->config->n_bases;
	const struct rtnl_route *route = family == AF_INET6
						 ? route_within(taken, &engine->config->ula)
						 : NULL;
	/* The sentence is made longer. Its kind and code stay. */
	struct error why = *error;

	if (n == 0)
		bases = ipam_base_defaults(&n);
	/* IPv6 was looked for in the ULA prefix last, so that one is named first. */
	for (size_t i = 0; !route && i < n; i++)
		if (bases[i].base.addr.family == family)
			route = route_within(taken, &bases[i].base);
	if (route) /* the caller has the code */
		(void)error_set(error, why.kind, "%.300s; the host's route %s is in the way",
				why.text, taken_route_text(engine, route).text);
}

/* Of nobody, or else of somebody's wider route, which *ret_route names then. The two tries. */
static int choose_best(struct engine *engine, uint8_t family, const struct taken *taken,
		       struct subnet *subnet, const struct rtnl_route **ret_route,
		       struct error *error)
{
	int err = choose_prefix(engine, family, taken, false, subnet, error);

	/* Twice: first clear of all routes, then among those that only may be somewhere. */
	if (err < 0)
		err = choose_prefix(engine, family, taken, true, subnet, error);
	if (err < 0)
		blame_route(engine, family, taken, error);
	else
		*ret_route = taken_covering(taken, &subnet->prefix);
	return err;
}

/* route NULL: nothing has to be said. */
static void say_covered(const struct engine *engine, const char *name, const struct prefix *prefix,
			const struct rtnl_route *route)
{
	if (route)
		log_warn("network %s has subnet %s, which is a part of the host's route %s: "
			 "nothing that is not routed was free",
			 name, PREFIX_STR(prefix), taken_route_text(engine, route).text);
}

/* Gives one family of a spec its prefix and gateway. A prefix of address zero asks for a size. */
static int settle_subnet(struct engine *engine, const char *name, uint8_t family,
			 struct subnet *subnet, const struct taken *taken, struct error *error)
{
	/* An address of zero with a length asks for "any subnet of this size". */
	bool given = addr_is_set(&subnet->prefix.addr) && !addr_is_any(&subnet->prefix.addr);
	const struct rtnl_route *covering = NULL;
	int err;

	if (given) {
		/* The sharper reason first: a network of netd's is named, and the caller can
		 * remove it. */
		err = overlaps_network(engine, &subnet->prefix, error);
		if (err == 0)
			err = overlaps_route(engine, taken, &subnet->prefix, error);
	} else {
		err = choose_best(engine, family, taken, subnet, &covering, error);
	}
	if (err < 0)
		return err;
	/* A choice that is only good for want of a better one is told in the log. */
	say_covered(engine, name, &subnet->prefix, covering);
	if (addr_is_set(&subnet->gateway))
		return 0;
	return subnet_choose_gateway(subnet, error);
}

/* One family of a network that is made. */
static int settle_family(struct engine *engine, uint8_t family, struct network_spec *spec,
			 const struct taken *taken, struct error *error)
{
	struct subnet *subnet = &spec->subnet[family_of(family)];
	/* Asked before settle_subnet fills the gateway in. */
	bool given = addr_is_set(&subnet->gateway);
	int err = settle_subnet(engine, spec->name, family, subnet, taken, error);

	/* Where nothing is the gateway, its address is a container's. */
	if (!given && network_gateway_mode(spec, family) == GATEWAY_MODE_ISOLATED)
		subnet->gateway = (struct addr) { 0 };
	return err;
}

/* ret_taken is the caller's to end with taken_done, also on failure. */
int subnets_settle(struct engine *engine, struct network_spec *spec, struct taken *ret_taken,
		   struct error *error)
{
	int err;

	if (!spec->kind->addressed)
		return 0;
	/* The host's routes once for both families, and for all that the caller goes on to ask:
	 * that dump is the dear part. */
	err = taken_collect(engine, ret_taken, error);
	if (err < 0)
		return err;
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		if (spec->has[family])
			err = settle_family(engine, family_af(family), spec, ret_taken, error);
	return err;
}

/* Sentences name the key of netd.json, for that is what has to be changed. */
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
	/* An administrator who writes a subnet into netd.json has decided. A route is told and
	 * does not keep netd from starting. */
	if (overlaps_route(engine, taken, &subnet->prefix, &why) < 0)
		log_warn("%s in netd.json: %s", key, why.text);
	return 0;
}

/* Containers have addresses of this subnet, so it is only said. */
static void keep_covered(const struct engine *engine, const struct taken *taken,
			 const struct prefix *prefix)
{
	const struct rtnl_route *route = taken_covering(taken, prefix);

	if (route)
		log_warn("network bridge keeps subnet %s, which is a part of the host's route %s",
			 PREFIX_STR(prefix), taken_route_text(engine, route).text);
}

/* Another one. Where the pools of netd.json have none, the built-in ones may. The network "bridge"
 * gets another subnet. */
static int settle_elsewhere(struct engine *engine, uint8_t family, const struct taken *taken,
			    struct subnet *subnet, struct error *error)
{
	size_t n;
	const struct ipam_base *bases = ipam_base_defaults(&n);
	int err;

	*subnet = (struct subnet) { 0 };
	err = settle_subnet(engine, "bridge", family, subnet, taken, error);
	/* No built-in pools of IPv6 are left to try: the ULA prefix was one of the pools above. */
	if (err == 0 || family != AF_INET)
		return err;
	err = choose_from(bases, n, family, taken, true, subnet, error);
	return err < 0 ? err : subnet_choose_gateway(subnet, error);
}

/* netd starts whatever the host's routes are: where all is used, this network has what it had.
 * of_network: it is another network of netd's that has the subnet. */
static int replace_taken(struct engine *engine, uint8_t family, const struct taken *taken,
			 bool of_network, const char *why, struct subnet *subnet,
			 struct error *error)
{
	struct subnet was = *subnet;
	int err = settle_elsewhere(engine, family, taken, subnet, error);

	/* Another network of netd's cannot be shared with. The host's routes can. */
	if (err < 0 && !of_network) {
		*subnet = was;
		log_warn("network bridge: %s: there is no free one, so it keeps it", why);
		return 0;
	}
	if (err == 0)
		log_info("network bridge has subnet %s now: %s", PREFIX_STR(&subnet->prefix), why);
	return err;
}

/* Before the network has been used, what nothing covers is better. The subnet is free to be another
 * one, since nobody has an address of it. */
static int settle_new(struct engine *engine, uint8_t family, const struct taken *taken,
		      struct subnet *subnet, struct error *error)
{
	struct subnet other = { 0 };

	/* Nothing better is free, or nothing is in the way: it stays as it is. */
	if (!taken_covering(taken, &subnet->prefix) ||
	    choose_prefix(engine, family, taken, false, &other, NULL) < 0) {
		keep_covered(engine, taken, &subnet->prefix);
		return 0;
	}
	log_info("network bridge has subnet %s: %s is a part of the host's route %s",
		 PREFIX_STR(&other.prefix), PREFIX_STR(&subnet->prefix),
		 taken_route_text(engine, taken_covering(taken, &subnet->prefix)).text);
	*subnet = other;
	return subnet_choose_gateway(subnet, error);
}

/* kept: the network was used before this start. */
static int settle_unless_taken(struct engine *engine, uint8_t family, const struct taken *taken,
			       struct subnet *subnet, bool kept, struct error *error)
{
	struct error why;

	/* No subnet yet: a host that starts for the first time. */
	if (!addr_is_set(&subnet->prefix.addr))
		return settle_subnet(engine, "bridge", family, subnet, taken, error);
	if (overlaps_network(engine, &subnet->prefix, &why) < 0)
		return replace_taken(engine, family, taken, true, why.text, subnet, error);
	if (overlaps_route(engine, taken, &subnet->prefix, &why) < 0)
		return replace_taken(engine, family, taken, false, why.text, subnet, error);
	/* Kept ones have containers with such addresses. They move only when somebody else uses
	 * the subnet. */
	if (!kept)
		return settle_new(engine, family, taken, subnet, error);
	keep_covered(engine, taken, &subnet->prefix);
	return 0;
}

/* At a start, for one family of the network "bridge". */
int subnets_settle_default(struct engine *engine, uint8_t family, struct subnet *subnet,
			   enum subnet_origin origin, struct error *error)
{
	struct taken taken;
	int err = taken_collect(engine, &taken, error);

	if (err < 0)
		return err;
	err = origin == SUBNET_CONFIGURED ? settle_configured(engine, family, &taken, subnet, error)
					  : settle_unless_taken(engine, family, &taken, subnet,
								origin == SUBNET_KEPT, error);
	taken_done(&taken);
	return err;
}

/* For Warnings: a subnet that was fine when it was chosen may be in a route's way now. */
static void add_overlap(const struct engine *engine, const struct taken *taken,
			const struct network *network, const struct prefix *prefix, json_t *list)
{
	const struct rtnl_route *route = taken_using(taken, prefix);
	const char *what = "overlaps";

	if (!addr_is_set(&prefix->addr))
		return;
	if (!route) {
		route = taken_covering(taken, prefix);
		what = "is a part of";
	}
	if (route)
		(void)json_array_append_new(
			list, json_sprintf("subnet %s of network %s %s the host's route %s: hosts "
					   "there with such addresses are not reached any more; if "
					   "that matters, make the network with another --subnet",
					   PREFIX_STR(prefix), network->spec.name, what,
					   taken_route_text(engine, route)
						   .text)); /* a list cut short is one */
}

static void add_overlaps_of(const struct engine *engine, const struct taken *taken,
			    const struct network *network, json_t *list)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		add_overlap(engine, taken, network, &network->spec.subnet[family].prefix, list);
}

void subnets_add_overlaps(struct engine *engine, json_t *list)
{
	struct taken taken;

	/* Only a warning: without the list there is none. */
	if (taken_collect(engine, &taken, NULL) < 0)
		return;
	for (size_t i = 0; i < engine->n_networks; i++)
		add_overlaps_of(engine, &taken, engine->networks[i], list);
	taken_done(&taken);
}

/* For the reply to a create: the first sentence of those. NULL: there is nothing to say.
 * Malloced. */
char *subnets_warning(const struct engine *engine, const struct taken *taken,
		      const struct network *network)
{
	json_t *list = json_array();
	const char *first;
	char *text;

	if (list)
		add_overlaps_of(engine, taken, network, list);
	first = json_string_value(json_array_get(list, 0));
	text = first ? strdup(first) : NULL; /* without memory there is no word of it */
	json_decref(list);
	return text;
}
