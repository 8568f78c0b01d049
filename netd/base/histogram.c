// SPDX-License-Identifier: GPL-2.0-or-later
// histogram.c - how long things took: how many of them fell between which bounds
#include "base/histogram.h"

/* The bounds are those of the metrics that are exported, so they never change meaning. The last
 * place counts everything above the last bound. */

const uint32_t histogram_bound_us[HISTOGRAM_BOUNDS] = {
	50,    100,   250,    500,    1000,   2500,    5000,	10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
};

/* The small ones are many, and are found first. */
void histogram_add(struct histogram *histogram, uint64_t took_us)
{
	unsigned i = 0;

	while (i < HISTOGRAM_BOUNDS && took_us > histogram_bound_us[i])
		i++;
	histogram->n[i]++;
	histogram->sum_us += took_us;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		sum += histogram->n[i];
	return sum;
}
