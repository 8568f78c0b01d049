// SPDX-License-Identifier: GPL-2.0-or-later
// observed.h - snapshots, from the plumber
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* The role's end of the channel. */
struct observed {
	int channel;
	uint32_t number; /* of what was asked last */
};

/* One snapshot, appended, and doctor's last report, if there is any. It waits, METRICS_SNAPSHOT_S
 * at the most. ERROR_UNAVAILABLE: none came, or netd says why not. -EPIPE: netd has gone. */
int observed_get(struct observed *observed, struct buf *out, struct buf *report,
		 struct error *error);

/* What has come and nobody waits for is thrown away. False: netd has gone. */
bool observed_look(struct observed *observed);
