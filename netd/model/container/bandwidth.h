// SPDX-License-Identifier: GPL-2.0-or-later
// bandwidth.h - how much a container may receive and send on one network, as asked for
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The label of a container, for all of its networks, and the option of one connection. */
#define BANDWIDTH_LABEL "netd.bandwidth"

/* The container's directions: it receives what comes in. */
enum bandwidth_way {
	BANDWIDTH_IN,
	BANDWIDTH_OUT,
	BANDWIDTH_N_WAYS,
};

/* "in", "out": in requests and in sentences. */
extern const char *const bandwidth_way_name[BANDWIDTH_N_WAYS];

struct bandwidth_limit {
	uint64_t rate_bits;  /* a second; 0: there is no limit */
	uint64_t burst_bits; /* that go at once after a rest; 0: netd chooses */
};

struct bandwidth {
	struct bandwidth_limit way[BANDWIDTH_N_WAYS];
};

static inline bool bandwidth_limits(const struct bandwidth *bandwidth, enum bandwidth_way way)
{
	return bandwidth->way[way].rate_bits > 0;
}

/* Any way at all. */
static inline bool bandwidth_is_set(const struct bandwidth *bandwidth)
{
	return bandwidth_limits(bandwidth, BANDWIDTH_IN) ||
	       bandwidth_limits(bandwidth, BANDWIDTH_OUT);
}

/* "in=10mbit,out=5mbit", with in-burst= and out-burst= where they are wanted; "" and "none": no
 * limit. ERROR_INVALID with a sentence that names the part which is wrong. */
int bandwidth_read(const char *text, struct bandwidth *ret_bandwidth, struct error *error);

/* What a token bucket is told, in bytes of whole frames, for a rate of what full packets carry. */
struct bandwidth_bucket {
	uint64_t rate;	/* a second; 0: there is no bucket */
	uint32_t burst; /* that go at once */
	uint32_t queue; /* that wait in it, the burst included; what comes on top is dropped */
};

/* mtu 0: that of Ethernet. */
struct bandwidth_bucket bandwidth_bucket(const struct bandwidth_limit *limit, uint32_t mtu);
