// SPDX-License-Identifier: GPL-2.0-or-later
// doctored.h - a report as a person reads it: what is wrong, why, and what repairs it
#pragma once

#include "cli/show/explained.h"

/* report: as GET /netd/v1/doctor answers it, and where --fix was given "Fixed": the sentences on
 * what netd repaired, or null where it could not be asked to. What is not there is left out. */
void doctored_screen(const json_t *report, const struct explained_look *look, struct buf *out);

/* The report as netctl's exit status: 0 nothing is wrong, 1 something is, 3 nothing that was
 * found, and not all could be looked at (undecided, as of `explain`). */
int doctored_status(const json_t *report);
