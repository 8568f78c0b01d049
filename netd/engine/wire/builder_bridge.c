// SPDX-License-Identifier: GPL-2.0-or-later
// builder_bridge.c - what bridge networks consist of: segments, and a veth pair for each endpoint
#include "engine/wire/builder_rows.h"
#include "engine/wire/wire.h"
#include "model/network/kind_rows.h"
#include "model/network/segment.h"

#include <stdio.h>
#include <string.h>

/* Its own, or that of a segment which it has or may come to have. Names of segments that do not
 * exist yet count, too: the next container may need one. */
static bool has_name(const struct network *network, const char *name)
{
	bool has = strcmp(network->spec.bridge, name) == 0;
	char of_segment[IFNAME_LEN_MAX + 1];

	for (uint32_t number = 1; number < SEGMENTS_MAX && !has; number++) {
		segment_name(network, number, of_segment);
		has = network->spec.kind->bridged && strcmp(of_segment, name) == 0;
	}
	return has;
}

/* Fills in the bridge's name and the MTU, and refuses a name that cannot be had. Nothing is made
 * here; a network that is refused leaves no trace. */
static int settle(struct engine *engine, struct network_spec *spec,
		  const struct host_routes *routes, struct error *error)
{
	struct rtnl_link link;
	int err = 0;

	/* The name is bounded by IFNAMSIZ; twelve characters of the id are as many as fit with the
	 * prefix. */
	if (!spec->bridge[0])
		(void)snprintf(spec->bridge, sizeof(spec->bridge), "br-%.12s", spec->id);
	/* The MTU comes from the request, from netd.json, or from the link that the host's default
	 * route leads to. It is recorded, so it stays when that link changes. */
	if (spec->mtu == 0)
		spec->mtu = engine->config->mtu;
	if (spec->mtu == 0)
		err = uplink_mtu(engine, routes, &spec->mtu, error);
	if (err < 0)
		return err;
	/* The words are Docker's. Its clients look for them. */
	for (size_t i = 0; i < engine->n_networks; i++)
		if (has_name(engine->networks[i], spec->bridge))
			return error_set(error, ERROR_FORBIDDEN,
					 "cannot create network %.12s (%s): conflicts with network "
					 "%s: networks have same bridge name",
					 spec->id, spec->bridge, engine->networks[i]->spec.name);
	sweep_now(engine); /* a bridge that was not made whole may have the name */
	/* A bridge with our alias is one of a netd before, and is taken over. */
	if (engine->door->links.by_name(engine->rtnl, spec->bridge, &link, NULL) == 0 &&
	    strncmp(link.alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) != 0)
		return error_set(error, ERROR_CONFLICT,
				 "interface %s exists already and is not netd's: choose another "
				 "bridge name, or remove it with `ip link del %s`",
				 spec->bridge, spec->bridge);
	return 0;
}

/* The segments are those that the records and the containers call for. The rest is made when it is
 * needed (overflow.c). */
static int make(struct engine *engine, struct network *network, struct error *error)
{
	int err = 0;

	network_foreach_segment(network, number)
	{
		err = err < 0 ? err : segments_ensure(engine, network, number, error);
	}
	return err;
}

/* The watches first: they hold descriptors of files below /proc/sys that go with the bridges. */
static void unmake(struct engine *engine, struct network *network)
{
	settings_unwatch(engine, network);
	network_foreach_segment(network, number) segments_unmake(engine, network, number);
}

/* What a bridge network consists of is spread over these files, and nobody calls them but by this
 * row. */
const struct builder builder_bridge = {
	.kind = &kind_bridge,
	.segment = "bridge",
	.settle = settle,
	.make = make,
	.differs = segments_drift_of,
	.repair = segments_repair,
	.unmake = unmake,
	.link = link_make,
	.link_is_lost = link_is_lost,
	.link_is_there = link_is_there,
	.link_is_in_place = link_is_in_place,
	.link_differs = link_differs,
	.repair_link = link_repair,
	.announce = announce_endpoint,
	.told = segments_drift_told,
	.lost = segments_drift_lost,
	.routes_hosts = segments_drift_routes_hosts,
	.route = segments_drift_route,
	.shared_route = host_way_shared,
	.share_route = host_way_share,
	.owns_route = segments_drift_owns_route,
	.spare_route = host_way_is_spare,
	.elems = ruleset_add_network,
	.sources = ruleset_add_sources,
};
