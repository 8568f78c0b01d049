// SPDX-License-Identifier: GPL-2.0-or-later
// reach.c - who reaches which listener: everything is looked at once, then judged and written
#include "diag/reach.h"

#include "base/deadline.h"
#include "base/limits.h"
#include "explain/explain.h"

#include <errno.h>

int explain_reach_adopt(const struct explain_options *options, struct facts *facts,
			struct error *error)
{
	const char *names = options->names;
	struct question_end end;
	int err = 0;

	while (err == 0 && names && *names) {
		err = question_take(&names, &end, error);
		if (err == 0)
			err = explain_adopt(&end, facts, error);
	}
	return err;
}

int explain_reach_collect(const struct explain_options *options, struct look_scratch *scratch,
			  struct look *look, struct facts *facts, struct error *error)
{
	int err;

	/* What could not be looked at by then is told of, and the rest is judged: half of the time
	 * is for that. */
	explain_places_open(look, facts, deadline_after(EXPLAIN_S * 1000 / 2));
	err = explain_places_take(look, facts, "host", error);
	if (err == 0 && options->with)
		err = explain_with(options->with, scratch, look, facts, error);
	/* One that cannot be looked into is told of where its listeners would be judged. */
	for (size_t i = 0; err == 0 && i < facts->n_containers; i++)
		if (facts->containers[i].space[0])
			(void)facts_ask_space(facts, facts->containers[i].space);
	return err;
}

int explain_reach(const struct explain_options *options, struct look *look, struct facts *facts,
		  double began_s, struct buf *out, struct error *error)
{
	static struct diag_reach reach; /* large, and one */
	const struct reach_asked asked = { options->names, options->network };
	int err = reach_find(facts, &asked, &reach, error);

	look_terse(look); /* rows have no sentences */
	if (err == 0)
		err = explain_reach_shares(facts, look, &reach, error);
	if (err == 0) {
		reach_end(facts, &reach);
		reach.took_ms = (deadline_now_s() - began_s) * 1000;
		err = reach_write(&reach, &asked, facts->source, out);
		if (err < 0)
			(void)error_system(error, err, "cannot write who reaches whom");
	}
	reach_done(&reach);
	return err;
}
