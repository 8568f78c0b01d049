// SPDX-License-Identifier: GPL-2.0-or-later
// graph_text.h - the picture for a terminal
#pragma once

#include "base/buf.h"
#include "cli/graph/graph.h"

/* Lines of at most width columns (GRAPH_WIDTH_MIN where that is less): the host as a frame, its
 * published ports at its edge, and a box for each network. Names are never cut. */
void graph_text(const struct graph *graph, size_t width, struct buf *out);
