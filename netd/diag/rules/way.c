// SPDX-License-Identifier: GPL-2.0-or-later
// way.c - one way of a packet through a hook, of the many that there are while something is unknown
#include "diag/rules/way.h"

#include "base/grow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Where something is not known the walk has to go both ways. It does so
 * one after the other: turns are counted as by an odometer. The first way turns left everywhere
 * (what is unknown does not match); each further way takes the last left turn that is still
 * open to the right, and goes left again behind it (way_next()). So nothing has to be copied,
 * and what hangs on nothing unknown costs one walk.
 *
 * A doubt belongs to an expression of a rule: the same one is met on many ways, and by a packet
 * that comes through a chain twice. It is noted once, and outcome.c marks those that decide. */

/* The index of the doubt; the same one is noted once. what: words for it, or NULL for the best
 * that there are. */
static size_t note(struct way *way, const struct expr *expr, const char *what)
{
	struct ways *ways = way->ways;
	const struct rules_rule *rule = way->rule;
	struct way_doubt *items, *doubt;

	for (size_t i = 0; i < ways->n_doubts; i++)
		if (ways->doubts[i].expr == expr && ways->doubts[i].shown.rule == rule)
			return i;
	items = grow(ways->doubts, &ways->room_doubts, ways->n_doubts + 1, sizeof(*items));
	if (!items) {
		/* 0 is a valid index only if there is a doubt; err stops the walk before it is
		 * used. */
		ways->err = -ENOMEM;
		return 0;
	}
	ways->doubts = items;
	doubt = &items[ways->n_doubts];
	memset(doubt, 0, sizeof(*doubt));
	doubt->expr = expr;
	/* With a rule the doubt is the rule's; without one it is the base chain's. */
	if (rule)
		doubt->shown = (struct rules_doubt) {
			.family = rule->chain->table->family,
			.table = rule->chain->table->name,
			.chain = rule->chain->name,
			.handle = rule->handle,
			.comment = rule->comment,
			.rule = rule,
		};
	else if (way->base)
		doubt->shown = (struct rules_doubt) {
			.family = way->base->table->family,
			.table = way->base->table->name,
			.chain = way->base->name,
		};
	(void)snprintf(doubt->shown.what, sizeof(doubt->shown.what), "%s",
		       what		     ? what
		       : expr && expr->doubt ? expr->doubt
		       : way->unknown[0]     ? way->unknown
		       : expr		     ? expr->name
					     : "?");
	return ways->n_doubts++;
}

/* A turn: the odometer says which side. false is left. */
bool way_choose(struct way *way, const struct expr *expr, const char *what)
{
	struct ways *ways = way->ways;
	size_t doubt = note(way, expr, what);
	bool turn;

	/* Each choice doubles the ways, so their number is bounded. */
	if (way->n_turns == WAY_CHOICES) {
		way_lose(way, "more in a row that is not known than is followed");
		return false;
	}
	/* Behind the turns that are fixed every turn is to the left. */
	turn = way->n_turns < ways->n_turns && ways->turns[way->n_turns];
	ways->turns[way->n_turns] = turn;
	ways->doubt_of[way->n_turns] = doubt;
	way->n_turns++;
	return turn;
}

/* Decides what is known, and takes a turn for what is not. */
bool way_decide(struct way *way, const struct expr *expr, enum maybe maybe, const char *what)
{
	if (maybe != MAYBE)
		return maybe == MAYBE_YES;
	/* Nothing in the rest of the rule has an effect: both ways would end alike. */
	if (expr && expr->is_used_up) {
		(void)note(way, expr, what); /* which one it is matters to turns only */
		return false;
	}
	return way_choose(way, expr, what);
}

/* Nothing certain can be said of the hook any more. why is the doubt that decides. */
void way_lose(struct way *way, const char *why)
{
	size_t doubt;

	way->ways->is_lost = true;
	doubt = note(way, NULL, why);
	if (doubt < way->ways->n_doubts)
		way->ways->doubts[doubt].shown.decides = true;
}

/* false: all ways were walked. */
bool way_next(struct way *before)
{
	struct ways *ways = before->ways;
	size_t n = before->n_turns;

	/* Turns to the right at the end are used up. */
	while (n > 0 && ways->turns[n - 1])
		n--;
	if (n == 0)
		return false;
	if (ways->n_ways == WAY_WAYS) {
		way_lose(before, "more ways than are followed");
		return false;
	}
	ways->turns[n - 1] = true;
	ways->n_turns = n;
	return true;
}

/* The packet may be anything from here on. */
void way_blur(struct way *way)
{
	way->packet.known = 0;
	memset(way->image.link.known, 0, sizeof(way->image.link.known));
	memset(way->image.net.known, 0, sizeof(way->image.net.known));
	memset(way->image.transport.known, 0, sizeof(way->image.transport.known));
}

/* Steps are kept of each way, for the first one's are those that are told. A step that chose a
 * NAT, or that switched conntrack off, is remembered by its number, which counts from 1. */
void way_step(struct way *way, const struct rules_rule *rule, const struct verdict *verdict)
{
	struct rules_result *result = way->result;
	struct rules_step *items, *step;
	const struct chain *chain = rule ? rule->chain : way->base;

	items = grow(result->steps, &way->room_steps, result->n_steps + 1, sizeof(*items));
	if (!items) {
		way->ways->err = -ENOMEM;
		return;
	}
	result->steps = items;
	step = &items[result->n_steps++];
	if (way->did_nat)
		result->nat_step = result->n_steps;
	if (way->did_notrack)
		result->notrack_step = result->n_steps;
	*step = (struct rules_step) {
		.family = chain->table->family,
		.table = chain->table->name,
		.chain = chain->name,
		.priority = way->base->priority,
		.handle = rule ? rule->handle : 0,
		.rule = rule,
		.verdict = verdict->code,
		.target = verdict->name,
		.comment = rule ? rule->comment : NULL,
	};
	memcpy(step->element, way->element, sizeof(step->element));
}
