// SPDX-License-Identifier: GPL-2.0-or-later
// link.c - the veth pair of an endpoint, and the port that it has on its network's bridge
#include "engine/wire/wire.h"

#include "base/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. An endpoint's link is a veth pair: one end is a port of the network's bridge
 * on the host, the other is the container's interface. It is born whole, by one batch of messages,
 * in the group of the dying, and leaves that group with its alias. From then on it is known by its
 * index here and by its name in the record. It is never deleted by itself: link_retire marks it,
 * and the sweep deletes a group at once. */

/* Containers that publish, or are to stand behind a service that is published, reach themselves
 * through the host. */
static bool link_reflects(const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;

	if (endpoint->container->n_ports > 0)
		return true;
	for (size_t i = 0; i < network->n_services; i++)
		if (service_is_published(&network->services[i]->spec) &&
		    endpoint_names_service(endpoint, network->services[i]->spec.name))
			return true;
	return false;
}

/* ICC off is two things: the forward chain drops what goes from a bridge back into it, and ports do
 * not reach each other as frames. What is published is to be reached by neighbours through the host
 * all the same. Where packets within a bridge pass the IP tables, a packet whose destination is
 * changed to an address on its own bridge stays a frame, from port to port
 * (net/bridge/br_netfilter_hooks.c): so there the port of a container that publishes is not
 * isolated, and the forward chain alone keeps the others out. */
bool link_isolates(const struct endpoint *endpoint)
{
	return !endpoint->network->spec.icc &&
	       !(link_reflects(endpoint) && door_of(endpoint->container)->bridges.filter());
}

void link_port_modes(struct engine *engine, const struct container *container)
{
	struct error error;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		/* A mode that could not be set is drift like any other, so the comparison repairs
		 * it, and the change that caused it succeeds. */
		if (endpoint->host_ifindex &&
		    engine->door->veths.set_modes(engine->rtnl, endpoint->host_ifindex,
						  link_isolates(endpoint), link_reflects(endpoint),
						  &error) < 0) {
			log_warn("container %s: %s", container->spec.name, error.text);
			later_resync(engine);
		}
	}
}

/* What the link should be, for making and for repairing it. netns_fd is where the container's end
 * is born; a repair has none. */
static struct rtnl_veth veth_of(const struct endpoint *endpoint, int netns_fd,
				char ret_alias[static LINK_ALIAS_MAX])
{
	bool to_come = endpoint_is_to_come(endpoint);

	/* Handed over: the other end is born in the host's namespace, under a name that the
	 * caller chose, for him to move. */
	link_alias(endpoint, ret_alias);
	/* The peer is born inside the namespace and is never seen in the host's. A link that is
	 * made outside and moved would be seen, and could be renamed, by everybody in between. */
	return (struct rtnl_veth) {
		.host_name = endpoint->host_ifname,
		.peer_name = to_come ? endpoint->spec.handover : endpoint->ifname,
		.netns_fd = to_come ? door_of(endpoint->container)->netns.self_fd() : netns_fd,
		.master = endpoint_bridge(endpoint),
		.master_name = endpoint_bridge_name(endpoint),
		.mtu = endpoint->mtu,
		.queues = endpoint->network->spec.queues,
		.mac = endpoint->mac,
		.isolated = link_isolates(endpoint),
		.hairpin = link_reflects(endpoint),
		.alias = ret_alias,
	};
}

/* Its link goes, if it has one. One that was never whole is among the dying, and what netd does not
 * know of is, too. */
void link_retire(struct engine *engine, struct endpoint *endpoint)
{
	struct error error;

	host_way_end(engine, endpoint);
	shaping_end(engine, endpoint);
	/* The link may have gone with its netns already. */
	if (endpoint->host_ifindex &&
	    engine->door->links.doom(engine->rtnl, endpoint->host_ifindex, &error) < 0) {
		log_warn("%s: %s; it is tried again", endpoint->host_ifname, error.text);
		sweep_stubborn(engine, endpoint);
	} else {
		sweep_doomed(engine, endpoint);
	}
	/* Whatever happens, it is not ours to use any more: what could not be marked is found by
	 * its alias (sweep_strays). */
	endpoints_forget_port(endpoint);
}

/* On failure nothing is left that is known: link_retire takes away what was made, routes
 * included. */
int link_make(struct engine *engine, struct endpoint *endpoint, int netns_fd, struct error *error)
{
	char alias[LINK_ALIAS_MAX];
	struct rtnl_veth veth;
	int err;

	/* What the link has from now on. A network whose MTU is changed later leaves this one as
	 * it is. */
	endpoint->mtu = endpoint->network->spec.mtu;
	endpoint->by_gateway6 = endpoint->network->last_segment > 0;
	veth = veth_of(endpoint, netns_fd, alias);
	/* Route and announcement come after the link and before it is set up inside: see
	 * announce.c. */
	err = engine->door->veths.create(engine->rtnl, &veth, &endpoint->host_ifindex, error);
	/* Only a name that the caller chose can still be that of a link of a moment ago. */
	if (err == -EEXIST && endpoint->spec.host_ifname[0]) {
		sweep_now(engine); /* the name may be its own, of a moment ago */
		err = engine->door->veths.create(engine->rtnl, &veth, &endpoint->host_ifindex,
						 error);
	}
	if (err == 0)
		err = host_way_lead(engine, endpoint, error);
	if (err == 0)
		err = shaping_make(engine, endpoint, error);
	if (err == 0)
		announce_endpoint(engine, endpoint);
	else
		link_retire(engine, endpoint);
	return err;
}

/* The host's end is put right in place, so the container keeps its interface. The host's routes to
 * it are set again, for one of them may be what was lost. */
int link_repair(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	char alias[LINK_ALIAS_MAX];
	const struct rtnl_veth veth = veth_of(endpoint, -1, alias);

	int err = engine->door->veths.repair(engine->rtnl, &veth, endpoint->host_ifindex, error);

	if (err == 0)
		err = host_way_lead(engine, endpoint, error);
	return err < 0 ? err : shaping_make(engine, endpoint, error);
}

/* The kernel removes both ends when either goes. */
bool link_is_lost(const struct endpoint *endpoint, const struct present *present)
{
	return !present_link(present, endpoint->host_ifindex);
}

bool link_is_there(struct engine *engine, const struct endpoint *endpoint)
{
	struct rtnl_link link;

	return engine->door->links.by_index(engine->rtnl, endpoint->host_ifindex, &link, NULL) == 0;
}

bool link_is_in_place(const struct endpoint *endpoint, int master)
{
	const struct network *network = endpoint->network;

	/* 0 is no bridge, and the index of one that could not be made. */
	network_foreach_segment(network,
				number) if (master > 0 && network->segments[number].ifindex ==
								  master) return true;
	return false;
}

static bool has_route(const struct endpoint *endpoint, enum family family,
		      const struct present *present)
{
	return !segments_drift_wants_route(endpoint, family) ||
	       segments_drift_route(endpoint, family, present);
}

/* From a notification (present is NULL) only what the message has can be judged. */
const char *link_differs(const struct endpoint *endpoint, const struct rtnl_link *link,
			 const struct present *present)
{
	char alias[LINK_ALIAS_MAX];

	link_alias(endpoint, alias);
	/* The name is how records and the sweep know it. */
	if (strcmp(link->name, endpoint->host_ifname) != 0)
		return "was renamed";
	if (link->family != AF_BRIDGE && /* such a message lacks it */
	    strncmp(link->alias, alias, sizeof(link->alias) - 1) != 0)
		return "lost its alias";
	if (link->master != endpoint_bridge(endpoint))
		return "is out of its bridge";
	if (!(link->flags & IFF_UP))
		return "was set down";
	if (endpoint->mtu > 0 && link->mtu != endpoint->mtu)
		return "has another MTU";
	if (((link->port & RTNL_PORT_ISOLATED) != 0) != link_isolates(endpoint))
		return "is isolated or not, against its network's settings";
	if (((link->port & RTNL_PORT_HAIRPIN) != 0) != link_reflects(endpoint))
		return "has another hairpin mode";
	/* Learning, flooding and the rest: all that netd never sets. */
	if (link->port & RTNL_PORT_OTHER)
		return "has other settings as a port of its bridge";
	/* The route is netd's own addition and in no message about the link. */
	if (present &&
	    !(has_route(endpoint, FAMILY_4, present) && has_route(endpoint, FAMILY_6, present)))
		return "lost the host's route to it";
	/* Nor is a queue. */
	return present ? shaping_differs(runtime_of(endpoint->container)->engine, endpoint, present)
		       : NULL;
}

void link_rename(struct engine *engine, const struct endpoint *endpoint)
{
	char alias[LINK_ALIAS_MAX];
	struct error error;
	int err = 0;

	link_alias(endpoint, alias);
	if (endpoint->host_ifindex)
		err = engine->door->links.alias(engine->rtnl, endpoint->host_ifindex, alias,
						&error);
	if (err < 0)
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
	if (err == 0 && endpoint->turn_ifindex > 0)
		(void)engine->door->links.alias(engine->rtnl, endpoint->turn_ifindex, alias,
						NULL); /* for people alone */
	/* A rename is done and not taken back for an alias. It is tried again while the reason
	 * may pass; a link that is gone has no alias to set. */
	if (error_is_passing(err))
		later_owe(engine, endpoint->container, OWED_ALIASES);
}
