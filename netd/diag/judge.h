// SPDX-License-Identifier: GPL-2.0-or-later
// judge.h - does A reach B, and if not, what breaks it first: facts in, verdict out
#pragma once

#include "diag/facts.h"
#include "diag/verdict.h"

/* Judges the way from verdict->from to verdict->to, which the caller has filled (struct diag_end
 * says how far), by these facts and nothing else. What the facts do not hold is asked through their
 * facts_ask, and is unknown without one. The verdict gets all but probe, source and took_ms; lack
 * of memory is in verdict->err. */
void judge(struct facts *facts, struct diag_verdict *verdict);

/* Whether questions for names that verdict->from asks get to netd's resolver, and are answered.
 * verdict->to does not count. */
void judge_resolver(struct facts *facts, struct diag_verdict *verdict);

/* The address of verdict->to by which verdict->from would connect to it, whatever address was
 * asked for: on a network of both, else its first; of the host the one that answers. Family 0: it
 * has none of that family. */
struct addr judge_addr(struct facts *facts, struct diag_verdict *verdict, enum family family);
