// SPDX-License-Identifier: GPL-2.0-or-later
// order.h - packets of several rings in the order of their times
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Each ring has its packets in order, but hands them over in blocks, some time
 * after they passed: what comes out of one ring now may be younger than what another still keeps.
 * So the oldest packet at hand is taken when every other ring has shown a younger one, or when its
 * block is at hand for so long that what passed before it has been handed over, too. That is
 * measured by a clock that nobody sets; the packets' own times are only compared. */

struct order_head {
	bool has_packet;
	uint64_t time_ns;   /* when the next packet of this ring passed */
	int64_t at_hand_ms; /* since then (deadline_now_ms) */
};

/* Which packet is next, as the number of its ring; -1: none yet. hold_ms: how long a ring may keep
 * a packet; 0: nothing more comes, and what is there is taken. *ret_until_ms, where -1 is returned:
 * when that changes by itself; INT64_MAX: it does not. */
int order_next(const struct order_head *heads, size_t n, int64_t now_ms, int64_t hold_ms,
	       int64_t *ret_until_ms);
