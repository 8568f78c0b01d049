// SPDX-License-Identifier: GPL-2.0-or-later
// judge.c - the way there, the way back, the size, and what all of it comes to
#include "diag/judge.h"

#include "base/limits.h"
#include "diag/judge_walk.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. begin() finds out who both ends are, and choose_addr() by which address
 * A would connect to B. Then one packet is walked there (leg()), turned around (turn()), and
 * walked back. A leg is a loop of places: each says where the packet is next, and the loop ends
 * where somebody takes it or it is lost.
 *
 * Only what works is looked at further: sizes after both legs (judge_size()), the second
 * connection of a relay (judge_relay()), and IPv6 where B was asked for by name (judge_six()).
 * A fault that those find becomes the cause, with a note that says what works nevertheless.
 *
 * The verdict is "reachable" only where both legs ended and nothing on them was unknown.
 * conclude() is the one place that decides it. */

/* A port that stands for A's socket where the packet needs a number. RULES_KNOWS_SPORT is not
 * set, so no rule is decided by it (settle_port() in judge_rules.c tries the real range). */
#define PORT_OF_A 40000

/* --- the ends --------------------------------------------------------------------------------- */

/* By all that a person may call it: name, id, alias. */
static const struct facts_container *container_named(const struct facts *facts, const char *name)
{
	for (size_t i = 0; name && i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		if (strcmp(container->name, name) == 0 || strcmp(container->id, name) == 0)
			return container;
		for (size_t j = 0; j < container->n_names; j++)
			if (strcmp(container->names[j], name) == 0)
				return container;
	}
	return NULL;
}

/* Whose namespace is known is not looked for among hundreds. */
static const struct facts_container *container_of(const struct facts *facts,
						  const struct diag_end *end)
{
	const struct facts_space *space = end->space ? facts_space(facts, end->space) : NULL;
	const struct facts_container *container = judge_container_of(facts, space);

	if (container && end->name && strcmp(container->name, end->name) == 0)
		return container;
	return container_named(facts, end->name);
}

/* The host, or one of its addresses. */
static bool is_of_host(const struct judge_walk *walk, const struct diag_end *end)
{
	return end->kind == DIAG_OF_HOST || (end->kind == DIAG_OF_ADDRESS && walk->host &&
					     judge_find_addr(walk->host, &end->addr));
}

/* An address that netd gave a container: whoever asks for the address means it. Sets container
 * and space; both stay NULL where nobody has it. */
static void find_by_addr(struct judge_walk *walk, struct judge_side *side)
{
	enum family family = family_of(side->addr.family);

	for (size_t i = 0; i < walk->facts->n_containers; i++) {
		const struct facts_container *container = &walk->facts->containers[i];

		/* The address of an endpoint counts, not that in the picture: the picture of
		 * each container would have to be taken for that. */
		for (size_t j = 0; j < container->n_endpoints; j++)
			if (addr_equal(&container->endpoints[j].addr[family].addr, &side->addr)) {
				side->container = container;
				side->space = facts_ask_space(walk->facts, container->space);
				return;
			}
	}
}

/* Who an end is. The order is from what the question says for certain to what has to be looked
 * up, and each step only fills what those before have left empty. */
static void fill_side(struct judge_walk *walk, const struct diag_end *end, struct judge_side *side)
{
	side->name = end->name ? end->name : "?";
	side->addr = end->addr;
	if (end->kind == DIAG_OF_CONTAINER)
		side->container = container_of(walk->facts, end);
	if (end->space)
		side->space = facts_ask_space(walk->facts, end->space);
	else if (side->container && side->container->space[0])
		side->space = facts_ask_space(walk->facts, side->container->space);
	/* An address of the host's is the host, whoever it was asked for by. */
	if (!side->space && is_of_host(walk, end))
		side->space = walk->host;
	/* This comes last: an address that the host has and netd gave away is the host's. */
	if (!side->space && addr_is_set(&end->addr))
		find_by_addr(walk, side);
	if (!side->container)
		side->container = judge_container_of(walk->facts, side->space);
	/* An address that nobody here has is somewhere outside. */
	side->is_outside = end->kind == DIAG_OF_OUTSIDE ||
			   (end->kind == DIAG_OF_ADDRESS && !side->space);
}

/* The address of B that A uses: on a network of both, else the first of B's of that family. A
 * name resolves in the same order, so the walk takes the way that a program would take. */
static struct addr addr_of_container(const struct judge_walk *walk, enum family family)
{
	/* A container that asks for itself shares all of its networks with itself: then the
	 * first one is as good. */
	const struct facts_container *b = walk->b.container;
	const struct facts_endpoint *shared = walk->a.container && walk->a.container != b
						      ? judge_shared(b, walk->a.container)
						      : NULL;

	if (shared && addr_is_set(&shared->addr[family].addr))
		return shared->addr[family].addr;
	for (size_t i = 0; i < b->n_endpoints; i++)
		if (addr_is_set(&b->endpoints[i].addr[family].addr))
			return b->endpoints[i].addr[family].addr;
	return (struct addr) { 0 };
}

/* The first address that others may know a namespace by. */
static struct addr addr_of_space(const struct facts_space *space, uint8_t af)
{
	facts_ask_addrs(space, 0, af);
	for (size_t i = 0; i < space->n_addrs; i++) {
		const struct addr *addr = &space->addrs[i].prefix.addr;

		if (addr->family == af && !addr_is_loopback(addr) && !addr_is_link_local(addr))
			return *addr;
	}
	return (struct addr) { 0 };
}

/* The host has many addresses: a container means its gateway, who is outside the one that answers
 * him, the host itself the loopback. */
static struct addr addr_of_host(struct judge_walk *walk, enum family family)
{
	const struct facts_container *a = walk->a.container;
	struct facts_way_asked asked = { .dst = walk->a.addr };
	struct addr loopback;

	if (walk->a.space == walk->host && family == FAMILY_4 &&
	    addr_parse("127.0.0.1", &loopback) == 0)
		return loopback;
	/* A gateway that the bridge does not have (it was lost, or is outside) cannot be meant. */
	for (size_t i = 0; a && i < a->n_endpoints; i++)
		if (judge_find_addr(walk->host, &a->endpoints[i].gateway[family]))
			return a->endpoints[i].gateway[family];
	/* The address that the host would answer from is the one that is reachable from there. */
	if (walk->a.is_outside && addr_is_set(&walk->a.addr)) {
		const struct facts_way *way = facts_ask_way(walk->facts, walk->host, &asked);

		if (!way->err && addr_is_set(&way->prefsrc))
			return way->prefsrc;
	}
	return addr_of_space(walk->host, family_af(family));
}

/* An address that was asked for is taken as it is, or not at all where the other family is
 * wanted. */
static struct addr choose_addr(struct judge_walk *walk, enum family family)
{
	if (addr_is_set(&walk->b.addr))
		return walk->b.addr.family == family_af(family) ? walk->b.addr
								: (struct addr) { 0 };
	if (walk->host && walk->b.space == walk->host)
		return addr_of_host(walk, family);
	if (walk->b.container)
		return addr_of_container(walk, family);
	return walk->b.space ? addr_of_space(walk->b.space, family_af(family))
			     : (struct addr) { 0 };
}

/* --- a leg ------------------------------------------------------------------------------------ */

/* The link that has the address which is asked for, or is on the network of who asks, where it is
 * down: its routes went with it. */
static const struct facts_link *uplink_that_is_down(const struct judge_walk *walk)
{
	facts_ask_addrs(walk->host, 0, walk->packet.dst.family);
	for (size_t i = 0; i < walk->host->n_addrs; i++) {
		const struct facts_addr *held = &walk->host->addrs[i];
		const struct facts_link *link;

		/* An address of the same subnet as the asker's is enough: he came in by that
		 * link. */
		if (!addr_equal(&held->prefix.addr, &walk->packet.dst) &&
		    !prefix_contains(&held->prefix, &walk->packet.src))
			continue;
		link = facts_link(walk->host, held->ifindex);
		if (link && !judge_is_up(link))
			return link;
	}
	/* With the link the kernel has taken its addresses of IPv6 away. */
	return walk->packet.dst.family == AF_INET6 ? judge_uplink_down(walk) : NULL;
}

/* What comes from outside comes in where the host would answer it. */
static enum judge_at from_outside(struct judge_walk *walk)
{
	const struct facts_way *way;

	/* Without a source there is nothing to route by. The hop that says so is the caller's. */
	if (!walk->host || !addr_is_set(&walk->packet.src))
		return JUDGE_LOST;
	/* The kernel is asked for the way to A: as a rule, what comes from there comes in by
	 * the same link. */
	way = facts_ask_way(walk->facts, walk->host,
			    &(struct facts_way_asked) { .dst = walk->packet.src });
	walk->link = way->err ? NULL : facts_link(walk->host, way->oif);
	if (way->err && uplink_that_is_down(walk)) {
		code_word(&walk->words, "link", "%s", uplink_that_is_down(walk)->name);
		return judge_bad(walk, CODE_UPLINK_DOWN, judge_hop(walk, "uplink", "back.uplink"),
				 "host", JUDGE_LOST);
	}
	if (!walk->link) {
		judge_unknown(walk, judge_hop(walk, "uplink", "back.uplink"), "host",
			      "by which link %s comes in is not known",
			      ADDR_STR(&walk->packet.src));
		return JUDGE_LOST;
	}
	judge_enter(walk, walk->host);
	judge_ok(walk, "uplink", walk->link->name, "comes in at %s", ADDR_STR(&walk->packet.dst));
	judge_rests(walk, "Source", "%s", ADDR_STR(&walk->packet.src));
	return JUDGE_AT_HOST;
}

/* One place. What a place is not able to judge it says itself; JUDGE_AT_END and JUDGE_LOST
 * never get here, for leg() stops at them. */
static enum judge_at step(struct judge_walk *walk)
{
	switch (walk->at) {
	case JUDGE_AT_SOCKET:
		/* Without a namespace to look into, A is outside, and its packet appears at a
		 * link of the host. */
		return walk->near->space ? judge_at_socket(walk) : from_outside(walk);
	case JUDGE_AT_PORT:
		return judge_at_port(walk);
	case JUDGE_AT_HOST:
		return judge_at_host(walk);
	case JUDGE_AT_BRIDGE:
		return judge_at_bridge(walk);
	case JUDGE_AT_INSIDE:
		return judge_at_inside(walk);
	case JUDGE_AT_OUTSIDE:
		return judge_at_outside(walk);
	case JUDGE_AT_END:
	case JUDGE_LOST:
		break;
	}
	return JUDGE_LOST;
}

/* A leg begins at a socket and has no memory of places. What the leg before has noted is for
 * that leg only. */
static enum judge_at leg(struct judge_walk *walk)
{
	walk->at = JUDGE_AT_SOCKET;
	walk->was_prerouted = false;
	walk->astray.is_there = false;
	/* Two containers that lead a packet to one another would walk for ever. */
	for (size_t i = 0; i < DIAG_PLACES_MAX; i++) {
		walk->at = step(walk);
		if (walk->at == JUDGE_AT_END || walk->at == JUDGE_LOST)
			return walk->at;
	}
	judge_unknown(walk, "host", "host", "the packet goes in a circle");
	return JUDGE_LOST;
}

/* The first packet of the flow, before any rule has seen it. What a program and the kernel will
 * choose (source, port) is not known yet, and `known` says so bit by bit. */
static void make_packet(struct judge_walk *walk)
{
	walk->packet = (struct rules_packet) {
		/* Of a packet that a program has not changed: no mark, no type of service,
		 * plain SYN or echo request. */
		.known = RULES_KNOWS_DST | RULES_KNOWS_MARK | RULES_KNOWS_TCP_FLAGS |
			 RULES_KNOWS_ICMP | RULES_KNOWS_TOS | RULES_KNOWS_CT_MARK,
		.protocol = walk->protocol,
		.dst = walk->b.addr,
		.dport = walk->port,
		.sport = PORT_OF_A,
		.tcp_flags = TH_SYN,
		.icmp_type = 8,
		.pkttype = 0,
	};
	/* Without a port, rules about ports are not decided. Ping has none, and that is known. */
	if (walk->port || walk->protocol == IPPROTO_ICMP)
		walk->packet.known |= RULES_KNOWS_DPORT;
	if (walk->b.addr.family == AF_INET6 && walk->protocol == IPPROTO_ICMP) {
		walk->packet.protocol = IPPROTO_ICMPV6;
		walk->packet.icmp_type = 128;
	}
	/* Who is outside cannot be asked for his way: his address is the source. */
	if (walk->a.is_outside) {
		walk->packet.src = walk->a.addr;
		walk->packet.known |= RULES_KNOWS_SRC;
	}
}

/* The answer starts where the first packet ended, which NAT may have made another than B.
 * false: nothing was seen there, so there is no packet to answer. */
static bool turn(struct judge_walk *walk)
{
	const struct rules_packet *first = NULL;
	/* What this namespace saw of the packet when it left the rules: NAT of the places
	 * before is in it already. */
	const struct facts_space *at = walk->space;

	for (size_t i = 0; i < walk->n_seen; i++)
		if (walk->seen[i].space == at && walk->seen[i].has_first)
			first = &walk->seen[i].last;
	if (!first)
		return false;
	/* A published port leads to a container: that one answers, by its own rules and routes. */
	walk->taker = walk->b;
	if (!walk->b.is_outside) {
		walk->taker.space = at;
		walk->taker.container = judge_container_of(walk->facts, at);
		walk->taker.name = judge_name_of(walk, at);
	}
	/* Addresses and ports are changed over, and conntrack knows the flow. */
	rules_answer(first, &walk->packet);
	walk->packet.tcp_flags = TH_SYN | TH_ACK;
	walk->is_back = true;
	walk->near = &walk->taker;
	walk->far = &walk->a;
	return true;
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* What was not reached is told as such, so that each verdict has all of its hops. */
static void tell_not_reached(struct judge_walk *walk)
{
	struct diag_verdict *verdict = walk->verdict;
	bool has_to = false;

	for (size_t i = 0; i < verdict->n_hops; i++)
		if (strncmp(verdict->hops[i].id, "to", 2) == 0)
			has_to = true;
	if (!walk->is_back && !has_to)
		verdict_add_hop(verdict, "to", DIAG_SKIPPED, walk->b.name, "not reached");
	if (!walk->is_back)
		verdict_add_hop(verdict, "back", DIAG_SKIPPED, "back", "not reached");
}

/* What all of it comes to. The order of the tests is the order of certainty: bad for certain,
 * then only for some packets, then unknown. */
static void conclude(struct judge_walk *walk, enum judge_at end)
{
	const struct judge_cause *kept = &walk->kept, *diverged = &walk->diverged;
	struct diag_verdict *verdict = walk->verdict;

	/* It is no cause, or nobody knows: what is not as netd gave it is worth knowing. */
	if (diverged->is_there && (!verdict->code || verdict->code != codes[diverged->id].word)) {
		code_words_copy(&diverged->words, &walk->words);
		judge_warn(walk, diverged->id, diverged->hop, diverged->where);
	}
	if (verdict->code) { /* bad, and told */
		verdict->outcome = DIAG_UNREACHABLE;
		return;
	}
	verdict->outcome = DIAG_REACHABLE;
	/* A small link is nothing beside what nobody knows. */
	if (kept->is_there && !(walk->is_undecided && codes[kept->id].outcome == DIAG_PARTLY)) {
		code_tell(&kept->words, kept->id, kept->hop, verdict);
		verdict->outcome = codes[kept->id].outcome;
	}
	/* A walk that was lost without a code was lost where nobody could look. */
	if (end == JUDGE_LOST || walk->is_undecided)
		verdict->outcome = DIAG_UNDECIDED;
}

/* Whoever asked waits for an answer from the address that he asked. An answer from another is
 * thrown away by the kernel, however well it finds the way. */
static enum judge_at check_answer(struct judge_walk *walk)
{
	const struct rules_packet *answer = &walk->packet;
	/* Who was led on by a service is answered from the service's address. */
	bool is_led = walk->service.is_led;
	const struct addr *asked = is_led ? &walk->service.addr : &walk->b.addr;
	uint16_t port = is_led ? walk->service.port : walk->port;

	/* Ping has no port to compare. */
	if (addr_equal(&answer->src, asked) && (port == 0 || answer->sport == port))
		return JUDGE_AT_END;
	/* The host's NAT was kept from the flow by a rule: that one is the cause. Else it is
	 * not known which rule it was. */
	if (!walk->notrack_rule[0]) {
		judge_unknown(walk, "back", "back", "the answer comes from %s, and %s was asked",
			      ADDR_STR(&answer->src), ADDR_STR(asked));
		return JUDGE_LOST;
	}
	code_word(&walk->words, "src", "%s", ADDR_STR(&answer->src));
	code_word(&walk->words, "asked", "%s", ADDR_STR(asked));
	code_word(&walk->words, "because", ": %s", walk->notrack_rule);
	code_word_drop(&walk->words, "unrule");
	if (walk->notrack_unrule[0])
		code_word(&walk->words, "unrule", "%s", walk->notrack_unrule);
	return judge_bad(walk, CODE_ANSWER_UNTRACKED, "back", "back", JUDGE_LOST);
}

/* The name first: a program that gets no address, or a wrong one, sends nothing to B. */
static void walk_there_and_back(struct judge_walk *walk)
{
	enum judge_at end = judge_at_name(walk);

	judge_service_begin(walk);
	if (end == JUDGE_AT_SOCKET) {
		make_packet(walk);
		walk->near = &walk->a;
		walk->far = &walk->b;
		end = leg(walk);
		/* The source is known only after the leg: the kernel has chosen it. */
		walk->verdict->from.addr = walk->packet.src;
	}
	/* turn() fails for who is outside of all that can be seen. Then the leg there is all
	 * that can be judged. */
	if (end == JUDGE_AT_END && turn(walk)) {
		end = leg(walk);
		if (end == JUDGE_AT_END)
			end = check_answer(walk);
		if (end == JUDGE_AT_END)
			verdict_add_hop(walk->verdict, "back", DIAG_OK, "back",
					"the answer finds its way");
	}
	if (end == JUDGE_AT_END)
		judge_size(walk);
	else
		tell_not_reached(walk);
	conclude(walk, end);
}

/* Prepares a walk; judge_walk_done() ends it. Nothing in it is owned. */
static void begin(struct facts *facts, struct diag_verdict *verdict, struct judge_walk *walk)
{
	memset(walk, 0, offsetof(struct judge_walk, notrack_rule));
	walk->notrack_rule[0] = walk->notrack_unrule[0] = '\0';
	walk->words.n = 0;
	walk->words.is_terse = verdict->is_terse;
	walk->kept.is_there = walk->diverged.is_there = walk->astray.is_there = false;
	walk->led.is_there = walk->lent.is_there = false;
	walk->facts = facts;
	walk->verdict = verdict;
	walk->protocol = verdict->to.protocol ? verdict->to.protocol : IPPROTO_TCP;
	walk->port = verdict->to.port;
	walk->host = facts_space(facts, "host");
	fill_side(walk, &verdict->from, &walk->a);
	fill_side(walk, &verdict->to, &walk->b);
	/* Words that every sentence may use. {container-a} is what netctl can be given, which a
	 * name of a person's choosing need not be. */
	code_word(&walk->words, "a", "%s", walk->a.name);
	code_word(&walk->words, "b", "%s", walk->b.name);
	code_word(&walk->words, "container-a", "%s",
		  walk->a.container ? walk->a.container->name : walk->a.name);
	code_word(&walk->words, "container-b", "%s",
		  walk->b.container ? walk->b.container->name : walk->b.name);
	code_word(&walk->words, "ports", "%s", "");
	code_word(&walk->words, "nf", "%s", "");
}

/* The same question, for a walk of its own: its words and hops must not mix with those of the one
 * that is told. Where B is differs from walk to walk. *again is zeroed. */
static void ask_again(const struct diag_verdict *verdict, struct diag_verdict *again)
{
	again->is_terse = verdict->is_terse;
	again->from.kind = verdict->from.kind;
	again->to.kind = verdict->to.kind;
	again->to.port = verdict->to.port;
	again->to.protocol = verdict->to.protocol;
	verdict_set_name(again, &again->from, verdict->from.name);
	verdict_set_name(again, &again->to, verdict->to.name);
	if (verdict->from.space)
		verdict_set_space(again, &again->from, verdict->from.space);
}

/* --- the other family ------------------------------------------------------------------------- */

/* A refusal at once is no fault of a family: programs go on to the next address without a delay. */
static bool is_of_socket(const struct diag_verdict *verdict)
{
	return verdict->hop && strcmp(verdict->hop, "to.socket") == 0;
}

/* Both have the address of IPv6 that a name would resolve to. */
static bool has_both(const struct judge_walk *walk, const struct addr *addr)
{
	const struct facts_container *a = walk->a.container, *b = walk->b.container;
	const struct facts_endpoint *shared = a && b && a != b ? judge_shared(a, b) : NULL;

	return addr_is_set(addr) && shared && addr_is_set(&shared->addr[FAMILY_6].addr);
}

/* What is lost by IPv6 alone becomes a hop of what works by IPv4. */
static void tell_six(struct diag_verdict *verdict, const struct judge_walk *walk,
		     const struct diag_verdict *six)
{
	verdict_add_hop(verdict, "family", DIAG_BAD, "IPv6", "%s", six->cause);
	code_tell(&walk->words, (enum code_id)(code_find(six->code) - codes), "family", verdict);
	verdict_set_note(verdict, "By IPv4 it works; programs try IPv6 first.");
	verdict->outcome = DIAG_PARTLY;
}

/* A name has addresses of both families, and programs try that of IPv6 first: when only that one is
 * lost it works after a while, and nobody knows why it is slow. */
static void judge_six(struct facts *facts, struct diag_verdict *verdict)
{
	struct diag_verdict six = { 0 };
	struct judge_walk walk;

	ask_again(verdict, &six);
	if (verdict->to.space)
		verdict_set_space(&six, &six.to, verdict->to.space);
	begin(facts, &six, &walk);
	walk.b.addr = choose_addr(&walk, FAMILY_6);
	if (has_both(&walk, &walk.b.addr))
		walk_there_and_back(&walk);
	/* A refusal at once costs no time. Nor does what is undecided become a cause here. */
	if (six.code && six.outcome == DIAG_UNREACHABLE && !is_of_socket(&six))
		tell_six(verdict, &walk, &six);
	if (six.err && !verdict->err)
		verdict->err = six.err;
	judge_walk_done(&walk);
	verdict_done(&six);
}

/* --- a relay ---------------------------------------------------------------------------------- */

/* On a network that leads out; of the other family if none gives it one of this. */
static struct addr relayed_to(const struct judge_walk *walk)
{
	/* The wanted family comes first, then the other one. */
	enum family family = family_of(walk->b.addr.family), families[] = { family, !family };

	for (size_t f = 0; f < FAMILY_N; f++)
		for (size_t i = 0; i < walk->relayed_by->n_endpoints; i++) {
			const struct facts_endpoint *endpoint = &walk->relayed_by->endpoints[i];
			const struct facts_network *network = judge_network(walk->facts,
									    endpoint->network);

			if (network && !network->internal &&
			    addr_is_set(&endpoint->addr[families[f]].addr))
				return endpoint->addr[families[f]].addr;
		}
	return (struct addr) { 0 };
}

/* The port of the host is open whatever becomes of the container: the second connection, from the
 * host, is followed as one that was asked for. */
static void judge_relay(struct facts *facts, struct diag_verdict *verdict,
			const struct judge_walk *taken)
{
	const struct facts_container *by = taken->relayed_by;
	struct diag_verdict relay = { 0 };
	struct judge_walk walk;

	/* The relay runs on the host, so its connection is one from the host. */
	relay.is_terse = verdict->is_terse;
	relay.from.kind = DIAG_OF_HOST;
	relay.to.kind = DIAG_OF_CONTAINER;
	relay.to.port = taken->relayed_port;
	relay.to.protocol = verdict->to.protocol;
	verdict_set_name(&relay, &relay.from, "host");
	verdict_set_space(&relay, &relay.from, "host");
	verdict_set_name(&relay, &relay.to, by->name);
	verdict_set_space(&relay, &relay.to, by->space);
	begin(facts, &relay, &walk);
	walk.b.addr = relayed_to(taken);
	if (addr_is_set(&walk.b.addr))
		walk_there_and_back(&walk);
	/* What works adds nothing: the first walk has said that the port is open. */
	if (relay.code && relay.outcome != DIAG_REACHABLE) {
		verdict_add_hop(verdict, "relay",
				relay.outcome == DIAG_UNDECIDED ? DIAG_UNKNOWN : DIAG_BAD, by->name,
				"%s", relay.cause);
		code_tell(&walk.words, (enum code_id)(code_find(relay.code) - codes), "relay",
			  verdict);
		verdict_set_note(verdict, "The host takes connections to that port: netd relays "
					  "what NAT cannot lead there.");
		verdict->outcome = relay.outcome;
	}
	if (relay.err && !verdict->err)
		verdict->err = relay.err;
	judge_walk_done(&walk);
	verdict_done(&relay);
}

/* --- services --------------------------------------------------------------------------------- */

/* Of so many each is walked to: with more of them the rest is not known. */
#define DRAWS_WALKED 64

/* What became of those that may be chosen. */
struct draws {
	uint32_t n_reached, n_lost, n_unknown; /* the rest is partly reached */
	char lost[160];			       /* who is not, as far as there is room */
};

static void count_draw(struct draws *draws, const struct diag_verdict *verdict,
		       const struct judge_walk *walk)
{
	size_t len = strlen(draws->lost);

	draws->n_reached += verdict->outcome == DIAG_REACHABLE;
	draws->n_unknown += verdict->outcome == DIAG_UNDECIDED;
	if (verdict->outcome != DIAG_UNREACHABLE)
		return;
	draws->n_lost++;
	(void)snprintf(draws->lost + len, sizeof(draws->lost) - len, "%s%s", len ? ", " : "",
		       walk->b.name);
}

/* The same question, with another number drawn. What is bad becomes the cause, if there is none. */
static void judge_draw_of(struct facts *facts, struct diag_verdict *verdict,
			  const struct judge_walk *first, uint32_t number, struct draws *draws)
{
	struct diag_verdict other = { 0 };
	struct judge_walk walk;

	ask_again(verdict, &other);
	other.from.addr = first->a.addr;
	other.to.addr = first->service.addr;
	other.to.port = first->service.port;
	other.to.protocol = first->protocol;
	begin(facts, &other, &walk);
	walk.b.addr = first->service.addr;
	walk.drawn.number = number;
	walk_there_and_back(&walk);
	count_draw(draws, &other, &walk);
	if (other.code && !verdict->code) {
		verdict_add_hop(verdict, "service", DIAG_BAD, walk.b.name, "%s", other.cause);
		code_tell(&walk.words, (enum code_id)(code_find(other.code) - codes), "service",
			  verdict);
	}
	/* What nobody knows of this one is told with the rest. */
	for (size_t i = 0; i < other.n_unknown && other.outcome == DIAG_UNDECIDED; i++)
		verdict_add_unknown(verdict, other.unknown[i].where, "%s", other.unknown[i].why);
	if (other.err && !verdict->err)
		verdict->err = other.err;
	judge_walk_done(&walk);
	verdict_done(&other);
}

/* Whoever is chosen is one of several, and each of them may be. What is said is true of all of
 * them, or it is "partly". */
static void judge_draws(struct facts *facts, struct diag_verdict *verdict,
			const struct judge_walk *first)
{
	uint32_t below = first->drawn.below, n = below < DRAWS_WALKED ? below : DRAWS_WALKED;
	struct draws draws = { 0 };

	count_draw(&draws, verdict, first);
	for (uint32_t number = 1; number < n; number++)
		judge_draw_of(facts, verdict, first, number, &draws);
	draws.n_unknown += below - n;
	if (n < below)
		verdict_add_unknown(verdict, first->a.name,
				    "of %u containers behind service %s, %u were looked at", below,
				    first->service.of->name, n);
	if (draws.n_reached == below)
		verdict->outcome = DIAG_REACHABLE;
	else if (draws.n_lost == below)
		verdict->outcome = DIAG_UNREACHABLE;
	else if (draws.n_unknown == 0 || (draws.n_lost > 0 && draws.n_reached > 0))
		verdict->outcome = DIAG_PARTLY;
	else
		verdict->outcome = DIAG_UNDECIDED;
	if (draws.n_lost > 0 && draws.n_lost < below)
		verdict_set_note(verdict,
				 "Of %u containers that service %s may lead to, %u are not "
				 "reached: %s.",
				 below, first->service.of->name, draws.n_lost, draws.lost);
}

/* A refusal at once: programs go on to the next address. */
static bool is_refused(const struct diag_verdict *verdict)
{
	return is_of_socket(verdict) || strcmp(verdict->code, codes[CODE_SERVICE_EMPTY].word) == 0;
}

/* Who asked for a service by its name is told both of its addresses, and tries that of IPv6 first
 * where he has one himself. */
static void judge_service_six(struct facts *facts, struct diag_verdict *verdict,
			      const struct judge_walk *first)
{
	const struct addr *addr = &first->service.of->addr[FAMILY_6];
	const struct facts_container *a = first->a.container;
	struct diag_verdict six = { 0 };
	struct judge_walk walk;
	bool has_six = false;

	for (size_t i = 0; a && i < a->n_endpoints; i++)
		has_six |= strcmp(a->endpoints[i].network, first->service.network->name) == 0 &&
			   addr_is_set(&a->endpoints[i].addr[FAMILY_6].addr);
	if (!has_six || !addr_is_set(addr))
		return;
	ask_again(verdict, &six);
	six.to.addr = *addr;
	begin(facts, &six, &walk);
	walk.b.addr = *addr;
	walk_there_and_back(&walk);
	if (walk.drawn.below > 1)
		judge_draws(facts, &six, &walk);
	if (six.code && six.outcome != DIAG_REACHABLE && !is_refused(&six))
		tell_six(verdict, &walk, &six);
	if (six.err && !verdict->err)
		verdict->err = six.err;
	judge_walk_done(&walk);
	verdict_done(&six);
}

/* It was asked for by name, and has one address that was looked at. */
static bool is_service_named(const struct judge_walk *walk)
{
	struct addr addr;

	return walk->service.of && !walk->service.is_published &&
	       walk->service.addr.family == AF_INET &&
	       addr_parse(walk->verdict->to.name, &addr) < 0;
}

/* The order: IPv4 first, as its facts are there for nearly all containers; what IPv6 adds comes
 * afterwards. */
void judge(struct facts *facts, struct diag_verdict *verdict)
{
	struct judge_walk walk;
	struct addr addr;
	bool is_named;

	begin(facts, verdict, &walk);
	if (judge_service_from_outside(&walk, JUDGE_AT_SOCKET) == JUDGE_LOST) {
		tell_not_reached(&walk);
		conclude(&walk, JUDGE_LOST);
		judge_walk_done(&walk);
		return;
	}
	addr = choose_addr(&walk, FAMILY_4);
	if (!addr_is_set(&addr))
		addr = choose_addr(&walk, FAMILY_6);
	walk.b.addr = addr;
	/* A name that nobody has (DIAG_NOBODY) goes on: the place of names has a sentence for
	 * it. */
	if (!addr_is_set(&addr) && verdict->to.kind != DIAG_NOBODY) {
		judge_unknown(&walk, "to", walk.b.name, "no address of it is known");
		verdict->outcome = DIAG_UNDECIDED;
		return;
	}
	/* Nothing can be judged from a namespace that nobody saw. */
	if (!walk.a.space && !walk.a.is_outside) {
		judge_unknown(&walk, "from", walk.a.name, "nobody could look into its namespace");
		verdict->outcome = DIAG_UNDECIDED;
		return;
	}
	/* Only a name has two families to choose from. Who asks for an address asks for that
	 * one. */
	is_named = !addr_is_set(&verdict->to.addr) && verdict->to.kind == DIAG_OF_CONTAINER &&
		   verdict->from.kind == DIAG_OF_CONTAINER && addr.family == AF_INET;
	walk_there_and_back(&walk);
	if (walk.relayed_by && verdict->outcome == DIAG_REACHABLE)
		judge_relay(facts, verdict, &walk);
	if (walk.drawn.below > 1)
		judge_draws(facts, verdict, &walk);
	if (is_service_named(&walk) && verdict->outcome == DIAG_REACHABLE)
		judge_service_six(facts, verdict, &walk);
	judge_walk_done(&walk);
	if (is_named && verdict->outcome == DIAG_REACHABLE)
		judge_six(facts, verdict);
	/* Of a name of outside the walk has found it. */
	verdict->to.addr = walk.service.is_led ? walk.service.addr : walk.b.addr;
	/* Taken twice, and both times not of one moment: most often what moved is not on the way,
	 * so the verdict stands, and a person knows what it stands on. */
	if (facts->is_moving)
		verdict_add_unknown(verdict, "host",
				    "something changed while it was read: ask once more");
}

/* Only the way to the resolver: no packet to B is made, and no B is needed. */
void judge_resolver(struct facts *facts, struct diag_verdict *verdict)
{
	struct judge_walk walk;

	begin(facts, verdict, &walk);
	conclude(&walk, walk.a.space ? judge_at_resolver(&walk) : JUDGE_LOST);
	judge_walk_done(&walk);
}

/* The choice alone, for who makes a list of targets or sends a real packet. */
struct addr judge_addr(struct facts *facts, struct diag_verdict *verdict, enum family family)
{
	struct judge_walk walk;
	struct addr addr;

	begin(facts, verdict, &walk);
	/* Whatever address was asked for: the caller wants the one that would be chosen without
	 * it. */
	walk.b.addr = (struct addr) { 0 };
	addr = choose_addr(&walk, family);
	judge_walk_done(&walk);
	return addr;
}
