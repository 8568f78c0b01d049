// SPDX-License-Identifier: GPL-2.0-or-later
// all.c - does A reach each listener of B: judged from one collecting, and written
#include "diag/all.h"

#include "base/deadline.h"
#include "explain/explain.h"

#include <errno.h>

/* Theory of operation. The pictures of A and B are there, so each listener is judged from facts
 * of one moment. The kernel is asked again only for what a judgement asks besides. The answer
 * is written when all listeners are judged. */

int explain_all(const struct explain_options *options, struct facts *facts,
		struct diag_verdict *asked, double began_s, struct buf *out, struct error *error)
{
	struct diag_all all;
	int err = all_judge(facts, asked, &all, error);

	if (err == 0) {
		/* The time covers looking and judging, and not the writing: what is written
		 * says it. */
		all.took_ms = (deadline_now_s() - began_s) * 1000;
		/* Only a lack of memory makes the answer worthless. Other errors are in the
		 * verdicts, as what is not known. */
		err = asked->err == -ENOMEM ? asked->err : all_write(&all, facts->source, out);
		if (err == 0 && options->with_facts)
			err = explain_file_write(options, facts, out);
		if (err < 0)
			(void)error_system(error, err, "cannot write the verdicts");
	}
	all_done(&all);
	return err;
}
