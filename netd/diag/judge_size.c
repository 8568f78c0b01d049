// SPDX-License-Identifier: GPL-2.0-or-later
// judge_size.c - the largest packet: the MTU of each link on the way
#include "diag/judge_walk.h"

#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>

void judge_passes(struct judge_walk *walk, const struct facts_space *space,
		  const struct facts_link *link, bool is_routed)
{
	/* The way back goes by the same links. */
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

/* By which link of the host the sender is reached. */
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

	if (!link || !own)
		return false;
	judge_enter(walk, walk->host);
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
	if (judge_is_dropped(&met) || walk->passed[0].space != walk->a.space)
		return judge_is_dropped(&met);
	judge_enter(walk, walk->a.space);
	walk->packet.ct.state = RULES_CT_RELATED;
	walk->packet.ct.is_seen = true;
	judge_place(walk, walk->a.space, walk->a.container);
	judge_rules(walk, walk->a.space, judge_pf(walk), NF_INET_LOCAL_IN, walk->passed[0].link,
		    NULL, "host.mtu", "host", &met);
	return judge_is_dropped(&met);
}

static void tell_routed(struct judge_walk *walk)
{
	if (is_silenced(walk))
		(void)judge_bad(walk, CODE_PATH_MTU_BLACK_HOLE, "host.mtu", "host", JUDGE_AT_END);
	else if (walk->protocol == IPPROTO_TCP) /* makes its packets smaller when it is told */
		judge_warn(walk, CODE_PATH_MTU, "host.mtu", "host");
	else /* a datagram is lost first */
		(void)judge_bad(walk, CODE_PATH_MTU, "host.mtu", "host", JUDGE_AT_END);
}

void judge_size(struct judge_walk *walk)
{
	uint32_t sent;

	if (walk->n_passed < 2)
		return;
	sent = largest_sent(walk);
	for (size_t i = 1; i < walk->n_passed; i++) {
		const struct judge_passed *passed = &walk->passed[i];

		if (passed->link->mtu >= sent)
			continue;
		fill_words(walk, passed, sent);
		if (passed->is_routed)
			tell_routed(walk);
		else
			(void)judge_bad(walk, CODE_MTU_HOLE, "bridge.mtu",
					passed->space == walk->host
						? "host"
						: code_word_get(&walk->words, "place"),
					JUDGE_AT_END);
		/* Whoever was told sends no larger ones from then on. */
		sent = passed->link->mtu;
	}
}
