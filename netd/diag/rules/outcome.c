// SPDX-License-Identifier: GPL-2.0-or-later
// outcome.c - what the ways through a hook came to, and which doubts make the difference
#include "diag/rules/outcome.h"

#include <string.h>

/* Theory of operation. Each way through a hook is a list of turns, left or right, one for each
 * thing that was not known. Ways come in the order in which an odometer counts, so all ways
 * that begin alike stand together, and together they are a tree. A turn decides only if the
 * ends behind its left side are not the same as those behind its right. Ends that differ in
 * nothing that matters to sender or receiver are one kind (is_same()). */

/* Whether it makes no difference to who sent the packet, or gets it, which of two ways it took. */
static bool is_same(const struct rules_result *a, const struct rules_result *b)
{
	const struct rules_packet *p = &a->packet, *q = &b->packet;

	if (a->verdict != b->verdict)
		return false;
	/* Of what is dropped nothing else matters. */
	if (a->verdict == RULES_DROP)
		return true;
	if (a->verdict == RULES_REJECT)
		return a->is_reset == b->is_reset && a->icmp_type == b->icmp_type &&
		       a->icmp_code == b->icmp_code;
	return p->known == q->known && addr_equal(&p->src, &q->src) &&
	       addr_equal(&p->dst, &q->dst) && p->sport == q->sport && p->dport == q->dport &&
	       p->mark == q->mark && p->ct.state == q->ct.state && p->ct.mark == q->ct.mark;
}

/* Too many kinds share the last number, which makes them differ from all others. */
static uint8_t kind_of(struct outcome *outcome, const struct rules_result *result)
{
	for (size_t i = 0; i < outcome->n_kinds; i++)
		if (is_same(&outcome->kinds[i], result))
			return (uint8_t)i;
	if (outcome->n_kinds == OUTCOMES - 1)
		return OUTCOMES - 1;
	outcome->kinds[outcome->n_kinds] = *result;
	return (uint8_t)outcome->n_kinds++;
}

/* A way that does not fit was walked in vain; walk_all() has lost the hook by then. */
void outcome_add(struct outcome *outcome, const struct way *way)
{
	struct outcome_way *kept = &outcome->ways[outcome->n_ways];

	if (outcome->n_ways == WAY_WAYS)
		return;
	outcome->n_ways++;
	kept->n_turns = (uint8_t)way->n_turns;
	kept->outcome = kind_of(outcome, way->result);
	/* The way's turns are copied, since the odometer goes on. */
	memcpy(kept->turns, way->ways->turns, sizeof(kept->turns));
	memcpy(kept->doubt_of, way->ways->doubt_of, sizeof(kept->doubt_of));
}

/* The ends of the ways from..to, all of which take the same first `depth` turns: a bit for each
 * kind. A turn decides when not the same ends lie behind either side of it. */
static uint32_t ends(const struct outcome *outcome, struct ways *ways, size_t from, size_t to,
		     size_t depth)
{
	const struct outcome_way *first = &outcome->ways[from];
	size_t split = from;
	uint32_t left, right;

	/* One way left, or no turn more: this is its end. */
	if (to - from == 1 || depth >= first->n_turns)
		return 1U << first->outcome;
	/* Ways with a turn to the left come first. */
	while (split < to && !outcome->ways[split].turns[depth])
		split++;
	if (split == from || split == to) /* the other side was not walked */
		return ends(outcome, ways, from, to, depth + 1);
	left = ends(outcome, ways, from, split, depth + 1);
	right = ends(outcome, ways, split, to, depth + 1);
	if (left != right && first->doubt_of[depth] < ways->n_doubts)
		ways->doubts[first->doubt_of[depth]].shown.decides = true;
	return left | right;
}

/* More than one bit: the ways end differently. */
bool outcome_judge(const struct outcome *outcome, struct ways *ways)
{
	uint32_t all = outcome->n_ways > 0 ? ends(outcome, ways, 0, outcome->n_ways, 0) : 0;

	return (all & (all - 1)) != 0;
}
