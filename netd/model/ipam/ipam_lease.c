// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_lease.c - the leases of an address pool: held, reserved and remembered
#include "model/ipam/ipam_lease.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "model/ipam/subnet.h"

#include <errno.h>
#include <string.h>

/* Numbers count from the window's first address. false: the address is not in the window. The
 * number is what the sets know an address by. */
bool ipam_lease_window_number(const struct ipam_pool *pool, const struct addr *addr,
			      uint64_t *ret_number)
{
	uint64_t number;

	/* The difference fails for what lies before the window, and for what lies more than 2^64
	 * behind it. */
	if (pool->window_empty || !addr_diff(addr, &pool->window, &number) ||
	    number > pool->window_last)
		return false;
	*ret_number = number;
	return true;
}

/* The later of two addresses. */
static const struct addr *later(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) > 0 ? a : b;
}

/* A window of more than 2^64 addresses is cut: nobody will see its end. The window is what the
 * range leaves of the usable addresses. */
void ipam_lease_window_init(struct ipam_pool *pool)
{
	const struct prefix *range = addr_is_set(&pool->range.addr) ? &pool->range : &pool->prefix;
	struct addr first, last, range_first = prefix_first(range), range_last = prefix_last(range);

	subnet_usable(&pool->prefix, &first, &last);
	first = *later(&first, &range_first);
	last = addr_compare(&last, &range_last) < 0 ? last : range_last;
	pool->window = first;
	pool->window_empty = addr_compare(&first, &last) > 0;
	if (!pool->window_empty && !addr_diff(&last, &first, &pool->window_last))
		pool->window_last = UINT64_MAX;
}

/* As few bytes as tell the addresses of the pool apart: each lease carries its key. The key points
 * into the address, and is good as long as that is. */
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

/* Whatever kind the lease is; NULL: nobody knows the address. */
struct ipam_lease *ipam_lease_find(const struct ipam_pool *pool, const struct addr *addr)
{
	size_t len;
	const uint8_t *key;

	if (!prefix_contains(&pool->prefix, addr))
		return NULL;
	key = lease_key(pool, addr, &len);
	return map_get(pool->leases, key, len);
}

/* Nobody can have these. */
static bool is_reserved(const struct ipam_lease *lease)
{
	return lease->kind == IPAM_LEASE_GATEWAY || lease->kind == IPAM_LEASE_AUX;
}

/* by: 1 or -1. Counters are kept, so that a question for room costs no walk. It is called when a
 * lease becomes used or ceases to be, and not for memories. */
void ipam_lease_count(struct ipam_pool *pool, const struct ipam_lease *lease, int by)
{
	uint64_t step = (uint64_t)(int64_t)by, number; /* -1 wraps, as the sums below do */

	pool->n_in_use += step;
	if (!ipam_lease_window_number(pool, &lease->addr, &number))
		return;
	pool->n_window_in_use += step;
	if (is_reserved(lease))
		pool->n_window_reserved += step;
}

/* The lease is in the map and in the set, and is in no list of memories yet. 0 or -ENOMEM. The
 * holder's name is copied into the lease, and is as long as it needs to be. */
int ipam_lease_new(struct ipam_pool *pool, const struct addr *addr, enum ipam_lease_kind kind,
		   const char *holder, struct ipam_lease **ret_lease)
{
	size_t holder_size = strlen(holder) + 1, len;
	_cleanup_free_ struct ipam_lease *lease = malloc(sizeof(*lease) + holder_size);
	const uint8_t *key = lease_key(pool, addr, &len);
	uint64_t number;

	if (!lease)
		return -ENOMEM;
	*lease = (struct ipam_lease) { .addr = *addr, .kind = kind };
	memcpy(lease->holder, holder, holder_size);
	list_init(&lease->by_age);
	if (map_set(pool->leases, key, len, lease) < 0)
		return -ENOMEM;
	/* Both know the address or neither does: the pool goes on after -ENOMEM. */
	if (ipam_lease_window_number(pool, addr, &number) && numset_add(&pool->busy, number) < 0) {
		(void)map_remove(pool->leases, key, len); /* it is ours already */
		return -ENOMEM;
	}
	*ret_lease = take_ptr(lease);
	return 0;
}

/* With its count; a memory has none. 0 or -ENOMEM. */
int ipam_lease_add(struct ipam_pool *pool, const struct addr *addr, enum ipam_lease_kind kind,
		   const char *holder)
{
	struct ipam_lease *lease;
	int err = ipam_lease_new(pool, addr, kind, holder, &lease);

	if (err == 0)
		ipam_lease_count(pool, lease, 1);
	return err;
}

/* Takes the memory out of the list and the map, leaving the lease itself. The holder may be listed
 * with a newer memory of his: that one stays. The lease keeps its place in the map of addresses. */
static void memory_detach(struct ipam_pool *pool, struct ipam_lease *lease)
{
	list_remove(&lease->by_age);
	if (lease->unlisted) {
		lease->unlisted = false;
		pool->n_unlisted--;
	} else if (map_get_str(pool->holders, lease->holder) == lease) {
		(void)map_remove_str(pool->holders, lease->holder);
	}
}

/* Only memories are dropped: what is used is released first. The lease is freed. */
void ipam_lease_drop(struct ipam_pool *pool, struct ipam_lease *lease)
{
	size_t len;
	const uint8_t *key = lease_key(pool, &lease->addr, &len);
	uint64_t number;

	memory_detach(pool, lease);
	(void)map_remove(pool->leases, key, len);
	if (ipam_lease_window_number(pool, &lease->addr, &number))
		numset_remove(&pool->busy, number);
	free(lease);
}

/* For ipam_had_holder(). The set has a bound, for it only grows. A lack of memory has the same
 * effect as a set that is full. */
void ipam_lease_freed_add(struct ipam_pool *pool, const struct addr *addr)
{
	uint64_t number;

	if (pool->forgot_freed || !ipam_lease_window_number(pool, addr, &number))
		return;
	/* When nothing more can be noted, all addresses count as had before: that costs an
	 * announcement each, and no neighbour keeps a wrong entry. */
	if (numset_add(&pool->freed, number) == 0 &&
	    map_count(pool->freed.words) <= FREED_WORDS_MAX)
		return;
	numset_done(&pool->freed);
	pool->forgot_freed = true;
}

/* A walk, for the rare case that the map had no room. */
static struct ipam_lease *find_unlisted(const struct list *memories, const char *holder)
{
	list_foreach (memories, struct ipam_lease, lease, by_age)
		if (lease->unlisted && strcmp(lease->holder, holder) == 0)
			return lease;
	return NULL;
}

/* NULL: it has none. A holder has one memory at the most. */
struct ipam_lease *ipam_lease_memory_of(const struct ipam_pool *pool, const char *holder)
{
	struct ipam_lease *lease = map_get_str(pool->holders, holder);

	if (lease || pool->n_unlisted == 0)
		return lease;
	lease = find_unlisted(&pool->memories, holder);
	return lease ? lease : find_unlisted(&pool->kept, holder);
}

/* The lease becomes a memory, or goes, if nobody could find it again. */
void ipam_lease_memory_attach(struct ipam_pool *pool, struct ipam_lease *lease)
{
	struct ipam_lease *older = ipam_lease_memory_of(pool, lease->holder), *oldest;
	uint64_t number;

	lease->kind = IPAM_LEASE_REMEMBERED;
	if (older) /* one for each: the last address is the one that others may still know */
		ipam_lease_drop(pool, older);
	if (lease->holder[0] == '\0' || !ipam_lease_window_number(pool, &lease->addr, &number)) {
		ipam_lease_drop(pool, lease);
		return;
	}
	/* An address is given back when a container ends, and that cannot be refused. Where the
	 * map has no room the lists are gone through: slow, but the holder keeps its address. */
	if (map_set_str(pool->holders, lease->holder, lease) < 0) {
		lease->unlisted = true;
		pool->n_unlisted++;
	}
	list_append(lease->kept ? &pool->kept : &pool->memories, &lease->by_age);
	oldest = ipam_lease_memory_oldest(pool);
	if (oldest && map_count(pool->holders) + pool->n_unlisted > LEASE_MEMORIES_MAX)
		ipam_lease_drop(pool, oldest);
}

/* Memories of addresses asked for by hand give way last. NULL: nothing is remembered. */
struct ipam_lease *ipam_lease_memory_oldest(const struct ipam_pool *pool)
{
	struct ipam_lease *oldest = list_first(&pool->memories, struct ipam_lease, by_age);

	return oldest ? oldest : list_first(&pool->kept, struct ipam_lease, by_age);
}

/* Its holder is there again. The lease is used from now on, and keeps what was asked for by
 * hand. */
void ipam_lease_memory_take(struct ipam_pool *pool, struct ipam_lease *lease)
{
	memory_detach(pool, lease);
	lease->kind = IPAM_LEASE_USED;
	lease->set_aside = false;
	ipam_lease_count(pool, lease, 1);
}
