// SPDX-License-Identifier: GPL-2.0-or-later
// judge_ask.c - the kernel's word on routes, which rule or route is behind a refusal, and what puts
// things right
#include "diag/judge_walk.h"

#include "base/cleanup.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Routes are the kernel's to choose, so it is asked with all that a policy
 * rule may look at: addresses, protocol, ports, mark, user. Its answer decides. Where it
 * refuses it says with which error, and not by what; judge_refusal() walks rules and routes in
 * the kernel's order to find something to name. If what it finds is wrong, a name is wrong and
 * never the verdict.
 *
 * The other half is the way back to health: judge_restore() writes the commands that give a
 * container what netd gave it, out of netd's record and of what is missing in the picture. */

const struct facts_way *judge_way(struct judge_walk *walk, const struct facts_space *space,
				  const char *iif)
{
	struct facts_way_asked asked = {
		.dst = walk->packet.dst,
		.protocol = walk->packet.protocol,
		.dport = walk->packet.dport,
		.mark = walk->packet.mark,
	};

	/* "" asks for a packet out of a socket, as ip_route_output() would see it; a name asks
	 * for one that came in. */
	(void)snprintf(asked.iif, sizeof(asked.iif), "%s", iif);
	/* A user is looked at for sockets only. B's server may be anybody, so the way back is
	 * asked for root's. */
	if (!iif[0] && !walk->is_back)
		asked.uid = walk->uid;
	/* The port that A's socket will have is not known, and rules for one are rare. The answer
	 * comes from a port that is known. */
	if (walk->is_back)
		asked.sport = walk->packet.sport;
	asked.src = walk->packet.src;
	return facts_ask_way(walk->facts, space, &asked);
}

/* --- what is behind a refusal ----------------------------------------------------------------- */

/* The kernel says "refused" and not by what, so this looks for the rule or route to name. It
 * decides nothing: the verdict is the kernel's. */

/* A prefix of length 0 is "any"; it has no family of its own in a rule. */
static bool covers(const struct prefix *prefix, const struct addr *addr)
{
	return prefix->len == 0 || (addr_is_set(addr) && prefix_contains(prefix, addr));
}

/* 0 to 0 stands for "any port" in a rule. */
static bool is_in_range(const uint16_t range[2], uint16_t port)
{
	return (range[0] == 0 && range[1] == 0) || (port >= range[0] && port <= range[1]);
}

/* Whether the kernel would take this rule for the packet (fib_rule_match() and its likes). */
static bool rule_matches(const struct judge_walk *walk, const struct facts_rule *rule,
			 const char *iif)
{
	const struct rules_packet *packet = &walk->packet;
	bool matches;

	/* A rule with an attribute that is not known here is passed over: it is never named,
	 * even if it is the one. */
	if (rule->family != packet->dst.family || rule->has_unknown || rule->oif[0])
		return false;
	matches = covers(&rule->src, &packet->src) && covers(&rule->dst, &packet->dst) &&
		  (!rule->iif[0] || strcmp(rule->iif, iif[0] ? iif : "lo") == 0) &&
		  (packet->mark & rule->mark_mask) == rule->mark &&
		  (!rule->protocol || rule->protocol == packet->protocol) &&
		  is_in_range(rule->sport, packet->sport) &&
		  is_in_range(rule->dport, packet->dport) &&
		  (iif[0] || (walk->uid >= rule->uid[0] && walk->uid <= rule->uid[1]));
	/* "not" turns the whole match around. */
	return matches != rule->is_inverted;
}

/* The longest prefix wins, then the smallest metric. */
static const struct facts_route *best_route(const struct facts_space *space, uint32_t table,
					    const struct addr *dst)
{
	const struct facts_route *best = NULL;

	facts_ask_routes(space);
	for (size_t i = 0; i < space->n_routes; i++) {
		const struct facts_route *route = &space->routes[i];

		if (route->table != table || route->dst.addr.family != dst->family ||
		    !covers(&route->dst, dst))
			continue;
		if (!best || route->dst.len > best->dst.len ||
		    (route->dst.len == best->dst.len && route->priority < best->priority))
			best = route;
	}
	return best;
}

/* NULL: the route refuses nothing. */
static const char *reject_name(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return "blackhole";
	case RTN_UNREACHABLE:
		return "unreachable";
	case RTN_PROHIBIT:
		return "prohibit";
	case RTN_THROW:
		return "throw";
	default:
		return NULL;
	}
}

/* NULL: the rule refuses nothing. */
static const char *action_name(uint8_t action)
{
	switch (action) {
	case FR_ACT_BLACKHOLE:
		return "blackhole";
	case FR_ACT_UNREACHABLE:
		return "unreachable";
	case FR_ACT_PROHIBIT:
		return "prohibit";
	default:
		return NULL;
	}
}

/* Fills the words for a route: {route} is what `ip route del` takes, and {matched} says that
 * something was found. */
static void name_route(struct judge_walk *walk, const struct facts_route *route)
{
	char text[CODE_WORD_LEN], table[24] = "";

	/* Without a table ip(8) means the main one. */
	if (route->table != RT_TABLE_MAIN)
		(void)snprintf(table, sizeof(table), " table %u", route->table);
	(void)snprintf(text, sizeof(text), "%s %s%s", reject_name(route->type),
		       route->dst.len ? PREFIX_STR(&route->dst) : "default", table);
	code_word(&walk->words, "route", "%s", text);
	code_word(&walk->words, "rule", "%s", text);
	code_word(&walk->words, "matched", "%s", text);
	code_word(&walk->words, "object", "route");
}

/* Fills the words for a rule. A priority is enough to delete it; where two have the same the
 * kernel takes the first. */
static void name_rule(struct judge_walk *walk, const struct facts_rule *rule)
{
	char text[CODE_WORD_LEN], ports[32] = "", from[PREFIX_STR_MAX + 8] = "";

	if (rule->src.len)
		(void)snprintf(from, sizeof(from), " from %s", PREFIX_STR(&rule->src));
	if (rule->dport[0] && rule->dport[0] == rule->dport[1])
		(void)snprintf(ports, sizeof(ports), " dport %u", rule->dport[0]);
	else if (rule->dport[0])
		(void)snprintf(ports, sizeof(ports), " dport %u-%u", rule->dport[0],
			       rule->dport[1]);
	(void)snprintf(text, sizeof(text), "%u:%s%s %s", rule->priority, from, ports,
		       action_name(rule->action));
	code_word(&walk->words, "rule", "%s", text);
	code_word(&walk->words, "matched", "pref %u", rule->priority);
	code_word(&walk->words, "priority", "%u", rule->priority);
	code_word(&walk->words, "object", "rule");
}

/* Names the route of that table if it refuses. True: the search ends with this table. */
static bool ends_here(struct judge_walk *walk, const struct facts_space *space, uint32_t table)
{
	const struct facts_route *route = best_route(space, table, &walk->packet.dst);

	if (!route)
		return false;
	if (reject_name(route->type))
		name_route(walk, route);
	/* The next rule is asked then. A throw ends the search in its own table alone. */
	return route->type != RTN_THROW;
}

bool judge_refusal(struct judge_walk *walk, const struct facts_space *space, const char *iif)
{
	/* What is told if nothing is found; the caller sees by {matched} whether something was. */
	code_word(&walk->words, "rule", "a rule or route that refuses");
	code_word_drop(&walk->words, "route");
	code_word_drop(&walk->words, "matched");
	code_word_drop(&walk->words, "priority");
	/* Rules come sorted by priority, as the kernel keeps them. */
	for (size_t i = 0; i < space->n_rules; i++) {
		const struct facts_rule *rule = &space->rules[i];

		if (!rule_matches(walk, rule, iif))
			continue;
		if (action_name(rule->action)) {
			name_rule(walk, rule);
			return true;
		}
		/* FR_ACT_GOTO and FR_ACT_NOP are passed over: nothing is named then, rather
		 * than something wrong. */
		if (rule->action == FR_ACT_TO_TBL && ends_here(walk, space, rule->table))
			return false;
	}
	return false;
}

/* --- what puts a container right -------------------------------------------------------------- */

/* Commands with "; " between them, in one text. n counts them. */
struct pieces {
	char text[CODE_WORD_LEN];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void add_piece(struct pieces *pieces,
							    const char *format, ...)
{
	size_t len = strlen(pieces->text);
	va_list list;

	if (pieces->n++)
		len += (size_t)snprintf(pieces->text + len, sizeof(pieces->text) - len, "; ");
	/* Once the text is full nothing more is added. The caller sees by its length that it
	 * was cut. */
	if (len >= sizeof(pieces->text))
		return;
	va_start(list, format);
	(void)vsnprintf(pieces->text + len, sizeof(pieces->text) - len, format, list);
	va_end(list);
}

/* Of the main table only: that is where netd puts its routes. */
static bool has_default(const struct facts_space *space, uint8_t af)
{
	facts_ask_routes(space);
	for (size_t i = 0; i < space->n_routes; i++)
		if (space->routes[i].dst.addr.family == af && space->routes[i].dst.len == 0 &&
		    space->routes[i].table == RT_TABLE_MAIN && space->routes[i].type == RTN_UNICAST)
			return true;
	return false;
}

/* The route to its own subnet, which the kernel makes with the address and somebody may delete.
 * A route that covers the address is enough, for it may have been replaced by a wider one on
 * purpose. */
static bool has_subnet(const struct facts_space *space, const struct prefix *prefix)
{
	facts_ask_routes(space);
	for (size_t i = 0; i < space->n_routes; i++)
		if (space->routes[i].dst.len > 0 && space->routes[i].type == RTN_UNICAST &&
		    prefix_contains(&space->routes[i].dst, &prefix->addr))
			return true;
	return false;
}

/* Commands for one family of one link. `replace` makes each of them harmless where it is not
 * needed after all. */
static void add_family(struct pieces *pieces, const struct facts_space *space,
		       const struct facts_endpoint *endpoint, enum family family, bool is_way_out)
{
	const struct prefix *prefix = &endpoint->addr[family];
	const char *ip = family == FAMILY_6 ? "ip -6" : "ip";
	bool has_addr = judge_find_addr(space, &prefix->addr);
	struct prefix subnet = { .addr = prefix_first(prefix), .len = prefix->len };

	if (!addr_is_set(&prefix->addr))
		return;
	if (!has_addr)
		add_piece(pieces, "%s addr replace %s dev %s%s", ip, PREFIX_STR(prefix),
			  endpoint->ifname, family == FAMILY_6 ? " nodad" : "");
	else if (judge_is_up(facts_link_named(space, endpoint->ifname)) &&
		 !has_subnet(space, prefix))
		add_piece(pieces, "%s route replace %s dev %s", ip, PREFIX_STR(&subnet),
			  endpoint->ifname);
	/* The default route is given back to the endpoint that netd gave it to, and to no other. */
	if (is_way_out && addr_is_set(&endpoint->gateway[family]) &&
	    !has_default(space, family_af(family)))
		add_piece(pieces, "%s route replace default via %s dev %s", ip,
			  ADDR_STR(&endpoint->gateway[family]), endpoint->ifname);
}

void judge_restore(struct judge_walk *walk, const struct facts_space *space,
		   const struct facts_container *container)
{
	struct pieces pieces = { 0 };

	if (walk->words.is_terse)
		return;
	code_word_drop(&walk->words, "restore");
	for (size_t i = 0; container && i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		const struct facts_link *link = facts_link_named(space, endpoint->ifname);

		/* A link that is missing cannot be given back by a command; netd makes it anew. */
		if (!link)
			continue;
		/* A name that a shell would take apart: then there is no command at all. */
		if (!judge_is_plain(endpoint->ifname))
			return;
		if (!judge_is_up(link))
			add_piece(&pieces, "ip link set dev %s up", endpoint->ifname);
		for (enum family family = FAMILY_4; family < FAMILY_N; family++)
			add_family(&pieces, space, endpoint, family,
				   judge_is_way_out(walk->facts, container, endpoint, family));
	}
	/* A command that was cut must not be run. */
	if (pieces.n == 0 || strlen(pieces.text) > CODE_WORD_LEN - 10)
		return;
	/* One command runs as it is; several need a shell, and the text has no quote in it. */
	if (pieces.n == 1)
		code_word(&walk->words, "restore", "%s", pieces.text);
	else
		code_word(&walk->words, "restore", "sh -c '%s'", pieces.text);
}
