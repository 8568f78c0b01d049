// SPDX-License-Identifier: GPL-2.0-or-later
// rules_shared.h - elements that several have, which are in the table once
#pragma once

#include "engine/state/state.h"
#include "model/rules/ruleset.h"

/* Drops from elems what others still need (ref false), or what is there already (ref true). On
 * failure counts are too high, and elements stay until the table is made anew. */
int rules_shared_count(struct engine *engine, struct ruleset_elems *elems, bool ref);
/* Elements that are in the list more than once stay in it once. elems->err tells of no memory. */
void rules_shared_once(struct ruleset_elems *elems);
/* How many elements of a set that is shared there are to be. */
size_t rules_n_shared(const struct engine *engine, enum ruleset_set set);
/* Nothing is counted any more: everything is about to be. -ENOMEM. */
int rules_shared_forget(struct engine *engine);

/* The table may hold what it should not, or lack something: the next resync makes it anew. */
void rules_repair_soon(struct engine *engine);
