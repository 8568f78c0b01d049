// SPDX-License-Identifier: GPL-2.0-or-later
// judge_in.c - into a container: its link, its address, its rules
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A packet has come to a link inside a container. The checks come in the
 * order of the kernel: the link (up, programs, chains at its ingress), prerouting, then
 * ip_route_input(): is the destination an address of this namespace, and is the source
 * believed. After that come input and IPsec, and then the socket.
 *
 * Two refusals of the kernel look alike and are told apart here. A source that is this
 * namespace's own address is a claim (tell_claim()). A source that rp_filter does not believe
 * is a filter (tell_filter()), unless there is simply no way back: that is told where the
 * answer starts, because a person has to repair that first. */

#define IN(step) JUDGE_HOP(walk, "to", step)

/* The place as a person knows it. On the way back every place is "back". */
static const char *where_of(const struct judge_walk *walk)
{
	const struct facts_container *container = judge_container_of(walk->facts, walk->space);

	if (walk->is_back)
		return "back";
	return container ? container->name : judge_name_of(walk, walk->space);
}

static const struct facts_container *container_of(const struct judge_walk *walk)
{
	return judge_container_of(walk->facts, walk->space);
}

/* Rules inside drop it. A reset by a rule looks to A like a port that nobody listens on, so it
 * has a code of its own. */
static enum judge_at dropped(struct judge_walk *walk, const struct judge_met *met)
{
	enum code_id code = CODE_RULES_OF_B;

	if (walk->is_back)
		code = CODE_OWN_RULES_IN;
	else if (met->verdict == RULES_REJECT)
		code = CODE_RULES_OF_B_RESET;
	return judge_bad(walk, code, IN("rules"), where_of(walk), JUDGE_LOST);
}

/* --- the link --------------------------------------------------------------------------------- */

/* The link as it is, and what is bound to it. lo has neither programs nor chains worth asking
 * for. */
static enum judge_at check_link(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_link *link = walk->link;
	struct judge_met met;

	code_word(&walk->words, "link", "%s", link->name);
	/* {restore} is the fix of a link that is down. */
	judge_restore(walk, walk->space, container_of(walk));
	if (!judge_is_up(link))
		return judge_bad(walk,
				 link->flags & IFF_LOOPBACK ? CODE_LOOPBACK_DOWN : CODE_LINK_DOWN,
				 IN("link"), where_of(walk), JUDGE_LOST);
	if (link->flags & IFF_LOOPBACK)
		return go_on;
	/* Nobody can read what a program does: the walk goes on, undecided. */
	if (link->has_xdp || link->has_tc)
		(void)judge_bad(walk, link->has_xdp ? CODE_XDP_DROP : CODE_TC_DROP, IN("link"),
				where_of(walk), go_on);
	judge_rules(walk, walk->space, NFPROTO_NETDEV, NF_NETDEV_INGRESS, link, NULL, IN("rules"),
		    where_of(walk), &met);
	if (judge_is_dropped(&met))
		return judge_bad(walk, CODE_NETDEV_RULES, IN("rules"), where_of(walk), JUDGE_LOST);
	return go_on;
}

/* --- the address ------------------------------------------------------------------------------ */

/* The address is rightly his who has it, and is not to be taken away. A rule of the host is why
 * the packet comes to him from there, and that rule is the cause. */
static enum judge_at tell_rule(struct judge_walk *walk, const struct judge_cause *cause)
{
	code_words_copy(&cause->words, &walk->words);
	return judge_bad(walk, cause->id, cause->hop, cause->where, JUDGE_LOST);
}

/* The packet's source is an address of the receiver. The kernel drops it as a martian source:
 * such a packet cannot come from outside. held: where it has the address. */
static enum judge_at tell_claim(struct judge_walk *walk, const struct facts_addr *held)
{
	const struct facts_link *link = facts_link(walk->space, held->ifindex);

	/* lent: a rule gave it that source. led: a rule led it back to its sender. */
	if (walk->lent.is_there)
		return tell_rule(walk, &walk->lent);
	if (walk->space == walk->near->space && walk->led.is_there)
		return tell_rule(walk, &walk->led);
	/* netd's own rules lead nobody back without another source. */
	if (walk->space == walk->near->space) {
		judge_unknown(walk, IN("address"), where_of(walk),
			      "it comes back to its sender %s, who takes nothing from himself",
			      ADDR_STR(&walk->packet.src));
		return JUDGE_LOST;
	}
	/* Nothing has changed the packet: B has an address that belongs to A. */
	code_word(&walk->words, "prefix", "%s", PREFIX_STR(&held->prefix));
	code_word(&walk->words, "link", "%s", link ? link->name : "?");
	return judge_bad(walk, CODE_B_CLAIMS_A, IN("address"), where_of(walk), JUDGE_LOST);
}

/* The kernel refuses the source. With rp_filter (the larger of "all" and the link's own) that
 * is the reason; without it nobody knows. */
static enum judge_at tell_filter(struct judge_walk *walk)
{
	int64_t all = 0, own = 0;
	char name[64];

	(void)facts_value(walk->space, "net.ipv4.conf.all.rp_filter", &all);
	(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.rp_filter", walk->link->name);
	(void)facts_value(walk->space, name, &own);
	/* Without a route back nothing is believed, and that is the first thing to repair. */
	if (all <= 0 && own <= 0) {
		judge_unknown(walk, IN("route"), where_of(walk),
			      "the kernel refuses the source %s, and does not say why",
			      ADDR_STR(&walk->packet.src));
		return JUDGE_LOST;
	}
	code_word(&walk->words, "way", "%s", "");
	code_word_drop(&walk->words, "matched"); /* nobody asked here by which route */
	return judge_bad(walk, CODE_RP_FILTER, IN("route"), where_of(walk), JUDGE_LOST);
}

/* The source is asked about with the destination, as the kernel does for a packet that comes in. */
static enum judge_at check_address(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_addr *claimed;
	const struct facts_way *way;
	struct facts_way_asked back;

	/* Where the addresses are not known the kernel's answer below has to do. */
	if (judge_lacks_addr(walk->space, &walk->packet.dst))
		return judge_bad(walk, walk->is_back ? CODE_NO_ADDRESS : CODE_B_NO_ADDRESS,
				 IN("address"), where_of(walk), JUDGE_LOST);
	claimed = judge_find_addr(walk->space, &walk->packet.src);
	/* This must come before the kernel is asked, for it refuses such a source with the same
	 * error. */
	if (claimed)
		return tell_claim(walk, claimed);
	way = judge_way(walk, walk->space, walk->link->name);
	if (way->err == 0 || way->err == -ENODATA)
		return go_on;
	/* No way back is said as such where the answer starts; here it would look like a filter. */
	back = (struct facts_way_asked) { .dst = walk->packet.src };
	if (!walk->is_back && facts_ask_way(walk->facts, walk->space, &back)->err)
		return go_on;
	return tell_filter(walk);
}

/* --- rules ------------------------------------------------------------------------------------ */

/* One hook of the packet's own family inside. */
static enum judge_at check_rules(struct judge_walk *walk, unsigned int hook, enum judge_at go_on)
{
	struct judge_met met;

	judge_rules(walk, walk->space, judge_pf(walk), hook, walk->link, NULL, IN("rules"),
		    where_of(walk), &met);
	return judge_is_dropped(&met) ? dropped(walk, &met) : go_on;
}

enum judge_at judge_at_inside(struct judge_walk *walk)
{
	judge_place(walk, walk->space, container_of(walk));
	/* A link that is down or filtered ends it before any rule of IP. */
	if (check_link(walk, JUDGE_AT_INSIDE) == JUDGE_LOST)
		return JUDGE_LOST;
	if (!(walk->link->flags & IFF_LOOPBACK)) {
		judge_passes(walk, walk->space, walk->link, false);
		if (check_rules(walk, NF_INET_PRE_ROUTING, JUDGE_AT_INSIDE) == JUDGE_LOST ||
		    check_address(walk, JUDGE_AT_INSIDE) == JUDGE_LOST ||
		    judge_answers(walk, walk->space, walk->link, IN("neighbour"), where_of(walk),
				  JUDGE_AT_INSIDE) == JUDGE_LOST)
			return JUDGE_LOST;
	} else if (check_rules(walk, NF_INET_PRE_ROUTING, JUDGE_AT_INSIDE) == JUDGE_LOST) {
		return JUDGE_LOST;
	}
	if (check_rules(walk, NF_INET_LOCAL_IN, JUDGE_AT_INSIDE) == JUDGE_LOST)
		return JUDGE_LOST;
	if (judge_ipsec_blocks(walk, walk->space, XFRM_POLICY_IN))
		return judge_bad(walk, CODE_IPSEC_BLOCK, IN("ipsec"), where_of(walk), JUDGE_LOST);
	/* The way back ends here: the socket of A waits for it, as A has just connected. */
	judge_leave(walk);
	return walk->is_back ? JUDGE_AT_END : judge_socket(walk, walk->space);
}
