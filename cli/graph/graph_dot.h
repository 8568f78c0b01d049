// SPDX-License-Identifier: GPL-2.0-or-later
// graph_dot.h - the picture in the language of Graphviz
#pragma once

#include "base/buf.h"
#include "cli/graph/graph.h"

/* A digraph whose clusters are the host and, in it, the networks. Always the same for the same
 * graph. */
void graph_dot(const struct graph *graph, struct buf *out);
