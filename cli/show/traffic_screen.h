// SPDX-License-Identifier: GPL-2.0-or-later
// traffic_screen.h - what went through containers' interfaces, as a table of 80 columns
#pragma once

#include "base/buf.h"
#include "cli/show/thrown_reasons.h"
#include "cli/show/traffic.h"

/* A line for each row in the order that they have, and one above them; of more than max_rows the
 * first, and a line that says how many there are. by_network: each row's network behind its name.
 * reasons: below a row why packets of that container were thrown away, and in the last line why
 * that is not known; NULL: nobody counts them. */
void traffic_screen(const struct traffic *traffic, bool by_network,
		    const struct thrown_reasons *reasons, size_t max_rows, struct buf *out);
