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
	bool with_host;	  /* what listens there is judged */
	struct buf pairs; /* rows as JSON, a comma between two */
	size_t n_pairs;
	size_t n[DIAG_N_OUTCOMES]; /* how many came to that */
	struct diag_verdict gaps;  /* what could not be looked at */
	double took_ms;
};

/* Who asks. What is in ret_reach is then reach_done()'s in any case. 0; ERROR_NOT_FOUND: nobody is
 * called so, no network is; ERROR_INVALID: a name that is none. */
int reach_find(struct facts *facts, const struct reach_asked *asked, struct diag_reach *ret_reach,
	       struct error *error);
/* One of them against each listener of each container (targets.h) but its own, and then of the
 * host, but for what targets_set_apart() takes out; his rows go behind those that there are. The
 * pictures are those that there are; others are taken. Answers are forgotten from one asker to the
 * next where they can be had again, so that memory does not grow with the pairs. 0;
 * ERROR_TOO_LARGE: more than REACH_PAIRS_MAX; or another negative errno. */
int reach_judge_asker(struct facts *facts, struct diag_reach *reach, size_t asker,
		      struct error *error);
/* There are more rows than anybody is told. */
int reach_too_many(struct error *error);
/* Behind the last: whether the facts are of one moment. */
void reach_end(const struct facts *facts, struct diag_reach *reach);
/* Appends a JSON object without a newline, of the keys of docs/api.md. 0 or -ENOMEM. */
int reach_write(const struct diag_reach *reach, const struct reach_asked *asked, const char *source,
		struct buf *out);
void reach_done(struct diag_reach *reach);
