// SPDX-License-Identifier: GPL-2.0-or-later
// targets.c - what of B others may connect to: its listeners, at each of its addresses, and the
// ports of the host that lead to it
#include "diag/targets.h"

#include "base/grow.h"
#include "base/limits.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

/* Theory of operation. A socket that listens is not yet something to connect to: one that is bound
 * to all addresses is reached at each of them, and for each of them another rule or route may
 * decide. So a listener becomes a target for each address that it takes connections at, and two
 * sockets that share a port (SO_REUSEPORT) become one. */

struct collecting {
	const struct diag_target_of *whose;
	struct diag_targets *targets;
	int err;
};

/* The bound address does not count: it is the same to who connects. */
static bool is_same(const struct diag_target *a, const struct diag_target *b)
{
	return a->port == b->port && a->protocol == b->protocol && addr_equal(&a->addr, &b->addr);
}

/* Adds a target once, if A can ask for it. */
static void add(struct collecting *collecting, const struct diag_target *target)
{
	struct diag_targets *targets = collecting->targets;
	const struct addr *only = &collecting->whose->only;
	struct diag_target *items;

	/* A family that A has no address of is left out, and so are other addresses than the
	 * one that was asked for. A published port is the host's address, which nobody asked
	 * for by number. */
	if (!addr_is_set(&target->addr) ||
	    !collecting->whose->is_wanted[family_of(target->addr.family)] ||
	    (addr_is_set(only) && !target->is_published && !addr_equal(&target->addr, only)))
		return;
	for (size_t i = 0; i < targets->n; i++)
		if (is_same(&targets->items[i], target))
			return;
	/* More are counted, so that the list is not taken for whole. */
	if (targets->n >= TARGETS_MAX) {
		targets->n_left++;
		return;
	}
	items = grow(targets->items, &targets->room, targets->n + 1, sizeof(*items));
	if (!items) {
		collecting->err = -ENOMEM;
		return;
	}
	targets->items = items;
	items[targets->n++] = *target;
}

/* --- listeners -------------------------------------------------------------------------------- */

/* 127.0.0.11 is where netd and Docker answer names inside. */
static bool is_resolver(const struct facts_socket *socket)
{
	static const uint8_t resolver[] = { 127, 0, 0, 11 };

	for (size_t i = 0; i < sizeof(resolver); i++)
		if (socket->addr.bytes[i] != resolver[i])
			return false;
	return socket->addr.family == AF_INET;
}

/* Something that others may connect to. A UDP socket with a peer hears that one alone. */
static bool listens(const struct facts_socket *socket)
{
	if (is_resolver(socket) || socket->is_apart)
		return false;
	return socket->protocol == IPPROTO_TCP
		       ? socket->state == TCP_LISTEN
		       : socket->protocol == IPPROTO_UDP && !addr_is_set(&socket->peer);
}

/* The host has an address on each network, and they are all the same to who connects. Of a
 * container those count that netd gave it: that it has lost one is a verdict, and not a gap. Of
 * others it is what the kernel has. */
static void add_at_each(struct collecting *collecting, struct diag_target *target,
			enum family family)
{
	const struct diag_target_of *whose = collecting->whose;
	const struct facts_container *container = whose->container;

	/* The address by which A finds the host stands for all. */
	if (whose->is_host) {
		target->addr = whose->used[family];
		add(collecting, target);
		return;
	}
	for (size_t i = 0; container && i < container->n_endpoints; i++) {
		target->addr = container->endpoints[i].addr[family].addr;
		add(collecting, target);
	}
	if (container && container->n_endpoints)
		return;
	/* Without endpoints it is none of netd's, or was moved there: then the kernel's
	 * addresses count. */
	facts_ask_addrs(whose->space, 0, family_af(family));
	for (size_t i = 0; i < whose->space->n_addrs; i++) {
		target->addr = whose->space->addrs[i].prefix.addr;
		if (family_of(target->addr.family) == family && !addr_is_loopback(&target->addr) &&
		    !addr_is_link_local(&target->addr))
			add(collecting, target);
	}
}

/* What is bound to a loopback address is asked for where A would ask, and refused there. */
static void add_loopback(struct collecting *collecting, struct diag_target *target,
			 enum family family)
{
	const struct diag_target_of *whose = collecting->whose;

	target->addr = whose->is_own ? target->bound : whose->used[family];
	add(collecting, target);
}

/* Who asks over UDP has mostly a socket that hears anybody, on a port that the kernel chose for it,
 * and the next time another. Nobody tells whether a port was chosen so, or is a server's that lies
 * among those; only that the kernel's own sockets (of WireGuard, VXLAN) have no inode, and are on
 * ports that somebody wanted. */
static bool is_passing(const struct facts_space *space, const struct facts_socket *socket)
{
	int64_t from, to;

	return socket->protocol == IPPROTO_UDP && socket->inode != 0 &&
	       facts_value(space, "net.ipv4.ip_local_port_range.from", &from) &&
	       facts_value(space, "net.ipv4.ip_local_port_range.to", &to) && socket->port >= from &&
	       socket->port <= to;
}

static void add_listener(struct collecting *collecting, const struct facts_socket *socket)
{
	enum family family = family_of(socket->addr.family);
	struct diag_target target = { .port = socket->port,
				      .protocol = socket->protocol,
				      .is_passing = is_passing(collecting->whose->space, socket),
				      .bound = socket->addr,
				      .bound_port = socket->port };

	/* The kind of address that it is bound to decides where it is reached. */
	if (addr_is_loopback(&socket->addr)) {
		add_loopback(collecting, &target, family);
	} else if (addr_is_any(&socket->addr)) {
		/* One that is bound to :: takes both, unless it was told not to. */
		if (family == FAMILY_6 && !socket->v6only)
			add_at_each(collecting, &target, FAMILY_4);
		add_at_each(collecting, &target, family);
	} else if (!addr_is_link_local(&socket->addr)) {
		target.addr = socket->addr;
		add(collecting, &target);
	}
}

/* --- published ports -------------------------------------------------------------------------- */

/* Somebody inside listens on the port that the run leads to. */
static bool is_listened(const struct diag_target_of *whose, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < whose->space->n_sockets; i++)
		if (whose->space->sockets[i].port == port &&
		    whose->space->sockets[i].protocol == protocol &&
		    listens(&whose->space->sockets[i]))
			return true;
	return false;
}

/* offset: of the port within its run. */
static void add_published(struct collecting *collecting, const struct facts_port *port,
			  uint16_t offset)
{
	const struct diag_target_of *whose = collecting->whose;
	/* The host's loopback is the host's alone: who is outside tries its address, in vain. */
	bool is_any = !addr_is_set(&port->host) || addr_is_any(&port->host) ||
		      (addr_is_loopback(&port->host) && !whose->is_asked_by_host);
	enum family family = family_of(port->host.family);
	struct diag_target target = {
		.addr = is_any ? whose->host[family] : port->host,
		.port = (uint16_t)(port->host_port + offset),
		.protocol = port->protocol,
		.is_published = true,
		.bound = port->host,
		.bound_port = (uint16_t)(port->port + offset),
	};

	add(collecting, &target);
}

/* A run of thousands is published for the few that are in use. Each port of a run that somebody
 * listens on, or else the first, so that the person sees that the run leads to nobody. */
static void add_run(struct collecting *collecting, const struct facts_port *port)
{
	const struct diag_target_of *whose = collecting->whose;
	bool is_used = false;

	for (uint16_t i = 0; i < port->count; i++) {
		if (!is_listened(whose, port->protocol, (uint16_t)(port->port + i)))
			continue;
		is_used = true;
		add_published(collecting, port, i);
	}
	if (!is_used)
		add_published(collecting, port, 0);
}

/* --- what is no server of the host's ---------------------------------------------------------- */

/* Published ports by protocol, one bit each: there may be thousands, and as many sockets. */
struct held {
	uint8_t bits[2][UINT16_MAX / 8 + 1];
};

/* A run may end beyond the last port if the facts are a stranger's. */
static void hold(struct held *held, const struct facts_port *port)
{
	for (unsigned int i = port->host_port; i < (unsigned int)port->host_port + port->count; i++)
		if (i <= UINT16_MAX)
			held->bits[port->protocol == IPPROTO_UDP][i / 8] |= (uint8_t)(1U << i % 8);
}

/* Published on all addresses: netd's socket is bound to any. */
static bool is_held(const struct held *held, const struct facts_socket *socket)
{
	return held->bits[socket->protocol == IPPROTO_UDP][socket->port / 8] &
	       1U << socket->port % 8;
}

static bool is_everywhere(const struct facts_port *port)
{
	return !addr_is_set(&port->host) || addr_is_any(&port->host);
}

/* Published on one address: the socket must be bound to that. */
static bool is_at_address(const struct facts_container *container,
			  const struct facts_socket *socket)
{
	for (size_t i = 0; i < container->n_ports; i++) {
		const struct facts_port *port = &container->ports[i];

		if (port->protocol == socket->protocol && socket->port >= port->host_port &&
		    socket->port - port->host_port < port->count &&
		    addr_equal(&port->host, &socket->addr))
			return true;
	}
	return false;
}

/* The bits answer fast for nearly all sockets, and only the rest is compared with addresses. */
static bool is_published(const struct facts *facts, const struct held *everywhere,
			 const struct held *held, const struct facts_socket *socket)
{
	if (addr_is_any(&socket->addr))
		return is_held(everywhere, socket);
	for (size_t i = 0; is_held(held, socket) && i < facts->n_containers; i++)
		if (is_at_address(&facts->containers[i], socket))
			return true;
	return false;
}

int targets_set_apart(struct facts *facts)
{
	struct facts_space *host = facts_space(facts, "host");
	struct held everywhere = { 0 }, held = { 0 };

	if (host)
		/* All sockets are needed, since what is missing would look like "nobody
		 * listens". */
		facts_ask_all_sockets(facts, host);
	if (!host || host->has_many_sockets || facts_is_missing(host, "sockets"))
		return -ENODATA;
	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t j = 0; j < facts->containers[i].n_ports; j++) {
			const struct facts_port *port = &facts->containers[i].ports[j];

			hold(is_everywhere(port) ? &everywhere : &held, port);
		}
	/* Marks them in the picture: targets_of() passes over those. */
	for (size_t i = 0; i < host->n_sockets; i++)
		host->sockets[i].is_apart = addr_is_loopback(&host->sockets[i].addr) ||
					    is_published(facts, &everywhere, &held,
							 &host->sockets[i]);
	return 0;
}

int targets_of(struct facts *facts, const struct diag_target_of *whose,
	       struct diag_targets *ret_targets)
{
	struct collecting collecting = { whose, ret_targets, 0 };

	/* B's own list, whole. Whoever cannot be looked into never gets here. */
	facts_ask_all_sockets(facts, whose->space);
	for (size_t i = 0; i < whose->space->n_sockets && collecting.err == 0; i++)
		if (listens(&whose->space->sockets[i]))
			add_listener(&collecting, &whose->space->sockets[i]);
	for (size_t i = 0; whose->container && whose->with_published && collecting.err == 0 &&
			   i < whose->container->n_ports;
	     i++)
		add_run(&collecting, &whose->container->ports[i]);
	return collecting.err;
}

void targets_done(struct diag_targets *targets)
{
	free(targets->items);
	*targets = (struct diag_targets) { 0 };
}
