// SPDX-License-Identifier: GPL-2.0-or-later
// all.h - does A reach each listener of B: all of them judged, and one document of the answers
#pragma once

#include "base/buf.h"
#include "diag/facts.h"
#include "diag/targets.h"
#include "diag/verdict.h"

struct diag_all {
	struct diag_targets targets;
	struct buf answers;	    /* verdicts as JSON, a comma between two */
	size_t n[DIAG_N_OUTCOMES];  /* how many came to that */
	struct diag_verdict *asked; /* the question, and what of B is unknown; the caller's */
	double took_ms;
};

/* asked: a resolved question without a port. Judges each listener of B. 0; ERROR_INVALID: nobody
 * can look into B; or no memory. all_done() in any case. */
int all_judge(struct facts *facts, struct diag_verdict *asked, struct diag_all *ret_all,
	      struct error *error);
/* Together: all are reached; none is, or nobody listens; some are; or it is not known of all that
 * are not unreachable. */
enum diag_outcome all_outcome(const struct diag_all *all);
/* Appends a JSON object without a newline, of the keys of docs/api.md. 0 or -ENOMEM. */
int all_write(const struct diag_all *all, const char *source, struct buf *out);
void all_done(struct diag_all *all);
