// SPDX-License-Identifier: GPL-2.0-or-later
// report_write.c - a report as JSON: the keys of docs/api.md, which stay
#include "base/cleanup.h"
#include "base/json_write.h"
#include "diag/report.h"
#include "diag/verdict_json.h"

#include <errno.h>

/* Theory of operation. As in verdict_write.c: each part has a function that returns a new
 * reference, and one that returns NULL makes the whole fail, so that memory is looked at once,
 * at the end. Keys and words are those of docs/api.md, and stay. */

/* The version of the document. Keys are added and never change their meaning. */
#define REPORT_VERSION 1

/* The word that a script looks at first. */
static const char *const outcome_name[REPORT_N_OUTCOMES] = {
	[REPORT_WELL] = "well",
	[REPORT_ILL] = "ill",
	[REPORT_UNDECIDED] = "undecided",
};

/* Kinds of things that doctor looks at, as keys of numbers. */
static const char *const looked_name[REPORT_N_LOOKED] = {
	[REPORT_HOST] = "Hosts",
	[REPORT_NETWORKS] = "Networks",
	[REPORT_CONTAINERS] = "Containers",
	[REPORT_PORTS] = "Ports",
	[REPORT_WAYS] = "Ways",
};

/* A lack of memory makes the list NULL, and json_pack() then fails as a whole; so nothing is
 * checked in between. The same holds for each list below. */
static json_t *places_json(const struct report_finding *finding)
{
	json_t *list = json_array();

	for (size_t i = 0; i < finding->n_places; i++)
		verdict_json_append(&list, json_text(finding->places[i]));
	return list;
}

/* One finding. Code, state and repairs have the form that they have in a verdict. */
static json_t *finding_json(const struct report_finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o}", "Code", finding->code, "State",
			 verdict_state_name[finding->state], "Places", places_json(finding),
			 "MorePlaces", (json_int_t)finding->n_more, "Say", json_text(finding->say),
			 "Why", json_text(finding->why), "Note", json_text(finding->note), "Fix",
			 verdict_json_fixes(finding->fixes, finding->n_fixes));
}

/* What is bad comes first: a person reads from the top, and a screen ends somewhere. */
static json_t *findings_json(const struct diag_report *report)
{
	static const enum diag_state order[] = { DIAG_BAD, DIAG_WARN };
	json_t *list = json_array();

	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		for (size_t i = 0; i < report->n_findings; i++)
			if (report->findings[i].state == order[k])
				verdict_json_append(&list, finding_json(&report->findings[i]));
	return list;
}

/* How much was looked at says what "nothing is wrong" is worth. */
static json_t *looked_json(const struct diag_report *report)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < REPORT_N_LOOKED; i++)
		if (json_object_set_new(object, looked_name[i],
					json_integer((json_int_t)report->looked[i])) < 0) {
			json_decref(object);
			object = NULL;
		}
	return object;
}

/* The text is netd's own, and was cut to a fixed length: json_text() makes it valid again. */
static json_t *repairs_json(const struct diag_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_repairs; i++)
		verdict_json_append(&list, json_pack("{s:o, s:o}", "Time",
						     json_text(report->repairs[i].time), "What",
						     json_text(report->repairs[i].what)));
	return list;
}

int report_write(const struct diag_report *report, struct buf *out)
{
	json_auto_t *json =
		json_pack("{s:i, s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:s?, s:f}", "Version",
			  REPORT_VERSION, "Name", json_text(report->name), "Verdict",
			  outcome_name[report_outcome(report)], "Findings", findings_json(report),
			  "LeftOut", (json_int_t)report->n_left_out, "Looked", looked_json(report),
			  "Unknown", verdict_json_unknown(report->unknown, report->n_unknown),
			  "Repaired", repairs_json(report), "Source", report->source,
			  "TookMilliseconds", verdict_json_ms(report->took_ms));
	/* Nine digits: more would show how a double is stored. */
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(9));

	if (!text)
		return -ENOMEM;
	buf_puts(out, text);
	return out->err;
}
