// SPDX-License-Identifier: GPL-2.0-or-later
// graph_json.h - the picture as nodes and edges, for other programs
#pragma once

#include "cli/graph/graph.h"

/* {"Version", "Time", "Generation", "Nodes", "Edges"} as docs/graph.md has it; a new reference.
 * NULL: no memory. */
json_t *graph_json(const struct graph *graph);
