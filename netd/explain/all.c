// SPDX-License-Identifier: GPL-2.0-or-later
// all.c - does A reach each listener of B: judged from one collecting, and written
#include "diag/all.h"

#include "base/deadline.h"
#include "explain/explain.h"

#include <errno.h>

int explain_all(const struct explain_options *options, struct facts *facts,
		struct diag_verdict *asked, double began_s, struct buf *out, struct error *error)
{
	struct diag_all all;
	int err = all_judge(facts, asked, &all, error);

	if (err == 0) {
		all.took_ms = (deadline_now_s() - began_s) * 1000;
		err = asked->err == -ENOMEM ? asked->err : all_write(&all, facts->source, out);
		if (err == 0 && options->with_facts)
			err = explain_file_write(options, facts, out);
		if (err < 0)
			(void)error_system(error, err, "cannot write the verdicts");
	}
	all_done(&all);
	return err;
}
