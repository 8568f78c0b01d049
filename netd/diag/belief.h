// SPDX-License-Identifier: GPL-2.0-or-later
// belief.h - what netd believes there is, from its snapshot into the facts
#pragma once

#include "base/error.h"
#include "diag/facts.h"

#include <stddef.h>

/* text: a snapshot as GET /netd/v1/snapshot answers it, with networks and containers; its ports
 * become those of their containers. The facts have none of them yet; on failure they have none
 * afterwards either. Sets their generation, too. ERROR_INVALID: it is none, and what is wrong with
 * it. */
int belief_read(const char *text, size_t len, struct facts *facts, struct error *error);
/* text: one with ports, that was asked for later; those that are new become their containers'. What
 * is wrong with it is the same error, and the facts stay as they were. */
int belief_read_ports(const char *text, size_t len, struct facts *facts, struct error *error);
/* Lets go of what belief_read() filled: all networks and containers. */
void belief_done(struct facts *facts);

/* What netd calls a container's namespace in the facts: by its id, or "host". */
void belief_space_key(struct facts_container *container);
/* One name more by which others find it, unless it is there already. 0 or -ENOMEM. */
int belief_add_name(struct facts_container *container, const char *name);
/* One service more that it stands behind. 0 or -ENOMEM. */
int belief_add_service(struct facts_container *container, const char *name);
/* The same of one that its connection to a network names, if it is a service there. */
int belief_add_served(struct facts_container *container, const struct facts_network *network,
		      const char *name);
