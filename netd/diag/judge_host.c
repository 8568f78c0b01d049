// SPDX-License-Identifier: GPL-2.0-or-later
// judge_host.c - through the host: its rules, NAT, its own answer whether it forwards, and out
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define HOST(step) JUDGE_HOP(walk, "host", step)

static const char *where_of(const struct judge_walk *walk)
{
	return walk->is_back ? "back" : "host";
}

static bool is_bridge(const struct facts_link *link)
{
	return strcmp(link->kind, "bridge") == 0;
}

/* The network whose subnet has the address. */
static const struct facts_network *network_of(const struct judge_walk *walk,
					      const struct addr *addr)
{
	enum family family = family_of(addr->family);

	for (size_t i = 0; i < walk->facts->n_networks; i++) {
		const struct prefix *subnet = &walk->facts->networks[i].subnet[family];

		if (addr_is_set(&subnet->addr) && prefix_contains(subnet, addr))
			return &walk->facts->networks[i];
	}
	return NULL;
}

static bool has_bridge(const struct facts_network *network, const char *name)
{
	for (size_t i = 0; i < network->n_bridges; i++)
		if (strcmp(network->bridges[i], name) == 0)
			return true;
	return false;
}

/* --- NAT -------------------------------------------------------------------------------------- */

static void note_published(struct judge_walk *walk, const struct facts_container *by, uint16_t port)
{
	walk->published_by = by;
	walk->host_port = port;
}

enum judge_at judge_translated(struct judge_walk *walk, const struct judge_met *met,
			       const struct addr *before, uint16_t port, const char *hop,
			       enum judge_at go_on)
{
	const struct facts_container *by = NULL;
	const struct facts_port *published = judge_published(walk->facts, before, port,
							     walk->protocol, &by);
	bool was_host = judge_find_addr(walk->host, before) || addr_is_loopback(before);

	if (walk->is_back)
		return go_on;
	if (met->is_netd) {
		note_published(walk, by, port);
		return go_on;
	}
	code_word(&walk->words, "to", "%s:%u", ADDR_STR(&walk->packet.dst), walk->packet.dport);
	judge_keep(walk, &walk->led, CODE_DNAT_TAKEN, hop, where_of(walk));
	/* What somebody else leads from a port of the host that netd does not publish is his. */
	if (was_host && !published)
		return go_on;
	if (published && by && walk->packet.dport == port - published->host_port + published->port)
		for (size_t i = 0; i < by->n_endpoints; i++)
			if (addr_equal(&by->endpoints[i].addr[family_of(before->family)].addr,
				       &walk->packet.dst))
				return go_on;
	judge_place(walk, walk->host, NULL);
	return judge_bad(walk, CODE_DNAT_TAKEN, hop, where_of(walk), JUDGE_LOST);
}

enum judge_at judge_source(struct judge_walk *walk, const struct judge_met *met,
			   const struct facts_link *out, const struct addr *before,
			   enum judge_at go_on)
{
	const struct addr *src = &walk->packet.src;
	const struct facts_network *network = network_of(walk, before);
	enum family family = family_of(src->family);

	if (walk->is_back)
		return go_on;
	if (!addr_equal(src, before)) {
		/* An address that a range gave may be one of many: not known which. */
		if (!(walk->packet.known & RULES_KNOWS_SRC) || judge_find_addr(walk->host, src))
			return go_on;
		if (!met->nat_src)
			return go_on;
		if (is_bridge(out)) {
			judge_keep(walk, &walk->lent, CODE_SNAT_WRONG, HOST("source"),
				   where_of(walk));
			return go_on;
		}
		return judge_bad(walk, CODE_SNAT_WRONG, HOST("source"), where_of(walk), JUDGE_LOST);
	}
	if (is_bridge(out) || !network || !network->masquerade[family] ||
	    judge_find_addr(walk->host, src))
		return go_on;
	code_word(&walk->words, "network", "%s", network->name);
	code_word(&walk->words, "because", "%s%s", walk->notrack_rule[0] ? ": " : "",
		  walk->notrack_rule);
	code_word_drop(&walk->words, "unrule");
	if (walk->notrack_unrule[0])
		code_word(&walk->words, "unrule", "%s", walk->notrack_unrule);
	return judge_bad(walk, CODE_NO_MASQUERADE, HOST("source"), where_of(walk), JUDGE_LOST);
}

/* --- what the kernel says --------------------------------------------------------------------- */

/* A setting of one link, or of all; -1: it was not read. */
static int64_t setting(const struct facts_space *space, const char *link, const char *what)
{
	char name[64];
	int64_t value = -1;

	(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.%s", link, what);
	(void)facts_value(space, name, &value);
	return value;
}

static bool is_zero(const struct facts_space *space, const char *name)
{
	int64_t value = -1;

	return facts_value(space, name, &value) && value == 0;
}

static enum judge_at tell_forwarding(struct judge_walk *walk, const char *sysctl)
{
	code_word(&walk->words, "sysctl", "%s", sysctl);
	return judge_bad(walk, CODE_FORWARDING_OFF, HOST("forwarding"), where_of(walk), JUDGE_LOST);
}

/* A bridge has lost the route to its subnet, or another route covers a part of it. */
static enum judge_at tell_not_there(struct judge_walk *walk, const struct facts_network *network,
				    const struct facts_way *way)
{
	const struct facts_link *out = way->err ? NULL : facts_link(walk->host, way->oif);
	const struct prefix *subnet = &network->subnet[family_of(walk->packet.dst.family)];
	const struct facts_link *bridge;
	bool has_route = false;

	for (size_t i = 0; i < walk->host->n_routes; i++) {
		const struct facts_route *route = &walk->host->routes[i];
		const struct facts_link *link;

		/* There are routes by each of the host's links, which are not to be asked for. */
		if (route->type != RTN_UNICAST || !prefix_contains(&route->dst, &walk->packet.dst))
			continue;
		link = facts_link(walk->host, route->ifindex);
		if (link && has_bridge(network, link->name))
			has_route = true;
	}
	code_word(&walk->words, "network", "%s", network->name);
	code_word(&walk->words, "subnet", "%s", PREFIX_STR(subnet));
	code_word(&walk->words, "bridge", "%s", network->n_bridges ? network->bridges[0] : "?");
	/* The routes by a bridge go with it. */
	bridge = network->n_bridges ? facts_link_named(walk->host, network->bridges[0]) : NULL;
	if (!has_route && bridge && !judge_is_up(bridge))
		return judge_bad(walk, CODE_BRIDGE_DOWN, JUDGE_HOP(walk, "bridge", "link"),
				 walk->is_back ? "back" : network->name, JUDGE_LOST);
	if (!has_route)
		return judge_bad(walk, CODE_SUBNET_ROUTE_MISSING, HOST("route"), where_of(walk),
				 JUDGE_LOST);
	code_word(&walk->words, "target", "%s", ADDR_STR(&walk->packet.dst));
	code_word(&walk->words, "link", "%s", out ? out->name : "another way");
	code_word_drop(&walk->words, "matched");
	code_word(&walk->words, "route", "%s", "");
	if (way->matched.len) {
		code_word(&walk->words, "route", ": %s dev %s", PREFIX_STR(&way->matched),
			  out ? out->name : "?");
		code_word(&walk->words, "matched", "%s%s%s", PREFIX_STR(&way->matched),
			  out ? " dev " : "", out ? out->name : "");
	}
	return judge_bad(walk, CODE_ROUTE_OVERLAP, HOST("route"), where_of(walk), JUDGE_LOST);
}

enum judge_at judge_not_there(struct judge_walk *walk, const struct facts_way *way,
			      enum judge_at go_on)
{
	const struct facts_network *network = network_of(walk, &walk->packet.dst);

	return network ? tell_not_there(walk, network, way) : go_on;
}

/* The kernel does not believe the source, or takes it for its own. */
static enum judge_at tell_source(struct judge_walk *walk, const struct facts_link *link)
{
	int64_t all = setting(walk->host, "all", "rp_filter");
	int64_t own = setting(walk->host, link->name, "rp_filter");
	const struct facts_way *way = facts_ask_way(
		walk->facts, walk->host, &(struct facts_way_asked) { .dst = walk->packet.src });
	const struct facts_link *out = way->err ? NULL : facts_link(walk->host, way->oif);

	code_word(&walk->words, "link", "%s", link->name);
	if (all <= 0 && own <= 0) {
		judge_unknown(walk, HOST("route"), where_of(walk),
			      "the kernel refuses the source %s, and does not say why",
			      ADDR_STR(&walk->packet.src));
		return JUDGE_LOST;
	}
	code_word(&walk->words, "way", "%s", "");
	code_word_drop(&walk->words, "matched");
	if (out)
		code_word(&walk->words, "way", ": by %s", out->name);
	if (out && way->matched.len)
		code_word(&walk->words, "matched", "%s dev %s", PREFIX_STR(&way->matched),
			  out->name);
	return judge_bad(walk, CODE_RP_FILTER, HOST("route"), where_of(walk), JUDGE_LOST);
}

/* A link to the outside that is down takes its routes with it. */
const struct facts_link *judge_uplink_down(const struct judge_walk *walk)
{
	facts_ask_down(walk->host);
	for (size_t i = 0; i < walk->host->n_links; i++) {
		const struct facts_link *link = &walk->host->links[i];

		if (!judge_is_up(link) && !link->master && !is_bridge(link) &&
		    !(link->flags & IFF_LOOPBACK) &&
		    (link->kind[0] == '\0' || strcmp(link->kind, "veth") == 0))
			return link;
	}
	return NULL;
}

static enum judge_at refused(struct judge_walk *walk, const struct facts_link *in,
			     const struct facts_way *way)
{
	const struct facts_link *down;
	bool is_4 = walk->packet.dst.family == AF_INET;

	if (way->err == -ENODATA) {
		judge_unknown(walk, HOST("route"), where_of(walk),
			      "which way %s is could not be asked", ADDR_STR(&walk->packet.dst));
		return JUDGE_LOST;
	}
	if (way->err == -EHOSTUNREACH && is_4 && is_zero(walk->host, "net.ipv4.ip_forward"))
		return tell_forwarding(walk, "net.ipv4.ip_forward");
	if (way->err == -EHOSTUNREACH && is_4 && setting(walk->host, in->name, "forwarding") == 0) {
		code_word(&walk->words, "sysctl", "net.ipv4.conf.%s.forwarding", in->name);
		code_word(&walk->words, "link", "%s", in->name);
		return judge_bad(walk, CODE_FORWARDING_OFF_LINK, HOST("forwarding"), where_of(walk),
				 JUDGE_LOST);
	}
	(void)judge_refusal(walk, walk->host, in->name);
	if (code_word_get(&walk->words, "matched"))
		return judge_bad(walk, CODE_HOST_RULE, HOST("route"), where_of(walk), JUDGE_LOST);
	if (way->err == -EXDEV || way->err == -EINVAL)
		return tell_source(walk, in);
	if (judge_not_there(walk, way, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	down = judge_uplink_down(walk);
	if (down) {
		code_word(&walk->words, "link", "%s", down->name);
		return judge_bad(walk, CODE_UPLINK_DOWN, HOST("route"), where_of(walk), JUDGE_LOST);
	}
	return judge_bad(walk, CODE_HOST_NO_ROUTE, HOST("route"), where_of(walk), JUDGE_LOST);
}

/* --- through ---------------------------------------------------------------------------------- */

static enum judge_at check_conntrack(struct judge_walk *walk, enum judge_at go_on)
{
	int64_t count = 0, max = 0;

	if (walk->is_back || walk->packet.ct.state != RULES_CT_NEW ||
	    !facts_value(walk->host, "net.netfilter.nf_conntrack_count", &count) ||
	    !facts_value(walk->host, "net.netfilter.nf_conntrack_max", &max) || max == 0 ||
	    count < max)
		return go_on;
	code_word(&walk->words, "count", "%lld", (long long)count);
	code_word(&walk->words, "max", "%lld", (long long)max);
	code_word(&walk->words, "more", "%llu", (unsigned long long)max * 2);
	return judge_bad(walk, CODE_CONNTRACK_FULL, HOST("connections"), where_of(walk),
			 JUDGE_LOST);
}

/* What the sender gave the packet to live, less this hop. */
static enum judge_at check_ttl(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_space *space = walk->near->space;
	char name[64] = "net.ipv4.ip_default_ttl";
	int64_t ttl = 64;

	if (!space || space == walk->host)
		return go_on;
	/* Of IPv6 it is the link's, by which A has sent it. */
	if (walk->packet.dst.family == AF_INET6)
		(void)snprintf(name, sizeof(name), "net.ipv6.conf.%s.hop_limit", walk->sent_by);
	(void)facts_value(space, name, &ttl);
	if (ttl > 1)
		return go_on;
	judge_place(walk, space, walk->near->container);
	code_word(&walk->words, "ttl", "%lld", (long long)ttl);
	code_word(&walk->words, "sysctl", "%s", name);
	return judge_bad(walk, CODE_TTL, HOST("ttl"), where_of(walk), JUDGE_LOST);
}

enum judge_at judge_host_link(struct judge_walk *walk, const struct facts_link *out,
			      const struct facts_way *way, enum judge_at go_on)
{
	const struct facts_network *network = network_of(walk, &walk->packet.dst);

	if (network && network->n_bridges && !has_bridge(network, out->name))
		return tell_not_there(walk, network, way);
	code_word(&walk->words, "link", "%s", out->name);
	if (!is_bridge(out) && (!judge_is_up(out) || (way->flags & RTNH_F_LINKDOWN)))
		return judge_bad(walk, CODE_UPLINK_DOWN, HOST("link"), where_of(walk), JUDGE_LOST);
	if (is_bridge(out) && !judge_is_up(out)) {
		code_word(&walk->words, "bridge", "%s", out->name);
		return judge_bad(walk, CODE_BRIDGE_DOWN, HOST("link"), where_of(walk), JUDGE_LOST);
	}
	return go_on;
}

/* What is bound to a link of the host, an uplink or the bridge itself: it comes before the rules of
 * IP on the way in, and behind them on the way out. */
static enum judge_at check_device(struct judge_walk *walk, const struct facts_link *link,
				  unsigned int hook, enum judge_at go_on)
{
	bool is_in = hook == NF_NETDEV_INGRESS;
	struct judge_met met;

	judge_rules(walk, walk->host, NFPROTO_NETDEV, hook, is_in ? link : NULL,
		    is_in ? NULL : link, HOST("rules"), where_of(walk), &met);
	code_word(&walk->words, "link", "%s", link->name);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_NETDEV_RULES, HOST("rules"), where_of(walk),
				 JUDGE_LOST);
	if (link->has_tc || (is_in && link->has_xdp))
		judge_unknown(walk, HOST("link"), where_of(walk),
			      "a program on %s may drop packets", link->name);
	return go_on;
}

static void fill_rule_words(struct judge_walk *walk, const struct facts_link *in,
			    const struct facts_link *out)
{
	const struct facts_network *to = out ? judge_network_of_bridge(walk->facts, out->name)
					     : network_of(walk, &walk->packet.dst);
	const struct facts_network *from = judge_network_of_bridge(walk->facts, in->name);

	code_word(&walk->words, "nf", "%s", "");
	code_word(&walk->words, "bridge", "%s", is_bridge(in) || !out ? in->name : out->name);
	code_word(&walk->words, "from-network", "%s", from ? from->name : in->name);
	code_word(&walk->words, "network", "%s", to ? to->name : from ? from->name : in->name);
	judge_place(walk, walk->host, NULL);
	/* An internal network that it comes from is what keeps it in. */
	if (from && from->internal && !(to && to->internal))
		code_word(&walk->words, "network", "%s", from->name);
}

static enum judge_at through(struct judge_walk *walk, const struct facts_link *in,
			     const struct facts_way *way)
{
	const struct facts_link *out = facts_link(walk->host, way->oif);
	struct addr before;
	struct judge_met met;

	if (!out) {
		judge_unknown(walk, HOST("link"), where_of(walk), "link %d is not known", way->oif);
		return JUDGE_LOST;
	}
	/* The kernel answers for IPv6 without looking at that. */
	if (walk->packet.dst.family == AF_INET6 &&
	    is_zero(walk->host, "net.ipv6.conf.all.forwarding"))
		return tell_forwarding(walk, "net.ipv6.conf.all.forwarding");
	if (check_ttl(walk, JUDGE_AT_HOST) == JUDGE_LOST ||
	    judge_host_link(walk, out, way, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	fill_rule_words(walk, in, out);
	walk->next = addr_is_set(&way->gateway) ? way->gateway : walk->packet.dst;
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_FORWARD, in, out, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	before = walk->packet.src;
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_POST_ROUTING, in, out, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	if (judge_source(walk, &met, out, &before, JUDGE_AT_HOST) == JUDGE_LOST ||
	    check_device(walk, out, NF_NETDEV_EGRESS, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_passes(walk, walk->host, out, true);
	walk->link = out;
	if (!is_bridge(out)) {
		judge_ok(walk, "host", "host", "forwards by %s", out->name);
		return JUDGE_AT_OUTSIDE;
	}
	judge_ok(walk, "host", "host", "forwards to %s; no rule drops", ADDR_STR(&walk->next));
	walk->from_port = (struct judge_port) { 0 };
	return JUDGE_AT_BRIDGE;
}

/* For the host itself. */
static enum judge_at arrive(struct judge_walk *walk, const struct facts_link *in)
{
	struct judge_met met;

	fill_rule_words(walk, in, NULL);
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_LOCAL_IN, in, NULL, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	judge_leave(walk);
	if (walk->is_back)
		return JUDGE_AT_END;
	return judge_socket(walk, walk->host);
}

/* --- in --------------------------------------------------------------------------------------- */

enum judge_at judge_preroute(struct judge_walk *walk, const struct facts_link *in,
			     const char *because, enum judge_at go_on)
{
	struct addr before = walk->packet.dst;
	uint16_t port = walk->packet.dport;
	struct judge_met met;

	fill_rule_words(walk, in, NULL);
	code_word(&walk->words, "nf", "%s", because);
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_PRE_ROUTING, in, NULL, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	if (!met.nat_dst)
		return go_on;
	return judge_translated(walk, &met, &before, port, HOST("rules"), go_on);
}

/* Tables that no message of nftables shows. */
static void check_legacy(struct judge_walk *walk)
{
	const char *family = walk->packet.dst.family == AF_INET6 ? "ip6 " : "ip ";

	for (size_t i = 0; i < walk->host->n_legacy; i++) {
		if (strncmp(walk->host->legacy[i], family, strlen(family)) != 0)
			continue;
		code_word(&walk->words, "legacy", "%s", walk->host->legacy[i]);
		verdict_add_unknown(walk->verdict, "host", "iptables-legacy, table %s",
				    walk->host->legacy[i]);
		(void)judge_bad(walk, CODE_LEGACY_IPTABLES, HOST("legacy"), where_of(walk),
				JUDGE_AT_HOST);
		return;
	}
}

enum judge_at judge_at_host(struct judge_walk *walk)
{
	const struct facts_link *in = walk->link;
	const struct facts_way *way;

	judge_place(walk, walk->host, NULL);
	check_legacy(walk);
	if (!(in->flags & IFF_LOOPBACK) &&
	    check_device(walk, in, NF_NETDEV_INGRESS, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	if (!walk->was_prerouted && judge_preroute(walk, in, "", JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	walk->was_prerouted = false;
	if (check_conntrack(walk, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	/* What the host sends to itself has been routed, and came by lo. */
	if (in->flags & IFF_LOOPBACK)
		return arrive(walk, in);
	way = judge_way(walk, walk->host, in->name);
	if (way->err)
		return refused(walk, in, way);
	return way->type == RTN_LOCAL ? arrive(walk, in) : through(walk, in, way);
}

enum judge_at judge_at_outside(struct judge_walk *walk)
{
	judge_ok(walk, "uplink", walk->link->name, "leaves as %s", ADDR_STR(&walk->packet.src));
	judge_leave(walk);
	if (!walk->far->is_outside) {
		judge_unknown(walk, JUDGE_HOP(walk, "uplink", "uplink"), walk->link->name,
			      "it leaves the host, where nobody can look");
		return JUDGE_LOST;
	}
	return JUDGE_AT_END;
}
