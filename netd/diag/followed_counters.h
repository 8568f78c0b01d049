// SPDX-License-Identifier: GPL-2.0-or-later
// followed_counters.h - how many packets passed a container's links, where nothing tells of each
#pragma once

#include "diag/facts.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct followed_count {
	uint64_t received, sent, dropped; /* packets, in the container's direction */
};

/* Zeroed but for `of` it is valid. */
struct followed_counters {
	const struct facts_container *of;
	struct followed_count *before, *since; /* of each endpoint */
	bool has_before;
};

/* text: that of /proc/net/dev on the host, where the other ends of its links are. What was counted
 * since the last time is in `since`; at the first time that is nothing. 0 or -ENOMEM. */
int followed_counters_read(struct followed_counters *counters, const char *text);
/* Whether anything passed the link of that endpoint since then, and in which numbers: us is the
 * time of it. NULL: no memory. */
bool followed_counters_has(const struct followed_counters *counters, size_t endpoint);
json_t *followed_counters_json(const struct followed_counters *counters, size_t endpoint,
			       double us);
void followed_counters_done(struct followed_counters *counters);
