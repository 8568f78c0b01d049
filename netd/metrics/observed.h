// SPDX-License-Identifier: GPL-2.0-or-later
// observed.h - snapshots, from the plumber, and what drops are told
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "metrics/drops.h"

#include <stdbool.h>

/* The role's end of the channel. */
struct observed {
	int channel;
	uint32_t number; /* of what was asked last */
	int drops_fd;	 /* by which drops are told; -1: nobody tells */
	struct drops drops;
};

/* One snapshot, appended, and doctor's last report, if there is any. It waits, METRICS_SNAPSHOT_S
 * at the most. ERROR_UNAVAILABLE: none came, or netd says why not. -EPIPE: netd has gone. */
int observed_get(struct observed *observed, struct buf *out, struct buf *report,
		 struct error *error);

/* What has come and nobody waits for is thrown away. False: netd has gone. */
bool observed_look(struct observed *observed);

/* Takes what was told of drops, as much as there is at a time. */
void observed_hear_drops(struct observed *observed);
