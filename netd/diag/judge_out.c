// SPDX-License-Identifier: GPL-2.0-or-later
// judge_out.c - out of a socket: which way, by whose rules, from which address, by which link
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A program sends. The kernel is asked for the way first, because source,
 * link and next hop come from it (take_way()). Then come the checks in the order in which the
 * kernel does these things: output with NAT, a new way if NAT changed the destination, IPsec,
 * postrouting, the link with its queue, chains at its egress, and at last the neighbour.
 *
 * What netd gave and what is no longer there (a link, an address, the default route) is looked
 * for at two moments. If the kernel finds no way, it is the cause (check_given()). If the
 * kernel finds another way, it is kept beside (note_given()) and becomes the cause if that way
 * leads nowhere. The way back from B is the same file with B as the sender; its hops are called
 * "back", and some causes have another code. */

/* The hop's name: "from.route" on the way there, "back.route" on the way back. */
#define OUT(step) JUDGE_HOP(walk, "from", step)

/* The place as a person knows it: A, the host, or the way back as a whole. */
static const char *where_of(const struct judge_walk *walk)
{
	if (walk->is_back)
		return "back";
	return walk->near->space == walk->host ? "host" : walk->near->name;
}

/* --- what netd gave --------------------------------------------------------------------------- */

/* What this endpoint lacks of what netd made for it: CODE_N for nothing, or the code, with its
 * words filled and its hop in ret_hop. */
static enum code_id endpoint_lacks(struct judge_walk *walk, const struct facts_endpoint *endpoint,
				   const char **ret_hop)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_link *link = facts_link_named(space, endpoint->ifname);
	const struct prefix *prefix = &endpoint->addr[family_of(walk->packet.dst.family)];
	const struct facts_addr *held;

	if (!link)
		return CODE_N; /* what is left without it is said by the kernel's answer */
	code_word(&walk->words, "link", "%s", link->name);
	code_word(&walk->words, "address", "%s", ADDR_STR(&prefix->addr));
	code_word(&walk->words, "prefix", "%s", PREFIX_STR(prefix));
	/* The fix gives back all that is missing, not only this. */
	judge_restore(walk, space, walk->near->container);
	*ret_hop = OUT("link");
	/* A link that is down comes first: it explains a lost IPv6 address and lost routes. */
	if (!judge_is_up(link))
		return CODE_LINK_DOWN;
	/* netd gave it no address of this family. */
	if (!addr_is_set(&prefix->addr))
		return CODE_N;
	*ret_hop = OUT("address");
	held = judge_find_addr(space, &prefix->addr);
	if (judge_lacks_addr(space, &prefix->addr))
		return CODE_NO_ADDRESS;
	/* The kernel keeps such an address and uses it for nothing. */
	return held && held->flags & IFA_F_DADFAILED ? CODE_DAD_FAILED : CODE_N;
}

/* Of the endpoints by which the packet is to leave: on a network that has its destination, and with
 * `all` those that have a default route, too. */
static enum code_id lacks(struct judge_walk *walk, bool all, const char **ret_hop)
{
	const struct facts_container *container = walk->near->container;
	enum family family = family_of(walk->packet.dst.family);
	enum code_id code = CODE_N;

	/* Its own address is reached by lo, whatever has become of the link that has it. */
	if (judge_find_addr(walk->near->space, &walk->packet.dst))
		return CODE_N;
	/* The first endpoint that lacks something is told. */
	for (size_t i = 0; container && i < container->n_endpoints && code == CODE_N; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		const struct facts_network *network = judge_network(walk->facts, endpoint->network);
		bool is_near = network && addr_is_set(&network->subnet[family].addr) &&
			       prefix_contains(&network->subnet[family], &walk->packet.dst);

		/* Any way leads to the host's own addresses. */
		if (!all && judge_find_addr(walk->host, &walk->packet.dst))
			continue;
		if (is_near || (all && judge_is_way_out(walk->facts, container, endpoint, family)))
			code = endpoint_lacks(walk, endpoint, ret_hop);
	}
	return code;
}

/* The kernel has no way, or one that leads nowhere: what netd gave and is gone is the cause. */
static enum judge_at check_given(struct judge_walk *walk, enum judge_at go_on)
{
	const char *hop = "";
	enum code_id code = lacks(walk, true, &hop);

	return code == CODE_N ? go_on : judge_bad(walk, code, hop, where_of(walk), JUDGE_LOST);
}

/* The kernel has found a way without it, which may lead there all the same: but not from an
 * address at which it takes no answer. The packet's source was chosen already. */
static enum judge_at note_given(struct judge_walk *walk, enum judge_at go_on)
{
	const char *hop = "";
	enum code_id code = lacks(walk, false, &hop);
	const struct facts_addr *source = judge_find_addr(walk->near->space, &walk->packet.src);

	/* An address that failed duplicate detection may still be the source a program asked
	 * for; answers to it are not taken. */
	if (code == CODE_DAD_FAILED && source && source->flags & IFA_F_DADFAILED)
		return judge_bad(walk, code, hop, where_of(walk), JUDGE_LOST);
	if (code != CODE_N)
		judge_diverge(walk, code, hop, where_of(walk));
	return go_on;
}

/* --- what the kernel refused ------------------------------------------------------------------ */

/* Whether all of its networks are internal: then no way out was ever given, and that is meant
 * so. Returns one of them. NULL: some network leads out. */
static const struct facts_network *only_internal(const struct judge_walk *walk,
						 const struct facts_container *container)
{
	enum family family = family_of(walk->packet.dst.family);
	const struct facts_network *internal = NULL;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		const struct facts_network *network = judge_network(walk->facts, endpoint->network);

		if (!addr_is_set(&endpoint->addr[family].addr))
			continue;
		if (!network || !network->internal)
			return NULL;
		internal = network;
	}
	return internal;
}

/* What was for the host's loopback and is led to a container keeps its source, which only a bridge
 * with route_localnet takes. */
static bool is_localnet_off(struct judge_walk *walk, int err)
{
	int64_t all = 0, own = 0;
	char name[64];

	/* The kernel calls it a martian source: EINVAL. */
	if (err != -EINVAL || !addr_is_loopback(&walk->packet.src))
		return false;
	(void)facts_value(walk->host, "net.ipv4.conf.all.route_localnet", &all);
	/* The network of the destination: its bridge has the setting. */
	for (size_t i = 0; all == 0 && i < walk->facts->n_networks; i++) {
		const struct facts_network *network = &walk->facts->networks[i];

		if (!network->n_bridges ||
		    !prefix_contains(&network->subnet[FAMILY_4], &walk->packet.dst))
			continue;
		(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.route_localnet",
			       network->bridges[0]);
		/* Not read, or on: this is not the reason. */
		if (!facts_value(walk->host, name, &own) || own != 0)
			return false;
		code_word(&walk->words, "sysctl", "%s", name);
		code_word(&walk->words, "bridge", "%s", network->bridges[0]);
		return true;
	}
	return false;
}

/* The host itself finds no way. Policy rules and routes are looked at first, for they are named
 * by the kernel's own order. */
static enum judge_at refused_by_host(struct judge_walk *walk, const struct facts_way *way)
{
	bool is_rule = judge_refusal(walk, walk->host, "");

	if (is_localnet_off(walk, way->err))
		return judge_bad(walk, CODE_ROUTE_LOCALNET_OFF, OUT("route"), where_of(walk),
				 JUDGE_LOST);
	/* {matched} is filled by judge_refusal() if it found a rule or a route. */
	if (is_rule || code_word_get(&walk->words, "matched"))
		return judge_bad(walk, CODE_HOST_RULE, OUT("route"), where_of(walk), JUDGE_LOST);
	if (judge_not_there(walk, way, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	return judge_bad(walk, CODE_HOST_NO_ROUTE, OUT("route"), where_of(walk), JUDGE_LOST);
}

/* The answer finds no way. Whoever has made it, A only sees silence, so the code is one of the
 * way back. */
static enum judge_at refused_back(struct judge_walk *walk, const struct facts_way *way)
{
	const struct facts_space *space = walk->near->space;

	(void)judge_refusal(walk, space, "");
	judge_restore(walk, space, walk->near->container);
	/* On the host a lost bridge route explains it better. */
	if (!code_word_get(&walk->words, "matched") && space == walk->host &&
	    judge_not_there(walk, way, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	/* ENETUNREACH without a rule is simply no route. */
	if (code_word_get(&walk->words, "matched") || way->err != -ENETUNREACH)
		return judge_bad(walk, CODE_WAY_BACK_REJECT, OUT("route"), "back", JUDGE_LOST);
	return judge_bad(walk, CODE_NO_WAY_BACK, OUT("route"), "back", JUDGE_LOST);
}

/* It was given no address of that family on any of its networks, and has given itself none. */
static bool lacks_family(const struct judge_walk *walk, const struct facts_container *container)
{
	enum family family = family_of(walk->packet.dst.family);

	for (size_t i = 0; container && i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		const struct facts_link *link = facts_link_named(walk->near->space,
								 endpoint->ifname);

		if (addr_is_set(&endpoint->addr[family].addr) ||
		    (link &&
		     judge_addr_on(walk->near->space, link->ifindex, walk->packet.dst.family)))
			return false;
	}
	return container && container->n_endpoints > 0;
}

/* A's kernel knows no way. The order is from what names a thing to what only names its absence. */
static enum judge_at refused(struct judge_walk *walk, const struct facts_way *way)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_container *container = walk->near->container;
	const struct facts_network *internal;
	enum judge_at at;

	/* With what is lacking there is no way by the kernel's usual rules. */
	if (way->err == -ENODATA && check_given(walk, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	if (way->err == -ENODATA) {
		judge_unknown(walk, OUT("route"), where_of(walk),
			      "which way %s is could not be asked", ADDR_STR(&walk->packet.dst));
		return JUDGE_LOST;
	}
	/* The host's own packets fail for the host's own reasons. */
	if (space == walk->host && !walk->is_back)
		return refused_by_host(walk, way);
	at = check_given(walk, JUDGE_AT_SOCKET);
	if (at == JUDGE_LOST)
		return at;
	if (walk->is_back)
		return refused_back(walk, way);
	/* judge_refusal() returns true for a policy rule; for a route it fills {matched}. */
	if (judge_refusal(walk, space, ""))
		return judge_bad(walk, CODE_RULE_REJECT, OUT("route"), where_of(walk), JUDGE_LOST);
	if (code_word_get(&walk->words, "matched"))
		return judge_bad(walk, CODE_ROUTE_REJECT, OUT("route"), where_of(walk), JUDGE_LOST);
	if (lacks_family(walk, container))
		return judge_bad(walk, CODE_FAMILY_MISSING, OUT("address"), where_of(walk),
				 JUDGE_LOST);
	/* No fault: it was made so. */
	internal = container ? only_internal(walk, container) : NULL;
	if (internal) {
		code_word(&walk->words, "network", "%s", internal->name);
		return judge_bad(walk, CODE_INTERNAL, OUT("route"), where_of(walk), JUDGE_LOST);
	}
	judge_restore(walk, space, container);
	return judge_bad(walk, CODE_ROUTE_MISSING, OUT("route"), where_of(walk), JUDGE_LOST);
}

/* --- rules, queue ----------------------------------------------------------------------------- */

/* Rules dropped it where it starts. The host's are judged by their owner, a container's are its
 * own affair. */
static enum judge_at dropped(struct judge_walk *walk, const struct judge_met *met)
{
	enum code_id code = walk->is_back ? CODE_RULES_OF_B : CODE_OWN_RULES_OUT;

	if (walk->near->space == walk->host)
		return judge_dropped(walk, met, OUT("rules"), where_of(walk));
	return judge_bad(walk, code, OUT("rules"), where_of(walk), JUDGE_LOST);
}

/* So many ports are asked about one by one. A host with more ports for its programs runs out of
 * them by thousands of connections only, and such facts list the connections instead. */
#define PORTS_ASKED 64

/* Whether each port that the kernel may choose has a connection to this very destination. */
static enum judge_at check_ports(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_space *space = walk->near->space;
	int64_t first = 0, last = 0;

	/* Only TCP needs a port for each connection to one destination. A range that was not
	 * read decides nothing. */
	if (walk->protocol != IPPROTO_TCP || walk->port == 0 ||
	    !facts_value(space, "net.ipv4.ip_local_port_range.from", &first) ||
	    !facts_value(space, "net.ipv4.ip_local_port_range.to", &last) || first < 0 ||
	    last < first || last > UINT16_MAX || last - first >= PORTS_ASKED)
		return go_on;
	for (int64_t port = first; port <= last; port++) {
		/* The socket that would take the answer to this port: there is one if the port
		 * is in use for this destination. */
		struct facts_taker_asked asked = {
			.protocol = IPPROTO_TCP,
			.src = walk->packet.dst,
			.dst = walk->packet.src,
			.sport = walk->packet.dport,
			.dport = (uint16_t)port,
		};
		const struct facts_taker *taker = facts_ask_taker(walk->facts, space, &asked);

		/* One port that is free is enough. */
		if (taker->err || taker->socket.state == TCP_LISTEN)
			return go_on;
	}
	code_word(&walk->words, "first", "%lld", (long long)first);
	code_word(&walk->words, "last", "%lld", (long long)last);
	return judge_bad(walk, CODE_PORTS_EXHAUSTED, OUT("ports"), where_of(walk), JUDGE_LOST);
}

/* An Ethernet head, and IPv4 and TCP with the options of a SYN. The smallest packet of a
 * connection, which a queue must take. */
#define SMALLEST 66

/* The link that it leaves by, and its queue. {restore} is filled only where it is needed. */
static enum judge_at check_link(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_link *link = walk->link;

	code_word(&walk->words, "link", "%s", link->name);
	if (!judge_is_up(link)) {
		judge_restore(walk, walk->near->space, walk->near->container);
		return judge_bad(walk,
				 link->flags & IFF_LOOPBACK ? CODE_LOOPBACK_DOWN : CODE_LINK_DOWN,
				 OUT("link"), where_of(walk), JUDGE_LOST);
	}
	/* A limit of 0 is one that was not read. */
	if (link->qdisc_limit_bytes > 0 && link->qdisc_limit_bytes < SMALLEST) {
		code_word(&walk->words, "limit", "%llu",
			  (unsigned long long)link->qdisc_limit_bytes);
		return judge_bad(walk, CODE_QDISC_DROP, OUT("queue"), where_of(walk), JUDGE_LOST);
	}
	/* Nobody can read what a filter does: undecided, and the walk goes on. */
	if (link->has_tc)
		(void)judge_bad(walk, CODE_TC_DROP, OUT("link"), where_of(walk), go_on);
	/* The answer comes from the port that was asked, so B needs none. */
	return walk->is_back ? go_on : check_ports(walk, go_on);
}

/* NAT inside a container, or the host's for its own packets. */
static enum judge_at check_redirect(struct judge_walk *walk, const struct judge_met *met,
				    const struct addr *before, uint16_t port, enum judge_at go_on)
{
	bool is_host = walk->near->space == walk->host;

	/* Nothing was changed. */
	if (!met->nat_dst)
		return go_on;
	code_word(&walk->words, "to", "%s:%u", ADDR_STR(&walk->packet.dst), walk->packet.dport);
	/* For the host's own packets NAT is netd's or somebody's: that has a function of its
	 * own. */
	if (is_host)
		return judge_translated(walk, met, before, port, OUT("rules"), go_on);
	/* Only what leads away from B is a fault. */
	if (addr_equal(&walk->packet.dst, &walk->far->addr) && walk->packet.dport == walk->port)
		return go_on;
	return judge_bad(walk, CODE_REDIRECTED_BY_OWN_RULES, OUT("rules"), where_of(walk),
			 JUDGE_LOST);
}

/* --- the way ---------------------------------------------------------------------------------- */

/* The link of an answer; NULL: not known. An own address is reached by lo, whatever link has it. */
static const struct facts_link *link_of(const struct facts_space *space,
					const struct facts_way *way)
{
	return way->type == RTN_LOCAL ? facts_link_named(space, "lo") : facts_link(space, way->oif);
}

/* The address that the kernel sends from where the program has not said. The answer names it;
 * without that it is the first of the link. */
static void choose_source(struct judge_walk *walk, const struct facts_space *space,
			  const struct facts_way *way)
{
	const struct facts_link *link = link_of(space, way);
	const struct facts_addr *first = NULL;

	walk->packet.src = way->prefsrc;
	if (link && !addr_is_set(&walk->packet.src))
		first = judge_addr_on(space, link->ifindex, walk->packet.dst.family);
	if (first)
		walk->packet.src = first->prefix.addr;
	/* From now on rules about the source are decided. */
	walk->packet.known |= RULES_KNOWS_SRC;
}

/* Of one of its networks, or the host: who answers there finds an address of the link, too. An
 * address of the link's own range (link-local) is enough of a source for such a neighbour. */
static bool is_on_own_link(const struct judge_walk *walk)
{
	const struct facts_container *container = walk->near->container;
	enum family family = family_of(walk->packet.dst.family);

	for (size_t i = 0; container && i < container->n_endpoints; i++) {
		const struct prefix *own = &container->endpoints[i].addr[family];

		if (addr_is_set(&own->addr) && prefix_contains(own, &walk->packet.dst))
			return true;
	}
	return judge_find_addr(walk->host, &walk->packet.dst);
}

static bool is_of_link(const struct addr *addr)
{
	return addr_is_link_local(addr) || addr_is_loopback(addr);
}

/* Asks the way and takes it: sets source, link and next hop. With is_back the source is known
 * already. */
static enum judge_at take_way(struct judge_walk *walk, const struct facts_way **ret_way)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_way *way = judge_way(walk, space, "");
	bool is_chosen = !addr_is_set(&walk->packet.src);
	const struct facts_link *came_by;

	/* The kernel asks again with the source it has chosen: a policy rule may be about that.
	 * Asked a second time only if the source was chosen here. */
	if (way->err == 0 && is_chosen) {
		choose_source(walk, space, way);
		way = judge_way(walk, space, "");
	}
	*ret_way = way;
	if (way->err)
		return refused(walk, way);
	came_by = walk->is_back ? walk->link : NULL;
	/* A link whose number is not in the picture: it came after the picture was taken. */
	walk->link = link_of(space, way);
	if (!walk->link) {
		judge_unknown(walk, OUT("link"), where_of(walk), "its link is not known");
		return JUDGE_LOST;
	}
	/* Without a gateway the destination is on the link itself. */
	walk->next = addr_is_set(&way->gateway) ? way->gateway : walk->packet.dst;
	/* The answer leaves by the link that the question came in by, and the kernel was not asked
	 * about that one. */
	if (came_by && walk->link != came_by && addr_is_link_local(&walk->packet.dst)) {
		judge_unknown(walk, OUT("link"), where_of(walk),
			      "%s may be on each of its links, and was asked about on %s",
			      ADDR_STR(&walk->packet.dst), walk->link->name);
		return JUDGE_LOST;
	}
	/* Its own link is all that such an address is good for: a better one is missing. A
	 * link-local or loopback source for a far destination says that the proper address is
	 * gone. */
	if (!is_chosen || !is_of_link(&walk->packet.src) || is_of_link(&walk->packet.dst))
		return JUDGE_AT_SOCKET;
	if (addr_is_loopback(&walk->packet.src) || !is_on_own_link(walk))
		return check_given(walk, JUDGE_AT_SOCKET);
	return JUDGE_AT_SOCKET;
}

/* A next hop that nobody is. A gateway like this is the first thing that a typing error in a
 * route leads to; without a gateway the destination itself is an address that nobody has. */
static enum judge_at wrong_gateway(struct judge_walk *walk, const struct facts_way *way)
{
	const struct facts_endpoint *endpoint = walk->from_port.endpoint;
	enum family family = family_of(walk->packet.dst.family);
	enum code_id code = CODE_GATEWAY_WRONG;

	code_word(&walk->words, "gateway", "%s", ADDR_STR(&walk->next));
	code_word(&walk->words, "network", "%s",
		  walk->from_port.network ? walk->from_port.network->name : walk->link->name);
	code_word(&walk->words, "prefix", "%s",
		  way->matched.len ? PREFIX_STR(&way->matched) : "default");
	code_word_drop(&walk->words, "right");
	/* The gateway that netd gave is the right one. */
	if (endpoint && addr_is_set(&endpoint->gateway[family]))
		code_word(&walk->words, "right", "%s", ADDR_STR(&endpoint->gateway[family]));
	/* No gateway: nobody will answer for the destination. */
	if (!addr_is_set(&way->gateway)) {
		code = CODE_NEIGHBOUR_SILENT;
		code_word(&walk->words, "reason",
			  "No container and nobody else there is known to "
			  "have that address.");
		code_word_drop(&walk->words, "answer");
	} else if (walk->is_back) {
		code = CODE_NO_WAY_BACK;
	}
	return judge_bad(walk, code, OUT("neighbour"), where_of(walk), JUDGE_LOST);
}

/* The gateway that netd gave, and that the bridge has no longer. The command gives the address
 * back with its prefix. */
static enum judge_at lost_gateway(struct judge_walk *walk, const struct facts_link *bridge)
{
	const struct facts_network *network = judge_network_of_bridge(walk->facts, bridge->name);
	struct prefix prefix = { .addr = walk->next };

	prefix.len = network ? network->subnet[family_of(walk->next.family)].len
			     : addr_bits(&walk->next);
	code_word(&walk->words, "bridge", "%s", bridge->name);
	code_word(&walk->words, "network", "%s", network ? network->name : bridge->name);
	code_word(&walk->words, "prefix", "%s", PREFIX_STR(&prefix));
	return judge_bad(walk, CODE_GATEWAY_ADDRESS_MISSING, JUDGE_HOP(walk, "host", "address"),
			 walk->is_back ? "back" : "host", JUDGE_LOST);
}

/* From the link of a container to the port of the host. Fills from_port, which the bridge
 * judges by. */
static enum judge_at leave_container(struct judge_walk *walk, const struct facts_way *way)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_link *link = walk->link, *bridge;
	enum judge_at at;

	judge_port_of(walk, space, link, &walk->from_port);
	bridge = walk->from_port.bridge;
	/* A port that was taken off is looked at as if it were there: what is wrong before it
	 * comes first. */
	if (walk->from_port.endpoint && walk->from_port.endpoint->bridge[0] && walk->host)
		bridge = facts_link_named(walk->host, walk->from_port.endpoint->bridge);
	/* A link of somebody else's (macvlan, a VPN inside) leads to where no picture is. */
	if (!walk->from_port.port || !bridge) {
		judge_unknown(walk, OUT("link"), where_of(walk),
			      "%s leads to where nobody has looked", link->name);
		return JUDGE_LOST;
	}
	/* Nobody has the next hop, by records and by pictures. */
	if (!judge_next(walk, bridge))
		return wrong_gateway(walk, way);
	/* A port on no bridge, and a bridge that is down, lead to nobody: what was learnt there, or
	 * has gone with the link, is no cause. Both are told at the port. */
	if (walk->from_port.bridge != bridge || !judge_is_up(bridge)) {
		walk->must_resolve = false;
		judge_leave(walk);
		return JUDGE_AT_PORT;
	}
	/* The next hop counts as the host's by the record, and the host does not have it. */
	if (walk->is_for_host && !walk->to_port.endpoint &&
	    judge_lacks_addr(walk->host, &walk->next))
		return lost_gateway(walk, bridge);
	at = judge_neighbour(walk, space, link, bridge, OUT("neighbour"), where_of(walk),
			     JUDGE_AT_PORT);
	if (at != JUDGE_AT_PORT)
		return at;
	judge_ok(walk, "from", where_of(walk), "%s %s, %s %s, neighbour %s", link->name,
		 ADDR_STR(&walk->packet.src), addr_is_set(&way->gateway) ? "by" : "direct to",
		 ADDR_STR(&walk->next), walk->must_resolve ? "not asked yet" : "known");
	judge_rests(walk, "Link", "%s", link->name);
	judge_rests(walk, "Source", "%s", ADDR_STR(&walk->packet.src));
	if (addr_is_set(&way->matched.addr))
		judge_rests(walk, "Route", "%s", PREFIX_STR(&way->matched));
	judge_rests(walk, "NextHop", "%s", ADDR_STR(&walk->next));
	if (!walk->must_resolve)
		judge_rests(walk, "Mac", "%s", MAC_STR(&walk->next_mac));
	/* What conntrack has seen inside is kept for the answer. */
	judge_leave(walk);
	return JUDGE_AT_PORT;
}

/* The packet is through everything that the sender's namespace does. Where it is next depends
 * on the link. */
static enum judge_at leave(struct judge_walk *walk, const struct facts_way *way)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_link *link = walk->link;

	/* Its own address: by lo into the same namespace. */
	if (link->flags & IFF_LOOPBACK) {
		judge_ok(walk, "from", where_of(walk), "%s is its own address",
			 ADDR_STR(&walk->packet.dst));
		return space == walk->host ? JUDGE_AT_HOST : JUDGE_AT_INSIDE;
	}
	/* judge_host.c asks for the hop limit of this link. */
	(void)snprintf(walk->sent_by, sizeof(walk->sent_by), "%s", link->name);
	judge_passes(walk, space, link, false);
	if (space != walk->host)
		return leave_container(walk, way);
	/* What the host sends has come in at no port. */
	walk->from_port = (struct judge_port) { 0 };
	if (judge_host_link(walk, link, way, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_ok(walk, "from", where_of(walk), "from %s by %s", ADDR_STR(&walk->packet.src),
		 link->name);
	if (addr_is_set(&way->matched.addr))
		judge_rests(walk, "Route", "%s", PREFIX_STR(&way->matched));
	return strcmp(link->kind, "bridge") == 0 ? JUDGE_AT_BRIDGE : JUDGE_AT_OUTSIDE;
}

/* The first place of each leg. */
enum judge_at judge_at_socket(struct judge_walk *walk)
{
	const struct facts_space *space = walk->near->space;
	const struct facts_way *way;
	struct judge_met met;
	struct addr before = walk->packet.dst, source;
	uint16_t port = walk->packet.dport;

	judge_enter(walk, space);
	judge_place(walk, space, walk->near->container);
	/* Rules may ask whose socket it is, which is known only here. */
	walk->packet.has_socket = true;
	if (take_way(walk, &way) == JUDGE_LOST)
		return JUDGE_LOST;
	/* On the way back B's losses are told where they stop the answer. */
	if (!walk->is_back && note_given(walk, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_rules(walk, space, judge_pf(walk), NF_INET_LOCAL_OUT, NULL, walk->link, OUT("rules"),
		    where_of(walk), &met);
	if (judge_service(walk, &met, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	if (judge_is_dropped(&met))
		return dropped(walk, &met);
	if (check_redirect(walk, &met, &before, port, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The kernel looks for the way anew when rules have changed where it goes. The source
	 * stays the one that was chosen. */
	if (!addr_equal(&before, &walk->packet.dst) && take_way(walk, &way) == JUDGE_LOST)
		return JUDGE_LOST;
	if (judge_ipsec_blocks(walk, space, XFRM_POLICY_OUT))
		return judge_bad(walk, CODE_IPSEC_BLOCK, OUT("ipsec"), where_of(walk), JUDGE_LOST);
	source = walk->packet.src;
	judge_rules(walk, space, judge_pf(walk), NF_INET_POST_ROUTING, NULL, walk->link,
		    OUT("rules"), where_of(walk), &met);
	if (judge_is_dropped(&met))
		return dropped(walk, &met);
	/* The host's own packets leave for good here, so their source has to be right. */
	if (space == walk->host &&
	    judge_source(walk, &met, walk->link, &source, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	if (check_link(walk, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The last hook before the device. */
	judge_rules(walk, space, NFPROTO_NETDEV, NF_NETDEV_EGRESS, NULL, walk->link, OUT("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_NETDEV_RULES, OUT("rules"), where_of(walk), JUDGE_LOST);
	return leave(walk, way);
}
