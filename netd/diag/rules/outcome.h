// SPDX-License-Identifier: GPL-2.0-or-later
// outcome.h - what the ways through a hook came to, and which doubts make the difference
#pragma once

#include "diag/rules/way.h"

#define OUTCOMES 32 /* that are told apart; all others count as one more */

struct outcome_way {
	uint8_t n_turns, outcome;
	bool turns[WAY_CHOICES];
	size_t doubt_of[WAY_CHOICES];
};

struct outcome {
	struct rules_result kinds[OUTCOMES]; /* without steps and doubts */
	size_t n_kinds;
	struct outcome_way ways[WAY_WAYS]; /* in the order in which they were walked */
	size_t n_ways;
};

/* After a way was walked. */
void outcome_add(struct outcome *outcome, const struct way *way);
/* After all: marks the doubts that decide. true: ways came to different ends. */
bool outcome_judge(const struct outcome *outcome, struct ways *ways);
