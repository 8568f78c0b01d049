// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_block.c - blocks of a subnet: which there are, in which order they are claimed, and
// the addresses in them
#include "model/cluster/cluster_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct prefix prefix(const char *text)
{
	struct prefix result;

	assert_int_equal(prefix_parse(text, &result), 0);
	return result;
}

static struct addr address(const char *text)
{
	struct addr addr = { 0 };

	if (*text)
		assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void a_subnet_is_cut_into_blocks(void **state)
{
	struct prefix four = prefix("10.5.0.0/16"), six = prefix("fd00:5::/64"),
		      small = prefix("10.5.0.16/28"), block;
	struct addr addr = address("10.5.1.77");

	(void)state;
	assert_int_equal(cluster_block_count(&four), 1024);
	block = cluster_block_at(&four, 1023);
	assert_string_equal(PREFIX_STR(&block), "10.5.255.192/26");
	block = cluster_block_of(&four, &addr);
	assert_string_equal(PREFIX_STR(&block), "10.5.1.64/26");
	assert_true(cluster_block_is_of(&four, &block));
	block.len = 27;
	assert_false(cluster_block_is_of(&four, &block));
	assert_true(cluster_block_count(&six) == UINT64_C(1) << 58);
	block = cluster_block_at(&six, 3);
	assert_string_equal(PREFIX_STR(&block), "fd00:5::c0/122");
	block = cluster_block_at(&six, (UINT64_C(1) << 57) - 1);
	assert_string_equal(PREFIX_STR(&block), "fd00:5::7fff:ffff:ffff:ffc0/122");
	assert_int_equal(cluster_block_count(&small), 1);
	block = cluster_block_at(&small, 0);
	assert_true(prefix_equal(&block, &small));
}

/* Who has which block of a /16, by its number. */
struct claims {
	const char *holders[1024];
};

static const char *holder_of(const struct prefix *block, const void *data)
{
	const struct claims *claims = data;

	return claims->holders[block->addr.bytes[2] * 4 + block->addr.bytes[3] / 64];
}

static void every_block_is_claimed_once(void **state)
{
	struct prefix subnet = prefix("10.5.0.0/16"), block;
	struct claims claims = { 0 };

	(void)state;
	for (int i = 0; i < 1024; i++) {
		const char *host = i % 2 ? "alpha" : "beta";
		size_t number;

		assert_true(cluster_block_choose(&subnet, host, holder_of, &claims, &block));
		assert_true(cluster_block_is_of(&subnet, &block));
		number = block.addr.bytes[2] * 4U + block.addr.bytes[3] / 64U;
		assert_null(claims.holders[number]);
		claims.holders[number] = host;
	}
	assert_false(cluster_block_choose(&subnet, "alpha", holder_of, &claims, &block));
}

static const char *nobody(const struct prefix *block, const void *data)
{
	(void)block, (void)data;
	return NULL;
}

static void hosts_begin_at_different_places(void **state)
{
	struct prefix subnet = prefix("10.5.0.0/16"), six = prefix("fd00:5::/48"), block, again;
	char host[16];
	bool seen[1024] = { 0 };
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		size_t number;

		(void)snprintf(host, sizeof(host), "node%d", i);
		assert_true(cluster_block_choose(&subnet, host, nobody, NULL, &block));
		number = block.addr.bytes[2] * 4U + block.addr.bytes[3] / 64U;
		n += !seen[number];
		seen[number] = true;
	}
	/* By chance 5 of 100 fall onto another's. */
	assert_true(n >= 90);
	assert_true(cluster_block_choose(&six, "alpha", nobody, NULL, &block));
	assert_true(cluster_block_choose(&six, "alpha", nobody, NULL, &again));
	assert_true(prefix_equal(&block, &again));
	assert_true(cluster_block_is_of(&six, &block));
}

static void expect_addrs(const char *subnet_text, const char *block_text, const char *gateway_text,
			 size_t n, const char *first, const char *last)
{
	struct prefix subnet = prefix(subnet_text), block = prefix(block_text);
	struct addr gateway = address(gateway_text), addrs[CLUSTER_BLOCK_ADDRS];

	assert_int_equal(cluster_block_addrs(&subnet, &block, &gateway, addrs), n);
	assert_string_equal(ADDR_STR(&addrs[0]), first);
	assert_string_equal(ADDR_STR(&addrs[n - 1]), last);
}

static void a_block_has_the_addresses_that_a_container_can_have(void **state)
{
	(void)state;
	expect_addrs("10.5.0.0/16", "10.5.0.0/26", "10.5.0.1", 62, "10.5.0.2", "10.5.0.63");
	expect_addrs("10.5.0.0/16", "10.5.0.64/26", "10.5.0.1", 64, "10.5.0.64", "10.5.0.127");
	expect_addrs("10.5.0.0/16", "10.5.255.192/26", "10.5.0.1", 63, "10.5.255.192",
		     "10.5.255.254");
	expect_addrs("fd00:5::/64", "fd00:5::/122", "fd00:5::1", 62, "fd00:5::2", "fd00:5::3f");
	expect_addrs("10.5.0.16/28", "10.5.0.16/28", "", 14, "10.5.0.17", "10.5.0.30");
	expect_addrs("10.5.0.4/31", "10.5.0.4/31", "10.5.0.4", 1, "10.5.0.5", "10.5.0.5");
}

static bool is_below(const struct addr *addr, const void *data)
{
	return addr->bytes[3] < *(const uint8_t *)data;
}

static void the_first_free_address_of_a_block_is_found(void **state)
{
	struct prefix subnet = prefix("10.5.0.0/16"), block = prefix("10.5.0.0/26");
	struct addr gateway = address("10.5.0.1"), addr;
	uint8_t limit = 17;

	(void)state;
	assert_true(cluster_block_free(&subnet, &block, &gateway, is_below, &limit, &addr));
	assert_string_equal(ADDR_STR(&addr), "10.5.0.17");
	limit = 64;
	assert_false(cluster_block_free(&subnet, &block, &gateway, is_below, &limit, &addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subnet_is_cut_into_blocks),
		cmocka_unit_test(every_block_is_claimed_once),
		cmocka_unit_test(hosts_begin_at_different_places),
		cmocka_unit_test(a_block_has_the_addresses_that_a_container_can_have),
		cmocka_unit_test(the_first_free_address_of_a_block_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
