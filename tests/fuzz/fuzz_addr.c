// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_addr.c - what is read as an address, prefix or MAC prints to text that is read as the same
#include "base/addr.h"
#include "base/cleanup.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_addr(const char *text)
{
	struct addr addr, again;

	if (addr_parse(text, &addr) < 0)
		return;
	assert(strlen(ADDR_STR(&addr)) < ADDR_STR_MAX);
	assert(addr_parse(ADDR_STR(&addr), &again) == 0);
	assert(memcmp(&addr, &again, sizeof(addr)) == 0);
}

static void check_arithmetic(const struct prefix *prefix)
{
	struct addr first = prefix_first(prefix), last = prefix_last(prefix), next;
	uint64_t distance;

	assert(prefix_contains(prefix, &first) && prefix_contains(prefix, &last));
	assert(prefix_contains(prefix, &prefix->addr));
	assert(addr_compare(&first, &last) <= 0);
	assert(!addr_add(&last, 1, &next) || !prefix_contains(prefix, &next));
	if (addr_diff(&last, &first, &distance)) {
		assert(addr_add(&first, distance, &next) && addr_equal(&next, &last));
		assert(distance == UINT64_MAX || prefix_count(prefix) == distance + 1);
	}
}

static void check_prefix(const char *text)
{
	struct prefix prefix, again;

	if (prefix_parse(text, &prefix) < 0)
		return;
	assert(prefix_parse(PREFIX_STR(&prefix), &again) == 0);
	assert(prefix_equal(&prefix, &again));
	check_arithmetic(&prefix);
}

static void check_mac(const char *text)
{
	struct mac mac, again;

	if (mac_parse(text, &mac) < 0)
		return;
	assert(mac_parse(MAC_STR(&mac), &again) == 0);
	assert(memcmp(&mac, &again, sizeof(mac)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_addr(text);
	check_prefix(text);
	check_mac(text);
	return 0;
}
