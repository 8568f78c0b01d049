// SPDX-License-Identifier: GPL-2.0-or-later
// bandwidth.c - limits of bandwidth: read from a text, and as what a token bucket is told
#include "model/container/bandwidth.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. Grammar of what is read:
 *
 * LIMIT *( "," LIMIT ) | "none" | ""
 * LIMIT: ( "in" | "out" | "in-burst" | "out-burst" ) "=" NUMBER [ UNIT ]
 * UNIT: [ "k" | "m" | "g" ] [ "bit" ], in any case
 *
 * All amounts are bits, those of bursts too: so says CNI, and one unit is one mistake less. k is
 * 1000, as in tc(8). What tc(8) counts in bytes (kbps, mb) is refused.
 *
 * A limit is a token bucket. Its burst lets a sender catch up after the processor was elsewhere:
 * with less of it than a timer is late, less than the rate goes through; with more, the first
 * moment is faster. Packets that the sender has not cut yet (segmentation offload) are cut by the
 * bucket where they are larger than the burst, so that it need not hold one of them.
 *
 * The bucket counts frames with all of their headers, and nobody means these when he says 10mbit.
 * What full packets carry behind Ethernet's and IP's headers is what was asked for: a TCP
 * connection has 2 % less of it, for its own headers, and a counter of frames 2 % more. */

const char *const bandwidth_way_name[BANDWIDTH_N_WAYS] = {
	[BANDWIDTH_IN] = "in",
	[BANDWIDTH_OUT] = "out",
};

#define ETHERNET_MTU 1500
#define ETHERNET_HEADER 14
#define IP_HEADER 20
#define FRAME_HEADER 18 /* of Ethernet, with a VLAN's tag */

#define WANTED "in=10mbit,out=5mbit is wanted, with bit, kbit, mbit or gbit"

/* 0: it is no unit. */
static uint64_t unit_of(const char *text, size_t len)
{
	static const struct {
		char letter;
		uint64_t factor;
	} prefixes[] = { { 'k', 1000 }, { 'm', 1000000 }, { 'g', 1000000000 } };
	uint64_t factor = 1;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && len > 0; i++)
		if ((*text | 0x20) == prefixes[i].letter) {
			factor = prefixes[i].factor;
			text++, len--;
			break;
		}
	return len == 0 || (len == 3 && strncasecmp(text, "bit", 3) == 0) ? factor : 0;
}

/* false: it is no amount, or more than there is on any link. */
static bool read_bits(const char *text, size_t len, uint64_t *ret_bits)
{
	uint64_t bits = 0, unit;
	size_t i = 0;

	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
		bits = bits * 10 + (uint64_t)(text[i] - '0');
		if (bits > BANDWIDTH_BITS_MAX)
			return false;
	}
	unit = unit_of(text + i, len - i);
	if (i == 0 || unit == 0 || bits > BANDWIDTH_BITS_MAX / unit)
		return false;
	*ret_bits = bits * unit;
	return true;
}

/* Which of the four it is. NULL: none of them. */
static uint64_t *place_of(struct bandwidth *bandwidth, const char *key, size_t len)
{
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++) {
		const char *name = bandwidth_way_name[way];
		size_t name_len = strlen(name);

		if (len < name_len || strncmp(key, name, name_len) != 0)
			continue;
		if (len == name_len)
			return &bandwidth->way[way].rate_bits;
		if (len == name_len + strlen("-burst") &&
		    strncmp(key + name_len, "-burst", strlen("-burst")) == 0)
			return &bandwidth->way[way].burst_bits;
	}
	return NULL;
}

/* One LIMIT. */
static int read_one(const char *text, size_t len, struct bandwidth *bandwidth, struct error *error)
{
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals ? (size_t)(equals - text) : len;
	uint64_t *place = place_of(bandwidth, text, key_len);
	int shown = len < 60 ? (int)len : 60;

	if (!equals || !place)
		return error_set(error, ERROR_INVALID,
				 "'%.*s' is none of in, out, in-burst and out-burst: " WANTED,
				 shown, text);
	if (*place > 0)
		return error_set(error, ERROR_INVALID, "%.*s is given twice", (int)key_len, text);
	if (!read_bits(equals + 1, len - key_len - 1, place))
		return error_set(error, ERROR_INVALID, "'%.*s' is no number of bits: " WANTED,
				 shown, text);
	if (*place < BANDWIDTH_BITS_MIN)
		return error_set(error, ERROR_INVALID,
				 "'%.*s' is less than %dbit, which is the least: leave it "
				 "out for no limit",
				 shown, text, BANDWIDTH_BITS_MIN);
	return 0;
}

/* What only all parts together show. */
static int check(const struct bandwidth *bandwidth, struct error *error)
{
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++) {
		const struct bandwidth_limit *limit = &bandwidth->way[way];
		const char *name = bandwidth_way_name[way];

		if (limit->burst_bits > 0 && limit->rate_bits == 0)
			return error_set(error, ERROR_INVALID,
					 "%s-burst says nothing without %s: give both", name, name);
		if (limit->burst_bits / 8 > UINT32_MAX)
			return error_set(error, ERROR_INVALID,
					 "%s-burst is more than 4 GiB, which is the most "
					 "that the kernel takes",
					 name);
	}
	return 0;
}

/* *ret_bandwidth is written on success only. */
int bandwidth_read(const char *text, struct bandwidth *ret_bandwidth, struct error *error)
{
	struct bandwidth bandwidth = { 0 };
	int err = 0;

	/* It is kept as it was written, in records and in the log. */
	if (strlen(text) > BANDWIDTH_LEN_MAX)
		return error_set(error, ERROR_INVALID,
				 "'%.60s…' is longer than %d characters: " WANTED, text,
				 BANDWIDTH_LEN_MAX);
	if (*text && strcmp(text, "none") != 0)
		for (const char *rest = text; rest && err == 0;) {
			size_t len = strcspn(rest, ",");

			err = read_one(rest, len, &bandwidth, error);
			rest = rest[len] ? rest + len + 1 : NULL;
		}
	if (err == 0)
		err = check(&bandwidth, error);
	if (err == 0)
		*ret_bandwidth = bandwidth;
	return err;
}

static uint32_t bounded(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* A burst that is smaller than one frame would let none through, for ever. */
struct bandwidth_bucket bandwidth_bucket(const struct bandwidth_limit *limit, uint32_t mtu)
{
	uint64_t frame = (mtu > 0 ? mtu : ETHERNET_MTU) + FRAME_HEADER;
	uint64_t rate = limit->rate_bits / 8 * (frame - FRAME_HEADER + ETHERNET_HEADER) /
			(frame - FRAME_HEADER - IP_HEADER);
	uint64_t burst = limit->burst_bits / 8, queue = rate * BANDWIDTH_QUEUE_MS / 1000;

	if (rate == 0)
		return (struct bandwidth_bucket) { 0 };
	if (limit->burst_bits == 0) {
		burst = rate * BANDWIDTH_BURST_MS / 1000;
		burst = burst > 4 * frame ? burst : 4 * frame;
	}
	burst = burst > frame ? burst : frame;
	queue = queue > BANDWIDTH_QUEUE_MIN ? queue : BANDWIDTH_QUEUE_MIN;
	return (struct bandwidth_bucket) {
		.rate = rate,
		.burst = bounded(burst),
		.queue = bounded(burst + queue),
	};
}
