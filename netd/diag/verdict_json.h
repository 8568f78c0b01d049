// SPDX-License-Identifier: GPL-2.0-or-later
// verdict_json.h - pieces of JSON that a verdict and a report have in common
#pragma once

#include "diag/verdict.h"

#include <jansson.h>

/* New references; NULL: no memory. */
/* A, or B, which has a port and a protocol besides. */
json_t *verdict_json_end(const struct diag_end *end, bool is_target);
json_t *verdict_json_fixes(const struct diag_fix *fixes, size_t n);
json_t *verdict_json_unknown(const struct diag_gap *gaps, size_t n);
/* Appends to a list, or lets go of both: *list is NULL then, and stays so. */
void verdict_json_append(json_t **list, json_t *item);
/* Three places: microseconds are all that a clock is good for here. */
double verdict_json_ms(double ms);
