// SPDX-License-Identifier: GPL-2.0-or-later
// judge_who.c - whose link, address, MAC or port something is, by netd's records and by the
// pictures of namespaces
#include "diag/judge_walk.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. netd's records say whose an address, a link or a port is, and the
 * pictures say what is so. Records come first, because they are there for all containers and
 * cost nothing. What they do not explain is looked for in the pictures of the containers on the
 * bridge, which are taken for that (look_around()).
 *
 * A container's link and the host's end of it are found by netd's record of their names. A link
 * that netd did not make is known by its peer: a veth carries its peer's number, and both must
 * name each other, because numbers repeat in each namespace. */

/* --- names ------------------------------------------------------------------------------------ */

/* Containers on the host's network share its picture, and are nobody's own there. */
static bool has_space(const struct facts_container *container, const struct facts_space *space)
{
	return !container->host_mode && strcmp(container->space, space->key) == 0;
}

/* The place where it was found last is tried first: this is asked for each hop. */
const struct facts_container *judge_container_of(const struct facts *facts,
						 const struct facts_space *space)
{
	if (space && space->container_at > 0 && space->container_at <= facts->n_containers &&
	    has_space(&facts->containers[space->container_at - 1], space))
		return &facts->containers[space->container_at - 1];
	for (size_t i = 0; space && i < facts->n_containers; i++)
		if (has_space(&facts->containers[i], space))
			return &facts->containers[i];
	return NULL;
}

/* How a person calls a namespace. It is never NULL. */
const char *judge_name_of(const struct judge_walk *walk, const struct facts_space *space)
{
	const struct facts_container *container = judge_container_of(walk->facts, space);

	if (!space)
		return "outside";
	if (space == walk->host)
		return "the host";
	if (container)
		return container->name;
	/* A namespace that netd did not make is known by how it was asked for. */
	if (space == walk->a.space)
		return walk->a.name;
	return space == walk->b.space ? walk->b.name : space->key;
}

/* --- networks --------------------------------------------------------------------------------- */

/* Names are unique among networks. */
const struct facts_network *judge_network(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].name, name) == 0)
			return &facts->networks[i];
	return NULL;
}

/* NULL: a bridge of somebody else's. */
const struct facts_network *judge_network_of_bridge(const struct facts *facts, const char *bridge)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		for (size_t j = 0; j < facts->networks[i].n_bridges; j++)
			if (strcmp(facts->networks[i].bridges[j], bridge) == 0)
				return &facts->networks[i];
	return NULL;
}

static const struct facts_endpoint *endpoint_on(const struct facts_container *container,
						const char *network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].network, network) == 0)
			return &container->endpoints[i];
	return NULL;
}

/* Of several networks of both the first of other's order counts, as names resolve. */
const struct facts_endpoint *judge_shared(const struct facts_container *container,
					  const struct facts_container *other)
{
	for (size_t i = 0; i < other->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = endpoint_on(container,
								    other->endpoints[i].network);

		if (endpoint)
			return endpoint;
	}
	return NULL;
}

/* Records say it, or nothing of the kind: then it is the first of those that have a way out. */
bool judge_is_way_out(const struct facts *facts, const struct facts_container *container,
		      const struct facts_endpoint *endpoint, enum family family)
{
	const struct facts_endpoint *first = NULL;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *item = &container->endpoints[i];
		const struct facts_network *network = judge_network(facts, item->network);

		/* Records say where netd set the default route: then nothing is guessed. */
		if (item->default_route[family])
			return endpoint->default_route[family];
		/* A network that leads out, in the order of the container's networks. */
		if (!first && network && !network->internal && addr_is_set(&item->gateway[family]))
			first = item;
	}
	return endpoint == first;
}

/* --- links and addresses ---------------------------------------------------------------------- */

bool judge_mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* IFF_UP is what somebody set. Whether there is a carrier is told of the other end. */
bool judge_is_up(const struct facts_link *link)
{
	return link->flags & IFF_UP;
}

/* On whatever link it is: Linux has its addresses as a host. */
const struct facts_addr *judge_find_addr(const struct facts_space *space, const struct addr *addr)
{
	/* Facts from a file may lack the picture of any place. */
	return space ? facts_addr(space, addr) : NULL;
}

bool judge_lacks_addr(const struct facts_space *space, const struct addr *addr)
{
	return space && !judge_find_addr(space, addr) && !facts_is_missing(space, "addrs");
}

/* A link-local address is none that others know it by. */
const struct facts_addr *judge_addr_on(const struct facts_space *space, int ifindex, uint8_t af)
{
	facts_ask_addrs(space, ifindex, af);
	for (size_t i = 0; i < space->n_addrs; i++)
		if (space->addrs[i].ifindex == ifindex &&
		    space->addrs[i].prefix.addr.family == af &&
		    !addr_is_link_local(&space->addrs[i].prefix.addr))
			return &space->addrs[i];
	return NULL;
}

/* The setting of the whole host or that of the bridge is enough. */
bool judge_calls_ip(const struct judge_walk *walk, const struct facts_link *bridge)
{
	enum family family = family_of(walk->packet.dst.family);
	int64_t value = 0;

	(void)facts_value(walk->host,
			  family == FAMILY_6 ? "net.bridge.bridge-nf-call-ip6tables"
					     : "net.bridge.bridge-nf-call-iptables",
			  &value);
	return value == 1 || bridge->nf_call[family];
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* Indexes are of a namespace, so that a pair is known by both of its ends: each names the other. */
static const struct facts_link *find_peer(const struct facts_space *host,
					  const struct facts_link *inside)
{
	const struct facts_link *peer = facts_link(host, inside->peer);

	/* A link of the host with the same number may be anything, so kind and peer must fit. */
	return peer && peer->peer == inside->ifindex && strcmp(peer->kind, inside->kind) == 0
		       ? peer
		       : NULL;
}

static const struct facts_endpoint *find_endpoint(const struct facts_container *container,
						  const char *ifname)
{
	for (size_t i = 0; container && i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].ifname, ifname) == 0)
			return &container->endpoints[i];
	return NULL;
}

/* Fills port, bridge and network, as far as they are known. */
static void fill_host_end(struct judge_walk *walk, struct judge_port *port)
{
	const struct facts_endpoint *endpoint = port->endpoint;

	port->network = endpoint ? judge_network(walk->facts, endpoint->network) : NULL;
	/* Facts without a picture of the host have no ports. */
	if (!walk->host)
		return;
	/* The record's name first; a link that was renamed is found by its peer. */
	if (endpoint && endpoint->host_ifname[0])
		port->port = facts_link_named(walk->host, endpoint->host_ifname);
	if (!port->port && port->inside)
		port->port = find_peer(walk->host, port->inside);
	if (port->port && port->port->master)
		port->bridge = facts_link(walk->host, port->port->master);
}

/* Fills a port from its link inside. */
void judge_port_of(struct judge_walk *walk, const struct facts_space *space,
		   const struct facts_link *inside, struct judge_port *ret_port)
{
	struct judge_port port = { .space = space, .inside = inside };

	port.container = judge_container_of(walk->facts, space);
	port.endpoint = find_endpoint(port.container, inside->name);
	fill_host_end(walk, &port);
	*ret_port = port;
}

/* Fills a port from netd's record, whether or not the container's picture is there. */
static void port_of_endpoint(struct judge_walk *walk, const struct facts_container *container,
			     const struct facts_endpoint *endpoint, struct judge_port *ret_port)
{
	struct judge_port port = { .container = container, .endpoint = endpoint };

	port.space = container->space[0] ? facts_ask_space(walk->facts, container->space) : NULL;
	if (port.space)
		port.inside = facts_link_named(port.space, endpoint->ifname);
	fill_host_end(walk, &port);
	*ret_port = port;
}

/* --- who has it ------------------------------------------------------------------------------- */

/* Whether an endpoint is on the network of that bridge, which may have other bridges, too. */
static bool is_on(const struct facts *facts, const struct facts_endpoint *endpoint,
		  const struct facts_link *bridge)
{
	const struct facts_network *network = judge_network_of_bridge(facts, bridge->name);

	return strcmp(endpoint->bridge, bridge->name) == 0 ||
	       (network && strcmp(endpoint->network, network->name) == 0);
}

/* Pictures of all containers on that bridge: for what netd's records do not explain, which is rare
 * enough to look at a hundred namespaces for. */
static void look_around(struct judge_walk *walk, const struct facts_link *bridge)
{
	for (size_t i = 0; i < walk->facts->n_containers; i++) {
		const struct facts_container *container = &walk->facts->containers[i];

		for (size_t j = 0; j < container->n_endpoints; j++)
			if (container->space[0] &&
			    is_on(walk->facts, &container->endpoints[j], bridge))
				(void)facts_ask_space(walk->facts, container->space);
	}
}

const struct facts_far *judge_far(const struct facts_network *network, const struct addr *addr)
{
	enum family family = family_of(addr->family);

	for (size_t i = 0; i < network->n_services; i++)
		for (size_t k = 0; k < network->services[i].n_far; k++)
			if (addr_equal(&network->services[i].far[k].addr[family], addr))
				return &network->services[i].far[k];
	return NULL;
}

bool judge_far_owner(struct judge_walk *walk, const struct facts_link *bridge,
		     const struct addr *addr, struct judge_port *ret_port)
{
	const struct facts_network *network = judge_network_of_bridge(walk->facts, bridge->name);
	const struct facts_far *far = network ? judge_far(network, addr) : NULL;
	char name[FACTS_IFNAME];

	if (!far)
		return false;
	/* As the network's kind calls it (model/network/tunnel.c). */
	(void)snprintf(name, sizeof(name), "vx-%.12s", network->id);
	*ret_port = (struct judge_port) { .network = network, .far = far };
	ret_port->port = walk->host ? facts_link_named(walk->host, name) : NULL;
	if (ret_port->port && ret_port->port->master)
		ret_port->bridge = facts_link(walk->host, ret_port->port->master);
	return true;
}

/* A record decides even if the container has lost the address: the packet is meant for it. */
bool judge_owner(struct judge_walk *walk, const struct facts_link *bridge, const struct addr *addr,
		 struct judge_port *ret_port)
{
	enum family family = family_of(addr->family);

	for (size_t i = 0; i < walk->facts->n_containers; i++) {
		const struct facts_container *container = &walk->facts->containers[i];

		for (size_t j = 0; j < container->n_endpoints; j++)
			if (addr_equal(&container->endpoints[j].addr[family].addr, addr) &&
			    is_on(walk->facts, &container->endpoints[j], bridge)) {
				port_of_endpoint(walk, container, &container->endpoints[j],
						 ret_port);
				return true;
			}
	}
	if (judge_far_owner(walk, bridge, addr, ret_port))
		return true;
	/* An address that a container gave itself. */
	look_around(walk, bridge);
	return judge_other_owner(walk, bridge, addr, NULL, ret_port);
}

/* The ports of the spaces that are known: a namespace nobody took a picture of may have anything,
 * and is no reason to doubt what netd's records say. */
static bool next_port(struct judge_walk *walk, const struct facts_link *bridge, size_t *space,
		      size_t *link, struct judge_port *ret_port)
{
	/* Goes on where the last call ended; the caller keeps both indexes. */
	for (; *space < walk->facts->n_spaces; (*space)++, *link = 0) {
		const struct facts_space *in = walk->facts->spaces[*space];

		/* The host's own links are no ends of pairs inside. */
		for (; in != walk->host && *link < in->n_links; (*link)++) {
			judge_port_of(walk, in, &in->links[*link], ret_port);
			if (ret_port->bridge != bridge)
				continue;
			(*link)++;
			return true;
		}
	}
	return false;
}

/* Passes over spaces that do not have the address, which are nearly all, before their ports are
 * looked up. */
static bool next_holder(const struct judge_walk *walk, const struct addr *addr, size_t *space,
			size_t *link)
{
	while (*space < walk->facts->n_spaces &&
	       !judge_find_addr(walk->facts->spaces[*space], addr)) {
		(*space)++;
		*link = 0;
	}
	return *space < walk->facts->n_spaces;
}

static bool is_same(const struct judge_port *port, const struct judge_port *other)
{
	return other && port->port == other->port;
}

bool judge_other_owner(struct judge_walk *walk, const struct facts_link *bridge,
		       const struct addr *addr, const struct judge_port * not,
		       struct judge_port *ret_port)
{
	struct judge_port port;
	size_t space = 0, link = 0;

	while (next_holder(walk, addr, &space, &link) &&
	       next_port(walk, bridge, &space, &link, &port)) {
		bool is_holder = judge_find_addr(port.space, addr);

		/* Linux answers ARP for an address of any of its links. A link that is down
		 * answers nobody. */
		if (is_holder && !is_same(&port, not ) && judge_is_up(port.inside)) {
			*ret_port = port;
			return true;
		}
	}
	return false;
}

bool judge_owner_of_mac(struct judge_walk *walk, const struct facts_link *bridge,
			const struct mac *mac, const struct judge_port * not,
			struct judge_port *ret_port)
{
	struct judge_port port;
	size_t space = 0, link = 0;

	/* A MAC stands in no record that could be trusted: it is the link's own affair. */
	look_around(walk, bridge);
	while (next_port(walk, bridge, &space, &link, &port))
		if (judge_mac_equal(&port.inside->mac, mac) && !is_same(&port, not )) {
			*ret_port = port;
			return true;
		}
	return false;
}
