// SPDX-License-Identifier: GPL-2.0-or-later
// test_blocks.c - routes to blocks of addresses: against a plain reading of the rule, and nobody
// is lost between two of them
#include "model/network/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ADDRS 192 /* three blocks */
#define NOBODY UINT32_MAX

/* Who is where, by the last byte of the address; what the host would have in its table. */
struct world {
	struct blocks blocks;
	uint32_t segment[N_ADDRS];
	struct block_route table[4 * BLOCK_ROUTES_MAX];
	size_t n_table;
};

static struct addr addr_of(size_t number)
{
	struct addr addr;

	assert_int_equal(addr_parse("fd00:9::", &addr), 0);
	addr.bytes[15] = (uint8_t)number;
	return addr;
}

static struct prefix alone(size_t number)
{
	return (struct prefix) { addr_of(number), 128 };
}

static struct prefix block(size_t number)
{
	return (struct prefix) { addr_of(number / 64 * 64), 122 };
}

static void start(struct world *world)
{
	*world = (struct world) { .n_table = 0 };
	for (size_t i = 0; i < N_ADDRS; i++)
		world->segment[i] = NOBODY;
}

static const struct block_route *in_table(const struct world *world, const struct prefix *dst)
{
	for (size_t i = 0; i < world->n_table; i++)
		if (prefix_equal(&world->table[i].dst, dst))
			return &world->table[i];
	return NULL;
}

/* As the kernel finds its way: the longest first, the subnet's own at last. */
static uint32_t way_to(const struct world *world, size_t number)
{
	const struct prefix own = alone(number), shared = block(number);
	const struct block_route *route = in_table(world, &own);

	route = route ? route : in_table(world, &shared);
	return route ? route->segment : 0;
}

/* The rule in its plainest words. */
static uint32_t owner(const struct world *world, size_t number)
{
	size_t counts[SEGMENTS_MAX] = { 0 };
	uint32_t most = 0;

	if (world->blocks.apart)
		return 0;
	for (size_t i = 0; i < N_ADDRS; i++)
		if (i / 64 == number / 64 && world->segment[i] != NOBODY)
			counts[world->segment[i]]++;
	for (uint32_t segment = 0; segment < SEGMENTS_MAX; segment++)
		if (counts[segment] > counts[most])
			most = segment;
	return most;
}

static void expect_table(const struct world *world)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ADDRS; i++) {
		const struct prefix own = alone(i), shared = block(i);
		const uint32_t of_block = owner(world, i);
		const struct block_route *route = in_table(world, &own);
		bool wanted = world->segment[i] != NOBODY && world->segment[i] != of_block;

		assert_int_equal(route != NULL, wanted);
		n += wanted;
		if (i % 64 > 0)
			continue;
		route = in_table(world, &shared);
		assert_int_equal(route != NULL, of_block > 0);
		assert_true(!route || route->segment == of_block);
		n += of_block > 0;
	}
	assert_int_equal(world->n_table, n);
}

static void take(struct world *world, const struct block_step *step)
{
	struct block_route *there = (struct block_route *)in_table(world, &step->route.dst);

	if (step->add && there)
		*there = step->route;
	else if (step->add)
		world->table[world->n_table++] = step->route;
	else {
		assert_non_null(there);
		assert_int_equal(there->segment, step->route.segment);
		*there = world->table[--world->n_table];
	}
	assert_true(world->n_table < sizeof(world->table) / sizeof(world->table[0]));
}

/* One comes, moves or goes, and nobody else is lost behind any step. */
static void change(struct world *world, size_t number, uint32_t segment)
{
	const struct addr addr = addr_of(number);
	struct block_routes before, after;
	struct block_steps steps;

	blocks_near(&world->blocks, &addr, &before);
	if (segment == NOBODY)
		blocks_remove(&world->blocks, &addr);
	else
		assert_int_equal(blocks_put(&world->blocks, &addr, segment), 0);
	world->segment[number] = segment;
	blocks_near(&world->blocks, &addr, &after);
	blocks_steps(&before, &after, &steps);
	for (size_t i = 0; i < steps.n; i++) {
		take(world, &steps.items[i]);
		for (size_t k = 0; k < N_ADDRS; k++)
			if (k != number && world->segment[k] != NOBODY)
				assert_int_equal(way_to(world, k), world->segment[k]);
	}
	if (segment != NOBODY)
		assert_int_equal(way_to(world, number), segment);
}

static void expect_walk(const struct world *world)
{
	struct block_routes routes;
	size_t at = 0, n = 0;

	while (blocks_next(&world->blocks, &at, &routes))
		for (size_t i = 0; i < routes.n; i++, n++) {
			const struct block_route *route = in_table(world, &routes.items[i].dst);

			assert_non_null(route);
			assert_int_equal(route->segment, routes.items[i].segment);
			assert_ptr_equal(block_routes_find(&routes, &route->dst), &routes.items[i]);
			assert_true(i == 0 || !block_route_is_shared(&routes.items[i]));
		}
	assert_int_equal(n, world->n_table);
}

static void play(struct world *world, unsigned int seed, size_t n_addrs, uint32_t n_segments)
{
	srand(seed);
	for (size_t i = 0; i < 400; i++) {
		size_t number = (size_t)rand() % n_addrs;
		bool gone = rand() % 3 == 0;

		change(world, number, gone ? NOBODY : (uint32_t)rand() % n_segments);
		expect_table(world);
		if (i % 50 == 0)
			expect_walk(world);
	}
	for (size_t number = 0; number < N_ADDRS; number++)
		change(world, number, NOBODY);
	assert_int_equal(world->n_table, 0);
	assert_int_equal(world->blocks.n, 0);
}

static void random_changes_lead_to_the_routes_of_the_rule_and_lose_nobody(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 4; seed++) {
		struct world world;

		start(&world);
		play(&world, seed, N_ADDRS, 3);
		play(&world, seed, 5, SEGMENTS_MAX); /* few: a block changes hands all the time */
		play(&world, seed, 64, 2);
		blocks_done(&world.blocks);
	}
}

static void where_the_subnet_is_no_larger_than_a_block_each_has_a_route_of_his_own(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	world.blocks.apart = true;
	play(&world, 9, 64, 4);
	change(&world, 1, 2);
	assert_int_equal(world.n_table, 1);
	assert_int_equal(world.table[0].dst.len, 128);
	blocks_done(&world.blocks);
}

static void neighbours_share_a_route_and_who_is_elsewhere_has_his_own(void **state)
{
	struct world world;
	const struct prefix stranger = alone(70), shared = block(70);
	const struct addr nobody = addr_of(150);

	(void)state;
	start(&world);
	for (size_t number = 64; number < 128; number++)
		change(&world, number, 1);
	assert_int_equal(world.n_table, 1);
	change(&world, 70, 0); /* a place in the first segment was free */
	assert_int_equal(world.n_table, 2);
	assert_int_equal(in_table(&world, &stranger)->segment, 0);
	assert_int_equal(in_table(&world, &shared)->segment, 1);
	assert_int_equal(blocks_member(&world.blocks, &stranger.addr)->segment, 0);
	assert_null(blocks_member(&world.blocks, &nobody));
	blocks_done(&world.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes_lead_to_the_routes_of_the_rule_and_lose_nobody),
		cmocka_unit_test(
			where_the_subnet_is_no_larger_than_a_block_each_has_a_route_of_his_own),
		cmocka_unit_test(neighbours_share_a_route_and_who_is_elsewhere_has_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
