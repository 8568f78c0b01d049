// SPDX-License-Identifier: GPL-2.0-or-later
// graph_svg.h - the picture for a browser or a document
#pragma once

#include "base/buf.h"
#include "cli/graph/graph.h"

#include <stdbool.h>

struct graph_svg_look {
	size_t width; /* that the picture is to have, as far as names leave a choice */
	bool is_part; /* of a page, which has the style; else the picture stands alone */
};

/* What the picture's classes look like, in light and dark. */
extern const char graph_svg_style[];

/* An svg element. The ids of its parts are made from names, so a part has the same id as long as it
 * is called the same; what is known of a part is its title. Each container and each tab of a port
 * has data-container, the container's name. */
void graph_svg(const struct graph *graph, const struct graph_svg_look *look, struct buf *out);
