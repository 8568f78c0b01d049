// SPDX-License-Identifier: GPL-2.0-or-later
// blocks.h - which IPv6 routes of the host lead to a network's endpoints: one for each block of
// addresses, and one of his own for whoever is elsewhere
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Addresses are cut into aligned blocks. A block is led to the segment that
 * most of its endpoints are in, of equal ones to that with the lowest number; whoever is in another
 * one has a route of his own, which is longer and found first. The first segment has the subnet's
 * own route, so a block that is led there has none. All of it follows from who is where and from
 * nothing that was before, so a start and a comparison come to the same routes as the changes that
 * led there. */

#define BLOCK_ADDRS (1U << (128 - SEGMENT_BLOCK_LEN))
#define BLOCK_ROUTES_MAX (BLOCK_ADDRS + 1)

struct block_member {
	struct addr addr; /* of IPv6 */
	uint32_t segment;
};

/* Zero-initialised is empty. */
struct blocks {
	struct block_member *members; /* by address */
	size_t n, room;
	bool apart; /* no block has a route: the subnet is not larger than one */
};

struct block_route {
	struct prefix dst; /* a block, or an address */
	uint32_t segment;
};

/* Those of a block. Its own comes first, if it has one. */
struct block_routes {
	struct block_route items[BLOCK_ROUTES_MAX];
	size_t n;
};

struct block_step {
	struct block_route route;
	bool add; /* also in place of one to the same destination; false: it goes */
};

struct block_steps {
	struct block_step items[2 * BLOCK_ROUTES_MAX];
	size_t n;
};

void blocks_done(struct blocks *blocks);

/* An endpoint is there, or in another segment than before. -ENOMEM: nothing has changed. */
int blocks_put(struct blocks *blocks, const struct addr *addr, uint32_t segment);
/* It is not, and may never have been. */
void blocks_remove(struct blocks *blocks, const struct addr *addr);
/* NULL: nobody has this address. */
const struct block_member *blocks_member(const struct blocks *blocks, const struct addr *addr);

/* The routes of the block that an address lies in. */
void blocks_near(const struct blocks *blocks, const struct addr *addr,
		 struct block_routes *ret_routes);
/* The same of one block after the other. *at is 0 at first; false: there are no more. */
bool blocks_next(const struct blocks *blocks, size_t *at, struct block_routes *ret_routes);
/* The one to exactly this destination; NULL: none is wanted. */
const struct block_route *block_routes_find(const struct block_routes *routes,
					    const struct prefix *dst);
static inline bool block_route_is_shared(const struct block_route *route)
{
	return route->dst.len == SEGMENT_BLOCK_LEN;
}

/* What makes one list of routes of a block into another, in an order in which everybody who is in
 * both is reached behind each of the steps. */
void blocks_steps(const struct block_routes *before, const struct block_routes *after,
		  struct block_steps *ret_steps);
