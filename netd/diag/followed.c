// SPDX-License-Identifier: GPL-2.0-or-later
// followed.c - packets of a container as they come by, told in names of containers and networks
#include "diag/followed.h"

#include "base/json_write.h"
#include "base/protocol.h"
#include "diag/decoy.h"
#include "diag/rules/rules.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. The tracer tells numbers: namespace, link, addresses. Here they become
 * an object with names, for netctl to print or a program to read. A link of the host is called
 * after whose it is, because "veth3f2a" says nothing.
 *
 * NAT shows as a difference: the same packet (the tracer's id) was seen with another address
 * before. The last packets are kept in a ring for that; one that has fallen out of it is told
 * without its former address. */

/* --- names ------------------------------------------------------------------------------------ */

/* 0 is no inode of a namespace. */
static uint64_t host_netns(const struct facts *facts)
{
	const struct facts_space *host = facts_space(facts, "host");

	return host ? host->netns : 0;
}

/* In whose namespace it is. One that netd did not make is "elsewhere". */
static const char *place_of(const struct facts *facts, uint64_t netns)
{
	if (netns == host_netns(facts))
		return "host";
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns == netns && !facts->containers[i].host_mode)
			return facts->containers[i].name;
	return "elsewhere";
}

/* Names of links on the host are unique, so the first is the one. */
static const struct facts_container *owner_of(const struct facts *facts, const char *host_ifname)
{
	for (size_t i = 0; *host_ifname && i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		for (size_t k = 0; k < container->n_endpoints; k++)
			if (strcmp(container->endpoints[k].host_ifname, host_ifname) == 0)
				return container;
	}
	return NULL;
}

/* NULL: a bridge of somebody else's, or none. */
static const char *network_of_bridge(const struct facts *facts, const char *bridge)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		for (size_t k = 0; k < facts->networks[i].n_bridges; k++)
			if (strcmp(facts->networks[i].bridges[k], bridge) == 0)
				return facts->networks[i].name;
	return NULL;
}

/* "web's port", a network's name for its bridge, or the link's own name. */
static void print_link(const struct facts *facts, uint64_t netns, const char *link, char *ret_text,
		       size_t size)
{
	bool is_host = netns == host_netns(facts);
	const struct facts_container *owner = is_host ? owner_of(facts, link) : NULL;
	const char *network = is_host ? network_of_bridge(facts, link) : NULL;

	if (owner)
		(void)snprintf(ret_text, size, "%s's port", owner->name);
	else
		(void)snprintf(ret_text, size, "%s", network ? network : link);
}

/* Whose address it is, for a person. NULL: nobody's that is known. */
static const char *name_of(const struct facts *facts, const struct addr *addr)
{
	const struct facts_space *host = facts_space(facts, "host");

	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		for (size_t k = 0; k < container->n_endpoints; k++)
			if (addr_equal(&container->endpoints[k].addr[family_of(addr->family)].addr,
				       addr))
				return container->name;
	}
	if (addr_is_loopback(addr))
		return NULL; /* everybody's */
	return host && facts_addr(host, addr) ? "host" : NULL;
}

/* --- NAT -------------------------------------------------------------------------------------- */

/* Sizes and flags change on the way; only ends are NAT's. */
static bool is_as_before(const struct followed_packet *before, const struct traced_line *line)
{
	return addr_equal(&before->from, &line->from) && addr_equal(&before->to, &line->to) &&
	       before->from_port == line->from_port && before->to_port == line->to_port;
}

/* true: it was another, which *ret_was has; and how it is now is noted. Of a packet that is dropped
 * it matters what it was sent as: whoever sent it knows nothing of NAT, and NAT was told of at a
 * place before, if at all. */
static bool has_changed(struct followed *followed, const struct traced_line *line,
			struct followed_packet *ret_was)
{
	struct followed_packet is = { line->id, line->from, line->to, line->from_port,
				      line->to_port };
	size_t kept = followed->n_packets < FOLLOWED_PACKETS ? followed->n_packets
							     : FOLLOWED_PACKETS;

	/* The ring is searched whole: a packet comes by a handful of times within a short while. */
	for (size_t i = 0; i < kept; i++) {
		struct followed_before *before = &followed->packets[i];

		if (before->last.id != line->id)
			continue;
		*ret_was = line->event == TRACED_DROPPED ? before->first : before->last;
		before->last = is;
		return !is_as_before(ret_was, line);
	}
	/* The oldest one gives its place away. */
	followed->packets[followed->n_packets++ % FOLLOWED_PACKETS] =
		(struct followed_before) { is, is };
	return false;
}

/* --- the object ------------------------------------------------------------------------------- */

/* Words of docs/tracing.md, which stay. */
static const char *const event_word[TRACED_N_EVENTS] = {
	[TRACED_SENT] = "sent",	  [TRACED_RECEIVED] = "received", [TRACED_DROPPED] = "dropped",
	[TRACED_RESET] = "reset", [TRACED_ICMP] = "icmp",
};

/* Both ends, and which containers have their addresses. A port of 0 is none. */
static json_t *ends_json(const struct facts *facts, const struct followed_packet *packet)
{
	json_t *json = json_pack("{s:s, s:s?, s:s, s:s?}", "From", ADDR_STR(&packet->from),
				 "FromName", name_of(facts, &packet->from), "To",
				 ADDR_STR(&packet->to), "ToName", name_of(facts, &packet->to));

	if (json && packet->from_port > 0)
		(void)json_object_set_new(json, "FromPort", json_integer(packet->from_port));
	if (json && packet->to_port > 0)
		(void)json_object_set_new(json, "ToPort", json_integer(packet->to_port));
	return json;
}

/* An ICMP error quotes another packet: the quoted ports are not its own. */
static json_t *packet_json(const struct facts *facts, const struct traced_line *line)
{
	struct followed_packet packet = { line->id, line->from, line->to, line->from_port,
					  line->to_port };
	json_t *json;

	if (line->is_quoted)
		packet.from_port = packet.to_port = 0;
	json = ends_json(facts, &packet);
	if (!json)
		return NULL;
	(void)json_object_set_new(json, "Protocol",
				  line->protocol ? json_string(protocol_name(line->protocol))
						 : json_null());
	(void)json_object_set_new(json, "Bytes", json_integer(line->bytes));
	if (*line->flags)
		(void)json_object_set_new(json, "Flags", json_text(line->flags));
	return json;
}

/* What each event has, and then what only some have. Where json_object_set_new() fails memory
 * is lacking; the member is then missing, which a reader takes for "not known". */
json_t *followed_json(struct followed *followed, const struct traced_line *line)
{
	const struct facts *facts = followed->facts;
	bool is_drop = line->event == TRACED_DROPPED, is_six = line->from.family == AF_INET6;
	struct followed_packet was;
	char link[FACTS_IFNAME + NAME_LEN_MAX + 8];
	json_t *json;

	print_link(facts, line->netns, line->link, link, sizeof(link));
	json = json_pack("{s:s, s:f, s:o, s:I, s:o, s:o, s:I, s:o}", "Event",
			 event_word[line->event], "Microseconds", line->us, "Place",
			 json_text(place_of(facts, line->netns)), "Netns", (json_int_t)line->netns,
			 "Link", json_text(line->link), "LinkName", json_text(link), "Id",
			 (json_int_t)line->id, "Packet", packet_json(facts, line));
	if (!json)
		return NULL;
	/* What was quoted is another packet, so it has no former self. */
	if (has_changed(followed, line, &was) && !line->is_quoted)
		(void)json_object_set_new(json, "Was", ends_json(facts, &was));
	/* Whether a loss means anything is told beside it, so that a screen can leave it out. */
	if (is_drop) {
		(void)json_object_set_new(json, "Reason", json_text(line->reason));
		(void)json_object_set_new(json, "Function", json_text(line->function));
		(void)json_object_set_new(json, "Decoy",
					  json_boolean(decoy_is(line->reason, line->function,
								line->icmp_type, is_six)));
	}
	if (line->icmp_type >= 0) {
		(void)json_object_set_new(json, "IcmpType", json_integer(line->icmp_type));
		(void)json_object_set_new(json, "IcmpCode", json_integer(line->icmp_code));
	}
	return json;
}

/* The packet as it was when it met the rule. */
static json_t *met_json(const struct facts *facts, const struct followed_met *met)
{
	const struct followed_packet packet = { 0, met->from, met->to, met->from_port,
						met->to_port };
	json_t *json = ends_json(facts, &packet);

	if (json)
		(void)json_object_set_new(json, "Protocol",
					  met->protocol ? json_string(protocol_name(met->protocol))
							: json_null());
	return json;
}

/* A rule has no time of its own: us is that of the event beside it. */
json_t *followed_rule_json(struct facts *facts, const struct followed_rule *rule, double us)
{
	const struct traced_rule *of = &rule->rule;
	char does[TRACED_NAME + 8], text[160];
	const char *say = traced_rules_say(of, facts, text, sizeof(text));
	json_t *json;

	if (!say)
		return NULL;
	traced_rules_does(of, does, sizeof(does));
	json = json_pack("{s:s, s:f, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o}", "Event", "rule",
			 "Microseconds", us, "Place", json_text(place_of(facts, of->netns)),
			 "Netns", (json_int_t)of->netns, "Family", rules_family_name(of->family),
			 "Table", json_text(of->table), "Chain", json_text(of->chain), "Verdict",
			 json_text(does), "Say", json_text(say), "Packet",
			 met_json(facts, &rule->of));
	if (json && !of->is_policy)
		(void)json_object_set_new(json, "Handle", json_integer((json_int_t)of->handle));
	return json;
}
