// SPDX-License-Identifier: GPL-2.0-or-later
// seen_stats.h - what went through a container's interfaces, as Docker's statistics show it
#pragma once

#include "base/buf.h"
#include "model/container/container.h"
#include "model/seen/seen_figures.h"

/* An interface of a container's, in the container's direction. */
struct seen_stats_link {
	const char *ifname; /* inside */
	struct seen_traffic received, sent;
};

struct seen_stats {
	const struct container *container;
	const struct seen_stats_link *links;
	size_t n_links;
	struct timespec read;
	struct timespec before; /* when it was read last; zero: it was not */
};

/* GET /containers/{id}/stats: one object. What netd does not know (processor, memory,
 * disks) is there and empty, as Docker has it of a container that has just begun. */
void seen_stats_write(struct buf *out, const struct seen_stats *stats);
