// SPDX-License-Identifier: GPL-2.0-or-later
// reach.h - who reaches which listener: everybody who may ask against everything that listens
#pragma once

#include "base/buf.h"
#include "diag/facts.h"
#include "diag/verdict.h"

#include <stdbool.h>

struct reach_asked {
	const char *names;   /* of who asks, commas between them (question_take()); NULL: all
			      * containers, the host, and who is outside, at its gateways */
	const char *network; /* of all containers those on this one, by name or id; NULL: all */
};

struct reach_asker {
	char text[QUESTION_TEXT_MAX];
};

struct diag_reach {
	struct reach_asker *askers;
	size_t n_askers, room;
	struct buf pairs; /* rows as JSON, a comma between two */
	size_t n_pairs;
	size_t n[DIAG_N_OUTCOMES]; /* how many came to that */
	struct diag_verdict gaps;  /* what could not be looked at */
	double took_ms;
};

/* The network's pictures and the host's are those that there are; others are taken. Each asker is
 * judged against each listener of each container (targets.h) but its own, and then of the host, but
 * for what targets_set_apart() takes out. Answers are forgotten
 * from one asker to the next where they can be had again, so that memory does not grow with the
 * pairs. 0; ERROR_NOT_FOUND: nobody is called so, no network is; ERROR_INVALID: a name that is
 * none; ERROR_TOO_LARGE: more than REACH_PAIRS_MAX. reach_done() in any case. */
int reach_judge(struct facts *facts, const struct reach_asked *asked, struct diag_reach *ret_reach,
		struct error *error);
/* Appends a JSON object without a newline, of the keys of docs/api.md. 0 or -ENOMEM. */
int reach_write(const struct diag_reach *reach, const struct reach_asked *asked, const char *source,
		struct buf *out);
void reach_done(struct diag_reach *reach);
