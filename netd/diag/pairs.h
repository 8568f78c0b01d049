// SPDX-License-Identifier: GPL-2.0-or-later
// pairs.h - many judgements of what was collected once: A and each thing of B that can be asked for
#pragma once

#include "diag/facts.h"
#include "diag/targets.h"
#include "diag/verdict.h"

/* `asked` is a resolved question without a port (question_resolve()); its from and to are all that
 * counts of it. */

/* What of B can be asked for, as A sees it. B's namespace must be known, and its picture is taken
 * where it is not there yet. 0; -ENOENT: nobody can look into B; -ENOMEM. targets_done(). */
int pairs_targets(struct facts *facts, struct diag_verdict *asked,
		  struct diag_targets *ret_targets);
/* One of them is judged. The verdict is empty before, and verdict_done()'s afterwards. */
void pairs_judge(struct facts *facts, const struct diag_verdict *asked,
		 const struct diag_target *target, struct diag_verdict *ret_verdict);
