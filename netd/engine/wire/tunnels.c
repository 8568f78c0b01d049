// SPDX-License-Identifier: GPL-2.0-or-later
// tunnels.c - the port of a network that leads to other hosts: made, put right, taken away
#include "engine/wire/wire.h"

#include "base/log.h"
#include "model/network/tunnel.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A network that spans hosts has one VXLAN link, a port of its first bridge.
 * It exists while this host has an address in the cluster. network->tunnel is its index, or 0. It
 * learns nothing and floods nothing: far_way.c says where each MAC is. */

/* What the link should be. Name and alias are the caller's memory, to which the struct points. */
static struct rtnl_vxlan vxlan_of(const struct engine *engine, const struct network *network,
				  char ret_name[static IFNAME_LEN_MAX + 1],
				  char ret_alias[static TUNNEL_ALIAS_LEN + 1])
{
	const struct network_spec *spec = &network->spec;

	tunnel_name(spec, ret_name);
	tunnel_alias(spec, ret_alias);
	return (struct rtnl_vxlan) {
		.name = ret_name,
		.vni = spec->vni,
		.local = engine->far->tunnel,
		.mtu = spec->mtu,
		.mac = tunnel_mac(spec, &engine->far->tunnel),
		.master = network->segments[0].ifindex,
		/* Containers that are kept apart here are kept from those of other hosts, too: no
		 * isolated port reaches another. */
		.isolated = !spec->icc,
		.alias = ret_alias,
	};
}

/* One that is to be encrypted has none: no kernel is told yet how to, so nothing leaves, and
 * nothing comes in. */
static bool has_tunnel(const struct engine *engine, const struct network *network)
{
	return addr_is_set(&engine->far->tunnel) && !network->spec.encrypt;
}

/* Makes it, or puts it right, with all entries. A network that may have none is left without. */
int tunnels_ensure(struct engine *engine, struct network *network, struct error *error)
{
	char name[IFNAME_LEN_MAX + 1], alias[TUNNEL_ALIAS_LEN + 1];
	struct rtnl_vxlan vxlan;
	int err;

	if (!has_tunnel(engine, network))
		return 0;
	vxlan = vxlan_of(engine, network, name, alias);
	err = engine->door->tunnels.ensure(engine->rtnl, &vxlan, &network->tunnel, error);
	return err < 0 ? err : far_way_restore(engine, network, error);
}

/* The entries are forgotten here; the kernel's go with the link. */
void tunnels_unmake(struct engine *engine, struct network *network)
{
	struct error error;

	/* Before the link: nothing may point to entries that go with it. */
	far_way_forget(engine, network);
	if (network->tunnel &&
	    engine->door->links.remove(engine->rtnl, network->tunnel, &error) < 0) {
		log_warn("%s; it is tried again", error.text);
		sweep_left(engine);
	}
	network->tunnel = 0;
}

/* This host's address in the cluster has changed, come or gone. Entries of other hosts are due
 * again, for all of them hang on the link. */
int tunnels_move(struct engine *engine, struct network *network, struct error *error)
{
	/* Each entry names this host's end, or lies at a link that is another one soon. */
	far_way_forget(engine, network);
	far_due_of_net(engine->far, network->spec.id);
	if (has_tunnel(engine, network))
		return tunnels_ensure(engine, network, error);
	tunnels_unmake(engine, network);
	return 0;
}

/* The end of a sentence about the network; NULL: as it should be. What matters most comes first:
 * one difference is enough, for the repair puts all right. */
static const char *link_differs_from(const struct rtnl_vxlan *vxlan, const struct rtnl_link *link)
{
	if (strcmp(link->name, vxlan->name) != 0)
		return "has a tunnel that was renamed";
	if (link->master != vxlan->master)
		return "has a tunnel that is out of its bridge";
	if (!(link->flags & IFF_UP))
		return "has a tunnel that was set down";
	if (vxlan->mtu > 0 && link->mtu != vxlan->mtu)
		return "has a tunnel with another MTU";
	if (memcmp(&link->mac, &vxlan->mac, sizeof(link->mac)) != 0)
		return "has a tunnel with another MAC address";
	/* A port that learns would believe any host; one that floods would send each broadcast to
	 * all. */
	if (!(link->port & RTNL_PORT_FIXED))
		return "has a tunnel that learns or floods";
	if (((link->port & RTNL_PORT_ISOLATED) != 0) != vxlan->isolated)
		return "has a tunnel that is isolated or not, against its settings";
	/* A message of the family AF_BRIDGE has no more. */
	if (link->family == AF_BRIDGE)
		return NULL;
	if (link->vni != vxlan->vni || !addr_equal(&link->tunnel, &vxlan->local))
		return "has a tunnel with another number or address";
	if (strncmp(link->alias, vxlan->alias, sizeof(link->alias) - 1) != 0)
		return "has a tunnel that lost its alias";
	return NULL;
}

/* For a link that is there. */
static const char *differs(const struct engine *engine, const struct network *network,
			   const struct rtnl_link *link)
{
	char name[IFNAME_LEN_MAX + 1], alias[TUNNEL_ALIAS_LEN + 1];
	const struct rtnl_vxlan vxlan = vxlan_of(engine, network, name, alias);

	return link_differs_from(&vxlan, link);
}

/* The link first: without it there are no entries to compare. */
const char *tunnels_differs(const struct engine *engine, const struct network *network,
			    const struct present *present)
{
	const struct rtnl_link *link = present_link(present, network->tunnel);
	const char *what;

	/* What may have none is as it should be without. */
	if (!has_tunnel(engine, network))
		return NULL;
	what = link ? differs(engine, network, link) : "lost its tunnel";
	return what ? what : far_way_differs(engine, network);
}

/* There are few networks that span hosts. 0 is the index of no link. */
static struct network *network_of(const struct engine *engine, int ifindex)
{
	for (size_t i = 0; ifindex > 0 && i < engine->n_networks; i++)
		if (engine->networks[i]->tunnel == ifindex)
			return engine->networks[i];
	return NULL;
}

/* Called for each message about a link, so it must cost little. */
const char *tunnels_told(const struct engine *engine, const struct rtnl_link *link)
{
	const struct network *network = network_of(engine, link->ifindex);

	return network ? differs(engine, network, link) : NULL;
}

/* Whether an event is about a tunnel or an entry that should be there. */
bool tunnels_lost(struct engine *engine, const struct rtnl_event *event)
{
	const struct network *network = network_of(engine, event->ifindex);
	uint32_t number;

	switch (event->change) {
	case RTNL_CHANGE_LINK_GONE:
	case RTNL_CHANGE_PORT_GONE:
		return network != NULL;
	case RTNL_CHANGE_FDB_GONE:
		return network && far_way_has_mac(engine, network, &event->mac);
	case RTNL_CHANGE_NEIGHBOUR_GONE:
		network = tables_find_bridge(engine, event->ifindex, &number);
		return network && far_way_has_addr(engine, network, &event->prefix.addr);
	case RTNL_CHANGE_LINK:
	case RTNL_CHANGE_QUEUE:
	case RTNL_CHANGE_ADDR_GONE:
	case RTNL_CHANGE_ROUTE_GONE:
	case RTNL_CHANGE_NO_FORWARD:
		return false;
	}
	return false;
}

/* The MTU of the link that has this host's address in the cluster; where nobody has it, that of the
 * default route's link. */
int tunnels_way_mtu(struct engine *engine, const struct host_routes *routes, uint32_t *ret_mtu,
		    struct error *error)
{
	const struct addr *local = &engine->far->tunnel;
	struct rtnl_addr *addrs = NULL;
	struct rtnl_link link;
	bool found = false;
	size_t n = 0;
	int err = 0;

	if (addr_is_set(local))
		err = engine->door->addrs.all(engine->rtnl, &addrs, &n, error);
	for (size_t i = 0; err == 0 && !found && i < n; i++) {
		if (!addr_equal(&addrs[i].prefix.addr, local))
			continue;
		err = engine->door->links.by_index(engine->rtnl, addrs[i].ifindex, &link, error);
		found = err == 0;
	}
	free(addrs);
	/* Any other failure means that the link is not to be had; the default route decides
	 * then. */
	if (error_is_passing(err))
		return err;
	if (!found)
		return uplink_mtu(engine, routes, ret_mtu, error);
	*ret_mtu = link.mtu < MTU_MAX ? link.mtu : MTU_MAX;
	return 0;
}
