// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.c - what is wrong with networks, containers and the host: looked at, judged, written
#include "diag/doctor.h"

#include "base/deadline.h"
#include "explain/explain.h"

#include <errno.h>

int explain_doctor(const struct explain_options *options, struct look *look, struct facts *facts,
		   double began_s, struct buf *out, struct error *error)
{
	static struct diag_report report; /* large, and one */
	int err;

	explain_places_open(look, facts);
	err = explain_places_take(look, facts, "host", error);
	if (err == 0)
		look_managers(facts);
	if (err == 0)
		err = doctor(facts, options->name, &report, error);
	if (err == 0) {
		report.source = facts->source;
		report.took_ms = (deadline_now_s() - began_s) * 1000;
		err = report.err < 0 ? report.err : report_write(&report, out);
		if (err < 0)
			(void)error_system(error, err, "cannot write what was found");
	}
	report_done(&report);
	return err;
}
