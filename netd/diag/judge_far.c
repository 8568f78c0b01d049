// SPDX-License-Identifier: GPL-2.0-or-later
// judge_far.c - the way to a container of another host: what this host has of it
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. On a network that spans hosts a container of another host is behind a tunnel
 * that is a port of the network's first bridge, and that floods nothing (decision 29). So three
 * entries lead there: the bridge's for the MAC, the tunnel's own for it, which names the host, and
 * the host's neighbour entry for the address, out of which the bridge answers who asks for the MAC.
 * Each is compared with what the other host has told, and so is the way that the host knows to that
 * one. What becomes of the frame there only that host can say: it is unknown here, and never
 * guessed. */

#define NO_TUNNEL "the tunnel is gone"
#define NO_BRIDGE "the tunnel is on no bridge"
#define TUNNEL_DOWN "the tunnel is down"
#define NO_ENTRY "the bridge has no entry for its MAC"
#define NO_LEAD "the tunnel has no entry for its MAC"
#define WRONG_LEAD "the tunnel sends what is for its MAC to another host"
#define NO_NEIGHBOUR "the host has no neighbour entry for its address"

enum judge_at judge_far_lost(struct judge_walk *walk, const struct judge_port *to, const char *what,
			     const char *hop, const char *where)
{
	judge_place(walk, walk->host, NULL);
	code_word(&walk->words, "network", "%s", to->network->name);
	code_word(&walk->words, "b", "%s", to->far->name);
	code_word(&walk->words, "host", "%s", to->far->host);
	code_word(&walk->words, "what", "%s", what);
	return judge_bad(walk, CODE_TUNNEL_LOST, hop, where, JUDGE_LOST);
}

/* States of an entry out of which the bridge answers, and the host sends. */
#define NUD_ANSWERS (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE)

static bool is_neighbour(const struct judge_walk *walk, const struct facts_link *bridge,
			 const struct addr *addr)
{
	const struct facts_neighbour *entry = facts_neighbour(walk->host, bridge->ifindex, addr);

	return facts_is_missing(walk->host, "neighbours") ||
	       (entry && entry->has_mac && (entry->state & NUD_ANSWERS));
}

enum judge_at judge_far_answers(struct judge_walk *walk, const struct facts_link *bridge,
				const char *hop, const char *where, enum judge_at go_on)
{
	/* Who knows the MAC asks nobody. */
	if (!walk->must_resolve || is_neighbour(walk, bridge, &walk->next))
		return go_on;
	return judge_far_lost(walk, &walk->to_port, NO_NEIGHBOUR, hop, where);
}

/* An entry of the bridge (`is_tunnel` false), or of the tunnel itself. NULL: there is none. */
static const struct facts_entry *find_entry(const struct judge_walk *walk,
					    const struct judge_port *to, const struct mac *mac,
					    bool is_tunnel)
{
	facts_ask_entry(walk->host, is_tunnel ? to->port : to->bridge, mac);
	for (size_t i = 0; i < walk->host->n_entries; i++) {
		const struct facts_entry *entry = &walk->host->entries[i];

		if (entry->ifindex == to->port->ifindex && judge_mac_equal(&entry->mac, mac) &&
		    (is_tunnel ? addr_is_set(&entry->dst) : entry->master == to->bridge->ifindex))
			return entry;
	}
	return NULL;
}

const char *judge_far_lacks(const struct judge_walk *walk, const struct judge_port *to)
{
	const struct facts_far *far = to->far;
	const struct facts_entry *lead;

	if (!to->port)
		return NO_TUNNEL;
	if (!to->bridge)
		return NO_BRIDGE;
	if (!judge_is_up(to->port))
		return TUNNEL_DOWN;
	if (facts_is_missing(walk->host, "entries"))
		return NULL;
	if (!find_entry(walk, to, &far->mac, false))
		return NO_ENTRY;
	lead = find_entry(walk, to, &far->mac, true);
	if (!lead)
		return NO_LEAD;
	if (addr_is_set(&far->tunnel) && !addr_equal(&lead->dst, &far->tunnel))
		return WRONG_LEAD;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&far->addr[family]) &&
		    !is_neighbour(walk, to->bridge, &far->addr[family]))
			return NO_NEIGHBOUR;
	return NULL;
}

enum judge_at judge_far_port(struct judge_walk *walk, const struct judge_port *to, const char *hop,
			     const char *where, enum judge_at go_on)
{
	if (to->port && to->bridge && judge_is_up(to->port))
		return go_on;
	return judge_far_lost(walk, to, judge_far_lacks(walk, to), hop, where);
}

/* The frame in a packet of the host's own, which finds its way as any other. */
static enum judge_at check_underlay(struct judge_walk *walk, const struct addr *to,
				    enum judge_at go_on)
{
	const struct facts_way *way = facts_ask_way(walk->facts, walk->host,
						    &(struct facts_way_asked) { .dst = *to });
	const struct facts_link *out;

	if (way->err == -ENODATA) {
		judge_unknown(walk, JUDGE_HOP(walk, "tunnel", "tunnel"), "host",
			      "which way %s is could not be asked", ADDR_STR(to));
		return go_on;
	}
	out = way->err ? judge_uplink_down(walk) : facts_link(walk->host, way->oif);
	code_word(&walk->words, "dst", "%s", ADDR_STR(to));
	code_word(&walk->words, "link", "%s", out ? out->name : "its link");
	if (out && (!judge_is_up(out) || (!way->err && (way->flags & RTNH_F_LINKDOWN))))
		return judge_bad(walk, CODE_UPLINK_DOWN, JUDGE_HOP(walk, "tunnel", "tunnel"),
				 "host", JUDGE_LOST);
	if (way->err)
		return judge_bad(walk, CODE_HOST_NO_ROUTE, JUDGE_HOP(walk, "tunnel", "tunnel"),
				 "host", JUDGE_LOST);
	return go_on;
}

enum judge_at judge_far_leave(struct judge_walk *walk, const struct facts_link *bridge,
			      const char *where)
{
	const struct facts_far *far = walk->to_port.far;
	const struct facts_link *tunnel = walk->to_port.port;
	const struct facts_entry *lead = find_entry(walk, &walk->to_port, &walk->next_mac, true);
	const char *hop = JUDGE_HOP(walk, "tunnel", "tunnel");

	if (!lead && !facts_is_missing(walk->host, "entries"))
		return judge_far_lost(walk, &walk->to_port, NO_LEAD, hop, where);
	if (lead && addr_is_set(&far->tunnel) && !addr_equal(&lead->dst, &far->tunnel))
		return judge_far_lost(walk, &walk->to_port, WRONG_LEAD, hop, where);
	judge_ok(walk, "bridge", where, "%s%s to the tunnel %s (%s); no rule drops",
		 walk->from_port.port ? "port of " : "",
		 walk->from_port.port ? judge_name_of(walk, walk->from_port.space) : "the host",
		 tunnel->name, bridge->name);
	if (lead && check_underlay(walk, &lead->dst, JUDGE_AT_OUTSIDE) == JUDGE_LOST)
		return JUDGE_LOST;
	if (lead)
		judge_ok(walk, "tunnel", tunnel->name, "leads to %s, host %s", ADDR_STR(&lead->dst),
			 far->host);
	judge_leave(walk);
	judge_unknown(walk, JUDGE_HOP(walk, "to", "to"), far->name,
		      "%s is on host %s: what becomes of it there is known there alone", far->name,
		      far->host);
	return JUDGE_LOST;
}
