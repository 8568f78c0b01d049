// SPDX-License-Identifier: GPL-2.0-or-later
// seen_part.h - what a snapshot consists of, and how an observer says which of it he wants
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* A snapshot is one JSON object: a head, and a member for each of these. */
enum seen_part {
	SEEN_DAEMON,	 /* netd itself: how much there is, what it healed and refused */
	SEEN_STORE,	 /* its records */
	SEEN_NETWORKS,	 /* a list, an element for each … */
	SEEN_CONTAINERS, /* … */
	SEEN_PORTS,	 /* … of published ports: for each run of them */
	SEEN_ENDS,	 /* containers again, with the ends of their links and nothing else */
	SEEN_RESOLVER,	 /* what the resolver counts */
	SEEN_LINKS,	 /* the host's links, as the kernel has and counts them */
	SEEN_TRAFFIC,	 /* what went through them, and nothing else of them */
	SEEN_COUNTERS,	 /* what the kernel counts in netd's table */
	SEEN_CONNTRACK,	 /* how many connections the kernel knows, and may know */
	SEEN_DNS,	 /* what became of containers' questions, and how much each has asked */
	SEEN_N,
};

#define SEEN_BIT(part) (1U << (part))
#define SEEN_ALL (SEEN_BIT(SEEN_N) - 1)
/* Of objects that netd knows: many, and written one by one. */
#define SEEN_OBJECTS                                                                               \
	(SEEN_BIT(SEEN_NETWORKS) | SEEN_BIT(SEEN_CONTAINERS) | SEEN_BIT(SEEN_PORTS) |              \
	 SEEN_BIT(SEEN_ENDS))
/* Of what only the kernel knows. */
#define SEEN_KERNEL                                                                                \
	(SEEN_BIT(SEEN_LINKS) | SEEN_BIT(SEEN_TRAFFIC) | SEEN_BIT(SEEN_COUNTERS) |                 \
	 SEEN_BIT(SEEN_CONNTRACK))

/* "Daemon": the key of its member. */
extern const char *const seen_part_key[SEEN_N];

/* The parts of a list such as "links,counters", in lower case; all of them for NULL or "".
 * *ret_parts has SEEN_BIT of each. ERROR_INVALID names what is none, and all there are. */
int seen_part_parse(const char *text, unsigned int *ret_parts, struct error *error);
