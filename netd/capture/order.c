// SPDX-License-Identifier: GPL-2.0-or-later
// order.c - packets of several rings in the order of their times
#include "capture/order.h"

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
