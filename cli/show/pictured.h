// SPDX-License-Identifier: GPL-2.0-or-later
// pictured.h - the way of a packet as a picture of boxes and arrows
#pragma once

#include "cli/show/lines.h"

#include <jansson.h>

/* verdict: as GET /netd/v1/explain answers it. Some lines of at most LINES_WIDTH columns: a box for
 * each place on the way, in as many rows as it takes, and the way back. What is broken differs from
 * the rest in its signs, and not only in its colour. Nothing where there is no way to draw. */
void pictured_put(const json_t *verdict, struct lines *lines);
