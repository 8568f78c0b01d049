// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_state.c - the records of a cluster: what each changes, what was not told again, and
// how two states differ
#include "model/cluster/cluster_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "abababababababababababababababababababababababababababababababab"

static struct cluster_record block(unsigned number, const char *holder)
{
	struct addr addr = { .family = AF_INET, .bytes = { 10, 0, (uint8_t)number, 0 } };
	struct cluster_key key = cluster_key_of_block(ID, &addr);
	struct cluster_record record;

	cluster_record_init(&record, &key);
	(void)snprintf(record.holder, sizeof(record.holder), "%s", holder);
	return record;
}

static int put(struct cluster_state *cluster, unsigned number, const char *holder)
{
	struct cluster_record record = block(number, holder);

	return cluster_state_put(cluster, &record);
}

static struct cluster_state *state_new(void)
{
	struct cluster_state *cluster = NULL;

	assert_int_equal(cluster_state_new(&cluster), 0);
	return cluster;
}

static void a_record_changes_what_is_there(void **state)
{
	struct cluster_state *cluster = state_new();
	struct cluster_record read, wanted = block(1, "beta");

	(void)state;
	assert_int_equal(put(cluster, 1, "alpha"), CLUSTER_ADDED);
	assert_int_equal(put(cluster, 1, "alpha"), CLUSTER_SAME);
	assert_int_equal(put(cluster, 1, "beta"), CLUSTER_CHANGED);
	assert_int_equal(cluster_state_count(cluster), 1);
	assert_true(cluster_state_get(cluster, &wanted.key, &read));
	assert_memory_equal(&read.key, &wanted.key, sizeof(read.key));
	assert_string_equal(read.holder, wanted.holder);
	assert_int_equal(cluster_state_remove(cluster, &wanted.key), CLUSTER_REMOVED);
	assert_int_equal(cluster_state_remove(cluster, &wanted.key), CLUSTER_SAME);
	assert_false(cluster_state_get(cluster, &wanted.key, &read));
	assert_false(cluster_state_has(cluster, &wanted.key));
	cluster_state_free(cluster);
}

static void count_gone(const struct cluster_key *key, void *data)
{
	unsigned *numbers = data;

	*numbers |= 1U << key->block.bytes[2];
}

static void what_is_not_told_again_is_gone(void **state)
{
	struct cluster_state *cluster = state_new();
	unsigned gone = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(put(cluster, i, "alpha"), CLUSTER_ADDED);
	cluster_state_begin(cluster);
	assert_int_equal(put(cluster, 1, "alpha"), CLUSTER_SAME);
	assert_int_equal(put(cluster, 3, "beta"), CLUSTER_CHANGED);
	assert_int_equal(put(cluster, 9, "beta"), CLUSTER_ADDED);
	assert_int_equal(cluster_state_end(cluster, count_gone, &gone), 0);
	assert_int_equal(gone, 0xf5);
	assert_int_equal(cluster_state_count(cluster), 3);
	cluster_state_begin(cluster);
	assert_int_equal(cluster_state_end(cluster, NULL, NULL), 0);
	assert_int_equal(cluster_state_count(cluster), 0);
	cluster_state_free(cluster);
}

/* Carries a difference out: what it was found in becomes what it was compared with. */
static int carry_out(enum cluster_change change, const struct cluster_record *record, void *data)
{
	struct cluster_state *cluster = data;

	if (change == CLUSTER_REMOVED)
		assert_int_equal(cluster_state_remove(cluster, &record->key), CLUSTER_REMOVED);
	else
		assert_int_equal(cluster_state_put(cluster, record), change);
	return 0;
}

static int never(enum cluster_change change, const struct cluster_record *record, void *data)
{
	(void)change, (void)record, (void)data;
	fail();
	return 0;
}

static void fill_by_chance(struct cluster_state *cluster)
{
	static const char *const holders[] = { "alpha", "beta", "gamma" };

	for (unsigned i = 0; i < 40; i++)
		if (rand() % 2)
			assert_true(put(cluster, i, holders[rand() % 3]) > 0);
}

static void a_walk_meets_its_kind_alone(void **state)
{
	struct cluster_state *cluster = state_new();
	const struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, "alpha");
	struct cluster_record alive, found;
	size_t cursor = 0;

	(void)state;
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(put(cluster, i, "beta"), CLUSTER_ADDED);
	cluster_record_init(&alive, &key);
	memset(alive.id, 'a', ID_LEN);
	assert_int_equal(cluster_state_put(cluster, &alive), CLUSTER_ADDED);
	assert_int_equal(cluster_state_count(cluster), 10);
	assert_true(cluster_state_next(cluster, CLUSTER_ALIVE, &cursor, &found));
	assert_string_equal(found.key.host, "alpha");
	assert_false(cluster_state_next(cluster, CLUSTER_ALIVE, &cursor, &found));
	cursor = 0;
	assert_false(cluster_state_next(cluster, CLUSTER_HOST, &cursor, &found));
	cluster_state_free(cluster);
}

static void a_difference_makes_one_state_of_the_other(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < 50; i++) {
		struct cluster_state *before = state_new(), *twin = state_new(),
				     *after = state_new();
		struct cluster_record record;

		fill_by_chance(before);
		fill_by_chance(after);
		for (enum cluster_kind kind = 0; kind < CLUSTER_N_KINDS; kind++) {
			size_t cursor = 0;

			while (cluster_state_next(before, kind, &cursor, &record))
				assert_int_equal(cluster_state_put(twin, &record), CLUSTER_ADDED);
		}
		assert_int_equal(cluster_state_compare(before, after, carry_out, twin), 0);
		assert_int_equal(cluster_state_compare(twin, after, never, NULL), 0);
		assert_int_equal(cluster_state_count(twin), cluster_state_count(after));
		cluster_state_free(before);
		cluster_state_free(twin);
		cluster_state_free(after);
	}
}

static int refuse(enum cluster_change change, const struct cluster_record *record, void *data)
{
	unsigned *n = data;

	(void)change, (void)record;
	return ++*n == 3 ? -5 : 0;
}

static void an_error_ends_a_comparison(void **state)
{
	struct cluster_state *before = state_new(), *after = state_new();
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(put(after, i, "alpha"), CLUSTER_ADDED);
	assert_int_equal(cluster_state_compare(before, after, refuse, &n), -5);
	assert_int_equal(n, 3);
	cluster_state_free(before);
	cluster_state_free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_changes_what_is_there),
		cmocka_unit_test(what_is_not_told_again_is_gone),
		cmocka_unit_test(a_walk_meets_its_kind_alone),
		cmocka_unit_test(a_difference_makes_one_state_of_the_other),
		cmocka_unit_test(an_error_ends_a_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
