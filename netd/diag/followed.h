// SPDX-License-Identifier: GPL-2.0-or-later
// followed.h - packets of a container as they come by, told in names of containers and networks
#pragma once

#include "diag/facts.h"
#include "diag/followed_rules.h"
#include "diag/traced.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* What a packet looked like. */
struct followed_packet {
	uint32_t id;
	struct addr from, to;
	uint16_t from_port, to_port;
};

struct followed {
	const struct facts *facts;
	struct followed_before {		    /* the last packets, in a ring */
		struct followed_packet first, last; /* as it was seen first, and last */
	} packets[FOLLOWED_PACKETS];
	size_t n_packets; /* that ever were */
};

/* The object of one line of netd-trace (docs/tracing.md): where in words, both ends with their
 * names, and what they were before NAT: at the place before, and of a drop when the packet was seen
 * first. A new reference; NULL: no memory. */
json_t *followed_json(struct followed *followed, const struct traced_line *line);

/* A rule that one of its packets met (followed_rules.h): where, which, what it says and did. us:
 * when. A new reference; NULL: no memory. */
json_t *followed_rule_json(struct facts *facts, const struct followed_rule *rule, double us);
