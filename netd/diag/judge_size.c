// SPDX-License-Identifier: GPL-2.0-or-later
// judge_size.c - the largest packet: the MTU of each link on the way
#include "diag/judge_walk.h"

#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>

/* Theory of operation. Both legs have noted the links that the packet passed (judge_passes()).
 * What A sends is as large as its own link allows. A link that is smaller loses larger packets:
 * on a bridge silently, for a bridge sends no ICMP, and where the host routes with
 * "fragmentation needed" or "packet too big" to the sender. Whoever is told sends smaller
 * packets, so for TCP that works. It does not where a rule drops this message: then large
 * packets are lost and nobody knows why (a black hole).
 *
 * None of it stops a connection from being made, so the outcome is "partly" at the worst. */

void judge_passes(struct judge_walk *walk, const struct facts_space *space,
		  const struct facts_link *link, bool is_routed)
{
	/* The way back goes by the same links. A full list ends the search early and claims
	 * nothing. A link without an MTU does not limit. */
	if (walk->is_back || walk->n_passed == JUDGE_LINKS || link->mtu == 0)
		return;
	walk->passed[walk->n_passed++] = (struct judge_passed) {
		.link = link,
		.space = space,
		.is_routed = is_routed,
	};
}

/* Both ends of a TCP connection tell each other what they take, so the smaller end is no hole. */
static uint32_t largest_sent(const struct judge_walk *walk)
{
	const struct judge_passed *first = &walk->passed[0];
	const struct judge_passed *last = &walk->passed[walk->n_passed - 1];

	if (walk->protocol == IPPROTO_TCP && last->space != walk->host &&
	    last->link->mtu < first->link->mtu)
		return last->link->mtu;
	return first->link->mtu;
}

static void fill_words(struct judge_walk *walk, const struct judge_passed *small, uint32_t sent)
{
	judge_place(walk, small->space, judge_container_of(walk->facts, small->space));
	code_word(&walk->words, "link", "%s", small->link->name);
	code_word(&walk->words, "mtu", "%u", small->link->mtu);
	code_word(&walk->words, "sent", "%u", sent);
	code_word(&walk->words, "sender", "%s", walk->a.name);
}

/* By which link of the host the sender is reached. NULL: the host itself sends, and needs no
 * message to know. The second link passed is the port at the host, whose bridge is its master. */
static const struct facts_link *link_to_sender(const struct judge_walk *walk)
{
	const struct judge_passed *first = &walk->passed[0], *second = &walk->passed[1];

	if (first->space == walk->host)
		return NULL;
	return second->link->master ? facts_link(walk->host, second->link->master) : second->link;
}

/* The host's "too big" on its way to the sender. True: a rule drops it, and the words say which. */
static bool is_silenced(struct judge_walk *walk)
{
	const struct facts_link *link = link_to_sender(walk);
	const struct facts_addr *own =
		link ? judge_addr_on(walk->host, link->ifindex, walk->b.addr.family) : NULL;
	bool is_4 = walk->b.addr.family == AF_INET;
	struct judge_met met;

	/* Without a link or an address the message cannot be made here, and nothing is claimed. */
	if (!link || !own)
		return false;
	judge_enter(walk, walk->host);
	/* The message as the kernel would send it: from its address at that link, related to
	 * the flow. */
	walk->packet = (struct rules_packet) {
		.known = RULES_KNOWS_SRC | RULES_KNOWS_DST | RULES_KNOWS_ICMP,
		.protocol = is_4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.src = own->prefix.addr,
		.dst = walk->verdict->from.addr,
		.icmp_type = is_4 ? ICMP_UNREACH : ICMPV6_PKT_TOOBIG,
		.icmp_code = is_4 ? ICMP_UNREACH_NEEDFRAG : 0,
		.ct = { .state = RULES_CT_RELATED, .is_seen = true },
	};
	judge_place(walk, walk->host, NULL);
	judge_rules(walk, walk->host, judge_pf(walk), NF_INET_LOCAL_OUT, NULL, link, "host.mtu",
		    "host", &met);
	if (!judge_is_dropped(&met))
		judge_rules(walk, walk->host, judge_pf(walk), NF_INET_POST_ROUTING, NULL, link,
			    "host.mtu", "host", &met);
	/* Where the sender is outside, its rules are not known: what the host lets out counts
	 * as heard. */
	if (judge_is_dropped(&met) || walk->passed[0].space != walk->a.space)
		return judge_is_dropped(&met);
	/* Inside the sender's namespace its input must let the message in. The link is the
	 * first that was passed. */
	judge_enter(walk, walk->a.space);
	walk->packet.ct.state = RULES_CT_RELATED;
	walk->packet.ct.is_seen = true;
	judge_place(walk, walk->a.space, walk->a.container);
	judge_rules(walk, walk->a.space, judge_pf(walk), NF_INET_LOCAL_IN, walk->passed[0].link,
		    NULL, "host.mtu", "host", &met);
	return judge_is_dropped(&met);
}

/* One link that the host routes by is too small. */
static void tell_routed(struct judge_walk *walk)
{
	if (is_silenced(walk))
		(void)judge_bad(walk, CODE_PATH_MTU_BLACK_HOLE, "host.mtu", "host", JUDGE_AT_END);
	else if (walk->protocol == IPPROTO_TCP) /* makes its packets smaller when it is told */
		judge_warn(walk, CODE_PATH_MTU, "host.mtu", "host");
	else /* a datagram is lost first */
		(void)judge_bad(walk, CODE_PATH_MTU, "host.mtu", "host", JUDGE_AT_END);
}

/* Called only after both legs worked. With one link there is nothing to compare. */
void judge_size(struct judge_walk *walk)
{
	uint32_t sent;

	if (walk->n_passed < 2)
		return;
	/* The first link is the sender's own. */
	sent = largest_sent(walk);
	for (size_t i = 1; i < walk->n_passed; i++) {
		const struct judge_passed *passed = &walk->passed[i];

		if (passed->link->mtu >= sent)
			continue;
		fill_words(walk, passed, sent);
		if (passed->is_routed)
			tell_routed(walk);
		else
			/* On a bridge, or inside a container: nobody tells the sender. */
			(void)judge_bad(walk, CODE_MTU_HOLE, "bridge.mtu",
					passed->space == walk->host
						? "host"
						: code_word_get(&walk->words, "place"),
					JUDGE_AT_END);
		/* Whoever was told sends no larger ones from then on. */
		sent = passed->link->mtu;
	}
}
