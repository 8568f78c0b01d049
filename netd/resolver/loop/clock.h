// SPDX-License-Identifier: GPL-2.0-or-later
// clock.h - the resolver's monotonic clock
#pragma once

#include <stdint.h>
#include <time.h>

/* As near as it can be told. */
static inline uint64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Coarse: a millisecond or four is near enough for time-outs, and a read costs nothing. */
static inline uint64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
