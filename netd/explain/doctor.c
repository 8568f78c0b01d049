// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.c - what is wrong with networks, containers and the host: looked at, judged, written
#include "diag/doctor.h"

#include "base/deadline.h"
#include "base/limits.h"
#include "explain/explain.h"

#include <errno.h>

struct budget {
	int64_t whole_ms, one_ms; /* deadlines */
};

static void begin(void *data)
{
	struct budget *budget = data;

	budget->one_ms = deadline_after(DOCTOR_CONTAINER_MS);
}

static bool is_over(void *data)
{
	const struct budget *budget = data;

	return deadline_passed(budget->one_ms) || deadline_passed(budget->whole_ms);
}

int explain_doctor(const struct explain_options *options, struct look *look, struct client *client,
		   struct facts *facts, double began_s, struct buf *out, struct error *error)
{
	static struct diag_report report; /* large, and one */
	struct budget budget = { .whole_ms = (int64_t)(began_s * 1000) + DOCTOR_MS };
	const struct doctor_time time = { begin, is_over, &budget };
	int err;

	explain_places_open(look, facts, budget.whole_ms);
	explain_places_ask_names(client);
	err = explain_places_take(look, facts, "host", error);
	if (err == 0)
		look_managers(facts);
	if (err == 0)
		err = doctor(facts, options->name, &time, &report, error);
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
