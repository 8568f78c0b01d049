// SPDX-License-Identifier: GPL-2.0-or-later
// counter.h - how many packets there are in a capture that comes by, and whether it came to its end
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of what pcapng_put_*() have written, in pieces of any size. Zeroed it has seen nothing. */
struct counter {
	uint64_t n_packets, n_dropped; /* dropped: as the statistics say */
	uint32_t n_interfaces, n_statistics;
	bool is_broken; /* it is none: nothing is counted any more */
	/* Of the last interface with one, and of the last statistics: what the capture lacks from
	 * its beginning, and what since somewhere in its middle. Printable ASCII. */
	char comment[CAPTURE_COMMENT_MAX + 1], missing[CAPTURE_COMMENT_MAX + 1];
	/* The beginning of a block, as far as it matters, and how much of it is to come. */
	uint8_t head[CAPTURE_COMMENT_MAX + 32];
	size_t head_len;
	uint32_t left;
};

void counter_feed(struct counter *counter, const void *data, size_t len);
/* Each interface has its statistics, behind which nothing comes. */
bool counter_is_complete(const struct counter *counter);
