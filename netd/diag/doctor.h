// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.h - what is wrong with networks, containers and the host, without a pair to ask about
#pragma once

#include "base/error.h"
#include "diag/facts.h"
#include "diag/report.h"

/* A name of outside that nobody has (RFC 6761): that netd's resolver has no server for it says so
 * of all. */
#define DOCTOR_NAME "doctor.netd.invalid"

/* How much time there is: the caller's affair, for here is no clock. Nobody waits for anything:
 * what has no time left is not begun, and the report says so. */
struct doctor_time {
	/* What is looked at from now on is another container's, which has a time of its own. */
	void (*begin)(void *data);
	/* It is over, or that of the whole. */
	bool (*is_over)(void *data);
	void *data;
};

/* Compares what netd believes with the pictures of the host and of each container, and judges the
 * ways that each container needs. The host's picture is there; what else is needed is asked for
 * through the facts. name: of one container (as question_resolve() finds it) or network, or NULL
 * for everything. time NULL: there is as much as it takes. The report is zeroed; it gets all but
 * source and took_ms, and points into the facts. 0; ERROR_NOT_FOUND: nobody is called so;
 * ERROR_INVALID: several containers' ids begin so. Lack of memory is in report->err. */
int doctor(struct facts *facts, const char *name, const struct doctor_time *time,
	   struct diag_report *report, struct error *error);
