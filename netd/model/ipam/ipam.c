// SPDX-License-Identifier: GPL-2.0-or-later
// ipam.c - address pools: which address is whose, within one subnet
#include "model/ipam/ipam.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "model/ipam/ipam_lease.h"
#include "model/ipam/subnet.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A pool knows for each address of a subnet whether somebody has it, had it
 * last, or must never get it. An address goes round: it is given (USED), released and remembered
 * for its holder (REMEMBERED), and given to somebody else only when nothing else is left, the
 * longest rested one first. So a container that comes back finds its address, and an address that
 * somebody may still have in a cache rests as long as it can. Only the window, which is the range
 * or the whole subnet, is given from; addresses outside of it can be claimed by number. The sets
 * of numbers make the search cheap for subnets of any size. */

/* --- the pool --- */

/* The gateway and auxiliary addresses get leases of their own kinds, which are never given away. 0
 * or -ENOMEM. */
static int reserve(struct ipam_pool *pool, const struct subnet *subnet)
{
	/* A gateway outside of the subnet needs no place in it. */
	if (prefix_contains(&pool->prefix, &subnet->gateway) &&
	    ipam_lease_add(pool, &subnet->gateway, IPAM_LEASE_GATEWAY, "gateway") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < subnet->n_aux; i++) {
		const struct aux_address *aux = &subnet->aux[i];

		/* The gateway may be named as an auxiliary address, too: a second lease of one
		 * address would take the place of the first in the map. */
		if (!prefix_contains(&pool->prefix, &aux->addr) ||
		    ipam_lease_find(pool, &aux->addr))
			continue;
		if (ipam_lease_add(pool, &aux->addr, IPAM_LEASE_AUX, aux->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* For the cleanup attribute. */
static void pool_freep(struct ipam_pool **pool)
{
	ipam_pool_free(*pool);
}

/* The pool is empty but for what is reserved. 0 or -ENOMEM. Nothing of the subnet is kept, so it
 * may be freed. */
int ipam_pool_new(const struct subnet *subnet, struct ipam_pool **ret_pool)
{
	_cleanup_(pool_freep) struct ipam_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	/* The lists come before anything that may fail: the cleanup walks over a pool that is
	 * half made. */
	list_init(&pool->memories);
	list_init(&pool->kept);
	pool->prefix = (struct prefix) { prefix_first(&subnet->prefix), subnet->prefix.len };
	pool->range = subnet->range;
	ipam_lease_window_init(pool);
	pool->leases = map_new();
	pool->holders = map_new();
	if (!pool->leases || !pool->holders || numset_init(&pool->busy) < 0 ||
	    numset_init(&pool->freed) < 0)
		return -ENOMEM;
	/* Without these the gateway would be given to a container. */
	if (reserve(pool, subnet) < 0)
		return -ENOMEM;
	*ret_pool = take_ptr(pool);
	return 0;
}

/* Also of a pool that was made by half. NULL is accepted. */
void ipam_pool_free(struct ipam_pool *pool)
{
	struct ipam_lease *lease;
	size_t cursor = 0;

	if (!pool)
		return;
	/* The maps hold pointers only; the leases are freed here. */
	while (pool->leases && (lease = map_next(pool->leases, &cursor, NULL, NULL)))
		free(lease);
	map_free(pool->leases);
	map_free(pool->holders);
	numset_done(&pool->busy);
	numset_done(&pool->freed);
	free(pool->blocks);
	free(pool);
}

/* --- giving and taking back --- */

/* It returns -ENOMEM always, with the error set. */
static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot take an address");
}

/* Three reasons, three ways out. The numbers say whether the range or the subnet is too small. It
 * returns a negative errno always. */
static int no_free_address(const struct ipam_pool *pool, struct error *error)
{
	/* 2^64 becomes 0, but that many are never all in use. */
	uint64_t size = pool->window_empty ? 0 : pool->window_last + 1;
	/* The gateway and auxiliary addresses are nobody's to use, so the sentence leaves them
	 * out. */
	uint64_t most = size - pool->n_window_reserved;
	uint64_t used = pool->n_window_in_use - pool->n_window_reserved;

	if (pool->fenced)
		return error_because(
			error, ERROR_REASON_ADDRESS_AWAITED,
			error_set(error, ERROR_UNAVAILABLE,
				  "no free address in the %zu blocks of %s that this host has: it "
				  "waits for another one",
				  pool->n_blocks, PREFIX_STR(&pool->prefix)));
	if (addr_is_set(&pool->range.addr))
		return error_set(error, ERROR_UNAVAILABLE,
				 "no free address in range %s of %s: %llu of %llu in use",
				 PREFIX_STR(&pool->range), PREFIX_STR(&pool->prefix),
				 (unsigned long long)used, (unsigned long long)most);
	return error_set(error, ERROR_UNAVAILABLE, "no free address in %s: %llu of %llu in use",
			 PREFIX_STR(&pool->prefix), (unsigned long long)used,
			 (unsigned long long)most);
}

/* --- blocks --- */

/* From now on only addresses of blocks are given (networks that span hosts). Nothing takes the
 * fence away again. */
void ipam_fence(struct ipam_pool *pool)
{
	pool->fenced = true;
}

/* Whether the pool gives from blocks alone. */
bool ipam_is_fenced(const struct ipam_pool *pool)
{
	return pool->fenced;
}

/* A block that is open already stays open. 0 or -ENOMEM. */
int ipam_open(struct ipam_pool *pool, const struct prefix *block)
{
	struct prefix *blocks;

	for (size_t i = 0; i < pool->n_blocks; i++)
		if (prefix_equal(&pool->blocks[i], block))
			return 0;
	blocks = grow(pool->blocks, &pool->room_blocks, pool->n_blocks + 1, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	pool->blocks = blocks;
	blocks[pool->n_blocks++] = *block;
	return 0;
}

/* Without a fence every address is open. */
static bool is_open(const struct ipam_pool *pool, const struct addr *addr)
{
	for (size_t i = 0; i < pool->n_blocks; i++)
		if (prefix_contains(&pool->blocks[i], addr))
			return true;
	return !pool->fenced;
}

/* The numbers of a block in the window; false: it has none. Both ends belong to the block. */
static bool block_numbers(const struct ipam_pool *pool, const struct prefix *block,
			  uint64_t *ret_first, uint64_t *ret_last)
{
	struct addr first = prefix_first(block), last = prefix_last(block);

	/* Its ends may be addresses that nobody can have, which lie outside. */
	if (addr_compare(&last, &pool->window) < 0)
		return false;
	if (addr_compare(&first, &pool->window) < 0)
		first = pool->window;
	if (!addr_diff(&first, &pool->window, ret_first) || *ret_first > pool->window_last)
		return false;
	if (!addr_diff(&last, &pool->window, ret_last) || *ret_last > pool->window_last)
		*ret_last = pool->window_last;
	return true;
}

/* In the blocks that are open, from the cursor on and then from 0. false: every address of every
 * block is busy. */
static bool next_in_blocks(const struct ipam_pool *pool, uint64_t from, uint64_t *ret_number)
{
	for (size_t i = 0; i < pool->n_blocks; i++) {
		uint64_t first, last;

		if (!block_numbers(pool, &pool->blocks[i], &first, &last) || last < from)
			continue;
		if (numset_next_absent(&pool->busy, first > from ? first : from, last, ret_number))
			return true;
	}
	return from > 0 && next_in_blocks(pool, 0, ret_number);
}

/* How many more can be given without another block: free ones and memories. The walk is over blocks
 * of 64 addresses, so it is short however large the subnet is. */
uint64_t ipam_room(const struct ipam_pool *pool)
{
	uint64_t n = 0;

	for (size_t i = 0; i < pool->n_blocks && !pool->window_empty; i++) {
		uint64_t first, last;

		if (!block_numbers(pool, &pool->blocks[i], &first, &last))
			continue;
		for (uint64_t number = first; number <= last; number++) {
			struct addr addr;
			const struct ipam_lease *lease;

			(void)addr_add(&pool->window, number, &addr); /* within the window */
			lease = ipam_lease_find(pool, &addr);
			n += !lease || lease->kind == IPAM_LEASE_REMEMBERED;
		}
	}
	return n;
}

/* The next number that is not busy, from the cursor on, then from 0. false: all are busy. */
static bool next_number(const struct ipam_pool *pool, uint64_t *ret_number)
{
	if (pool->window_empty)
		return false;
	if (pool->fenced)
		return next_in_blocks(pool, pool->cursor, ret_number);
	/* Round and round, so that an address which was just released is the last one to be
	 * given. */
	return numset_next_absent(&pool->busy, pool->cursor, pool->window_last, ret_number) ||
	       numset_next_absent(&pool->busy, 0, pool->window_last, ret_number);
}

/* The next search begins behind this number, and at the end again from the front. */
static void cursor_pass(struct ipam_pool *pool, uint64_t number)
{
	pool->cursor = number >= pool->window_last ? 0 : number + 1;
}

/* An address for somebody who has none. 0, or the error is set and nothing has changed. */
static int take_next(struct ipam_pool *pool, const char *holder, struct addr *ret_addr,
		     struct error *error)
{
	struct ipam_lease *oldest;
	struct addr addr;
	uint64_t number;

	if (next_number(pool, &number)) {
		(void)addr_add(&pool->window, number, &addr); /* within the window */
	} else {
		/* Every address is somebody's or remembered. The oldest memory gives way: its
		 * address has rested longest. */
		oldest = ipam_lease_memory_oldest(pool);
		if (!oldest || !is_open(pool, &oldest->addr))
			return no_free_address(pool, error);
		addr = oldest->addr;
		(void)ipam_lease_window_number(pool, &addr,
					       &number); /* memories are all in the window */
		ipam_lease_drop(pool, oldest);
	}
	if (ipam_lease_add(pool, &addr, IPAM_LEASE_USED, holder) < 0)
		return no_memory(error);
	/* Also when a memory gave way: the next search begins behind it. */
	cursor_pass(pool, number);
	*ret_addr = addr;
	return 0;
}

/* holder: a name, which memories are found by. 0, or the error is set. */
int ipam_alloc(struct ipam_pool *pool, const char *holder, struct addr *ret_addr,
	       struct error *error)
{
	struct ipam_lease *own = ipam_lease_memory_of(pool, holder);

	/* A holder that comes again gets its old address, for others may still know it by that. It
	 * is known by name, so a container that is made anew under its old name is the same. */
	if (!own || !is_open(pool, &own->addr))
		return take_next(pool, holder, ret_addr, error);
	ipam_lease_memory_take(pool, own);
	*ret_addr = own->addr;
	return 0;
}

/* Addresses that no interface of the subnet can have. 0: an interface of the subnet can have it. */
static int refuse_unusable(const struct ipam_pool *pool, const struct addr *addr,
			   struct error *error)
{
	struct addr first, last;

	/* Before the tests by number: a number exists only for an address of the subnet. */
	if (!prefix_contains(&pool->prefix, addr))
		return error_set(error, ERROR_INVALID, "address %s is not in %s", ADDR_STR(addr),
				 PREFIX_STR(&pool->prefix));
	/* Which addresses no interface can have is decided in subnet.c alone, for the pool and
	 * for the gateway. */
	subnet_usable(&pool->prefix, &first, &last);
	if (addr_compare(addr, &first) < 0)
		return error_set(error, ERROR_INVALID, "address %s is the %s address of %s",
				 ADDR_STR(addr),
				 addr->family == AF_INET ? "network" : "subnet-router anycast",
				 PREFIX_STR(&pool->prefix));
	if (addr_compare(addr, &last) > 0)
		return error_set(error, ERROR_INVALID, "address %s is the broadcast address of %s",
				 ADDR_STR(addr), PREFIX_STR(&pool->prefix));
	return 0;
}

/* 0: nothing forbids it. The lease is that of the address. */
static int refuse_taken(const struct ipam_pool *pool, const struct ipam_lease *lease,
			struct error *error)
{
	switch (lease->kind) {
	case IPAM_LEASE_GATEWAY:
		return error_set(error, ERROR_INVALID, "address %s is the gateway of %s",
				 ADDR_STR(&lease->addr), PREFIX_STR(&pool->prefix));
	case IPAM_LEASE_AUX:
		return error_set(error, ERROR_INVALID,
				 "address %s is the auxiliary address \"%s\" of %s",
				 ADDR_STR(&lease->addr), lease->holder, PREFIX_STR(&pool->prefix));
	case IPAM_LEASE_USED:
		/* These are Docker's own words. */
		return error_because(error, ERROR_REASON_ADDRESS_IN_USE,
				     error_set(error, ERROR_FORBIDDEN,
					       "Address already in use: \"%s\" has %s",
					       lease->holder, ADDR_STR(&lease->addr)));
	case IPAM_LEASE_REMEMBERED:
		/* A memory is no reason to refuse. */
		break;
	}
	return 0;
}

/* Whoever asks for an address gets it or an error; nothing else is given in its place. 0, or the
 * error is set. What the lease was before is lost only on success. */
int ipam_hold(struct ipam_pool *pool, const struct addr *addr, const char *holder,
	      struct error *error)
{
	struct ipam_lease *lease;
	int err = refuse_unusable(pool, addr, error);

	if (err < 0)
		return err;
	/* Asked for by number: the range does not matter. */
	lease = ipam_lease_find(pool, addr);
	if (lease) {
		err = refuse_taken(pool, lease, error);
		if (err < 0)
			return err;
		/* What is left is a memory. Its own holder takes it as it is, with what is known
		 * of the address. */
		if (strcmp(lease->holder, holder) == 0) {
			ipam_lease_memory_take(pool, lease);
			return 0;
		}
		/* Somebody asks for exactly this address, and that is worth more than a memory. */
		ipam_lease_drop(pool, lease);
	}
	return ipam_lease_add(pool, addr, IPAM_LEASE_USED, holder) < 0 ? no_memory(error) : 0;
}

/* One that nobody has yet is this host's to give if the block is. */
int ipam_claim(struct ipam_pool *pool, const struct addr *addr, const char *holder,
	       struct error *error)
{
	const struct ipam_lease *lease = ipam_lease_find(pool, addr);
	int err = refuse_unusable(pool, addr, error);

	if (err < 0)
		return err;
	if (!is_open(pool, addr) && (!lease || lease->kind == IPAM_LEASE_REMEMBERED))
		return error_set(error, ERROR_FORBIDDEN,
				 "address %s of %s is not this host's to give: it is in a block of "
				 "64 that another host has, or none yet",
				 ADDR_STR(addr), PREFIX_STR(&pool->prefix));
	return ipam_hold(pool, addr, holder, error);
}

/* The address becomes a memory, so that its holder finds it again. It cannot fail, since a
 * container that has ended cannot be kept. */
void ipam_release(struct ipam_pool *pool, const struct addr *addr)
{
	struct ipam_lease *lease = ipam_lease_find(pool, addr);

	/* Undo runs this for what was never claimed, too. The gateway and auxiliary addresses
	 * are never given back. */
	if (!lease || lease->kind != IPAM_LEASE_USED)
		return;
	/* Noted for ipam_had_holder(). */
	ipam_lease_freed_add(pool, addr);
	ipam_lease_count(pool, lease, -1);
	/* What is not this host's to give it need not remember either. */
	if (is_open(pool, addr))
		ipam_lease_memory_attach(pool, lease);
	else
		ipam_lease_drop(pool, lease);
}

/* A memory out of the records, at a start: the holder is not there yet. It cannot fail: what cannot
 * be remembered is forgotten. */
void ipam_remember(struct ipam_pool *pool, const struct addr *addr, const char *holder)
{
	struct ipam_lease *lease = ipam_lease_find(pool, addr);

	if (refuse_unusable(pool, addr, NULL) < 0)
		return;
	ipam_lease_freed_add(pool, addr);
	/* A present holder is worth more than a memory from the records. */
	if (lease && lease->kind != IPAM_LEASE_REMEMBERED)
		return;
	if (lease)
		ipam_lease_drop(pool, lease);
	/* Without memory there is no memory: the holder gets another address, that is all. */
	if (ipam_lease_new(pool, addr, IPAM_LEASE_REMEMBERED, holder, &lease) == 0)
		ipam_lease_memory_attach(pool, lease);
}

/* Asked for by hand: its holder counts on it, also over a restart. */
void ipam_keep(struct ipam_pool *pool, const struct addr *addr)
{
	struct ipam_lease *lease = ipam_lease_find(pool, addr);

	/* Twice is once. */
	if (!lease || lease->kept)
		return;
	lease->kept = true;
	/* A lease that is used goes to the right list when it is released. */
	if (lease->kind != IPAM_LEASE_REMEMBERED)
		return;
	/* Memories that were asked for by hand stand in a list of their own, which gives way
	 * after the other. */
	list_remove(&lease->by_age);
	list_append(&pool->kept, &lease->by_age);
}

/* false also for an address that nobody knows. */
bool ipam_is_kept(const struct ipam_pool *pool, const struct addr *addr)
{
	const struct ipam_lease *lease = ipam_lease_find(pool, addr);

	return lease && lease->kept;
}

/* A hint for who chooses: somebody will ask for exactly this address by number. */
void ipam_set_aside(struct ipam_pool *pool, const struct addr *addr)
{
	struct ipam_lease *lease = ipam_lease_find(pool, addr);

	if (lease && lease->kind == IPAM_LEASE_REMEMBERED)
		lease->set_aside = true;
}

bool ipam_is_set_aside(const struct ipam_pool *pool, const struct addr *addr)
{
	const struct ipam_lease *lease = ipam_lease_find(pool, addr);

	return lease && lease->set_aside;
}

/* --- looking --- */

/* Whether neighbours may still know it by another MAC, so that it should be announced. */
bool ipam_had_holder(const struct ipam_pool *pool, const struct addr *addr)
{
	uint64_t number;

	/* Outside of the window nothing is noted: there the answer is that somebody may have had
	 * it. */
	return pool->forgot_freed || !ipam_lease_window_number(pool, addr, &number) ||
	       numset_has(&pool->freed, number);
}

/* NULL: nobody has it now. */
const char *ipam_holder(const struct ipam_pool *pool, const struct addr *addr)
{
	const struct ipam_lease *lease = ipam_lease_find(pool, addr);

	return lease && lease->kind != IPAM_LEASE_REMEMBERED ? lease->holder : NULL;
}

/* First and last addresses that no interface can have, unless a lease counts them already. */
unsigned int ipam_unusable(const struct ipam_pool *pool)
{
	struct addr first = prefix_first(&pool->prefix), last = prefix_last(&pool->prefix);
	struct addr usable_first, usable_last;
	unsigned int n = 0;

	subnet_usable(&pool->prefix, &usable_first, &usable_last);
	if (!addr_equal(&first, &usable_first) && !ipam_lease_find(pool, &first))
		n++;
	if (!addr_equal(&last, &usable_last) && !ipam_lease_find(pool, &last))
		n++;
	return n;
}

/* used counts all leases, free only what can be given. Addresses that no interface can have are in
 * neither number (ipam_unusable()). */
void ipam_usage(const struct ipam_pool *pool, uint64_t *ret_used, uint64_t *ret_free)
{
	uint64_t size = pool->window_empty ? 0 : pool->window_last + 1; /* 2^64 becomes 0 */

	*ret_used = pool->n_in_use;
	*ret_free = size - pool->n_window_in_use; /* right for 2^64 too, unless all are free */
	if (!pool->window_empty && size == 0 && pool->n_window_in_use == 0)
		*ret_free = UINT64_MAX;
}
