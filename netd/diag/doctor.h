// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.h - what is wrong with networks, containers and the host, without a pair to ask about
#pragma once

#include "base/error.h"
#include "diag/facts.h"
#include "diag/report.h"

/* Compares what netd believes with the pictures of the host and of each container, and judges the
 * ways that each container needs. The host's picture is there; what else is needed is asked for
 * through the facts. name: of one container (as question_resolve() finds it) or network, or NULL
 * for everything. The report is zeroed; it gets all but source and took_ms, and points into the
 * facts. 0; ERROR_NOT_FOUND: nobody is called so; ERROR_INVALID: several containers' ids begin so.
 * Lack of memory is in report->err. */
int doctor(struct facts *facts, const char *name, struct diag_report *report, struct error *error);
