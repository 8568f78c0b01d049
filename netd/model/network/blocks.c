// SPDX-License-Identifier: GPL-2.0-or-later
// blocks.c - which IPv6 routes of the host lead to a network's endpoints: one for each block of
// addresses, and one of his own for whoever is elsewhere
#include "model/network/blocks.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A network in segments has many containers that the host must reach by
 * different bridges. A route for each would do, but the kernel walks over IPv6 routes for each
 * new port. So addresses are grouped in blocks of 2^6: the block gets one route to the segment
 * that most of it is in, and only those who are elsewhere get a route of their own. Segment 0
 * has the subnet's route and needs none.
 *
 * Members are kept sorted by address. Whoever changes one compares the routes of its block
 * before and after (blocks_steps()). */

void blocks_done(struct blocks *blocks)
{
	free(blocks->members);
	*blocks = (struct blocks) { 0 };
}

/* The first member that is not before the address. A binary search: `n` where all are before it. */
static size_t find(const struct blocks *blocks, const struct addr *addr)
{
	size_t low = 0, high = blocks->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&blocks->members[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* It tells whether find() has found the address itself, or the place where it would stand. */
static bool is_at(const struct blocks *blocks, size_t at, const struct addr *addr)
{
	return at < blocks->n && addr_equal(&blocks->members[at].addr, addr);
}

/* A member that is there already moves to another segment. 0 or -ENOMEM, and then nothing has
 * changed. */
int blocks_put(struct blocks *blocks, const struct addr *addr, uint32_t segment)
{
	const size_t at = find(blocks, addr);
	struct block_member *members;

	if (is_at(blocks, at, addr)) {
		blocks->members[at].segment = segment;
		return 0;
	}
	members = grow(blocks->members, &blocks->room, blocks->n + 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	blocks->members = members;
	/* Addresses are handed out in a row, so there is rarely much behind it. */
	memmove(&members[at + 1], &members[at], (blocks->n - at) * sizeof(*members));
	members[at] = (struct block_member) { *addr, segment };
	blocks->n++;
	return 0;
}

/* One that is not there is no error: an undo may come twice. The memory is kept, since addresses
 * come and go. */
void blocks_remove(struct blocks *blocks, const struct addr *addr)
{
	const size_t at = find(blocks, addr);

	if (!is_at(blocks, at, addr))
		return;
	blocks->n--;
	memmove(&blocks->members[at], &blocks->members[at + 1],
		(blocks->n - at) * sizeof(*blocks->members));
}

/* NULL: nobody with that address. The pointer is good until the next put or remove. */
const struct block_member *blocks_member(const struct blocks *blocks, const struct addr *addr)
{
	const size_t at = find(blocks, addr);

	return is_at(blocks, at, addr) ? &blocks->members[at] : NULL;
}

/* Of members in one block: the segment that most are in. Of equal numbers the lowest segment wins,
 * so the answer does not depend on the order. 0 means that no route is needed for the block: the
 * subnet's own leads there. */
static uint32_t owner_of(const struct block_member *members, size_t n)
{
	uint32_t counts[SEGMENTS_MAX] = { 0 }, owner = 0;

	for (size_t i = 0; i < n; i++)
		counts[members[i].segment % SEGMENTS_MAX]++;
	for (uint32_t number = 1; number < SEGMENTS_MAX; number++)
		if (counts[number] > counts[owner])
			owner = number;
	return owner;
}

/* Those of the block that begins with this member. Returns where the next one begins. A block's own
 * route comes first in the list. */
static size_t collect(const struct blocks *blocks, size_t begin, const struct prefix *block,
		      struct block_routes *ret_routes)
{
	size_t end = begin;
	uint32_t owner;

	while (end < blocks->n && prefix_contains(block, &blocks->members[end].addr))
		end++;
	/* apart: every member gets a route of its own. */
	owner = blocks->apart ? 0 : owner_of(&blocks->members[begin], end - begin);
	ret_routes->n = 0;
	if (owner > 0)
		ret_routes->items[ret_routes->n++] = (struct block_route) { *block, owner };
	/* No two members have one address, so they are not more than a block has room for. */
	for (size_t i = begin; i < end; i++) {
		const struct block_member *member = &blocks->members[i];

		if (member->segment != owner)
			ret_routes->items[ret_routes->n++] = (struct block_route) {
				{ member->addr, addr_bits(&member->addr) },
				member->segment,
			};
	}
	return end;
}

/* The length of a block is fixed, whatever the subnet is. Two addresses are in one block if this
 * gives the same prefix for both. */
static struct prefix block_of(const struct addr *addr)
{
	struct prefix block = { *addr, SEGMENT_BLOCK_LEN };

	block.addr = prefix_first(&block);
	return block;
}

/* The routes of the block that an address lies in. A block without members has no routes. */
void blocks_near(const struct blocks *blocks, const struct addr *addr,
		 struct block_routes *ret_routes)
{
	const struct prefix block = block_of(addr);

	(void)collect(blocks, find(blocks, &block.addr), &block, ret_routes);
}

/* Block by block, from *at on; *at goes behind the block. false: there is no further block. */
bool blocks_next(const struct blocks *blocks, size_t *at, struct block_routes *ret_routes)
{
	struct prefix block;

	if (*at >= blocks->n)
		return false;
	block = block_of(&blocks->members[*at].addr);
	*at = collect(blocks, *at, &block, ret_routes);
	return true;
}

/* NULL: there is no such route. The list is as long as a block has addresses, at the most. */
const struct block_route *block_routes_find(const struct block_routes *routes,
					    const struct prefix *dst)
{
	for (size_t i = 0; i < routes->n; i++)
		if (prefix_equal(&routes->items[i].dst, dst))
			return &routes->items[i];
	return NULL;
}

/* Those of one list that the other does not have, or has to somewhere else. shared: routes of
 * blocks, or those of single members. Steps are added behind those that are there. */
static void add_new(const struct block_routes *before, const struct block_routes *after,
		    bool shared, struct block_steps *ret_steps)
{
	for (size_t i = 0; i < after->n; i++) {
		const struct block_route *route = &after->items[i];
		const struct block_route *was = block_routes_find(before, &route->dst);

		if (block_route_is_shared(route) == shared &&
		    (!was || was->segment != route->segment))
			ret_steps->items[ret_steps->n++] = (struct block_step) { *route, true };
	}
}

/* The steps are to be done in their order. At no moment is somebody without a route who has one
 * before and after. */
void blocks_steps(const struct block_routes *before, const struct block_routes *after,
		  struct block_steps *ret_steps)
{
	ret_steps->n = 0;
	/* Who will have a route of his own has it before his block is led elsewhere. */
	add_new(before, after, false, ret_steps);
	add_new(before, after, true, ret_steps);
	/* A block's route is the first of its list, so it goes before the routes of those whom the
	 * subnet's own is enough for. */
	for (size_t i = 0; i < before->n; i++)
		if (!block_routes_find(after, &before->items[i].dst))
			ret_steps->items[ret_steps->n++] = (struct block_step) { before->items[i],
										 false };
}
