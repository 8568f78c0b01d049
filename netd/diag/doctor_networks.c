// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_networks.c - a network's bridges, against what netd made of them
#include "diag/doctor_parts.h"

#include <stdio.h>

/* A packet that a container may send does not fit. */
static void check_mtu(struct doctor *doctor, const struct facts_network *network,
		      const struct facts_link *bridge)
{
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
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *addr = &network->bridge_addr[family];
		const struct facts_addr *held = judge_find_addr(doctor->host, addr);
		struct prefix prefix = { *addr, network->subnet[family].len };

		if (!addr_is_set(addr) || (held && held->ifindex == bridge->ifindex))
			continue;
		code_word(&doctor->walk.words, "next", "%s", ADDR_STR(addr));
		code_word(&doctor->walk.words, "prefix", "%s", PREFIX_STR(&prefix));
		doctor_tell(doctor, CODE_GATEWAY_ADDRESS_MISSING, DIAG_BAD, network->name);
	}
}

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
		if (!doctor_has_way_out(network, family) || is_zero(doctor, all[family]) ||
		    !is_zero(doctor, name))
			continue;
		code_word(&doctor->walk.words, "sysctl", "%s", name);
		doctor_tell(doctor, CODE_FORWARDING_OFF_LINK, DIAG_BAD, network->name);
	}
}

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

static void check_bridge(struct doctor *doctor, const struct facts_network *network,
			 const char *name, bool is_first)
{
	const struct facts_link *bridge = facts_link_named(doctor->host, name);

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
