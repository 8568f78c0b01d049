// SPDX-License-Identifier: GPL-2.0-or-later
// test_hash_table.c - a hash table against a plain array
#include "base/hash_table.h"

#include "tests/real_allocator.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* While this is set there is no memory for slots. */
static bool no_memory;

void *calloc(size_t n, size_t size)
{
	return no_memory ? NULL : REAL(calloc)(n, size);
}

#define N_ITEMS 400

static int items[N_ITEMS];
static bool present[N_ITEMS];

/* Few distinct hashes, near the end of the slots: long runs that wrap around. */
static uint64_t hash_of(size_t i)
{
	return UINT64_MAX - i % 7;
}

static bool has(const struct hash_table *table, size_t i)
{
	hash_table_foreach(table, hash_of(i),
			   at) if (table->slots[at].item == &items[i]) return true;
	return false;
}

static void check(const struct hash_table *table)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ITEMS; i++) {
		assert_int_equal(has(table, i), present[i]);
		n += present[i];
	}
	assert_int_equal(table->count, n);
}

static void take(struct hash_table *table, size_t i)
{
	hash_table_foreach(table, hash_of(i), at)
	{
		if (table->slots[at].item == &items[i]) {
			hash_table_remove(table, at);
			present[i] = false;
			return;
		}
	}
	fail_msg("item %zu is not there", i);
}

static void fill(struct hash_table *table)
{
	for (size_t i = 0; i < N_ITEMS; i++) {
		assert_int_equal(hash_table_add(table, hash_of(i), &items[i]), 0);
		present[i] = true;
	}
}

static void nothing_is_found_in_an_empty_table(void **state)
{
	struct hash_table table = { 0 };

	(void)state;
	assert_true(hash_table_seek(&table, 5, 5) == HASH_TABLE_END);
	hash_table_done(&table);
}

static void removal_in_runs_that_wrap_around_loses_nothing(void **state)
{
	struct hash_table table = { 0 };

	(void)state;
	fill(&table);
	check(&table);
	for (size_t step = 0, i = 0; step < N_ITEMS; step++, i = (i + 149) % N_ITEMS) {
		take(&table, i);
		if (step % 16 == 0)
			check(&table);
	}
	check(&table);
	hash_table_done(&table);
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
	struct hash_table table = { 0 };

	(void)state;
	fill(&table);
	hash_table_sweep(&table, dead_third, NULL);
	assert_int_equal(table.count, N_ITEMS - (N_ITEMS + 2) / 3);
	check(&table);
	hash_table_done(&table);
}

static void memory_follows_use_downwards(void **state)
{
	struct hash_table table = { 0 };
	size_t most;

	(void)state;
	hash_table_shrink(&table); /* there is nothing yet */
	assert_null(table.slots);
	fill(&table);
	most = table.mask + 1;
	for (size_t i = 0; i < N_ITEMS; i++) {
		take(&table, i);
		hash_table_shrink(&table);
		check(&table);
		assert_true(table.count == 0 || table.mask + 1 <= 16 * table.count ||
			    table.mask + 1 == 8);
	}
	assert_true(table.mask + 1 < most / 8);
	fill(&table);
	check(&table);
	hash_table_done(&table);
}

static void without_memory_nothing_changes(void **state)
{
	struct hash_table table = { 0 };
	size_t before;

	(void)state;
	no_memory = true;
	assert_int_equal(hash_table_add(&table, hash_of(0), &items[0]), -ENOMEM);
	no_memory = false;
	assert_int_equal(table.count, 0);
	fill(&table);
	before = table.mask;
	no_memory = true;
	while (table.count + 1 <= (table.mask + 1) / 4 * 3) /* what fits needs none */
		assert_int_equal(hash_table_add(&table, 1, &no_memory), 0);
	assert_int_equal(hash_table_add(&table, 1, &no_memory), -ENOMEM);
	while (hash_table_seek(&table, 1, 1) != HASH_TABLE_END)
		hash_table_remove(&table, hash_table_seek(&table, 1, 1));
	check(&table);
	for (size_t i = 0; i < N_ITEMS; i++) {
		take(&table, i);
		hash_table_shrink(&table);
	}
	check(&table);
	no_memory = false;
	assert_true(table.mask == before); /* it stayed as large as it was */
	hash_table_done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_table),
		cmocka_unit_test(removal_in_runs_that_wrap_around_loses_nothing),
		cmocka_unit_test(sweep_sees_every_item_and_removes_the_dead),
		cmocka_unit_test(memory_follows_use_downwards),
		cmocka_unit_test(without_memory_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
