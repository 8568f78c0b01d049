// SPDX-License-Identifier: GPL-2.0-or-later
// follow_asked.c - which packets are those of a container that somebody wants to see
#include "base/grow.h"
#include "explain/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Two tell what happens to them, the tracer and the kernel's trace of
 * rules, and each is told the same: addresses, what is published for it, and the filter. A
 * packet is the container's when one end has one of its addresses, or when it goes to a place
 * on the host that is published for it: such a packet carries the host's address until NAT has
 * changed it. */

/* An address that is there already is not added again: twice the same mark would cost the
 * kernel a rule for each packet. Entries with a port are never the same. */
static int add(struct follow_ends *ends, const struct follow_end *end)
{
	struct follow_end *larger;

	for (size_t i = 0; i < ends->n && end->port == 0; i++)
		if (addr_equal(&ends->ends[i].addr, &end->addr))
			return 0;
	larger = grow(ends->ends, &ends->size, ends->n + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	ends->ends = larger;
	ends->ends[ends->n++] = *end;
	return 0;
}

/* Loopback addresses are of each namespace, and say nothing about whose packet it is. */
static int add_addr(struct follow_ends *ends, const struct addr *addr)
{
	if (!addr_is_set(addr) || addr_is_loopback(addr))
		return 0;
	return add(ends, &(struct follow_end) { .addr = *addr });
}

/* With the prefix length netd says what the network is; the address alone is what packets carry. */
static int add_container(struct follow_ends *ends, const struct facts_container *container)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++)
		for (enum family family = 0; err == 0 && family < FAMILY_N; family++)
			err = add_addr(ends, &container->endpoints[i].addr[family].addr);
	return err;
}

/* What somebody gave it besides; link-local ones are those of others, too. Who adds an address
 * to a container's link by hand wants to see its packets, too. */
static int add_inside(struct follow_ends *ends, const struct facts_space *space)
{
	int err = 0;

	for (enum family family = 0; space && family < FAMILY_N; family++)
		facts_ask_addrs(space, 0, family_af(family));
	for (size_t i = 0; space && err == 0 && i < space->n_addrs; i++)
		if (!addr_is_link_local(&space->addrs[i].prefix.addr))
			err = add_addr(ends, &space->addrs[i].prefix.addr);
	return err;
}

/* A range of ports is taken apart, for a packet has one port. A filter's port may be that of
 * the host or that of the container: the user knows one of them. */
static int add_published_at(struct follow_asked *asked, const struct facts_port *port,
			    const struct addr *addr)
{
	const uint16_t wanted = asked->filter.port;
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < port->count; i++)
		if (wanted == 0 || wanted == port->port + i || wanted == port->host_port + i)
			err = add(&asked->published,
				  &(struct follow_end) { *addr, (uint16_t)(port->host_port + i),
							 port->protocol });
	return err;
}

/* Only TCP and UDP have ports that are published. A port that is published at no address in
 * particular is published at each address of the host, of the family that was asked for or of
 * both. */
static int add_published(struct follow_asked *asked, const struct facts_space *host,
			 const struct facts_port *port)
{
	const uint8_t protocol = asked->filter.protocol;
	int err = 0;

	if ((port->protocol != IPPROTO_TCP && port->protocol != IPPROTO_UDP) ||
	    (protocol && protocol != port->protocol) || port->host_port == 0)
		return 0;
	if (addr_is_set(&port->host) && !addr_is_any(&port->host))
		return add_published_at(asked, port, &port->host);
	for (size_t i = 0; host && err == 0 && i < host->n_addrs; i++)
		if (port->host.family == 0 ||
		    port->host.family == host->addrs[i].prefix.addr.family)
			err = add_published_at(asked, port, &host->addrs[i].prefix.addr);
	return err;
}

/* The filter's host: a container with all its addresses, or an address. An address that no
 * container has may be outside, and is taken as it stands. */
static int add_peer(struct follow_asked *asked, const struct facts *facts, struct error *error)
{
	const char *host = asked->filter.host;
	struct addr addr;
	int err = 0;

	if (!*host)
		return 0;
	if (addr_parse(host, &addr) == 0)
		return add(&asked->peers, &(struct follow_end) { .addr = addr });
	err = question_container(facts, host, &asked->peer, error);
	if (err < 0)
		return err;
	if (!asked->peer)
		return error_set(error, ERROR_NOT_FOUND,
				 "no container %s: behind the word host stands one, or an address",
				 host);
	return add_container(&asked->peers, asked->peer);
}

/* -ENOMEM has no text of its own yet; the errors of add_peer() do, except for that one. */
int follow_asked_fill(struct follow_asked *asked, const struct facts *facts, struct error *error)
{
	const struct facts_space *host = facts_space(facts, "host");
	const struct facts_container *of = asked->of;
	int err = add_container(&asked->addrs, of);

	if (err == 0)
		err = add_inside(&asked->addrs, facts_space(facts, of->space));
	for (size_t i = 0; err == 0 && i < of->n_ports; i++)
		err = add_published(asked, host, &of->ports[i]);
	if (err < 0)
		return error_system(error, err, "cannot follow %s", of->name);
	err = add_peer(asked, facts, error);
	return err == -ENOMEM ? error_system(error, err, "cannot follow %s", of->name) : err;
}

/* The lists are empty afterwards, and it may be called again. */
void follow_asked_done(struct follow_asked *asked)
{
	free(asked->addrs.ends);
	free(asked->peers.ends);
	free(asked->published.ends);
	asked->addrs = asked->peers = asked->published = (struct follow_ends) { 0 };
}

/* --- what netd-trace is told ------------------------------------------------------------------ */

/* The tracer takes icmp for both families. */
static const char *protocol_word(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "icmp";
}

static void order_ends(struct buf *orders, const char *what, const struct follow_ends *ends)
{
	for (size_t i = 0; i < ends->n; i++)
		buf_printf(orders, "%s %s\n", what, ADDR_STR(&ends->ends[i].addr));
}

/* Grammar of the orders, a line each:
 *
 * netns INODE                      whose packets may be seen
 * own INODE                        where every packet is the container's
 * address ADDRESS                  one of its addresses
 * published tcp|udp ADDRESS PORT   what leads to it
 * only tcp|udp|icmp                the filter's protocol
 * port PORT                        and port, at either end
 * peer ADDRESS                     and host, at either end
 * go                               that is all */
int follow_asked_orders(const struct follow_asked *asked, const struct facts *facts,
			struct buf *orders)
{
	const struct followed_filter *filter = &asked->filter;

	buf_printf(orders, "netns %" PRIu64 "\n", facts_space(facts, "host")->netns);
	/* All namespaces are named, since a packet between two containers is seen in each of
	 * them. */
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns > 0 && !facts->containers[i].host_mode)
			buf_printf(orders, "netns %" PRIu64 "\n", facts->containers[i].netns);
	buf_printf(orders, "own %" PRIu64 "\n", asked->of->netns);
	order_ends(orders, "address", &asked->addrs);
	for (size_t i = 0; i < asked->published.n; i++) {
		const struct follow_end *end = &asked->published.ends[i];

		buf_printf(orders, "published %s %s %u\n", protocol_word(end->protocol),
			   ADDR_STR(&end->addr), end->port);
	}
	if (filter->protocol)
		buf_printf(orders, "only %s\n", protocol_word(filter->protocol));
	if (filter->port)
		buf_printf(orders, "port %u\n", filter->port);
	order_ends(orders, "peer", &asked->peers);
	buf_puts(orders, "go\n");
	return orders->err;
}
