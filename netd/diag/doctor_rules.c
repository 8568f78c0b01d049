// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_rules.c - what must be in netd's table: bridges, and what is published
#include "diag/doctor_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. netd's table has a constant number of rules; everything that grows is an
 * element of a set. So what must be there is asked for element by element: for a network its
 * bridges, for a published port its address, protocol and port. The kernel answers such a
 * question in some microseconds, however large the set is, and also of a table that has an
 * owner. Rules themselves are not compared here: the ways (doctor_ways.c) meet them.
 *
 * Only "not there" is a finding. An answer that could not be had is unknown, and says nothing. */

/* Adds one field to a key. Keys are laid out as the kernel lays out registers: each field fills
 * whole words of 32 bits, so room may be more than len, and what is between stays 0. */
static void put(struct facts_element_asked *asked, const void *bytes, size_t len, size_t room)
{
	/* Too long a key cannot be: the longest is an address, a protocol and a port. Without
	 * this line a mistake in the table would write past the end. */
	if (asked->key_len + room > sizeof(asked->key))
		return;
	memcpy(asked->key + asked->key_len, bytes, len);
	asked->key_len += room;
}

/* An empty key for a set of netd's own table. */
static void ask_for(struct facts_element_asked *asked, const char *set)
{
	*asked = (struct facts_element_asked) { .family = NFPROTO_INET };
	(void)snprintf(asked->table, sizeof(asked->table), "%s", JUDGE_NETD_TABLE);
	(void)snprintf(asked->set, sizeof(asked->set), "%s", set);
}

/* False also where the set or the table is gone; true where nobody can be asked. */
static bool is_there(struct doctor *doctor, const struct facts_element_asked *asked)
{
	return facts_ask_element(doctor->facts, doctor->host, asked)->err != -ENOENT;
}

/* One finding names one thing that is lost. What repairs it is the same for all: netd writes
 * its table anew. */
static void tell_lost(struct doctor *doctor, const char *where, const char *what)
{
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "what", "%s", what);
	doctor_tell(doctor, CODE_NETD_RULES_LOST, DIAG_BAD, where);
}

static bool has_bridge(struct doctor *doctor, const char *set, const char *bridge)
{
	struct facts_element_asked asked;

	ask_for(&asked, set);
	/* A name of an interface is a field of 16 bytes, filled up with zeroes, as `iifname`
	 * has it. */
	put(&asked, bridge, strnlen(bridge, FACTS_IFNAME), FACTS_IFNAME);
	return is_there(doctor, &asked);
}

/* A network is lost to the rules, or only that it is internal: then more works than should. */
static void check_bridges(struct doctor *doctor, const struct facts_network *network)
{
	for (size_t i = 0; i < network->n_bridges; i++) {
		const char *bridge = network->bridges[i];
		bool is_known = has_bridge(doctor, "bridges", bridge);
		char what[NAME_LEN_MAX + 32];

		if (is_known && (!network->internal || has_bridge(doctor, "internal", bridge)))
			continue;
		(void)snprintf(what, sizeof(what),
			       is_known ? "what keeps network %s internal" : "network %s",
			       network->name);
		tell_lost(doctor, network->name, what);
		/* netd writes all elements of a network in one transaction, so one that is lost
		 * says enough. */
		return;
	}
}

/* Ports that are published on every address and those on one have sets of their own, one pair
 * for each family (model/rules/ruleset.c). */
static const char *set_of(const struct addr *host, bool is_any)
{
	if (host->family == AF_INET)
		return is_any ? "publish4" : "publish4_at";
	return is_any ? "publish6" : "publish6_at";
}

/* The key is [address,] protocol, port. The port is in the order of the wire, as in a header. */
static bool is_published(struct doctor *doctor, const struct facts_port *port, uint16_t host_port)
{
	bool is_any = addr_is_any(&port->host);
	uint16_t wire = htons(host_port);
	struct facts_element_asked asked;

	ask_for(&asked, set_of(&port->host, is_any));
	if (!is_any)
		put(&asked, port->host.bytes, addr_size(&port->host), addr_size(&port->host));
	put(&asked, &port->protocol, 1, 4);
	put(&asked, &wire, 2, 4);
	return is_there(doctor, &asked);
}

/* One run of published ports. The first that is lost is told: of a thousand a person needs one. */
static void check_port(struct doctor *doctor, const struct facts_container *container,
		       const struct facts_port *port)
{
	for (uint16_t i = 0; i < port->count; i++) {
		char what[64];

		if (is_published(doctor, port, (uint16_t)(port->host_port + i)))
			continue;
		(void)snprintf(what, sizeof(what), "published port %u/%s",
			       (unsigned int)(port->host_port + i),
			       port->protocol == IPPROTO_UDP   ? "udp"
			       : port->protocol == IPPROTO_TCP ? "tcp"
							       : "sctp");
		tell_lost(doctor, container->name, what);
		return;
	}
}

/* Whoever publishes a port for both families publishes one, and the report counts it once. The
 * pair is known by port, protocol, and that both are on all addresses or both are on one. */
static bool is_second_family(const struct facts_container *container, const struct facts_port *port)
{
	for (size_t i = 0; port->host.family == AF_INET6 && i < container->n_ports; i++) {
		const struct facts_port *other = &container->ports[i];

		if (other->host.family == AF_INET && other->protocol == port->protocol &&
		    other->host_port == port->host_port &&
		    addr_is_any(&other->host) == addr_is_any(&port->host))
			return true;
	}
	return false;
}

/* An address of any is one of the family that it is written in, and netd publishes for both. */
void doctor_rules(struct doctor *doctor)
{
	const struct facts *facts = doctor->facts;

	/* Without a ruleset the answers would be about nothing. */
	if (facts_is_missing(doctor->host, "ruleset"))
		return;
	for (size_t i = 0; i < facts->n_networks; i++)
		if (doctor_is_bridged(&facts->networks[i]) &&
		    doctor_wants_network(doctor, &facts->networks[i]))
			check_bridges(doctor, &facts->networks[i]);
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		for (size_t k = 0; doctor_wants(doctor, container) && k < container->n_ports; k++) {
			const struct facts_port *port = &container->ports[k];

			/* Counted are all ports, also those that a relay serves: a person
			 * counts what he asked for. */
			if (!is_second_family(container, port))
				doctor->report->looked[REPORT_PORTS] += port->count;
			/* A port that a relay serves has no element. */
			if (port->is_nat)
				check_port(doctor, container, port);
		}
	}
}
