// SPDX-License-Identifier: GPL-2.0-or-later
// dns_trace.h - how an answer came about, on a terminal
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Prints the steps of an answer of GET /netd/v1/dns/lookup with "trace" (docs/api.md), and its
 * records. from: the container that asked, or NULL; is_first: what is the same for each type of
 * record is said, too. */
int dns_trace_show(const json_t *answer, const char *name, const char *from, bool is_first,
		   struct error *error);
