// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_lease.h - the inside of an address pool, between ipam.c and ipam_lease.c
#pragma once

#include "base/addr.h"
#include "base/list.h"
#include "base/map.h"
#include "model/ipam/numset.h"

#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. Every address somebody has, or had and may want back, is a lease, found by
 * its address; remembered ones also by their holder, and they stand in a list by age.
 *
 * Automatic choice has a window, the usable addresses of the range, numbered from 0. `busy` holds
 * the numbers of all leases in the window, remembered ones included; so the next address is the
 * next number absent from it, from the cursor on and then from 0. Only when there is none does a
 * memory give way, and the oldest first: of all free addresses it has rested longest; those that
 * were asked for by hand come last. An address
 * outside the window is never chosen, so it is not worth remembering.
 *
 * `freed` holds the numbers of all addresses that were ever given back. Beyond a limit (a large
 * subnet, from which somebody asks for ever other addresses) it is let go, and every address counts
 * as one that somebody had. */

enum ipam_lease_kind { IPAM_LEASE_USED, IPAM_LEASE_GATEWAY, IPAM_LEASE_AUX, IPAM_LEASE_REMEMBERED };

struct ipam_lease {
	struct list by_age; /* in pool->memories or kept while IPAM_LEASE_REMEMBERED */
	struct addr addr;
	enum ipam_lease_kind kind;
	bool kept;	/* asked for by hand: as a memory it gives way after all others */
	bool set_aside; /* a memory of an address that somebody was told to ask for */
	bool unlisted;	/* a memory that `holders` had no room for */
	char holder[];	/* "gateway" or the auxiliary address's name for those */
};

struct ipam_pool {
	struct prefix prefix, range; /* range.addr.family 0: the whole subnet */
	struct addr window;	     /* its first address, number 0 */
	uint64_t window_last;	     /* the last number; meaningless where window_empty */
	bool window_empty;
	uint64_t cursor;
	uint64_t n_in_use;	    /* leases but memories */
	uint64_t n_window_in_use;   /* those in the window */
	uint64_t n_window_reserved; /* gateway and auxiliary addresses of those */
	struct map *leases;	    /* address -> struct ipam_lease */
	struct map *holders;	    /* holder -> its struct ipam_lease that is remembered */
	size_t n_unlisted;	    /* memories that are only in the lists below */
	struct list memories;	    /* oldest first */
	struct list kept;	    /* those asked for by hand, oldest first */
	struct numset busy;
	struct numset freed;
	bool forgot_freed;
	/* Addresses outside of these blocks are other hosts' to give. */
	bool fenced;
	struct prefix *blocks;
	size_t n_blocks, room_blocks;
};

/* Makes the window of a pool whose prefix and range are set. */
void ipam_lease_window_init(struct ipam_pool *pool);
/* The number of an address in the window; false: it is not in it. */
bool ipam_lease_window_number(const struct ipam_pool *pool, const struct addr *addr,
			      uint64_t *ret_number);

/* The lease of an address, of any kind, or NULL. */
struct ipam_lease *ipam_lease_find(const struct ipam_pool *pool, const struct addr *addr);
/* A new lease of an address that has none: busy, but neither counted nor remembered. -ENOMEM. */
int ipam_lease_new(struct ipam_pool *pool, const struct addr *addr, enum ipam_lease_kind kind,
		   const char *holder, struct ipam_lease **ret_lease);
/* The same, and counted. */
int ipam_lease_add(struct ipam_pool *pool, const struct addr *addr, enum ipam_lease_kind kind,
		   const char *holder);
/* Counts a lease that somebody has, in (1) or out (-1). */
void ipam_lease_count(struct ipam_pool *pool, const struct ipam_lease *lease, int by);
/* The address becomes free for all; the lease, which was counted out, is freed. */
void ipam_lease_drop(struct ipam_pool *pool, struct ipam_lease *lease);

/* The address was given back, now or in an earlier life. */
void ipam_lease_freed_add(struct ipam_pool *pool, const struct addr *addr);

/* Makes a memory of a lease that was counted out, or drops it where it is not worth one. Needs no
 * memory of the machine's to succeed. */
void ipam_lease_memory_attach(struct ipam_pool *pool, struct ipam_lease *lease);
/* What is remembered of a holder, or NULL. */
struct ipam_lease *ipam_lease_memory_of(const struct ipam_pool *pool, const char *holder);
/* The memory that gives way first, or NULL. */
struct ipam_lease *ipam_lease_memory_oldest(const struct ipam_pool *pool);
/* Makes a held lease of a memory again, counted. Allocates nothing, so it cannot fail. */
void ipam_lease_memory_take(struct ipam_pool *pool, struct ipam_lease *lease);
