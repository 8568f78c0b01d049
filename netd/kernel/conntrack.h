// SPDX-License-Identifier: GPL-2.0-or-later
// conntrack.h - forgets stale UDP flows of a published port (moby#8795: they outlive the mapping)
#pragma once

#include "base/error.h"
#include "model/container/container.h"
#include "model/seen/seen_figures.h"

#include <stdbool.h>

/* Deletes conntrack entries of UDP flows to any of the ports (by original destination port, and
 * address where it is not "any"), or whose reply source is a port's target; one dump for all.
 * The dump walks the kernel's whole table: some 10 ms, and 2 us more for each flow of the host, so
 * call it once for many ports. Does nothing when none of the ports is UDP. A kernel without
 * ctnetlink: success, nothing done. */
int conntrack_forget(const struct port *ports, size_t n_ports, struct error *error);

/* The same for what led into one of the subnets by a port that is none of these, or leads elsewhere
 * now: all that a change which was broken off may have left behind. Flows that are as the ports say
 * stay. */
int conntrack_forget_others(const struct port *ports, size_t n_ports, const struct prefix *subnets,
			    size_t n_subnets, struct error *error);

/* How many there are in this netns, and what the kernel counts of them: two questions, and nothing
 * that walks the table. A kernel without ctnetlink is an error, in words. */
int conntrack_counted(struct seen_conntrack *ret_counted, struct error *error);

/* Whether this netns has any flow: the cheap question before the dear one. */
bool conntrack_any_flow(void);
