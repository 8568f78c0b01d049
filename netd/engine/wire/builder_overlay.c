// SPDX-License-Identifier: GPL-2.0-or-later
// builder_overlay.c - what networks that span hosts consist of: those of a bridge, and a tunnel
#include "engine/wire/builder_rows.h"
#include "engine/wire/wire.h"
#include "model/network/kind_rows.h"
#include "model/network/network_options.h"
#include "model/network/tunnel.h"

#include <errno.h>
#include <stdio.h>

/* Theory of operation: docs/decisions/0029. Its first bridge is that of a bridge network with one
 * port more, which leads to the first bridges of other hosts. All that a bridge network is, it is:
 * segments, routes, links, sources. */

/* NULL: the number is free. but is left out, for a network that is being restored is in the table
 * itself. */
static const struct network *holder_of_vni(const struct engine *engine, uint32_t vni,
					   const struct network_spec *but)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		if (engine->networks[i]->spec.vni == vni && &engine->networks[i]->spec != but)
			return engine->networks[i];
	return NULL;
}

/* Kept in the record from then on, for a netd that starts must find the same. The number follows
 * from the id, so that all hosts come to the same one without asking each other. When it is taken
 * on this host, the next candidate is tried. */
static int settle_vni(struct engine *engine, struct network_spec *spec, struct error *error)
{
	const struct network *holder;
	char text[16];

	/* One try more than there can be networks finds a free number in every case. */
	for (unsigned int i = 0; spec->vni == 0 && i <= NETWORKS_MAX; i++) {
		uint32_t vni = tunnel_choose_vni(spec->id, i);

		if (!holder_of_vni(engine, vni, spec))
			spec->vni = vni;
	}
	holder = holder_of_vni(engine, spec->vni, spec);
	if (holder)
		return error_set(error, ERROR_CONFLICT,
				 "cannot create network %s: network %s has the number (vni) %u "
				 "already",
				 spec->name, holder->spec.name, spec->vni);
	(void)snprintf(text, sizeof(text), "%u", spec->vni);
	/* The number becomes an option of the request, and so a part of the record. */
	if (json_object_set_new(spec->options, network_options_key(NETWORK_OPTION_VNI),
				json_string(text)) < 0)
		return error_system(error, -ENOMEM, "cannot create network %s", spec->name);
	return 0;
}

/* A container's packet has to fit the tunnel's outer packet. The overhead depends on the family of
 * the outer packet; while that is unknown, the larger one counts. */
static int settle_mtu(struct engine *engine, struct network_spec *spec,
		      const struct host_routes *routes, struct error *error)
{
	uint8_t family = engine->far->tunnel.family ? engine->far->tunnel.family : AF_INET6;
	uint32_t way;
	int err = spec->mtu == 0 ? tunnels_way_mtu(engine, routes, &way, error) : 0;

	if (err == 0 && spec->mtu == 0)
		spec->mtu = way > tunnel_overhead(family) + MTU_MIN ? way - tunnel_overhead(family)
								    : MTU_MIN;
	return err;
}

/* A network that a start finds in its records is settled without a cluster: its tunnel is made when
 * the host is in. */
static int settle(struct engine *engine, struct network_spec *spec,
		  const struct host_routes *routes, struct error *error)
{
	int err;

	/* One that is there already waits for the cluster. */
	if (!engine->booting && !addr_is_set(&engine->far->tunnel))
		return error_set(
			error, ERROR_FORBIDDEN,
			"network %s cannot span hosts: this host is in no cluster (`netctl "
			"cluster init`, or `join`)",
			spec->name);
	err = settle_vni(engine, spec, error);
	if (err == 0)
		err = settle_mtu(engine, spec, routes, error);
	return err < 0 ? err : builder_bridge.settle(engine, spec, routes, error);
}

/* The bridge before its tunnel, which becomes a port of it. */
static int make(struct engine *engine, struct network *network, struct error *error)
{
	int err = builder_bridge.make(engine, network, error);

	if (err == 0)
		err = tunnels_ensure(engine, network, error);
	/* Whom others have on it may be known already. */
	if (err == 0)
		far_due_of_net(engine->far, network->spec.id);
	return err;
}

/* The tunnel is a port of the first bridge only. */
static const char *differs(const struct engine *engine, const struct network *network,
			   uint32_t number, const struct present *present)
{
	const char *what = segments_drift_of(engine, network, number, present);

	return what || number > 0 ? what : tunnels_differs(engine, network, present);
}

static int repair(struct engine *engine, struct network *network, uint32_t number,
		  struct error *error)
{
	int err = segments_repair(engine, network, number, error);

	return err < 0 || number > 0 ? err : tunnels_ensure(engine, network, error);
}

/* The tunnel first. It must not lead frames to a bridge that is going. */
static void unmake(struct engine *engine, struct network *network)
{
	tunnels_unmake(engine, network);
	builder_bridge.unmake(engine, network);
}

const struct builder builder_overlay = {
	.kind = &kind_overlay,
	.segment = "bridge",
	.settle = settle,
	.make = make,
	.differs = differs,
	.repair = repair,
	.unmake = unmake,
	.link = link_make,
	.link_is_lost = link_is_lost,
	.link_is_there = link_is_there,
	.link_is_in_place = link_is_in_place,
	.link_differs = link_differs,
	.repair_link = link_repair,
	.announce = announce_endpoint,
	.told = tunnels_told,
	.lost = tunnels_lost,
	.routes_hosts = segments_drift_routes_hosts,
	.route = segments_drift_route,
	.shared_route = host_way_shared,
	.share_route = host_way_share,
	.spare_route = host_way_is_spare,
	.elems = ruleset_add_network,
	.sources = ruleset_add_sources,
};
