// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_block.c - blocks of 64 addresses, which a host claims of a network's subnet as its own
#include "model/cluster/cluster_block.h"

#include "base/hash.h"

#include <string.h>

/* Theory of operation is in the header. All hosts must cut a subnet into the same blocks,
 * whatever they know of each other, so everything here follows from the subnet alone, and the
 * choice besides from the host's name. */

#define BLOCK_BITS 6 /* 64 addresses */

/* The length of a block's prefix. A subnet that is smaller than a block is one block. All hosts
 * compute the same length, so all mean the same block by a key. For IPv4 it is 26 and for IPv6 122,
 * unless the subnet is smaller. */
static uint8_t block_len(const struct prefix *subnet)
{
	uint8_t len = (uint8_t)(addr_bits(&subnet->addr) - BLOCK_BITS);

	return subnet->len > len ? subnet->len : len;
}

/* The bits behind the block's length are cleared, so every address of a block gives the same key.
 * The address must lie in the subnet; that is the caller's to know. */
struct prefix cluster_block_of(const struct prefix *subnet, const struct addr *addr)
{
	struct prefix block = { *addr, block_len(subnet) };

	block.addr = prefix_first(&block);
	return block;
}

/* A subnet of IPv6 has more blocks than 64 bits count, if it is large; such a count is cut. Only
 * the modulo of the choice uses it. At least 1. */
uint64_t cluster_block_count(const struct prefix *subnet)
{
	unsigned bits = (unsigned)(block_len(subnet) - subnet->len);

	/* More than are ever looked at. */
	return bits < 63 ? UINT64_C(1) << bits : UINT64_C(1) << 62;
}

/* The block of that number, counted from 0 at the beginning of the subnet. */
struct prefix cluster_block_at(const struct prefix *subnet, uint64_t number)
{
	struct prefix block = { prefix_first(subnet), block_len(subnet) };
	struct addr first = block.addr;
	/* A block is a power of two, and the number counts them from the subnet's first address. */
	uint64_t each = UINT64_C(1) << (addr_bits(&subnet->addr) - block.len);

	/* Numbers whose distance from the first has more than 64 bits are none of a subnet's
	 * that is cut here: 2^58 blocks of IPv6 are all that are counted from. each is a power
	 * of two, so a block begins at a multiple of it. */
	if (number <= UINT64_MAX / each && addr_add(&first, number * each, &block.addr))
		return block;
	/* A number beyond the end gives the first block; the caller's numbers come from
	 * cluster_block_count(). */
	block.addr = first;
	return block;
}

/* Whatever another host writes as a block must have the right length, lie within the subnet, and
 * begin where a block begins. A block that is not would overlap others, and two hosts would have
 * one address. false: the record is wrong, and its block is nobody's. */
bool cluster_block_is_of(const struct prefix *subnet, const struct prefix *block)
{
	return block->len == block_len(subnet) && prefix_within(subnet, block) &&
	       !prefix_has_host_bits(block);
}

/* Hosts begin at different places so that they seldom want the same block at the same moment.
 * false: all that were looked at have a holder. `holder` tells whether a block has one, and gets
 * `data`. */
bool cluster_block_choose(const struct prefix *subnet, const char *host,
			  cluster_block_holder holder, const void *data, struct prefix *ret_block)
{
	/* The search begins at a number that follows from the host's name (hash_stable() is the
	 * same on all hosts and after each start), and goes on in order. CLUSTER_BLOCK_LOOKS
	 * bounds it. */
	uint64_t n = cluster_block_count(subnet), start;

	/* What can be told apart by 64 bits of an address. */
	if (n > UINT64_C(1) << (64 - BLOCK_BITS - 1))
		n = UINT64_C(1) << (64 - BLOCK_BITS - 1);
	/* All blocks are looked at from there, around the end of the subnet. Two hosts that
	 * begin at the same place try the same block; the one that writes its key second tries
	 * on. */
	start = hash_stable(host, strlen(host)) % n;
	for (uint64_t i = 0; i < n && i < CLUSTER_BLOCK_LOOKS; i++) {
		struct prefix block = cluster_block_at(subnet, (start + i) % n);

		if (holder(&block, data))
			continue;
		*ret_block = block;
		return true;
	}
	return false;
}

/* Whether a container may have that address: it is no gateway, and no address that stands for the
 * subnet as a whole. The gateway may be unset, and then it takes no address away. */
static bool is_usable(const struct prefix *subnet, const struct addr *addr,
		      const struct addr *gateway)
{
	struct addr first = prefix_first(subnet), last = prefix_last(subnet);
	bool is_4 = addr->family == AF_INET;

	/* addr_equal() is false for a gateway that is not set: its family is 0. */
	if (addr_equal(addr, gateway))
		return false;
	/* RFC 3021 and RFC 6164: of two addresses both are hosts'. */
	if (subnet->len + 1 >= addr_bits(addr))
		return true;
	/* IPv6 has no broadcast, so only the first address is left out there. */
	return !addr_equal(addr, &first) && !(is_4 && addr_equal(addr, &last));
}

/* A block has 64 addresses at the most; those that no container can have are left out. The order is
 * that of the addresses. The number of addresses that were written. */
size_t cluster_block_addrs(const struct prefix *subnet, const struct prefix *block,
			   const struct addr *gateway,
			   struct addr ret_addrs[static CLUSTER_BLOCK_ADDRS])
{
	uint64_t n_in = prefix_count(block);
	size_t n = 0;

	/* prefix_count() of a block that is a whole small subnet is less than 64. */
	for (uint64_t i = 0; i < n_in && i < CLUSTER_BLOCK_ADDRS; i++) {
		struct addr addr;

		if (addr_add(&block->addr, i, &addr) && is_usable(subnet, &addr, gateway))
			ret_addrs[n++] = addr;
	}
	return n;
}

/* In the order of the addresses, so a block is filled from its beginning. false: every usable
 * address of the block is taken. */
bool cluster_block_free(const struct prefix *subnet, const struct prefix *block,
			const struct addr *gateway, cluster_block_taken taken, const void *data,
			struct addr *ret_addr)
{
	/* 64 addresses fit on the stack. taken() is asked only until one is free. */
	struct addr addrs[CLUSTER_BLOCK_ADDRS];
	size_t n = cluster_block_addrs(subnet, block, gateway, addrs);

	for (size_t i = 0; i < n; i++) {
		if (taken(&addrs[i], data))
			continue;
		*ret_addr = addrs[i];
		return true;
	}
	return false;
}
