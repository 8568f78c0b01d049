// SPDX-License-Identifier: GPL-2.0-or-later
// order.c - packets of several rings in the order of their times
#include "capture/order.h"

/* Theory of operation. Each ring has its packets in order, but two rings are not in step: one may
 * show a packet that is older than what the other has shown. So the oldest packet is taken only
 * when every ring shows one, or when it has waited for hold_ms, after which nothing older is
 * expected. */

/* The index, or -1: wait until *ret_until_ms, or for a ring that becomes readable. */
int order_next(const struct order_head *heads, size_t n, int64_t now_ms, int64_t hold_ms,
	       int64_t *ret_until_ms)
{
	bool all_have_one = true;
	int oldest = -1;

	*ret_until_ms = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		if (!heads[i].has_packet)
			all_have_one = false;
		else if (oldest < 0 || heads[i].time_ns < heads[oldest].time_ns)
			oldest = (int)i;
	}
	if (oldest < 0 || all_have_one || now_ms >= heads[oldest].at_hand_ms + hold_ms)
		return oldest;
	*ret_until_ms = heads[oldest].at_hand_ms + hold_ms;
	return -1;
}
