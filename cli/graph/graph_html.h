// SPDX-License-Identifier: GPL-2.0-or-later
// graph_html.h - the picture as a page of its own
#pragma once

#include "base/buf.h"
#include "cli/graph/graph.h"

/* A page that needs nothing but itself, and works from a file: the picture, a field to find a
 * container by its name, and a container that is pointed at is shown wherever it is. */
void graph_html(const struct graph *graph, struct buf *out);
