// SPDX-License-Identifier: GPL-2.0-or-later
// facts_ports.c - what is published at a port of the host, found among thousands
#include "diag/facts.h"

#include <stdlib.h>

/* Theory of operation. A host publishes a few ports, or thousands, and who judges a matrix asks for
 * some of them with each pair. Where they are many, each is in a chain with those whose numbers
 * have the same rest, in the order of the containers; runs of several ports have a chain of their
 * own. It is made with the first question, and anew where there are more ports by then. */

#define MANY_PORTS 64
#define N_CHAINS 4096

struct place {
	uint32_t container, port;
	uint32_t next; /* of its chain, counted from 1; 0: the last */
};

struct facts_published {
	size_t n;		   /* ports that there were */
	uint32_t chains[N_CHAINS]; /* the first of each; 0: none */
	uint32_t runs;
	struct place places[];
};

static bool is_it(const struct facts_port *item, const struct addr *addr, uint16_t port,
		  uint8_t protocol)
{
	if (port < item->host_port || port - item->host_port >= item->count ||
	    item->protocol != protocol)
		return false;
	/* A port that is published on one address is not published on others. */
	return !addr || !addr_is_set(&item->host) || addr_is_any(&item->host) ||
	       addr_equal(&item->host, addr);
}

static size_t count_ports(const struct facts *facts)
{
	size_t n = 0;

	for (size_t i = 0; i < facts->n_containers; i++)
		n += facts->containers[i].n_ports;
	return n;
}

/* Each goes in front of those behind it, so the last one is the first to go in. */
static void chain_up(const struct facts *facts, struct facts_published *published)
{
	uint32_t n = 0;

	for (size_t i = facts->n_containers; i-- > 0;)
		for (size_t j = facts->containers[i].n_ports; j-- > 0;) {
			const struct facts_port *port = &facts->containers[i].ports[j];
			uint32_t *first = port->count > 1
						  ? &published->runs
						  : &published->chains[port->host_port % N_CHAINS];

			published->places[n++] = (struct place) { (uint32_t)i, (uint32_t)j,
								  *first };
			*first = n;
		}
	published->n = n;
}

/* NULL: there are few, or there is no memory; then they are walked. */
static const struct facts_published *look_up(struct facts *facts)
{
	size_t n = count_ports(facts);

	if (n < MANY_PORTS || n >= UINT32_MAX)
		return NULL;
	if (facts->published && facts->published->n == n)
		return facts->published;
	free(facts->published);
	facts->published = calloc(1, sizeof(*facts->published) + n * sizeof(struct place));
	if (facts->published)
		chain_up(facts, facts->published);
	return facts->published;
}

static const struct place *find_in(const struct facts *facts,
				   const struct facts_published *published, uint32_t first,
				   const struct addr *addr, uint16_t port, uint8_t protocol)
{
	for (uint32_t at = first; at > 0; at = published->places[at - 1].next) {
		const struct place *place = &published->places[at - 1];

		if (is_it(&facts->containers[place->container].ports[place->port], addr, port,
			  protocol))
			return place;
	}
	return NULL;
}

static bool is_before(const struct place *place, const struct place *other)
{
	return place->container != other->container ? place->container < other->container
						    : place->port < other->port;
}

static const struct facts_port *find_walking(const struct facts *facts, const struct addr *addr,
					     uint16_t port, uint8_t protocol,
					     const struct facts_container **ret_by)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t j = 0; j < facts->containers[i].n_ports; j++)
			if (is_it(&facts->containers[i].ports[j], addr, port, protocol)) {
				*ret_by = &facts->containers[i];
				return &facts->containers[i].ports[j];
			}
	return NULL;
}

const struct facts_port *facts_published(struct facts *facts, const struct addr *addr,
					 uint16_t port, uint8_t protocol,
					 const struct facts_container **ret_by)
{
	const struct facts_published *published;
	const struct place *place, *run;

	facts_ask_ports(facts, port);
	published = look_up(facts);
	if (!published)
		return find_walking(facts, addr, port, protocol, ret_by);
	place = find_in(facts, published, published->chains[port % N_CHAINS], addr, port, protocol);
	run = find_in(facts, published, published->runs, addr, port, protocol);
	if (!place || (run && is_before(run, place)))
		place = run;
	if (!place)
		return NULL;
	*ret_by = &facts->containers[place->container];
	return &facts->containers[place->container].ports[place->port];
}
