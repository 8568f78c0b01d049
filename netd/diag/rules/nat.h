// SPDX-License-Identifier: GPL-2.0-or-later
// nat.h - what NAT makes of a packet: of the first, by a rule; of those after it, by its flow
#pragma once

#include "diag/rules/way.h"

#include <linux/netfilter/nf_nat.h>

/* What a rule allows the new source or destination to be. */
struct nat_range {
	bool is_src;
	uint32_t flags;	      /* NF_NAT_RANGE_* */
	struct addr min, max; /* family 0 with MAP_IPS: not known */
	uint16_t min_port, max_port;
	bool knows_ports;
};

/* Expressions. They give a verdict. */
void nat_run(struct way *way, const struct expr *expr);
void nat_masquerade(struct way *way, const struct nat_range *range);
void nat_redirect(struct way *way, const struct nat_range *range);
void nat_range(struct way *way, const struct nat_range *range);

/* Conntrack's hook: a flow for what has none, unless it is not tracked. */
void nat_track(struct way *way);
/* What the flow has already; for a packet that is not the first, and for one whose NAT was chosen
 * at another hook. */
void nat_apply(struct way *way, bool is_src);
/* No rule chose anything: the flow stays as it is, for good. */
void nat_settle(struct way *way, bool is_src);
/* The chains were asked, at a hook before. */
bool nat_is_settled(const struct way *way, bool is_src);
