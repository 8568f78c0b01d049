// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_bandwidth.c - what is read as limits of bandwidth is read again from its numbers, and is a
// bucket that lets packets through, as many as were asked for
#include "model/container/bandwidth.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct bandwidth *bandwidth)
{
	char text[BANDWIDTH_LEN_MAX + 1] = "";
	struct bandwidth again = { 0 };
	struct error error;
	size_t len = 0;

	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++) {
		const struct bandwidth_limit *limit = &bandwidth->way[way];
		const char *name = bandwidth_way_name[way];

		if (limit->rate_bits > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%llu",
						len > 0 ? "," : "", name,
						(unsigned long long)limit->rate_bits);
		if (limit->burst_bits > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ",%s-burst=%llubit",
						name, (unsigned long long)limit->burst_bits);
		assert(len < sizeof(text));
	}
	assert(bandwidth_read(text, &again, &error) == 0);
	assert(memcmp(&again, bandwidth, sizeof(again)) == 0);
}

static void check_bucket(const struct bandwidth_limit *limit, uint32_t mtu)
{
	struct bandwidth_bucket bucket = bandwidth_bucket(limit, mtu);

	assert((bucket.rate > 0) == (limit->rate_bits > 0));
	assert(bucket.rate >= limit->rate_bits / 8);
	if (bucket.rate == 0)
		return;
	/* One that holds no frame lets none through, and one with no room beside drops them. */
	assert(bucket.burst >= (mtu > 0 ? mtu : 1500));
	assert(bucket.burst >= limit->burst_bits / 8);
	assert(bucket.queue > bucket.burst || bucket.queue == UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t mtus[] = { 0, MTU_MIN, 1500, 9000, MTU_MAX };
	_cleanup_free_ char *text = malloc(size + 1);
	struct bandwidth bandwidth;
	struct error error = { 0 };

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (bandwidth_read(text, &bandwidth, &error) < 0) {
		assert(error.kind == ERROR_INVALID && error.text[0]);
		return 0;
	}
	assert(strlen(text) <= BANDWIDTH_LEN_MAX);
	check_again(&bandwidth);
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++)
		for (size_t i = 0; i < ARRAY_SIZE(mtus); i++)
			check_bucket(&bandwidth.way[way], mtus[i]);
	return 0;
}
