// SPDX-License-Identifier: GPL-2.0-or-later
// losses.h - what a network namespace has lost, by the counters that its kernel keeps of it
#pragma once

#include "diag/facts.h"

#include <jansson.h>

/* The counters of a picture that are not 0, each as an object: "Counter", by its name of nstat(8);
 * "Packets", of which none is in two of them; "Say", what it means. A full queue of one of its
 * links is "qdisc LINK". A new reference; NULL: no memory. */
json_t *losses_json(const struct facts_space *space);

/* Whether the host's link holds what the container sends there, for its limit of bandwidth. */
bool losses_is_limit(const struct facts_endpoint *endpoint, const char *link);

/* What its limits of bandwidth have dropped, which is at the host's links and not inside, is added
 * as "limit in IFNAME" and "limit out IFNAME", by its own interfaces. 0 or -ENOMEM. */
int losses_add_limits(json_t *losses, const struct facts_space *host,
		      const struct facts_container *container);
