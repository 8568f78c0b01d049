// SPDX-License-Identifier: GPL-2.0-or-later
// run.h - a packet's way through the rules of a base chain
#pragma once

#include "diag/rules/way.h"

enum run_end {
	RUN_ACCEPT, /* on to the next base chain */
	RUN_DROP,   /* or refused: way->is_rejected */
};

/* Walks a base chain from its first rule to a verdict. */
enum run_end run_chain(struct way *way, const struct chain *base);
