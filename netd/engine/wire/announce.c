// SPDX-License-Identifier: GPL-2.0-or-later
// announce.c - an address has a new owner: the host and the neighbours are told
#include "model/container/announce.h"

#include "base/log.h"
#include "engine/wire/wire.h"
#include "model/ipam/ipam.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Who talked to an address knows the MAC it had, and goes on using it for half
 * a minute after the address has passed to another container, or to the same one with another MAC.
 * So the host's own entry is corrected, and the new owner is announced to the neighbours.
 *
 * The frame is sent into the bridge from the host's side, with the owner's MAC as its source, and
 * not from inside: the bridge takes nothing from a new port until a worker of the kernel has seen
 * its carrier, some time after the attach. For the same reason it is sent before the link comes up:
 * so it reaches all but the container itself, which would take it for somebody who claims its
 * address (and give an address up whose uniqueness is still being looked into).
 *
 * Each port of the bridge gets a copy, which on a large bridge is more work than the attach itself.
 * There an address is not announced when it is certain that no container had it before. */

/* Opened once and kept, for closing a packet socket waits for an RCU grace period. -1 from here on
 * means that nothing is announced. */
void announce_start(struct engine *engine)
{
	struct error error;

	/* Without this socket all else works: a neighbour that talked to the former owner goes on
	 * in vain until its own entry is old. */
	engine->wire->announcer = engine->door->announcer.open(&error);
	if (engine->wire->announcer < 0)
		log_warn("neighbours are not told when an address passes to another container: %s",
			 error.text);
}

/* pool: NULL for an address of none, of which nothing is known. */
static bool may_be_known(const struct endpoint *endpoint, const struct ipam_pool *pool,
			 const struct addr *addr)
{
	if (!pool || endpoint->network->n_endpoints <= ANNOUNCE_PORTS_MAX)
		return true;
	/* More ports than ANNOUNCE_PORTS_MAX make an announcement dear, so it has to be worth it.
	 * ipam_had_holder says no only where that is certain. A link that is made again counts
	 * as known: what the container did to the former one nobody can say. */
	return endpoint->state == ENDPOINT_UP || ipam_had_holder(pool, addr);
}

/* In segments where it is not, it is found behind the bridge, by IPv4; who was its neighbour there
 * has its own MAC in his table. By IPv6 all go by the gateway. */
static void announce_elsewhere(struct engine *engine, const struct endpoint *endpoint,
			       const struct addr *addr)
{
	const struct network *network = endpoint->network;
	const struct mac mac = mac_from_text(network->spec.id);
	uint8_t frame[ANNOUNCE_FRAME_MAX];
	size_t len = announce_frame(addr, &mac, frame);

	network_foreach_segment(network, number)
	{
		if (number != endpoint->segment && addr->family == AF_INET)
			(void)engine->door->announcer.send(engine->wire->announcer,
							   network->segments[number].ifindex, frame,
							   len); /* as above */
	}
}

/* One address to all ports of the owner's bridge. An address that is not set, or that certainly
 * nobody knows, costs nothing. */
static void announce(struct engine *engine, const struct endpoint *endpoint,
		     const struct ipam_pool *pool, const struct addr *addr)
{
	uint8_t frame[ANNOUNCE_FRAME_MAX];
	size_t len;
	int err;

	if (!addr_is_set(addr) || !may_be_known(endpoint, pool, addr))
		return;
	len = announce_frame(addr, &endpoint->mac, frame);
	err = engine->door->announcer.send(engine->wire->announcer, endpoint_bridge(endpoint),
					   frame, len);
	if (err < 0 && err != -ENETDOWN) /* with the bridge down nobody hears anything */
		log_warn("container %s: %s is not announced: %s", endpoint->container->spec.name,
			 ADDR_STR(addr), strerror(-err));
	announce_elsewhere(engine, endpoint, addr);
}

/* All addresses of an endpoint: the host's own neighbour entry first, then the neighbours. It
 * cannot fail, since what is missed heals by itself. */
void announce_endpoint(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;
	const struct endpoint_spec *spec = &endpoint->spec;
	struct addr addrs[FAMILY_N + LINK_LOCAL_MAX];
	struct error error;

	memcpy(addrs, endpoint->ip, sizeof(endpoint->ip));
	memcpy(addrs + FAMILY_N, spec->link_local, sizeof(spec->link_local));
	/* A stale entry of the host ends by itself after a while. It is no reason to fail an
	 * attach. */
	if (engine->door->addrs.moved(engine->rtnl, endpoint_bridge(endpoint), addrs,
				      FAMILY_N + spec->n_link_local, &endpoint->mac, &error) < 0)
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
	if (engine->wire->announcer < 0)
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		announce(engine, endpoint, network->pool[family], &endpoint->ip[family]);
	for (size_t i = 0; i < spec->n_link_local; i++)
		announce(engine, endpoint, NULL, &spec->link_local[i]);
}

/* A bridge that was repaired has lost entries, and its neighbours' questions went unanswered. Each
 * port is told of all others. */

/* --- after a repair --------------------------------------------------------------------------- */

/* One neighbour, by its own port. The frame goes out on the host's end of its pair, so no other
 * port gets a copy. */
static void tell(struct engine *engine, const struct endpoint *hearer, const struct addr *addr,
		 const struct mac *mac)
{
	uint8_t frame[ANNOUNCE_FRAME_MAX];
	size_t len = announce_frame(addr, mac, frame);

	if (len > 0) /* a link that is down is somebody's affair: it hears nothing */
		(void)engine->door->announcer.send(engine->wire->announcer, hearer->host_ifindex,
						   frame, len);
}

/* Out of its own port, so that nobody hears of itself. */
static void tell_of_all(struct engine *engine, const struct network *network,
			const struct endpoint *hearer, const struct mac *bridge)
{
	/* The host is a neighbour like any other. After a repair of the bridge its MAC may be new
	 * to them. */
	for (enum family family = 0; family < FAMILY_N; family++)
		tell(engine, hearer, &network->spec.subnet[family].gateway, bridge);
	list_foreach (&network->endpoints, const struct endpoint, other, in_network) {
		if (other == hearer)
			continue;
		if (other->segment != hearer->segment) {
			/* IPv4 only, for the reason above: the bridge answers ARP for other
			 * segments. */
			tell(engine, hearer, &other->ip[FAMILY_4], bridge);
			continue;
		}
		for (enum family family = 0; family < FAMILY_N; family++)
			tell(engine, hearer, &other->ip[family], &other->mac);
	}
}

/* Who asked for a MAC address while the way was cut asks again after a second; told, it goes on at
 * once (neigh_update, net/core/neighbour.c). */
void announce_network(struct engine *engine, const struct network *network)
{
	struct rtnl_link bridge;

	/* On a large bridge this is n times n frames, and all of them together cost more than the
	 * second that it saves. */
	if (engine->wire->announcer < 0 || network->n_endpoints > ANNOUNCE_PORTS_MAX ||
	    engine->door->links.by_index(engine->rtnl, network->segments[0].ifindex, &bridge,
					 NULL) < 0)
		return;
	list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network) {
		struct error error;

		/* It has no link at the moment, and is announced when it has one. */
		if (endpoint->host_ifindex == 0)
			continue;
		/* The kernel's linkwatch worker may be a second late with a carrier that has
		 * returned. */
		engine->door->links.wake(engine->rtnl, endpoint->host_ifindex);
		(void)engine->door->addrs.moved(engine->rtnl, endpoint_bridge(endpoint),
						endpoint->ip, FAMILY_N, &endpoint->mac,
						&error); /* it is a second, then */
		tell_of_all(engine, network, endpoint, &bridge.mac);
	}
}

/* Each neighbour by its own port: told of itself, the container would give an address up whose
 * uniqueness it is just looking into again. A link that was down is up again, maybe with another
 * MAC. The others learn it at once. */
void announce_again(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;
	const struct mac *mac = endpoint_mac(endpoint);
	struct error error;

	if (engine->door->addrs.moved(engine->rtnl, endpoint_bridge(endpoint), endpoint->ip,
				      FAMILY_N, mac, &error) < 0)
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
	if (engine->wire->announcer < 0 || network->n_endpoints > ANNOUNCE_PORTS_MAX)
		return;
	list_foreach (&network->endpoints, const struct endpoint, other, in_network) {
		if (other == endpoint || other->host_ifindex == 0 ||
		    other->segment != endpoint->segment) /* for whom the bridge speaks */
			continue;
		for (enum family family = 0; family < FAMILY_N; family++)
			tell(engine, other, &endpoint->ip[family], mac);
	}
}
