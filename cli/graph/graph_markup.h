// SPDX-License-Identifier: GPL-2.0-or-later
// graph_markup.h - texts within SVG and HTML
#pragma once

#include "base/buf.h"

/* Between tags, or in double quotes: nothing in it begins or ends anything, and what is no
 * printable ASCII is "?". */
void graph_markup_text(struct buf *out, const char *text);
/* A part of an id: letters, digits, "_", "." and "-" stand for themselves, all else as ":" and two
 * digits. */
void graph_markup_id(struct buf *out, const char *text);
