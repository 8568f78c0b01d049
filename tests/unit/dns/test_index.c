// SPDX-License-Identifier: GPL-2.0-or-later
// test_index.c - the index under the table and the cache, against a plain array
#include "packet.h"

#include "dns/index.h"

#include <string.h>

#define N_ITEMS 400

static int items[N_ITEMS];
static bool present[N_ITEMS];

/* Few distinct hashes, near the end of the slots: long runs that wrap around. */
static uint64_t hash_of(size_t i)
{
	return UINT64_MAX - i % 7;
}

static bool has(const struct dns_index *index, size_t i)
{
	dns_index_foreach(index, hash_of(i),
			  at) if (index->slots[at].item == &items[i]) return true;
	return false;
}

static void check(const struct dns_index *index)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ITEMS; i++) {
		assert_int_equal(has(index, i), present[i]);
		n += present[i];
	}
	assert_int_equal(index->count, n);
}

static void take(struct dns_index *index, size_t i)
{
	dns_index_foreach(index, hash_of(i), at)
	{
		if (index->slots[at].item == &items[i]) {
			dns_index_remove(index, at);
			present[i] = false;
			return;
		}
	}
	fail_msg("item %zu is not there", i);
}

static void fill(struct dns_index *index)
{
	for (size_t i = 0; i < N_ITEMS; i++) {
		assert_int_equal(dns_index_add(index, hash_of(i), &items[i]), 0);
		present[i] = true;
	}
}

static void nothing_is_found_in_an_empty_index(void **state)
{
	struct dns_index index = { 0 };

	(void)state;
	assert_true(dns_index_seek(&index, 5, 5) == DNS_INDEX_END);
	dns_index_done(&index);
}

static void removal_in_runs_that_wrap_around_loses_nothing(void **state)
{
	struct dns_index index = { 0 };

	(void)state;
	fill(&index);
	check(&index);
	for (size_t step = 0, i = 0; step < N_ITEMS; step++, i = (i + 149) % N_ITEMS) {
		take(&index, i);
		if (step % 16 == 0)
			check(&index);
	}
	check(&index);
	dns_index_done(&index);
}

static bool dead_third(void *item, const void *data)
{
	size_t i = (size_t)((int *)item - items);

	(void)data;
	assert_true(present[i]);
	if (i % 3 == 0)
		present[i] = false;
	return i % 3 == 0;
}

static void sweep_sees_every_item_and_removes_the_dead(void **state)
{
	struct dns_index index = { 0 };

	(void)state;
	fill(&index);
	dns_index_sweep(&index, dead_third, NULL);
	assert_int_equal(index.count, N_ITEMS - (N_ITEMS + 2) / 3);
	check(&index);
	dns_index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_index),
		cmocka_unit_test(removal_in_runs_that_wrap_around_loses_nothing),
		cmocka_unit_test(sweep_sees_every_item_and_removes_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
