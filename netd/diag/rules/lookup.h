// SPDX-License-Identifier: GPL-2.0-or-later
// lookup.h - whether a key is in a set, and what a map gives for it
#pragma once

#include "diag/rules/way.h"

/* Runs a lookup: loads what the map gives, or the verdict. false: the rule does not match. */
bool lookup_run(struct way *way, const struct expr *expr);
