// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_host.c - the host itself: what it must do for containers, and what others do to it
#include "diag/doctor_parts.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The host does four things for containers: it forwards, it keeps flows,
 * it answers, and it asks servers for names. Each has a check here. The other checks are about
 * what others do to it: routes into a container's subnet, rules of iptables-legacy, managers of
 * the network that take netd's links for theirs.
 *
 * A doctor who is asked about one container or network tells of the host only what may be at
 * fault for that one: that netd is down, and routes that take a part of the subnet. The rest
 * concerns everybody, and would be told with each name. */

/* Where netd's resolver is reached inside containers. As a server of the host it leads nowhere. */
#define RESOLVER "127.0.0.11"
#define PORT_DNS 53
/* Below this share of the table new flows find room for certain. */
#define CONNECTIONS_SHORT 80 /* per cent of the table */

/* --- what the host must do -------------------------------------------------------------------- */

/* A host without any network that leaves it need not forward, and then 0 is as it should be. */
static bool needs_forwarding(const struct doctor *doctor, enum family family)
{
	for (size_t i = 0; i < doctor->facts->n_networks; i++)
		if (doctor_has_way_out(&doctor->facts->networks[i], family))
			return true;
	return false;
}

/* One sentence for a family. Forwarding of a single bridge is told of its network. */
static void check_forwarding(struct doctor *doctor)
{
	static const char *const sysctl[FAMILY_N] = {
		[FAMILY_4] = "net.ipv4.ip_forward",
		[FAMILY_6] = "net.ipv6.conf.all.forwarding",
	};

	for (enum family family = 0; family < FAMILY_N; family++) {
		int64_t value = -1;

		/* A value that was not read stays -1, which is not 0: unknown is not bad. */
		if (!needs_forwarding(doctor, family) ||
		    !facts_value(doctor->host, sysctl[family], &value) || value != 0)
			continue;
		doctor_at(doctor, doctor->host, NULL);
		code_word(&doctor->walk.words, "family", "%s", family_name(family));
		code_word(&doctor->walk.words, "sysctl", "%s", sysctl[family]);
		doctor_tell(doctor, CODE_FORWARDING_OFF, DIAG_BAD, "host");
	}
}

/* A counter that is not there counts as 0: kernels without conntrack have none of them. */
static int64_t value_of(const struct doctor *doctor, const char *name)
{
	int64_t value = 0;

	(void)facts_value(doctor->host, name, &value);
	return value;
}

/* Failed inserts happen where two packets of one flow race, so alone they say nothing. Told is
 * a table that is nearly full, or one that has dropped packets already. */
static void check_connections(struct doctor *doctor)
{
	int64_t count = value_of(doctor, "net.netfilter.nf_conntrack_count");
	int64_t max = value_of(doctor, "net.netfilter.nf_conntrack_max");
	int64_t dropped = value_of(doctor, "nf_conntrack.drop");

	/* max is divided first: a large table times 80 would still fit, but this needs no
	 * thought. */
	if (max <= 0 || (count < max / 100 * CONNECTIONS_SHORT && dropped == 0))
		return;
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "count", "%lld", (long long)count);
	code_word(&doctor->walk.words, "max", "%lld", (long long)max);
	/* Doubling is the usual advice; the kernel takes any number. */
	code_word(&doctor->walk.words, "more", "%llu", (unsigned long long)max * 2);
	code_word(&doctor->walk.words, "lost", "%lld",
		  (long long)(dropped + value_of(doctor, "nf_conntrack.insert_failed")));
	if (count >= max)
		doctor_tell(doctor, CODE_CONNTRACK_FULL, DIAG_BAD, "host");
	else
		doctor_tell(doctor, CODE_CONNECTIONS_LOST, DIAG_WARN, "host");
}

/* --- what others put in the way --------------------------------------------------------------- */

/* Rules of iptables-legacy are seen by nobody who reads nftables. That there are some is all
 * that can be told. */
static void check_legacy(struct doctor *doctor)
{
	char names[CODE_WORD_LEN] = "";
	size_t len = 0;

	/* snprintf(3) returns what it would have needed, so len may pass the end, which ends
	 * the loop. */
	for (size_t i = 0; i < doctor->host->n_legacy && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? ", " : "",
					doctor->host->legacy[i]);
	if (doctor->host->n_legacy == 0)
		return;
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "legacy", "%s", names);
	doctor_tell(doctor, CODE_LEGACY_IPTABLES, DIAG_WARN, "host");
}

/* A route to a bridge of the network itself is how segments of a network are reached, and is
 * netd's own. */
static bool is_bridge_of(const struct doctor *doctor, const struct facts_network *network,
			 int ifindex)
{
	const struct facts_link *link = facts_link(doctor->host, ifindex);

	for (size_t i = 0; link && i < network->n_bridges; i++)
		if (strcmp(network->bridges[i], link->name) == 0)
			return true;
	return false;
}

/* A route of the main table into a part of a subnet. It is longer than the subnet's own, so the
 * kernel prefers it for the addresses in it. Local and broadcast routes are the kernel's. */
static bool takes_a_part(const struct doctor *doctor, const struct facts_network *network,
			 const struct facts_route *route)
{
	const struct prefix *subnet = &network->subnet[family_of(route->dst.addr.family)];

	return route->table == RT_TABLE_MAIN && addr_is_set(&subnet->addr) &&
	       subnet->addr.family == route->dst.addr.family && route->dst.len > subnet->len &&
	       prefix_contains(subnet, &route->dst.addr) && route->type != RTN_LOCAL &&
	       route->type != RTN_BROADCAST && !is_bridge_of(doctor, network, route->ifindex);
}

/* The words are those of the judge's finding of the same name, so that its sentence and its
 * command can be filled. */
static void check_route(struct doctor *doctor, const struct facts_network *network,
			const struct facts_route *route)
{
	const struct facts_link *link = facts_link(doctor->host, route->ifindex);
	const char *name = link ? link->name : "nothing";

	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "target", "%s", PREFIX_STR(&route->dst));
	code_word(&doctor->walk.words, "link", "%s", name);
	code_word(&doctor->walk.words, "network", "%s", network->name);
	code_word(&doctor->walk.words, "route", ": %s dev %s", PREFIX_STR(&route->dst), name);
	code_word(&doctor->walk.words, "matched", "%s", PREFIX_STR(&route->dst));
	code_word(&doctor->walk.words, "ip", "%s",
		  route->dst.addr.family == AF_INET6 ? "-6" : "-4");
	doctor_tell(doctor, CODE_ROUTE_OVERLAP, DIAG_BAD, network->name);
}

/* Routes of networks that were not asked about are not compared. */
static void check_routes(struct doctor *doctor)
{
	const struct facts *facts = doctor->facts;

	for (size_t i = 0; i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

		if (!doctor_is_bridged(network) || !doctor_wants_network(doctor, network))
			continue;
		for (size_t k = 0; k < doctor->host->n_routes; k++)
			if (takes_a_part(doctor, network, &doctor->host->routes[k]))
				check_route(doctor, network, &doctor->host->routes[k]);
	}
}

/* What leaves by a smaller link is told so by the host (ICMP "fragmentation needed"), which
 * costs each connection a packet and works. So it is a warning. */
static void check_uplink(struct doctor *doctor)
{
	const struct facts *facts = doctor->facts;
	const struct facts_link *link = NULL;
	struct facts_way_asked asked = { 0 };
	const struct facts_way *way;

	(void)addr_parse(DOCTOR_WORLD, &asked.dst); /* a constant that parses */
	/* The kernel says by which link the world is reached; a host may have several. */
	way = facts_ask_way(doctor->facts, doctor->host, &asked);
	if (!way->err)
		link = facts_link(doctor->host, way->oif);
	for (size_t i = 0; link && i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

		/* The comparison is for IPv4, as the address that is asked for is. */
		if (!doctor_has_way_out(network, FAMILY_4) || network->mtu <= link->mtu ||
		    !doctor_wants_network(doctor, network))
			continue;
		doctor_at(doctor, doctor->host, NULL);
		code_word(&doctor->walk.words, "link", "%s", link->name);
		code_word(&doctor->walk.words, "mtu", "%u", link->mtu);
		code_word(&doctor->walk.words, "sent", "%u", network->mtu);
		code_word(&doctor->walk.words, "sender", "a container");
		doctor_tell(doctor, CODE_PATH_MTU, DIAG_WARN, network->name);
	}
}

/* --- other programs --------------------------------------------------------------------------- */

/* A bridge of a network, or the host's end of a container's link. */
static bool is_netds(const struct doctor *doctor, const char *link)
{
	const struct facts *facts = doctor->facts;

	if (judge_network_of_bridge(facts, link))
		return true;
	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t k = 0; k < facts->containers[i].n_endpoints; k++)
			if (strcmp(facts->containers[i].endpoints[k].host_ifname, link) == 0)
				return true;
	return false;
}

/* A manager that configures netd's links takes their addresses away sooner or later.
 * facts_link.manager is empty where nobody does. */
static void check_managers(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->host->n_links; i++) {
		const struct facts_link *link = &doctor->host->links[i];

		if (!link->manager[0] || !is_netds(doctor, link->name))
			continue;
		doctor_at(doctor, doctor->host, NULL);
		code_word(&doctor->walk.words, "manager", "%s", link->manager);
		code_word(&doctor->walk.words, "link", "%s", link->name);
		doctor_tell(doctor, CODE_MANAGED_BY_OTHER, DIAG_BAD, "host");
	}
}

/* Facts come from netd's records only where netd itself did not answer. */
static void check_running(struct doctor *doctor)
{
	if (!doctor->facts->source || strcmp(doctor->facts->source, "records") != 0)
		return;
	doctor_at(doctor, doctor->host, NULL);
	doctor_tell(doctor, CODE_NETD_DOWN, DIAG_BAD, "host");
}

/* --- names ------------------------------------------------------------------------------------ */

/* One sentence for two causes: who says "whose" decides how bad it is. */
static void tell_loop(struct doctor *doctor, const char *server, enum diag_state state,
		      const char *whose)
{
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "server", "%s", server);
	code_word(&doctor->walk.words, "whose", "%s", whose);
	doctor_tell(doctor, CODE_RESOLVER_LOOP, state, "host");
}

/* A container that answers for a server of the host. It asks netd itself, and netd asks the
 * host's servers: that may be a loop. Whether it asks netd for all that it is asked for only it
 * knows, so this is a warning. */
static const struct facts_container *who_answers(const struct doctor *doctor,
						 const struct addr *server)
{
	struct facts *facts = doctor->facts;
	const struct facts_container *by = NULL;

	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t k = 0; k < facts->containers[i].n_endpoints; k++)
			if (addr_equal(&facts->containers[i]
						.endpoints[k]
						.addr[family_of(server->family)]
						.addr,
				       server))
				return &facts->containers[i];
	/* An address of the host's own may lead to a container by a published port. */
	if (addr_is_loopback(server) || judge_find_addr(doctor->host, server))
		(void)facts_published(facts, server, PORT_DNS, IPPROTO_UDP, &by);
	return by;
}

/* server comes from the host's resolv.conf, which anybody may have written. */
static void check_server(struct doctor *doctor, const char *server)
{
	const struct facts_container *container;
	char whose[CODE_WORD_LEN];
	struct addr addr;

	if (strcmp(server, RESOLVER) == 0) {
		tell_loop(doctor, server, DIAG_BAD, "netd's own resolver");
		return;
	}
	/* A zone ("fe80::1%eth0") does not parse: then it is no address of a container's. */
	if (addr_parse(server, &addr) < 0)
		return;
	container = who_answers(doctor, &addr);
	/* A container that netd answers no names to asks somebody else, and closes no loop. */
	if (!container || container->no_resolver || container->host_mode)
		return;
	(void)snprintf(whose, sizeof(whose), "container %s, and that asks netd", container->name);
	tell_loop(doctor, server, DIAG_WARN, whose);
}

/* The picture has the text as it is. It is cut into lines in a copy, for facts do not change. */
static void check_servers(struct doctor *doctor)
{
	char copy[sizeof(doctor->host->resolv_conf)], *rest = copy, *line;

	memcpy(copy, doctor->host->resolv_conf, sizeof(copy));
	while ((line = strsep(&rest, "\n")) != NULL) {
		char server[64];

		/* resolv.conf(5): a keyword at the beginning of the line, then the address.
		 * Comments begin with # or ;. */
		if (sscanf(line, " nameserver %63[^ \t#;]", server) == 1)
			check_server(doctor, server);
	}
}

/* Of the host as a whole only where nobody in particular is asked about. */
void doctor_host(struct doctor *doctor)
{
	check_running(doctor);
	check_routes(doctor);
	if (doctor->container || doctor->network)
		return;
	doctor->report->looked[REPORT_HOST]++;
	check_forwarding(doctor);
	check_connections(doctor);
	check_legacy(doctor);
	check_uplink(doctor);
	check_managers(doctor);
	check_servers(doctor);
	doctor_cluster(doctor);
}
