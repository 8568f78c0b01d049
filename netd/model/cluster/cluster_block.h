// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_block.h - blocks of 64 addresses, which a host claims of a network's subnet as its own
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Two hosts must not give one address away, and must not ask anybody each time
 * that they give one. So a host claims a whole block, an aligned piece of the subnet, by writing a
 * key that nobody has written before, and gives its addresses as it likes, also while etcd is away.
 * Hosts begin to look at different places, which follow from their names: then two that claim at
 * once seldom want the same one. A subnet that is smaller than a block is one. */

/* The block that an address lies in; the first address of its prefix is in its key. */
struct prefix cluster_block_of(const struct prefix *subnet, const struct addr *addr);
/* How many there are in a subnet. */
uint64_t cluster_block_count(const struct prefix *subnet);
/* The one of this number, from 0. */
struct prefix cluster_block_at(const struct prefix *subnet, uint64_t number);
/* Whether a prefix is one of the subnet's blocks. */
bool cluster_block_is_of(const struct prefix *subnet, const struct prefix *block);

/* Whose a block is; NULL: nobody's. */
typedef const char *(*cluster_block_holder)(const struct prefix *block, const void *data);
/* The first in the order in which this host looks that is nobody's. False: none is, of the first
 * CLUSTER_BLOCK_LOOKS. */
bool cluster_block_choose(const struct prefix *subnet, const char *host,
			  cluster_block_holder holder, const void *data, struct prefix *ret_block);

/* The addresses of a block that a container can have, in order: not the subnet's first and last of
 * IPv4, its first of IPv6, nor the gateway (family 0: there is none). */
#define CLUSTER_BLOCK_ADDRS 64
size_t cluster_block_addrs(const struct prefix *subnet, const struct prefix *block,
			   const struct addr *gateway,
			   struct addr ret_addrs[static CLUSTER_BLOCK_ADDRS]);
/* Whether somebody has an address. */
typedef bool (*cluster_block_taken)(const struct addr *addr, const void *data);
/* The first of them that nobody has; false: all are taken. */
bool cluster_block_free(const struct prefix *subnet, const struct prefix *block,
			const struct addr *gateway, cluster_block_taken taken, const void *data,
			struct addr *ret_addr);
