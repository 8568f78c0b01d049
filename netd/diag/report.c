// SPDX-License-Identifier: GPL-2.0-or-later
// report.c - a report as it grows: findings, the places that they are true of, what is unknown
#include "diag/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. doctor judges one thing after the other, each with a verdict of its own.
 * What a verdict found is moved into the report, where the same finding of several places
 * becomes one with a list of places. Lists have a fixed number of places, as in a verdict; what
 * does not fit is counted, so that a report never looks more complete than it is.
 *
 * Texts belong to the report from then on, codes are constants. err is -ENOMEM when something
 * was lost for want of memory: then the report must not be shown as if it were whole. */

/* A zeroed fix has no words and no sentence, so this may be called on it. */
static void done_fix(struct diag_fix *fix)
{
	for (size_t i = 0; i < fix->n_argv; i++)
		free(fix->argv[i]);
	free(fix->say);
}

/* Leaves the place as it is: only report_done() calls it, and clears all. */
static void done_finding(struct report_finding *finding)
{
	for (size_t i = 0; i < finding->n_places; i++)
		free(finding->places[i]);
	for (size_t i = 0; i < finding->n_fixes; i++)
		done_fix(&finding->fixes[i]);
	free(finding->say);
	free(finding->why);
	free(finding->note);
}

/* The repairs are the facts' and stay. */
void report_done(struct diag_report *report)
{
	for (size_t i = 0; i < report->n_findings; i++)
		done_finding(&report->findings[i]);
	for (size_t i = 0; i < report->n_unknown; i++) {
		free(report->unknown[i].where);
		free(report->unknown[i].why);
	}
	free(report->name);
	*report = (struct diag_report) { 0 };
}

/* A finding that is bad outweighs what is unknown; a warning does not. */
enum report_outcome report_outcome(const struct diag_report *report)
{
	for (size_t i = 0; i < report->n_findings; i++)
		if (report->findings[i].state == DIAG_BAD)
			return REPORT_ILL;
	return report->n_unknown > 0 ? REPORT_UNDECIDED : REPORT_WELL;
}

/* --- findings --------------------------------------------------------------------------------- */

/* Code and sentence together: the same code about another link is another finding. */
static struct report_finding *find(struct diag_report *report, const char *code, const char *say)
{
	for (size_t i = 0; i < report->n_findings; i++) {
		struct report_finding *finding = &report->findings[i];

		if (strcmp(finding->code, code) == 0 && finding->say &&
		    strcmp(finding->say, say) == 0)
			return finding;
	}
	return NULL;
}

/* A place is listed once. Of more than there is room for only the number is kept. */
static void add_place(struct diag_report *report, struct report_finding *finding, const char *place)
{
	char *copy;

	for (size_t i = 0; i < finding->n_places; i++)
		if (strcmp(finding->places[i], place) == 0)
			return;
	if (finding->n_places == DIAG_LIST_MAX) {
		finding->n_more++;
		return;
	}
	copy = strdup(place);
	if (copy)
		finding->places[finding->n_places++] = copy;
	else
		report->err = -ENOMEM;
}

/* The text changes hands: the report frees it from now on. */
static char *take_text(char **text)
{
	char *taken = *text;

	*text = NULL;
	return taken;
}

/* Everything is moved and nothing copied, so that nothing can fail here. code is a constant. */
static void fill(struct report_finding *finding, struct diag_verdict *verdict)
{
	*finding = (struct report_finding) {
		.code = verdict->code,
		.say = take_text(&verdict->cause),
		.why = take_text(&verdict->why),
		.note = take_text(&verdict->note),
		.n_fixes = verdict->n_fixes,
	};
	/* Their texts have changed hands with the bytes, so the verdict must not free them. */
	memcpy(finding->fixes, verdict->fixes, sizeof(finding->fixes));
	memset(verdict->fixes, 0, sizeof(verdict->fixes));
	verdict->n_fixes = 0;
}

/* The verdict loses what it has said, and may be used again. place: where it is true. */
void report_take(struct diag_report *report, struct diag_verdict *verdict, enum diag_state state,
		 const char *place)
{
	struct report_finding *finding;

	/* Without a code or a sentence there is nothing to tell; that happens only where memory
	 * was lacking. */
	if (verdict->err == -ENOMEM || !verdict->code || !verdict->cause) {
		report->err = -ENOMEM;
		return;
	}
	finding = find(report, verdict->code, verdict->cause);
	/* Counted, so that nobody takes the report for whole. */
	if (!finding && report->n_findings == DOCTOR_FINDINGS_MAX) {
		report->n_left_out++;
		return;
	}
	if (!finding) {
		finding = &report->findings[report->n_findings++];
		fill(finding, verdict);
		finding->state = state;
	}
	/* The worse of both counts: a finding does not become harmless by a second place. */
	if (state == DIAG_BAD)
		finding->state = DIAG_BAD;
	add_place(report, finding, place);
}

/* --- what is unknown -------------------------------------------------------------------------- */

/* What cannot be noted for want of memory leaves the report without worth, and err says so. */
void report_add_unknown(struct diag_report *report, const char *where, const char *why, ...)
{
	/* Made first and compared afterwards, for its text is known only then. */
	struct diag_gap gap = { 0 };
	va_list list;

	if (report->n_unknown == DIAG_LIST_MAX)
		return; /* sixteen of them say that much is unknown */
	va_start(list, why);
	if (vasprintf(&gap.why, why, list) < 0)
		gap.why = NULL;
	va_end(list);
	gap.where = strdup(where);
	/* The same gap is found once for each thing that rests on it. */
	for (size_t i = 0; gap.why && gap.where && i < report->n_unknown; i++)
		if (strcmp(report->unknown[i].where, gap.where) == 0 &&
		    strcmp(report->unknown[i].why, gap.why) == 0) {
			free(gap.where);
			free(gap.why);
			return;
		}
	if (gap.why && gap.where) {
		report->unknown[report->n_unknown++] = gap;
		return;
	}
	free(gap.where);
	free(gap.why);
	report->err = -ENOMEM;
}
