// SPDX-License-Identifier: GPL-2.0-or-later
// table.h - text with tabs into aligned columns
#pragma once

#include "base/buf.h"

/* Appends text to out with every column as wide as its widest cell and three spaces between. Cells
 * end at tabs, rows at newlines; the last cell of a row is not padded. Width counts code points. */
void table_align(const char *text, struct buf *out);
