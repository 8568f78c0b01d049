// SPDX-License-Identifier: GPL-2.0-or-later
// judge_bridge.c - from a port of a bridge to another, or up to the host: flags, entries, rules of
// frames and packets
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A frame comes in at a port (judge_at_port()), or the host itself sends
 * one (judge_at_bridge()). The order of the checks is the kernel's: the port and the bridge
 * must be up and forward, then come programs and chains that are bound to the device, the flag
 * "locked", and the bridge's prerouting. With bridge netfilter the packet then meets prerouting
 * of IP as well, which may give it another destination.
 *
 * After that it is known where the frame goes: up to the host, or to another port. For a port
 * the way out is checked in the same order: flags of the port, hairpin, isolation, the entry
 * for the MAC, forward and postrouting, chains of the device. In between, the question for the
 * MAC and its answer pass the same port (judge_exchange.c). */

/* The hop's name: "bridge.port" on the way there, "back.port" on the way back. */
#define BRIDGE(step) JUDGE_HOP(walk, "bridge", step)

/* The place of a bridge is its network, as people know it. */
static const char *where_of(const struct judge_walk *walk, const struct facts_link *bridge)
{
	const struct facts_network *network =
		bridge ? judge_network_of_bridge(walk->facts, bridge->name) : NULL;

	if (walk->is_back)
		return "back";
	if (network)
		return network->name;
	return bridge ? bridge->name : "bridge";
}

/* The words of a port. {place} is the container, because a person knows that name; {in} is the
 * host, because the port is there. */
static void fill_port_words(struct judge_walk *walk, const struct judge_port *port)
{
	const char *bridge = "";

	if (port->endpoint && port->endpoint->bridge[0])
		bridge = port->endpoint->bridge;
	else if (port->bridge)
		bridge = port->bridge->name;
	judge_place(walk, walk->host, NULL);
	code_word(&walk->words, "place", "%s",
		  port->container ? port->container->name
		  : port->far	  ? port->far->name
				  : judge_name_of(walk, port->space));
	code_word(&walk->words, "link", "%s", port->port ? port->port->name : "its link");
	code_word(&walk->words, "bridge", "%s", bridge);
	code_word(&walk->words, "network", "%s", port->network ? port->network->name : bridge);
}

/* --- a port ----------------------------------------------------------------------------------- */

/* Of several bridges of a network netd's records do not say which; any of them is right then. A
 * link that netd did not make may be anywhere. */
static bool is_its_bridge(const struct judge_port *port)
{
	const struct facts_endpoint *endpoint = port->endpoint;
	const struct facts_network *network = port->network;

	if (!endpoint)
		return true;
	if (endpoint->bridge[0])
		return strcmp(port->bridge->name, endpoint->bridge) == 0;
	for (size_t i = 0; network && i < network->n_bridges; i++)
		if (strcmp(network->bridges[i], port->bridge->name) == 0)
			return true;
	return !network;
}

/* The port and the bridge itself, whichever way the frame goes. */
static enum judge_at check_port(struct judge_walk *walk, const struct judge_port *port,
				enum judge_at go_on)
{
	const struct facts_link *link = port->port, *bridge = port->bridge;
	const char *where = where_of(walk, bridge);

	/* The words come first: every sentence below uses them. */
	fill_port_words(walk, port);
	/* The record's network is the place, even if the port has been put on another bridge. */
	if (port->network)
		where = walk->is_back ? "back" : port->network->name;
	if (port->far &&
	    judge_far_port(walk, port, BRIDGE("tunnel"), where, JUDGE_AT_BRIDGE) == JUDGE_LOST)
		return JUDGE_LOST;
	if (!link) {
		judge_unknown(walk, BRIDGE("port"), where, "the port of %s is not known",
			      code_word_get(&walk->words, "place"));
		return JUDGE_LOST;
	}
	if (!judge_is_up(link))
		return judge_bad(walk, CODE_PORT_DOWN, BRIDGE("port"), where, JUDGE_LOST);
	/* Where there is no bridge there is nothing behind it to look at. */
	if (!bridge || !is_its_bridge(port))
		return judge_bad(walk, CODE_PORT_DETACHED, BRIDGE("port"), where, JUDGE_LOST);
	if (!judge_is_up(bridge))
		return judge_bad(walk, CODE_BRIDGE_DOWN, BRIDGE("link"), where, JUDGE_LOST);
	/* A port without a carrier is disabled: the link at the other end is down, and told
	 * there. With STP a port listens and learns for half a minute before it forwards. */
	if (link->is_port && link->brport.state != BR_STATE_FORWARDING &&
	    (link->brport.state != BR_STATE_DISABLED || link->flags & IFF_LOWER_UP))
		return judge_bad(walk, CODE_PORT_BLOCKED, BRIDGE("port"), where, JUDGE_LOST);
	/* A filter is a program, and nobody here can read it. It is kept as undecided, and the
	 * walk goes on. */
	if (link->has_tc)
		(void)judge_bad(walk, CODE_TC_DROP, BRIDGE("port"), where, go_on);
	return go_on;
}

/* What is bound to the device comes before the bridge, and after it on the way out. */
static enum judge_at check_device(struct judge_walk *walk, const struct judge_port *port,
				  unsigned int hook, enum judge_at go_on)
{
	const struct facts_link *link = port->port;
	bool is_in = hook == NF_NETDEV_INGRESS;
	struct judge_met met;

	fill_port_words(walk, port);
	/* XDP runs for what comes in, and before everything else. */
	if (is_in && link->has_xdp)
		(void)judge_bad(walk, CODE_XDP_DROP, BRIDGE("port"), where_of(walk, port->bridge),
				go_on);
	judge_rules(walk, walk->host, NFPROTO_NETDEV, hook, is_in ? link : NULL,
		    is_in ? NULL : link, BRIDGE("rules"), where_of(walk, port->bridge), &met);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_NETDEV_RULES, BRIDGE("rules"),
				 where_of(walk, port->bridge), JUDGE_LOST);
	return go_on;
}

/* --- entries ---------------------------------------------------------------------------------- */

/* The bridge's entry is asked for when a frame comes to it, for a host has one for each container.
 */
static const struct facts_entry *find_entry(const struct judge_walk *walk,
					    const struct facts_link *bridge, const struct mac *mac)
{
	facts_ask_entry(walk->host, bridge, mac);
	for (size_t i = 0; i < walk->host->n_entries; i++)
		if (walk->host->entries[i].master == bridge->ifindex &&
		    judge_mac_equal(&walk->host->entries[i].mac, mac))
			return &walk->host->entries[i];
	return NULL;
}

/* An empty list is not "no entry" where the list could not be read. */
static enum judge_at tell_unread(struct judge_walk *walk, const struct facts_link *bridge,
				 enum judge_at go_on)
{
	judge_unknown(walk, BRIDGE("entry"), where_of(walk, bridge),
		      "the entries of %s could not be read", bridge->name);
	return go_on;
}

/* A locked port lets in whom an entry at this port names. */
static enum judge_at check_locked(struct judge_walk *walk, const struct judge_port *port,
				  enum judge_at go_on)
{
	const struct facts_entry *entry;

	/* What the host sends has no port that it came in by; those are locked for containers
	 * only. */
	if (!port->port->brport.locked || !port->inside)
		return go_on;
	/* An entry at another port does not count: br_handle_frame_finish() compares the port. */
	entry = find_entry(walk, port->bridge, &port->inside->mac);
	if (entry && entry->ifindex == port->port->ifindex)
		return go_on;
	if (facts_is_missing(walk->host, "entries"))
		return tell_unread(walk, port->bridge, go_on);
	fill_port_words(walk, port);
	code_word(&walk->words, "mac", "%s", MAC_STR(&port->inside->mac));
	return judge_bad(walk, CODE_PORT_LOCKED, BRIDGE("port"), where_of(walk, port->bridge),
			 JUDGE_LOST);
}

/* Who has to be asked first answers by his port, though his other frames may leave by another. */
static enum judge_at check_answerer(struct judge_walk *walk, enum judge_at go_on)
{
	return walk->must_resolve ? check_locked(walk, &walk->to_port, go_on) : go_on;
}

/* An entry leads to a wrong port: it is static, or it was learnt from somebody who sent with
 * that MAC. */
static enum judge_at tell_entry(struct judge_walk *walk, const struct facts_entry *entry,
				const struct judge_port *port, const struct facts_link *bridge)
{
	const struct facts_link *other = facts_link(walk->host, entry->ifindex);
	enum code_id code = CODE_ENTRY_WRONG;
	struct judge_port twin;

	fill_port_words(walk, port);
	code_word(&walk->words, "mac", "%s", MAC_STR(&entry->mac));
	code_word(&walk->words, "other", "%s", other ? other->name : "another port");
	/* What was learnt was sent by somebody: with that MAC. */
	if (judge_owner_of_mac(walk, bridge, &entry->mac, port, &twin)) {
		code = CODE_DUPLICATE_MAC;
		code_word(&walk->words, "other", "%s", judge_name_of(walk, twin.space));
	}
	return judge_bad(walk, code, BRIDGE("entry"), where_of(walk, bridge), JUDGE_LOST);
}

/* Nobody sent from there lately, the port is not flooded, and nothing will change that. */
static enum judge_at tell_no_entry(struct judge_walk *walk, const struct mac *mac,
				   const struct judge_port *port, const struct facts_link *bridge)
{
	if (port->far)
		return judge_far_lost(walk, port, judge_far_lacks(walk, port), BRIDGE("entry"),
				      where_of(walk, bridge));
	fill_port_words(walk, port);
	code_word(&walk->words, "mac", "%s", MAC_STR(mac));
	return judge_bad(walk, CODE_ENTRY_MISSING_NO_FLOOD, BRIDGE("entry"), where_of(walk, bridge),
			 JUDGE_LOST);
}

/* Whether a port that learns has something to learn from, before the frame comes to it: who has to
 * ask first is answered from there, and what is an answer follows what came in there. */
static bool has_learnt(const struct judge_walk *walk, const struct facts_link *port)
{
	if (!port->brport.learning)
		return false;
	for (size_t i = 0; walk->is_back && i < walk->n_passed; i++)
		if (walk->passed[i].link == port)
			return true;
	return walk->must_resolve;
}

/* Where the bridge sends a frame for that MAC: to the port that its entry names, or, without one,
 * to all ports that may be flooded. It should be to the port; is_learnt: the bridge will have an
 * entry for it by then. */
static enum judge_at check_lead(struct judge_walk *walk, const struct facts_link *bridge,
				const struct judge_port *port, const struct mac *mac,
				bool is_learnt, enum judge_at go_on)
{
	const struct facts_entry *entry = find_entry(walk, bridge, mac);

	if (facts_is_missing(walk->host, "entries"))
		return tell_unread(walk, bridge, go_on);
	if (entry && entry->ifindex != port->port->ifindex)
		return tell_entry(walk, entry, port, bridge);
	if (entry || port->port->brport.flood || is_learnt)
		return go_on;
	return tell_no_entry(walk, mac, port, bridge);
}

static enum judge_at check_entry(struct judge_walk *walk, const struct facts_link *bridge,
				 enum judge_at go_on)
{
	return check_lead(walk, bridge, &walk->to_port, &walk->next_mac,
			  has_learnt(walk, walk->to_port.port), go_on);
}

/* Whether the answer with the MAC finds back to who asked: nothing else of the connection may ever
 * go there, where what is sent back to him comes by another way. A port that learns has learnt from
 * the question. */
static enum judge_at check_asker(struct judge_walk *walk, const struct facts_link *bridge,
				 enum judge_at go_on)
{
	const struct judge_port *port = &walk->from_port;

	if (!walk->must_resolve || port->port->brport.learning)
		return go_on;
	return check_lead(walk, bridge, port, &walk->question.mac, false, go_on);
}

/* Isolation needs both ports: an isolated port still speaks with one that is not. Where the
 * network asked for it this is no fault but its way. */
static enum judge_at check_isolated(struct judge_walk *walk, enum judge_at go_on)
{
	const struct judge_port *from = &walk->from_port, *to = &walk->to_port;
	const struct facts_network *network = from->network;

	if (!from->port || !from->port->brport.isolated || !to->port->brport.isolated)
		return go_on;
	fill_port_words(walk, from);
	return judge_bad(walk, network && !network->icc ? CODE_ICC_OFF : CODE_PORT_ISOLATED,
			 BRIDGE("port"), where_of(walk, from->bridge), JUDGE_LOST);
}

/* For who publishes a port, at whatever port of the host, netd turns the mode on, and finds it when
 * it was turned off. */
static void fill_hairpin_words(struct judge_walk *walk)
{
	const struct facts_container *by = walk->to_port.container;
	unsigned int port = walk->is_back ? walk->packet.sport : walk->packet.dport;

	/* No command that is certain: then the fix is told in words. */
	code_word_drop(&walk->words, "hairpin");
	if (by && by->n_ports > 0)
		code_word(&walk->words, "hairpin", "netctl doctor --fix %s", by->name);
	else if (by && port > 0 && (walk->protocol == IPPROTO_TCP || walk->protocol == IPPROTO_UDP))
		code_word(&walk->words, "hairpin", "netctl port add %s %u/%s", by->name, port,
			  walk->protocol == IPPROTO_TCP ? "tcp" : "udp");
}

/* A port sends nothing out that has come in there, unless its flag says so (should_deliver() of
 * net/bridge/br_forward.c). What the host itself sends has come in at none. */
static enum judge_at check_hairpin(struct judge_walk *walk, enum judge_at go_on)
{
	const struct judge_port *to = &walk->to_port;

	/* from_port.port is NULL for what the host sends, and never equal to a port that is
	 * there. */
	if (to->port != walk->from_port.port || to->port->brport.hairpin)
		return go_on;
	fill_port_words(walk, to);
	fill_hairpin_words(walk);
	return judge_bad(walk, CODE_HAIRPIN_OFF, BRIDGE("port"), where_of(walk, to->bridge),
			 JUDGE_LOST);
}

/* --- rules on the bridge ---------------------------------------------------------------------- */

/* Why rules of IP see a packet that was never routed. Nobody expects that, so the sentence says
 * it. */
#define HANDED_OVER                                                                                \
	"The bridge hands packets to the host's firewall (bridge-nf-call-iptables is 1). "

/* The head of the frame, which rules on a bridge see. The host's own begin at the bridge. */
static void fill_head(struct judge_walk *walk, const struct facts_link *bridge)
{
	/* What the host itself sends has the bridge's MAC. */
	const struct facts_link *sender = walk->from_port.inside ? walk->from_port.inside : bridge;

	walk->packet.known |= RULES_KNOWS_MACS;
	walk->packet.has_macs = true;
	walk->packet.smac = sender->mac;
	walk->packet.dmac = walk->next_mac;
}

/* The rules of the family bridge, and of the packet's own where bridge netfilter hands it to them:
 * these see the bridge as the link, in and out. */
static enum judge_at check_rules(struct judge_walk *walk, const struct facts_link *bridge,
				 unsigned int hook, enum judge_at go_on)
{
	/* A hook has the ports that the kernel gives it there: no outgoing one at prerouting,
	 * no incoming one at postrouting. */
	const struct facts_link *in = hook == NF_INET_POST_ROUTING ? NULL : walk->from_port.port;
	const struct facts_link *out = hook == NF_INET_PRE_ROUTING ? NULL : walk->to_port.port;
	const char *where = where_of(walk, bridge);
	struct addr before = walk->packet.src;
	struct judge_met met;

	fill_head(walk, bridge);
	/* The hooks of the family bridge have the numbers of those of IP. */
	judge_rules(walk, walk->host, NFPROTO_BRIDGE, hook, in, out, BRIDGE("rules"), where, &met);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_BRIDGE_RULES, BRIDGE("rules"), where, JUDGE_LOST);
	/* Frames without bridge netfilter are done: rules of IP do not see them. */
	if (!judge_calls_ip(walk, bridge))
		return go_on;
	judge_ports(walk, walk->from_port.port, out);
	/* What is led elsewhere there is judged by the host's function for that, as it is for a
	 * packet that is routed. */
	if (hook == NF_INET_PRE_ROUTING)
		return judge_preroute(walk, bridge, walk->is_for_host ? "" : HANDED_OVER, go_on);
	code_word(&walk->words, "nf", "%s", HANDED_OVER);
	code_word(&walk->words, "bridge", "%s", bridge->name);
	judge_rules(walk, walk->host, judge_pf(walk), hook,
		    hook == NF_INET_POST_ROUTING ? NULL : bridge, bridge, BRIDGE("rules"), where,
		    &met);
	if (judge_is_dropped(&met))
		return judge_dropped(walk, &met, JUDGE_HOP(walk, "host", "rules"),
				     walk->is_back ? "back" : "host");
	/* A source that was changed here counts as it does for what leaves the host. */
	return hook == NF_INET_POST_ROUTING ? judge_source(walk, &met, bridge, &before, go_on)
					    : go_on;
}

/* --- to a port -------------------------------------------------------------------------------- */

/* Out by the port of the next hop, and into its namespace. */
static enum judge_at deliver(struct judge_walk *walk, const struct facts_link *bridge)
{
	const struct judge_port *to = &walk->to_port;

	/* Last of all, chains at the port's egress. */
	if (check_device(walk, to, NF_NETDEV_EGRESS, JUDGE_AT_INSIDE) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_passes(walk, walk->host, to->port, false);
	if (to->far)
		return judge_far_leave(walk, bridge, where_of(walk, bridge));
	judge_ok(walk, "bridge", where_of(walk, bridge), "%s%s to port of %s; no rule drops",
		 walk->from_port.port ? "port of " : "",
		 walk->from_port.port ? judge_name_of(walk, walk->from_port.space) : "the host",
		 judge_name_of(walk, to->space));
	judge_rests(walk, "Bridge", "%s", bridge->name);
	if (walk->from_port.port)
		judge_rests(walk, "From", "%s", walk->from_port.port->name);
	judge_rests(walk, "To", "%s", to->port->name);
	judge_rests(walk, "Mac", "%s", MAC_STR(&walk->next_mac));
	/* The host's part of the way ends. What conntrack has of it is kept for the answer. */
	judge_leave(walk);
	/* The container's namespace was not seen, or its link is not there. Then it is not
	 * known what becomes of the packet. */
	if (!to->space || !to->inside) {
		judge_unknown(walk, JUDGE_HOP(walk, "to", "link"),
			      to->container ? to->container->name : "to",
			      "nobody could look into its namespace");
		return JUDGE_LOST;
	}
	judge_enter(walk, to->space);
	walk->link = to->inside;
	return JUDGE_AT_INSIDE;
}

/* From the port of who asks to that of who answers. */
static enum judge_at check_exchange(struct judge_walk *walk, const struct facts_link *bridge,
				    enum judge_at go_on)
{
	const char *where = where_of(walk, bridge);

	if (walk->to_port.far)
		return judge_far_answers(walk, bridge, BRIDGE("neighbour"), where, go_on);
	if (judge_exchange_cross(walk, bridge, BRIDGE("neighbour"), where, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	return judge_exchange_port(walk, &walk->to_port, bridge, false, BRIDGE("neighbour"), where,
				   go_on);
}

/* In the order in which the kernel decides: whether the port may send at all, then whether it
 * does for this frame, then rules. */
static enum judge_at forward(struct judge_walk *walk, const struct facts_link *bridge)
{
	if (check_port(walk, &walk->to_port, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_hairpin(walk, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_isolated(walk, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_answerer(walk, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_entry(walk, bridge, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_exchange(walk, bridge, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_rules(walk, bridge, NF_INET_FORWARD, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_rules(walk, bridge, NF_INET_POST_ROUTING, JUDGE_AT_BRIDGE) == JUDGE_LOST)
		return JUDGE_LOST;
	return deliver(walk, bridge);
}

/* What rules have led back to the bridge that it came by is not routed: bridge netfilter writes the
 * MAC that the host knows for the new destination into the frame, and the bridge forwards that.
 * (br_nf_pre_routing_finish; where forwarding is off it asks as for a packet of the host's own.) */
static bool is_led_back(struct judge_walk *walk, const struct facts_link *bridge)
{
	const struct facts_way *way = judge_way(walk, walk->host, bridge->name);

	/* Forwarding off makes the first question fail; the kernel asks a second time in the
	 * same way. */
	if (way->err == -EHOSTUNREACH)
		way = judge_way(walk, walk->host, "");
	/* For itself, or by another link: then it is routed, and no frame goes back. */
	if (way->err || way->type == RTN_LOCAL || way->oif != bridge->ifindex)
		return false;
	walk->next = addr_is_set(&way->gateway) ? way->gateway : walk->packet.dst;
	return judge_next(walk, bridge) && !walk->is_for_host;
}

/* From the port of the sender. from_port was filled where the sender was judged. */
enum judge_at judge_at_port(struct judge_walk *walk)
{
	const struct facts_link *bridge;
	struct addr before = walk->packet.dst;

	if (check_port(walk, &walk->from_port, JUDGE_AT_PORT) == JUDGE_LOST)
		return JUDGE_LOST;
	bridge = walk->from_port.bridge;
	judge_passes(walk, walk->host, walk->from_port.port, false);
	judge_enter(walk, walk->host);
	/* Rules see the packet for the first time in this namespace. */
	walk->was_prerouted = false;
	if (check_device(walk, &walk->from_port, NF_NETDEV_INGRESS, JUDGE_AT_PORT) == JUDGE_LOST ||
	    check_locked(walk, &walk->from_port, JUDGE_AT_PORT) == JUDGE_LOST ||
	    judge_exchange_port(walk, &walk->from_port, bridge, true, BRIDGE("neighbour"),
				where_of(walk, bridge), JUDGE_AT_PORT) == JUDGE_LOST ||
	    check_asker(walk, bridge, JUDGE_AT_PORT) == JUDGE_LOST ||
	    check_rules(walk, bridge, NF_INET_PRE_ROUTING, JUDGE_AT_PORT) == JUDGE_LOST)
		return JUDGE_LOST;
	walk->was_prerouted = judge_calls_ip(walk, bridge);
	walk->link = bridge;
	/* The MAC was not the host's, and rules have not led it away: nobody takes the frame.
	 * Bridge netfilter writes the bridge's own MAC into what rules have led elsewhere. */
	if (walk->astray.is_there && addr_equal(&before, &walk->packet.dst)) {
		code_words_copy(&walk->astray.words, &walk->words);
		return judge_bad(walk, walk->astray.id, walk->astray.hop, walk->astray.where,
				 JUDGE_LOST);
	}
	walk->astray.is_there = false;
	/* The gateway is the host, and has to answer the question for its MAC. */
	if (walk->is_for_host && judge_find_addr(walk->host, &walk->next) &&
	    judge_answers(walk, walk->host, bridge, BRIDGE("neighbour"), where_of(walk, bridge),
			  JUDGE_AT_HOST) == JUDGE_LOST)
		return JUDGE_LOST;
	/* NAT has changed the destination, and the new one is on this very bridge. */
	if (!addr_equal(&before, &walk->packet.dst) && is_led_back(walk, bridge)) {
		if (judge_neighbour(walk, walk->host, bridge, bridge,
				    JUDGE_HOP(walk, "host", "neighbour"),
				    walk->is_back ? "back" : "host", JUDGE_AT_PORT) == JUDGE_LOST)
			return JUDGE_LOST;
		return forward(walk, bridge);
	}
	/* Either it is for the host by its MAC, or its destination is another one now, and the
	 * host routes it. */
	if (walk->is_for_host || !addr_equal(&before, &walk->packet.dst)) {
		judge_ok(walk, "bridge", where_of(walk, bridge), "port of %s to the host",
			 judge_name_of(walk, walk->from_port.space));
		judge_rests(walk, "Bridge", "%s", bridge->name);
		judge_rests(walk, "From", "%s", walk->from_port.port->name);
		return JUDGE_AT_HOST;
	}
	return forward(walk, bridge);
}

/* A frame that the host sends by a bridge: link, next and packet are filled by whoever routed
 * it. */
enum judge_at judge_at_bridge(struct judge_walk *walk)
{
	const struct facts_link *bridge = walk->link;
	struct judge_met met;

	code_word(&walk->words, "bridge", "%s", bridge->name);
	/* A next hop that is the host itself cannot be: then something was misread, and nothing
	 * is claimed. */
	if (!judge_next(walk, bridge) || walk->is_for_host) {
		judge_unknown(walk, JUDGE_HOP(walk, "host", "neighbour"),
			      walk->is_back ? "back" : "host", "who has %s on %s is not known",
			      ADDR_STR(&walk->next), bridge->name);
		return JUDGE_LOST;
	}
	judge_place(walk, walk->host, NULL);
	if (judge_neighbour(walk, walk->host, bridge, bridge, JUDGE_HOP(walk, "host", "neighbour"),
			    walk->is_back ? "back" : "host", JUDGE_AT_BRIDGE) == JUDGE_LOST)
		return JUDGE_LOST;
	/* What the host itself sends on a bridge comes from no port. */
	walk->from_port = (struct judge_port) { 0 };
	if (check_port(walk, &walk->to_port, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_answerer(walk, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_entry(walk, bridge, JUDGE_AT_BRIDGE) == JUDGE_LOST ||
	    check_exchange(walk, bridge, JUDGE_AT_BRIDGE) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The host's own packet has met its output chains already; on the bridge only
	 * postrouting is left. */
	fill_head(walk, bridge);
	judge_rules(walk, walk->host, NFPROTO_BRIDGE, NF_INET_POST_ROUTING, NULL,
		    walk->to_port.port, BRIDGE("rules"), where_of(walk, bridge), &met);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_BRIDGE_RULES, BRIDGE("rules"), where_of(walk, bridge),
				 JUDGE_LOST);
	return deliver(walk, bridge);
}
