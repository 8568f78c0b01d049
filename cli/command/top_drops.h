// SPDX-License-Identifier: GPL-2.0-or-later
// top_drops.h - what netctl drops would tell, for netctl top: beside it, and without waiting for it
#pragma once

#include "base/buf.h"
#include "cli/line/cli.h"
#include "cli/show/thrown_reasons.h"

#include <sys/types.h>

struct top_drops {
	pid_t pid; /* 0: there is none */
	int fd;	   /* -1 */
	struct buf text;
	struct thrown_reasons reasons;
};

/* Begins to count. What it cannot do it says in reasons.lacks, now or later. Before anything is
 * asked of netd: the connection is not to be shared with another process. */
void top_drops_start(struct top_drops *drops, struct cli *cli, const struct args *args);
/* What was told since, without waiting for more. 0 or -ENOMEM. */
int top_drops_look(struct top_drops *drops);
/* Nothing is counted from when this returns. */
void top_drops_done(struct top_drops *drops);
