// SPDX-License-Identifier: GPL-2.0-or-later
// judge_host.c - through the host: its rules, NAT, its own answer whether it forwards, and out
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A packet that comes in at a link of the host meets, in this order:
 * chains of the device, prerouting with NAT of the destination, a full table of flows, and then
 * the host's own answer which way it is (RTM_GETROUTE with the link it came by, which is what
 * ip_route_input() does). The answer is one of three: it is for the host (arrive()), it goes on
 * (through()), or the kernel refuses it (refused()).
 *
 * A refusal has an errno and no reason, so refused() tries the causes from the most certain to
 * the least: forwarding is off, a rule or route refuses, the source is not believed, the way to
 * a container is lost, the uplink is down. What goes on meets forward and postrouting. By a
 * bridge it then goes to a container, by another link it is outside for good. */

/* The hop's name: "host.rules" on the way there, "back.rules" on the way back. */
#define HOST(step) JUDGE_HOP(walk, "host", step)

/* On the way back every place is "back": a person reads the answer's way as one. */
static const char *where_of(const struct judge_walk *walk)
{
	return walk->is_back ? "back" : "host";
}

static bool is_bridge(const struct facts_link *link)
{
	return strcmp(link->kind, "bridge") == 0;
}

/* The network whose subnet has the address, whether or not a container has it. */
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

/* A network in segments has several bridges, and each of them is right. */
static bool has_bridge(const struct facts_network *network, const char *name)
{
	for (size_t i = 0; i < network->n_bridges; i++)
		if (strcmp(network->bridges[i], name) == 0)
			return true;
	return false;
}

/* --- NAT -------------------------------------------------------------------------------------- */

/* Remembered until a socket is asked: who publishes and finds nobody there gets another code. */
static void note_published(struct judge_walk *walk, const struct facts_container *by, uint16_t port)
{
	walk->published_by = by;
	walk->host_port = port;
}

/* met: what the rules made of it. before, port: where it was to go. */
enum judge_at judge_translated(struct judge_walk *walk, const struct judge_met *met,
			       const struct addr *before, uint16_t port, const char *hop,
			       enum judge_at go_on)
{
	const struct facts_container *by = NULL;
	const struct facts_port *published = facts_published(walk->facts, before, port,
							     walk->protocol, &by);
	/* Loopback counts as the host's, for what the host sends to itself. */
	bool was_host = judge_find_addr(walk->host, before) || addr_is_loopback(before);

	/* The answer's destination is changed back by the same entry of conntrack. */
	if (walk->is_back)
		return go_on;
	/* netd's own rule leads it to the container that publishes the port: that is as it
	 * should be. */
	if (met->is_netd) {
		note_published(walk, by, port);
		return go_on;
	}
	/* To who stands behind a service: judge_service.c has said so. */
	if (met->is_ingress)
		return go_on;
	/* A foreign rule changed it. It is kept as the possible cause of what comes later, if
	 * it does no harm here. */
	code_word(&walk->words, "to", "%s:%u", ADDR_STR(&walk->packet.dst), walk->packet.dport);
	judge_keep(walk, &walk->led, CODE_DNAT_TAKEN, hop, where_of(walk));
	/* What somebody else leads from a port of the host that netd does not publish is his. */
	if (was_host && !published)
		return go_on;
	/* A foreign rule may lead to the very container and port that netd publishes: then it
	 * makes no difference. */
	if (published && by && walk->packet.dport == port - published->host_port + published->port)
		for (size_t i = 0; i < by->n_endpoints; i++)
			if (addr_equal(&by->endpoints[i].addr[family_of(before->family)].addr,
				       &walk->packet.dst))
				return go_on;
	judge_place(walk, walk->host, NULL);
	return judge_bad(walk, CODE_DNAT_TAKEN, hop, where_of(walk), JUDGE_LOST);
}

/* met: what postrouting made of it. before: the source until then. */
enum judge_at judge_source(struct judge_walk *walk, const struct judge_met *met,
			   const struct facts_link *out, const struct addr *before,
			   enum judge_at go_on)
{
	const struct addr *src = &walk->packet.src;
	const struct facts_network *network = network_of(walk, before);
	enum family family = family_of(src->family);

	/* An answer's source is given back by conntrack. */
	if (walk->is_back)
		return go_on;
	/* The source was changed. That is right if the new one is an address of the host. */
	if (!addr_equal(src, before)) {
		/* An address that a range gave may be one of many: not known which. */
		if (!(walk->packet.known & RULES_KNOWS_SRC) || judge_find_addr(walk->host, src))
			return go_on;
		/* Changed by something else than NAT: then it is not known that it is wrong. Nor is
		 * what the host stands for a client of a service with, which is on no interface. */
		if (!met->nat_src || met->is_ingress)
			return go_on;
		/* A source for a container that nobody has does no harm to an answer over the
		 * same bridge. It is kept: the receiver may be the one who has it. */
		if (is_bridge(out)) {
			judge_keep(walk, &walk->lent, CODE_SNAT_WRONG, HOST("source"),
				   where_of(walk));
			return go_on;
		}
		return judge_bad(walk, CODE_SNAT_WRONG, HOST("source"), where_of(walk), JUDGE_LOST);
	}
	/* The source was not changed. It has to be where it is an address of a network that is
	 * masqueraded, for nobody outside has a way back to it. */
	if (is_bridge(out) || !network || !network->masquerade[family] ||
	    judge_find_addr(walk->host, src))
		return go_on;
	/* Where conntrack was kept away from the packet NAT did nothing, and that rule is the
	 * cause. */
	code_word(&walk->words, "network", "%s", network->name);
	code_word(&walk->words, "because", "%s%s", walk->notrack_rule[0] ? ": " : "",
		  walk->notrack_rule);
	code_word_drop(&walk->words, "unrule");
	if (walk->notrack_unrule[0])
		code_word(&walk->words, "unrule", "%s", walk->notrack_unrule);
	return judge_bad(walk, CODE_NO_MASQUERADE, HOST("source"), where_of(walk), JUDGE_LOST);
}

/* --- what the kernel says --------------------------------------------------------------------- */

/* A setting of one link, or of "all"; -1: it was not read, which is unknown and never bad. */
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

/* One sentence for both families; the sysctl's name tells them apart. */
static enum judge_at tell_forwarding(struct judge_walk *walk, const char *sysctl)
{
	code_word(&walk->words, "sysctl", "%s", sysctl);
	return judge_bad(walk, CODE_FORWARDING_OFF, HOST("forwarding"), where_of(walk), JUDGE_LOST);
}

/* The way to a container does not lead to a bridge of its network. Either the network has no
 * route left by any of its bridges, or another route is better for this address. */
static enum judge_at tell_not_there(struct judge_walk *walk, const struct facts_network *network,
				    const struct facts_way *way)
{
	const struct facts_link *out = way->err ? NULL : facts_link(walk->host, way->oif);
	const struct prefix *subnet = &network->subnet[family_of(walk->packet.dst.family)];
	const struct facts_link *bridge;
	bool has_route = false;

	/* Among the routes that cover the address, one by a bridge of the network is the right
	 * one. */
	facts_ask_routes(walk->host);
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
	/* With the link up and no route, somebody has deleted it; unless nobody could look. */
	if (!has_route && facts_is_missing(walk->host, "routes")) {
		judge_unknown(walk, HOST("route"), where_of(walk),
			      "the routes of the host could not be read");
		return JUDGE_LOST;
	}
	if (!has_route)
		return judge_bad(walk, CODE_SUBNET_ROUTE_MISSING, HOST("route"), where_of(walk),
				 JUDGE_LOST);
	/* The route is there, and another one won: it covers a part of the subnet, or has a
	 * smaller metric. */
	code_word(&walk->words, "target", "%s", ADDR_STR(&walk->packet.dst));
	code_word(&walk->words, "link", "%s", out ? out->name : "another way");
	code_word_drop(&walk->words, "matched");
	code_word(&walk->words, "route", "%s", "");
	/* The kernel told which entry it matched (RTM_F_FIB_MATCH): that is the one to delete. */
	if (way->matched.len) {
		code_word(&walk->words, "route", ": %s dev %s", PREFIX_STR(&way->matched),
			  out ? out->name : "?");
		code_word(&walk->words, "matched", "%s%s%s", PREFIX_STR(&way->matched),
			  out ? " dev " : "", out ? out->name : "");
	}
	return judge_bad(walk, CODE_ROUTE_OVERLAP, HOST("route"), where_of(walk), JUDGE_LOST);
}

/* A destination in no network of netd's is not for this function, and the caller goes on. */
enum judge_at judge_not_there(struct judge_walk *walk, const struct facts_way *way,
			      enum judge_at go_on)
{
	const struct facts_network *network = network_of(walk, &walk->packet.dst);

	return network ? tell_not_there(walk, network, way) : go_on;
}

/* The kernel does not believe the source. rp_filter explains it where one of the settings is on
 * (the kernel takes the larger one); else nobody knows why, and nothing is claimed. */
static enum judge_at tell_source(struct judge_walk *walk, const struct facts_link *link)
{
	int64_t all = setting(walk->host, "all", "rp_filter");
	int64_t own = setting(walk->host, link->name, "rp_filter");
	/* Where the kernel would send an answer to: the sentence names that link. */
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

/* A link to the outside that is down takes its routes with it. Only what may be an uplink
 * counts: no bridge, no port of one, not lo; a physical link has no kind, and one end of a veth
 * pair may lead into another machine of a test or a container of somebody else's. */
const struct facts_link *judge_uplink_down(const struct judge_walk *walk)
{
	/* Of many links only some of those that are down are read; one is enough here. */
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

/* The kernel refuses to route it. in: the link it came by. */
static enum judge_at refused(struct judge_walk *walk, const struct facts_link *in,
			     const struct facts_way *way)
{
	const struct facts_link *down;
	bool is_4 = walk->packet.dst.family == AF_INET;

	/* Nobody could ask. This is not a refusal. */
	if (way->err == -ENODATA) {
		judge_unknown(walk, HOST("route"), where_of(walk),
			      "which way %s is could not be asked", ADDR_STR(&walk->packet.dst));
		return JUDGE_LOST;
	}
	/* ip_route_input() answers EHOSTUNREACH where forwarding is off, for the whole host or
	 * for the link. */
	if (way->err == -EHOSTUNREACH && is_4 && is_zero(walk->host, "net.ipv4.ip_forward"))
		return tell_forwarding(walk, "net.ipv4.ip_forward");
	if (way->err == -EHOSTUNREACH && is_4 && setting(walk->host, in->name, "forwarding") == 0) {
		code_word(&walk->words, "sysctl", "net.ipv4.conf.%s.forwarding", in->name);
		code_word(&walk->words, "link", "%s", in->name);
		return judge_bad(walk, CODE_FORWARDING_OFF_LINK, HOST("forwarding"), where_of(walk),
				 JUDGE_LOST);
	}
	/* {matched} is filled if a rule or route was found that refuses. */
	(void)judge_refusal(walk, walk->host, in->name);
	if (code_word_get(&walk->words, "matched"))
		return judge_bad(walk, CODE_HOST_RULE, HOST("route"), where_of(walk), JUDGE_LOST);
	/* EXDEV is rp_filter's up to Linux 6.12, EINVAL its later one, and that of a martian
	 * source. */
	if (way->err == -EXDEV || way->err == -EINVAL)
		return tell_source(walk, in);
	/* A container's address: its network has lost its way. */
	if (judge_not_there(walk, way, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	/* No route to the outside: is it that the link is down? */
	down = judge_uplink_down(walk);
	if (down) {
		code_word(&walk->words, "link", "%s", down->name);
		return judge_bad(walk, CODE_UPLINK_DOWN, HOST("route"), where_of(walk), JUDGE_LOST);
	}
	return judge_bad(walk, CODE_HOST_NO_ROUTE, HOST("route"), where_of(walk), JUDGE_LOST);
}

/* --- through ---------------------------------------------------------------------------------- */

/* A full table refuses new flows only; what belongs to one passes. Answers belong to one. */
static enum judge_at check_conntrack(struct judge_walk *walk, enum judge_at go_on)
{
	int64_t count = 0, max = 0;

	/* Counters that were not read are no reason to think of it. */
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

/* What the sender gave the packet to live, less this hop. Of the host's own packets none is
 * taken here. */
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
	/* Where the setting was not read the kernel's default stands. */
	(void)facts_value(space, name, &ttl);
	if (ttl > 1)
		return go_on;
	judge_place(walk, space, walk->near->container);
	code_word(&walk->words, "ttl", "%lld", (long long)ttl);
	code_word(&walk->words, "sysctl", "%s", name);
	return judge_bad(walk, CODE_TTL, HOST("ttl"), where_of(walk), JUDGE_LOST);
}

/* The policies for what is forwarded. Those for what is sent count for that, too: first come the
 * former (ip_forward()). */
static enum judge_at check_ipsec(struct judge_walk *walk, uint8_t direction, enum judge_at go_on)
{
	if (!judge_ipsec_blocks(walk, walk->host, direction))
		return go_on;
	judge_place(walk, walk->host, NULL);
	return judge_bad(walk, CODE_IPSEC_BLOCK, HOST("ipsec"), where_of(walk), JUDGE_LOST);
}

/* out must be a link of the network that the destination is on, and it must be up. */
enum judge_at judge_host_link(struct judge_walk *walk, const struct facts_link *out,
			      const struct facts_way *way, enum judge_at go_on)
{
	const struct facts_network *network = network_of(walk, &walk->packet.dst);

	/* The kernel sends it elsewhere than to its network. */
	if (network && network->n_bridges && !has_bridge(network, out->name))
		return tell_not_there(walk, network, way);
	code_word(&walk->words, "link", "%s", out->name);
	/* RTNH_F_LINKDOWN: the link is up and has no carrier. */
	if (!is_bridge(out) && (!judge_is_up(out) || (way->flags & RTNH_F_LINKDOWN)))
		return judge_bad(walk, CODE_UPLINK_DOWN, HOST("link"), where_of(walk), JUDGE_LOST);
	if (is_bridge(out) && !judge_is_up(out)) {
		code_word(&walk->words, "bridge", "%s", out->name);
		return judge_bad(walk, CODE_BRIDGE_DOWN, HOST("link"), where_of(walk), JUDGE_LOST);
	}
	return go_on;
}

/* A program there cannot be read, so it is unknown what it does. What is bound to a link of the
 * host, an uplink or the bridge itself: it comes before the rules of IP on the way in, and
 * behind them on the way out. */
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

/* The words of the host's rules. {from-network} and {network} are what a person knows; out is
 * NULL where it is not known yet. */
static void fill_rule_words(struct judge_walk *walk, const struct facts_link *in,
			    const struct facts_link *out)
{
	const struct facts_network *to = out ? judge_network_of_bridge(walk->facts, out->name)
					     : network_of(walk, &walk->packet.dst);
	const struct facts_network *from = judge_network_of_bridge(walk->facts, in->name);

	code_word(&walk->words, "nf", "%s", "");
	/* {bridge} is what a fix would name in a rule: the one that belongs to netd. */
	code_word(&walk->words, "bridge", "%s", is_bridge(in) || !out ? in->name : out->name);
	code_word(&walk->words, "from-network", "%s", from ? from->name : in->name);
	code_word(&walk->words, "network", "%s", to ? to->name : from ? from->name : in->name);
	judge_place(walk, walk->host, NULL);
	/* An internal network that it comes from is what keeps it in. */
	if (from && from->internal && !(to && to->internal))
		code_word(&walk->words, "network", "%s", from->name);
}

/* The host forwards it. The answer of the kernel says by which link. */
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
	/* The kernel answers for IPv6 without looking at that. It says where the packet would
	 * go if the host forwarded. */
	if (walk->packet.dst.family == AF_INET6 &&
	    is_zero(walk->host, "net.ipv6.conf.all.forwarding"))
		return tell_forwarding(walk, "net.ipv6.conf.all.forwarding");
	if (check_ipsec(walk, XFRM_POLICY_FWD, JUDGE_AT_HOST) == JUDGE_LOST ||
	    check_ttl(walk, JUDGE_AT_HOST) == JUDGE_LOST ||
	    judge_host_link(walk, out, way, JUDGE_AT_HOST) == JUDGE_LOST ||
	    check_ipsec(walk, XFRM_POLICY_OUT, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	fill_rule_words(walk, in, out);
	/* The next hop is known before the rules are asked, for masquerade chooses by it. */
	walk->next = addr_is_set(&way->gateway) ? way->gateway : walk->packet.dst;
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_FORWARD, in, out, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	/* Postrouting may change the source, and judge_source() compares. */
	before = walk->packet.src;
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_POST_ROUTING, in, out, HOST("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	/* What has another source by now is asked for once more (nf_xfrm_me_harder()). */
	if (judge_source(walk, &met, out, &before, JUDGE_AT_HOST) == JUDGE_LOST ||
	    (!addr_equal(&before, &walk->packet.src) &&
	     check_ipsec(walk, XFRM_POLICY_OUT, JUDGE_AT_HOST) == JUDGE_LOST) ||
	    check_device(walk, out, NF_NETDEV_EGRESS, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The host says so when a packet is too large for this link (judge_size.c). */
	judge_passes(walk, walk->host, out, true);
	walk->link = out;
	if (!is_bridge(out)) {
		judge_ok(walk, "host", "host", "forwards by %s", out->name);
		return JUDGE_AT_OUTSIDE;
	}
	judge_ok(walk, "host", "host", "forwards to %s; no rule drops", ADDR_STR(&walk->next));
	/* A packet that was routed has come in at no port of the bridge that it leaves by. */
	walk->from_port = (struct judge_port) { 0 };
	return JUDGE_AT_BRIDGE;
}

/* For the host itself. The way back ends at the host's own socket, which waits for the answer. */
static enum judge_at arrive(struct judge_walk *walk, const struct facts_link *in)
{
	struct judge_met met;

	fill_rule_words(walk, in, NULL);
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_LOCAL_IN, in, NULL, HOST("rules"),
		    where_of(walk), &met);
	if (judge_service_arrives(walk, &met, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	if (check_ipsec(walk, XFRM_POLICY_IN, JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_leave(walk);
	if (walk->is_back)
		return JUDGE_AT_END;
	return judge_socket(walk, walk->host);
}

/* --- in --------------------------------------------------------------------------------------- */

/* because: a sentence in front of the rule's, for what bridge netfilter hands over; "" else. */
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
	/* What drops at prerouting does so for the packet as it came, before any NAT. */
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, HOST("rules"), where_of(walk));
	if (!met.nat_dst)
		return go_on;
	if (judge_service(walk, &met, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	return judge_translated(walk, &met, &before, port, HOST("rules"), go_on);
}

/* Tables that no message of nftables shows. Seen from nftables these rules do not exist. The
 * verdict is undecided if nothing else is bad. */
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
		/* One table is enough to say so. */
		return;
	}
}

/* A packet at a link of the host. Bridge netfilter may have asked prerouting on the bridge
 * already, and it is asked once. */
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
	/* NAT has been done: the state is that of the flow, and a new one needs room. */
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

/* Past the uplink nobody can look. Only an end that is outside is reached there. */
enum judge_at judge_at_outside(struct judge_walk *walk)
{
	judge_ok(walk, "uplink", walk->link->name, "leaves as %s", ADDR_STR(&walk->packet.src));
	judge_rests(walk, "Destination", "%s", ADDR_STR(&walk->packet.dst));
	judge_leave(walk);
	if (!walk->far->is_outside) {
		judge_unknown(walk, JUDGE_HOP(walk, "uplink", "uplink"), walk->link->name,
			      "it leaves the host, where nobody can look");
		return JUDGE_LOST;
	}
	return JUDGE_AT_END;
}
