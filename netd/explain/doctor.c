// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.c - what is wrong with networks, containers and the host: looked at, judged, written
#include "diag/doctor.h"

#include "base/deadline.h"
#include "base/limits.h"
#include "explain/explain.h"

#include <errno.h>

/* One container with a thousand listeners is not to take the time of all that come after it: that
 * is time of a processor, which a busy machine has less of. All of them together have an end, which
 * is a deadline. */
struct budget {
	int64_t whole_ms, one_ms;
};

/* doctor() calls it before each container. */
static void begin(void *data)
{
	struct budget *budget = data;

	budget->one_ms = deadline_worked_ms() + DOCTOR_CONTAINER_MS;
}

/* What was not looked at in time is told as such in the report: it is not told to be well. */
static bool is_over(void *data)
{
	const struct budget *budget = data;

	return deadline_worked_ms() > budget->one_ms || deadline_passed(budget->whole_ms);
}

int explain_doctor(const struct explain_options *options, struct look *look, struct client *client,
		   struct facts *facts, double began_s, struct buf *out, struct error *error)
{
	/* It is zero at the start, as report_done() takes it, and it is used once in a process. */
	static struct diag_report report; /* large, and one */
	struct budget budget = { .whole_ms = (int64_t)(began_s * 1000) + DOCTOR_MS };
	const struct doctor_time time = { begin, is_over, &budget };
	int err;

	/* The places know the deadline, too: no picture is begun when the time is over. */
	explain_places_open(look, facts, budget.whole_ms);
	explain_places_ask_names(client);
	/* The host first: most findings of a container are told from the host's links and rules. */
	err = explain_places_take(look, facts, "host", error);
	if (err == 0 && client) {
		explain_cluster(client, facts);
		explain_services(client, facts);
	}
	if (err == 0)
		/* Which links other programs configure is read for doctor alone: it costs a
		 * file for each link, and no pair needs it. */
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
