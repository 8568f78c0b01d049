// SPDX-License-Identifier: GPL-2.0-or-later
// histogram.h - how long things took: how many of them fell between which bounds
#pragma once

#include <stdint.h>

#define HISTOGRAM_BOUNDS 16

/* Microseconds, ascending. What took as long as a bound or less, and longer than the one before, is
 * in its place; what took longer than the last is behind all of them. */
extern const uint32_t histogram_bound_us[HISTOGRAM_BOUNDS];

struct histogram {
	uint64_t n[HISTOGRAM_BOUNDS + 1];
	uint64_t sum_us;
};

void histogram_add(struct histogram *histogram, uint64_t took_us);
/* Of all of them. */
uint64_t histogram_count(const struct histogram *histogram);
