// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_networks.c - a network's bridges, against what netd made of them
#include "diag/doctor_parts.h"

#include <stdio.h>

/* Theory of operation. A network is its bridges, and for the containers on it a bridge is three
 * things: a link that carries frames of the network's size, the gateway's address, and a place
 * from which the host forwards. Each is compared with what netd made. A bridge that is missing
 * or down explains all three, so the comparison ends there. Which ports are on it is told of
 * the containers (doctor_containers.c). */

/* A packet that a container may send does not fit. */
static void check_mtu(struct doctor *doctor, const struct facts_network *network,
		      const struct facts_link *bridge)
{
	/* Without an MTU of its own the network takes what the kernel gives, so there is
	 * nothing to compare. */
	if (network->mtu == 0 || bridge->mtu >= network->mtu)
		return;
	code_word(&doctor->walk.words, "mtu", "%u", bridge->mtu);
	code_word(&doctor->walk.words, "sent", "%u", network->mtu);
	code_word(&doctor->walk.words, "sender", "each container");
	doctor_tell(doctor, CODE_MTU_HOLE, DIAG_BAD, network->name);
}

/* The addresses are those of the first bridge; others of its network borrow them. */
static void check_addresses(struct doctor *doctor, const struct facts_network *network,
			    const struct facts_link *bridge)
{
	if (facts_is_missing(doctor->host, "addrs"))
		return; /* as with links, below */
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *addr = &network->bridge_addr[family];
		/* An address on another link does not answer the bridge's ARP in the way that
		 * is meant, so the link counts, too. */
		const struct facts_addr *held = judge_find_addr(doctor->host, addr);
		struct prefix prefix = { *addr, network->subnet[family].len };

		if (!addr_is_set(addr) || (held && held->ifindex == bridge->ifindex))
			continue;
		code_word(&doctor->walk.words, "next", "%s", ADDR_STR(addr));
		code_word(&doctor->walk.words, "prefix", "%s", PREFIX_STR(&prefix));
		doctor_tell(doctor, CODE_GATEWAY_ADDRESS_MISSING, DIAG_BAD, network->name);
	}
}

/* A value that was not read is not 0: unknown is not bad. */
static bool is_zero(const struct doctor *doctor, const char *name)
{
	int64_t value = -1;

	return facts_value(doctor->host, name, &value) && value == 0;
}

/* The host may forward and this link not. Where the host does not at all that is told of it. */
static void check_forwarding(struct doctor *doctor, const struct facts_network *network,
			     const struct facts_link *bridge)
{
	static const char *const all[FAMILY_N] = {
		[FAMILY_4] = "net.ipv4.ip_forward",
		[FAMILY_6] = "net.ipv6.conf.all.forwarding",
	};

	for (enum family family = 0; family < FAMILY_N; family++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "net.%s.conf.%s.forwarding",
			       family == FAMILY_4 ? "ipv4" : "ipv6", bridge->name);
		/* An internal network and one without an address on its bridge are not
		 * forwarded for. */
		if (!doctor_has_way_out(network, family) || is_zero(doctor, all[family]) ||
		    !is_zero(doctor, name))
			continue;
		code_word(&doctor->walk.words, "sysctl", "%s", name);
		doctor_tell(doctor, CODE_FORWARDING_OFF_LINK, DIAG_BAD, network->name);
	}
}

/* Only then do packets with a source of 127.0.0.0/8 have to leave by a bridge. For IPv6 there
 * is no such setting: a relay of netd's takes these ports. */
static bool publishes_on_loopback(const struct facts *facts, const struct facts_network *network)
{
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];
		bool is_on = false, is_local = false;

		for (size_t k = 0; k < container->n_endpoints; k++)
			is_on |= judge_network(facts, container->endpoints[k].network) == network;
		for (size_t k = 0; k < container->n_ports; k++)
			is_local |= container->ports[k].host.family == AF_INET &&
				    addr_is_loopback(&container->ports[k].host);
		if (is_on && is_local)
			return true;
	}
	return false;
}

/* What is sent to 127.0.0.1 of the host keeps that source when rules lead it to a container.
 * The kernel drops such a source on the way out (martian) unless route_localnet allows it; the
 * larger of "all" and the link's own value counts. */
static void check_localnet(struct doctor *doctor, const struct facts_network *network,
			   const struct facts_link *bridge)
{
	int64_t all = 0;
	char name[64];

	(void)facts_value(doctor->host, "net.ipv4.conf.all.route_localnet", &all);
	(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.route_localnet", bridge->name);
	if (all != 0 || !is_zero(doctor, name) || !publishes_on_loopback(doctor->facts, network))
		return;
	code_word(&doctor->walk.words, "sysctl", "%s", name);
	doctor_tell(doctor, CODE_ROUTE_LOCALNET_OFF, DIAG_BAD, network->name);
}

/* is_first: it is the bridge that has the gateway's addresses. */
static void check_bridge(struct doctor *doctor, const struct facts_network *network,
			 const char *name, bool is_first)
{
	const struct facts_link *bridge = facts_link_named(doctor->host, name);

	/* The words of the place. Every finding below adds its own to these. */
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "bridge", "%s", name);
	code_word(&doctor->walk.words, "link", "%s", name);
	code_word(&doctor->walk.words, "network", "%s", network->name);
	if (!bridge) {
		doctor_tell(doctor, CODE_BRIDGE_MISSING, DIAG_BAD, network->name);
		return;
	}
	/* What hangs on its being up is told by that. */
	if (!judge_is_up(bridge)) {
		doctor_tell(doctor, CODE_BRIDGE_DOWN, DIAG_BAD, network->name);
		return;
	}
	check_mtu(doctor, network, bridge);
	if (is_first)
		check_addresses(doctor, network, bridge);
	check_forwarding(doctor, network, bridge);
	check_localnet(doctor, network, bridge);
	doctor_tell_programs(doctor, bridge, network->name);
}

void doctor_network(struct doctor *doctor, const struct facts_network *network)
{
	if (facts_is_missing(doctor->host, "links"))
		return; /* told as unknown: an empty list is not "none" */
	doctor->report->looked[REPORT_NETWORKS]++;
	for (size_t i = 0; i < network->n_bridges; i++)
		check_bridge(doctor, network, network->bridges[i], i == 0);
}
