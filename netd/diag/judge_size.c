// SPDX-License-Identifier: GPL-2.0-or-later
// judge_size.c - the largest packet: the MTU of each link on the way
#include "diag/judge_walk.h"

#include <net/if.h>

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
		/* TCP makes its packets smaller when it is told; a datagram is lost first. */
		if (passed->is_routed && walk->protocol == IPPROTO_TCP)
			judge_warn(walk, CODE_PATH_MTU, "host.mtu", "host");
		else
			(void)judge_bad(walk, passed->is_routed ? CODE_PATH_MTU : CODE_MTU_HOLE,
					passed->is_routed ? "host.mtu" : "bridge.mtu",
					passed->space == walk->host
						? "host"
						: code_word_get(&walk->words, "place"),
					JUDGE_AT_END);
		/* Whoever was told sends no larger ones from then on. */
		sent = passed->link->mtu;
	}
}
