// SPDX-License-Identifier: GPL-2.0-or-later
// ipam.c - address pools: which address is whose, within one subnet
#include "model/ipam.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "model/numset.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Every address somebody has, or had and may want back, is a lease, found by
 * its address; remembered ones also by their holder, and they stand in a list by age.
 *
 * Automatic choice has a window, the usable addresses of the range, numbered from 0. `busy` holds
 * the numbers of all leases in the window, remembered ones included; so the next address is the
 * next number absent from it, from the cursor on and then from 0. Only when there is none does a
 * memory give way, and the oldest first: of all free addresses it has rested longest. An address
 * outside the window is never chosen, so it is not worth remembering. */

enum lease_kind { LEASE_USED, LEASE_GATEWAY, LEASE_AUX, LEASE_REMEMBERED };

struct lease {
	struct list by_age; /* in pool->memories while LEASE_REMEMBERED */
	struct addr addr;
	enum lease_kind kind;
	char holder[]; /* "gateway" or the auxiliary address's name for those */
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
	struct map *leases;	    /* address -> struct lease */
	struct map *holders;	    /* holder -> its struct lease that is remembered */
	struct list memories;	    /* oldest first */
	struct numset busy;
};

/* --- where an address is --- */

static bool window_number(const struct ipam_pool *pool, const struct addr *addr,
			  uint64_t *ret_number)
{
	uint64_t number;

	if (pool->window_empty || !addr_diff(addr, &pool->window, &number) ||
	    number > pool->window_last)
		return false;
	*ret_number = number;
	return true;
}

static const struct addr *later(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) > 0 ? a : b;
}

/* A window of more than 2^64 addresses is cut: nobody will see its end. */
static void window_init(struct ipam_pool *pool)
{
	const struct prefix *range = addr_is_set(&pool->range.addr) ? &pool->range : &pool->prefix;
	struct addr first, last, range_first = prefix_first(range), range_last = prefix_last(range);

	prefix_usable(&pool->prefix, &first, &last);
	first = *later(&first, &range_first);
	last = addr_compare(&last, &range_last) < 0 ? last : range_last;
	pool->window = first;
	pool->window_empty = addr_compare(&first, &last) > 0;
	if (!pool->window_empty && !addr_diff(&last, &first, &pool->window_last))
		pool->window_last = UINT64_MAX;
}

/* As few bytes as tell the addresses of the pool apart: keys of up to 8 cost the map no allocation.
 */
static const uint8_t *lease_key(const struct ipam_pool *pool, const struct addr *addr,
				size_t *ret_len)
{
	if (addr->family == AF_INET) {
		*ret_len = 4;
		return addr->bytes;
	}
	*ret_len = pool->prefix.len >= 64 ? 8 : 16;
	return addr->bytes + (16 - *ret_len);
}

static struct lease *lease_find(const struct ipam_pool *pool, const struct addr *addr)
{
	size_t len;
	const uint8_t *key;

	if (!prefix_contains(&pool->prefix, addr))
		return NULL;
	key = lease_key(pool, addr, &len);
	return map_get(pool->leases, key, len);
}

/* --- leases --- */

static bool is_reserved(const struct lease *lease)
{
	return lease->kind == LEASE_GATEWAY || lease->kind == LEASE_AUX;
}

/* Counts a lease that somebody has, in (1) or out (-1). */
static void lease_count(struct ipam_pool *pool, const struct lease *lease, int by)
{
	uint64_t step = (uint64_t)(int64_t)by, number; /* -1 wraps, as the sums below do */

	pool->n_in_use += step;
	if (!window_number(pool, &lease->addr, &number))
		return;
	pool->n_window_in_use += step;
	if (is_reserved(lease))
		pool->n_window_reserved += step;
}

/* A new lease, known by its address and busy; not yet counted or remembered. */
static int lease_new(struct ipam_pool *pool, const struct addr *addr, enum lease_kind kind,
		     const char *holder, struct lease **ret_lease)
{
	size_t holder_size = strlen(holder) + 1, len;
	_cleanup_free_ struct lease *lease = malloc(sizeof(*lease) + holder_size);
	const uint8_t *key = lease_key(pool, addr, &len);
	uint64_t number;

	if (!lease)
		return -ENOMEM;
	*lease = (struct lease) { .addr = *addr, .kind = kind };
	memcpy(lease->holder, holder, holder_size);
	list_init(&lease->by_age);
	if (map_set(pool->leases, key, len, lease) < 0)
		return -ENOMEM;
	if (window_number(pool, addr, &number) && numset_add(&pool->busy, number) < 0) {
		(void)map_remove(pool->leases, key, len); /* it is ours already */
		return -ENOMEM;
	}
	*ret_lease = take_ptr(lease);
	return 0;
}

static int lease_add(struct ipam_pool *pool, const struct addr *addr, enum lease_kind kind,
		     const char *holder)
{
	struct lease *lease;
	int err = lease_new(pool, addr, kind, holder, &lease);

	if (err == 0)
		lease_count(pool, lease, 1);
	return err;
}

/* Takes the memory out of the list and the map, leaving the lease itself. */
static void memory_detach(struct ipam_pool *pool, struct lease *lease)
{
	list_remove(&lease->by_age);
	if (map_get_str(pool->holders, lease->holder) == lease)
		(void)map_remove_str(pool->holders, lease->holder);
}

/* The address becomes free for all. */
static void lease_drop(struct ipam_pool *pool, struct lease *lease)
{
	size_t len;
	const uint8_t *key = lease_key(pool, &lease->addr, &len);
	uint64_t number;

	memory_detach(pool, lease);
	(void)map_remove(pool->leases, key, len);
	if (window_number(pool, &lease->addr, &number))
		numset_remove(&pool->busy, number);
	free(lease);
}

/* Makes a memory of a lease that nobody counts any more, or drops it where it is not worth one. */
static void memory_attach(struct ipam_pool *pool, struct lease *lease)
{
	struct lease *older = map_get_str(pool->holders, lease->holder);
	uint64_t number;

	lease->kind = LEASE_REMEMBERED;
	if (older) /* one for each: the last address is the one that others may still know */
		lease_drop(pool, older);
	if (lease->holder[0] == '\0' || !window_number(pool, &lease->addr, &number) ||
	    map_set_str(pool->holders, lease->holder, lease) < 0) {
		lease_drop(pool, lease);
		return;
	}
	list_append(&pool->memories, &lease->by_age);
	if (map_count(pool->holders) > LEASE_MEMORIES_MAX)
		lease_drop(pool, list_first(&pool->memories, struct lease, by_age));
}

/* --- the pool --- */

static int reserve(struct ipam_pool *pool, const struct subnet *subnet)
{
	if (prefix_contains(&pool->prefix, &subnet->gateway) &&
	    lease_add(pool, &subnet->gateway, LEASE_GATEWAY, "gateway") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < subnet->n_aux; i++) {
		const struct aux_address *aux = &subnet->aux[i];

		if (!prefix_contains(&pool->prefix, &aux->addr) || lease_find(pool, &aux->addr))
			continue;
		if (lease_add(pool, &aux->addr, LEASE_AUX, aux->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void pool_freep(struct ipam_pool **pool)
{
	ipam_pool_free(*pool);
}

int ipam_pool_new(const struct subnet *subnet, struct ipam_pool **ret_pool)
{
	_cleanup_(pool_freep) struct ipam_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	list_init(&pool->memories);
	pool->prefix = (struct prefix) { prefix_first(&subnet->prefix), subnet->prefix.len };
	pool->range = subnet->range;
	window_init(pool);
	pool->leases = map_new();
	pool->holders = map_new();
	if (!pool->leases || !pool->holders || numset_init(&pool->busy) < 0)
		return -ENOMEM;
	if (reserve(pool, subnet) < 0)
		return -ENOMEM;
	*ret_pool = take_ptr(pool);
	return 0;
}

void ipam_pool_free(struct ipam_pool *pool)
{
	struct lease *lease;
	size_t cursor = 0;

	if (!pool)
		return;
	while (pool->leases && (lease = map_next(pool->leases, &cursor, NULL, NULL)))
		free(lease);
	map_free(pool->leases);
	map_free(pool->holders);
	numset_done(&pool->busy);
	free(pool);
}

/* --- giving and taking back --- */

static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot take an address");
}

static int no_free_address(const struct ipam_pool *pool, struct error *error)
{
	uint64_t size = pool->window_empty ? 0 : pool->window_last + 1; /* 0 cannot fill: 2^64 */
	uint64_t most = size - pool->n_window_reserved;
	uint64_t used = pool->n_window_in_use - pool->n_window_reserved;

	if (pool->window_empty)
		most = 0;
	if (addr_is_set(&pool->range.addr))
		return error_set(error, ERROR_UNAVAILABLE,
				 "no free address in range %s of %s: %llu of %llu in use",
				 PREFIX_STR(&pool->range), PREFIX_STR(&pool->prefix),
				 (unsigned long long)used, (unsigned long long)most);
	return error_set(error, ERROR_UNAVAILABLE, "no free address in %s: %llu of %llu in use",
			 PREFIX_STR(&pool->prefix), (unsigned long long)used,
			 (unsigned long long)most);
}

/* Turns a memory into a lease that is held. No allocation but for a new holder, so that giving back
 * what was remembered cannot fail. */
static void memory_take(struct ipam_pool *pool, struct lease *lease)
{
	memory_detach(pool, lease);
	lease->kind = LEASE_USED;
	lease_count(pool, lease, 1);
}

/* The next number that is not busy, from the cursor on, then from 0. */
static bool next_number(const struct ipam_pool *pool, uint64_t *ret_number)
{
	if (pool->window_empty)
		return false;
	return numset_next_absent(&pool->busy, pool->cursor, pool->window_last, ret_number) ||
	       numset_next_absent(&pool->busy, 0, pool->window_last, ret_number);
}

static void cursor_pass(struct ipam_pool *pool, uint64_t number)
{
	pool->cursor = number >= pool->window_last ? 0 : number + 1;
}

static int take_next(struct ipam_pool *pool, const char *holder, struct addr *ret_addr,
		     struct error *error)
{
	struct lease *oldest;
	struct addr addr;
	uint64_t number;

	if (next_number(pool, &number)) {
		(void)addr_add(&pool->window, number, &addr); /* within the window */
	} else {
		oldest = list_first(&pool->memories, struct lease, by_age);
		if (!oldest)
			return no_free_address(pool, error);
		addr = oldest->addr;
		(void)window_number(pool, &addr, &number); /* memories are all in the window */
		lease_drop(pool, oldest);
	}
	if (lease_add(pool, &addr, LEASE_USED, holder) < 0)
		return no_memory(error);
	cursor_pass(pool, number);
	*ret_addr = addr;
	return 0;
}

int ipam_alloc(struct ipam_pool *pool, const char *holder, struct addr *ret_addr,
	       struct error *error)
{
	struct lease *own = map_get_str(pool->holders, holder);

	if (!own)
		return take_next(pool, holder, ret_addr, error);
	memory_take(pool, own);
	*ret_addr = own->addr;
	return 0;
}

/* Addresses that no interface of the subnet can have. */
static int refuse_unusable(const struct ipam_pool *pool, const struct addr *addr,
			   struct error *error)
{
	struct addr first, last;

	if (!prefix_contains(&pool->prefix, addr))
		return error_set(error, ERROR_INVALID, "address %s is not in %s", ADDR_STR(addr),
				 PREFIX_STR(&pool->prefix));
	prefix_usable(&pool->prefix, &first, &last);
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

static int refuse_taken(const struct ipam_pool *pool, const struct lease *lease,
			struct error *error)
{
	switch (lease->kind) {
	case LEASE_GATEWAY:
		return error_set(error, ERROR_INVALID, "address %s is the gateway of %s",
				 ADDR_STR(&lease->addr), PREFIX_STR(&pool->prefix));
	case LEASE_AUX:
		return error_set(error, ERROR_INVALID,
				 "address %s is the auxiliary address \"%s\" of %s",
				 ADDR_STR(&lease->addr), lease->holder, PREFIX_STR(&pool->prefix));
	case LEASE_USED:
		return error_set(error, ERROR_FORBIDDEN, "Address already in use: \"%s\" has %s",
				 lease->holder, ADDR_STR(&lease->addr));
	case LEASE_REMEMBERED:
		break;
	}
	return 0;
}

int ipam_claim(struct ipam_pool *pool, const struct addr *addr, const char *holder,
	       struct error *error)
{
	struct lease *lease;
	int err = refuse_unusable(pool, addr, error);

	if (err < 0)
		return err;
	lease = lease_find(pool, addr);
	if (lease) {
		err = refuse_taken(pool, lease, error);
		if (err < 0)
			return err;
		if (strcmp(lease->holder, holder) == 0) {
			memory_take(pool, lease);
			return 0;
		}
		lease_drop(pool, lease);
	}
	return lease_add(pool, addr, LEASE_USED, holder) < 0 ? no_memory(error) : 0;
}

void ipam_release(struct ipam_pool *pool, const struct addr *addr)
{
	struct lease *lease = lease_find(pool, addr);

	if (!lease || lease->kind != LEASE_USED)
		return;
	lease_count(pool, lease, -1);
	memory_attach(pool, lease);
}

void ipam_remember(struct ipam_pool *pool, const struct addr *addr, const char *holder)
{
	struct lease *lease = lease_find(pool, addr);

	if (refuse_unusable(pool, addr, NULL) < 0)
		return;
	if (lease && lease->kind != LEASE_REMEMBERED)
		return;
	if (lease)
		lease_drop(pool, lease);
	/* Without memory there is no memory: the holder gets another address, that is all. */
	if (lease_new(pool, addr, LEASE_REMEMBERED, holder, &lease) == 0)
		memory_attach(pool, lease);
}

/* --- looking --- */

const char *ipam_holder(const struct ipam_pool *pool, const struct addr *addr)
{
	const struct lease *lease = lease_find(pool, addr);

	return lease && lease->kind != LEASE_REMEMBERED ? lease->holder : NULL;
}

void ipam_usage(const struct ipam_pool *pool, uint64_t *ret_used, uint64_t *ret_free)
{
	*ret_used = pool->n_in_use;
	*ret_free = 0;
	if (pool->window_empty)
		return;
	/* One less than there are where all are free and there are 2^64. */
	*ret_free = pool->window_last - pool->n_window_in_use;
	if (*ret_free != UINT64_MAX)
		(*ret_free)++;
}
