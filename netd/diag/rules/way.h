// SPDX-License-Identifier: GPL-2.0-or-later
// way.h - one way of a packet through a hook, of the many that there are while something is unknown
#pragma once

#include "diag/rules/image.h"

#define WAY_CHOICES 12 /* one after the other on a way */
#define WAY_WAYS 128   /* that are followed */
#define WAY_RULES                                                                                  \
	200000 /* that are looked at on all ways of a hook: rulesets of strangers may go in        \
		  circles */
#define WAY_ANYTHING 0x7fff /* a verdict that nobody knows; none of the kernel's */

/* Theory of operation. At a point where it is not known what happens, a way takes one of two turns.
 * Which one is said by a list of choices that is made before the way begins; behind the end of that
 * list, the first turn. Ways are walked from the start, over and over, each with the last choice of
 * the one before turned around (as an odometer), until all were. There is nothing to copy or to
 * undo, and what does not hang on anything unknown costs one walk. */

struct way_doubt {
	struct rules_doubt shown;
	const struct expr *expr;
};

/* All ways together. */
struct ways {
	const struct rules *rules;
	const struct rules_ask *ask;
	uint8_t pf;
	unsigned int hook;
	bool turns[WAY_CHOICES];      /* of the way that is walked */
	size_t doubt_of[WAY_CHOICES]; /* the doubt at which it took that turn */
	size_t n_turns;		      /* that were said beforehand */
	size_t n_ways, n_rules;
	bool is_lost; /* more than is followed */
	int err;
	struct way_doubt *doubts;
	size_t n_doubts, room_doubts;
};

struct way {
	struct ways *ways;
	struct rules_packet packet; /* addresses and ports: image has them while it is on its way */
	struct image image;
	struct bits regs;
	struct verdict verdict; /* NFT_CONTINUE while a rule is walked */
	bool is_new_nat;	/* a NAT chain is asked: nat_src, nat_dst may be set */
	bool is_queued, is_rejected;
	bool did_nat, did_notrack; /* the rule that is walked */
	size_t n_turns;		   /* taken */
	char unknown[96];  /* what was loaded last that is not known: a comparison is named after it
			    */
	char element[128]; /* comment of the element that gave the verdict */
	const struct rules_rule *rule; /* that is looked at, and the base chain that led there */
	const struct chain *base;
	struct rules_result *result; /* steps, and what becomes of the packet */
	size_t room_steps;
};

/* Which turn is taken where something is not known: false is "does not match". expr is where,
 * `what` says what (NULL: what was loaded last that is not known, or the expression itself). */
bool way_choose(struct way *way, const struct expr *expr, const char *what);
/* Turns MAYBE into a choice, or into a doubt that decides nothing where all that could follow is
 * without effect. */
bool way_decide(struct way *way, const struct expr *expr, enum maybe maybe, const char *what);
/* More than is followed: whatever else comes, the verdict is not known, and this is why. */
void way_lose(struct way *way, const char *why);
/* Sets up the next way; false: all were walked. */
bool way_next(struct way *before);
/* Something may have changed the packet in a way that nobody knows. */
void way_blur(struct way *way);
/* A rule that matched, or with rule NULL the policy. */
void way_step(struct way *way, const struct rules_rule *rule, const struct verdict *verdict);
