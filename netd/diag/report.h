// SPDX-License-Identifier: GPL-2.0-or-later
// report.h - what doctor says: everything that is wrong with networks, containers and the host
#pragma once

#include "base/buf.h"
#include "base/limits.h"
#include "diag/facts.h"
#include "diag/verdict.h"

/* Theory of operation. A verdict has one cause, and a report has many findings. A finding is a row
 * of the table of codes with its words filled in, as a cause is, so a person reads the same
 * sentence whichever of the two tells it. What is true of several places in the same words (a
 * firewall that stands in the way of each network) is one finding with several places. */

enum report_outcome {
	REPORT_WELL,	  /* nothing is wrong; there may be things to know */
	REPORT_ILL,	  /* at least one finding is bad */
	REPORT_UNDECIDED, /* nothing is found bad, and something could not be looked at */
	REPORT_N_OUTCOMES,
};

struct report_finding {
	const char *code;	     /* a constant of the table of codes */
	enum diag_state state;	     /* DIAG_BAD or DIAG_WARN */
	char *places[DIAG_LIST_MAX]; /* what a person calls them: "web", "blue", "host" */
	size_t n_places, n_more;     /* more: places that did not fit */
	char *say, *why, *note;	     /* note: or NULL */
	struct diag_fix fixes[DIAG_LIST_MAX];
	size_t n_fixes;
};

/* What was looked at, and how much of it. */
enum report_looked {
	REPORT_HOST,
	REPORT_NETWORKS,
	REPORT_CONTAINERS,
	REPORT_PORTS, /* published */
	REPORT_WAYS,  /* from a container to somewhere, or from outside to a published port */
	REPORT_N_LOOKED,
};

struct diag_report {
	char *name; /* what was asked about; NULL: everything */
	struct report_finding findings[DOCTOR_FINDINGS_MAX];
	size_t n_findings, n_left_out;
	struct diag_gap unknown[DIAG_LIST_MAX];
	size_t n_unknown;
	size_t looked[REPORT_N_LOOKED];
	const struct facts_repair *repairs; /* the facts', which outlive the report */
	size_t n_repairs;
	const char *source; /* "netd", "records", "file" */
	double took_ms;
	int err; /* 0 or -ENOMEM */
};

/* A zeroed one is empty and valid. */
void report_done(struct diag_report *report);
enum report_outcome report_outcome(const struct diag_report *report);

/* The verdict's cause becomes a finding, and leaves the verdict: code, sentences and fixes. One
 * that is there already in the same words gets the place; the worse of both states counts. */
void report_take(struct diag_report *report, struct diag_verdict *verdict, enum diag_state state,
		 const char *place);
/* Something could not be looked at. The same is told once. */
__attribute__((format(printf, 3, 4))) void
report_add_unknown(struct diag_report *report, const char *where, const char *why, ...);

/* report_write.c: the JSON object of docs/api.md, without a newline. 0 or -ENOMEM. */
int report_write(const struct diag_report *report, struct buf *out);
