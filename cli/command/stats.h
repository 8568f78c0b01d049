// SPDX-License-Identifier: GPL-2.0-or-later
// stats.h - asking netd what went through containers' interfaces, again and again
#pragma once

#include "cli/line/cli.h"
#include "cli/show/traffic.h"

extern const struct flag stats_look_flags[]; /* --interval and --networks */

struct stats_look {
	struct cli *cli;
	const struct args *args; /* operands: names of containers; none: all */
	bool by_network;
	unsigned int interval_ms;
	struct traffic now;
};

/* Zeroed before. ERROR_INVALID: a flag makes no sense. */
int stats_look_init(struct stats_look *look, struct cli *cli, const struct args *args,
		    struct error *error);
/* Asks once more; rates are those since the time before. */
int stats_look_again(struct stats_look *look, struct error *error);
void stats_look_done(struct stats_look *look);
