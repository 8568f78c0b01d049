// SPDX-License-Identifier: GPL-2.0-or-later
// ipam.h - address pools: which address is whose, within one subnet; and the choice of subnets
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "model/network/network.h"

/* One pool: the addresses of a subnet, any prefix length of either family (memory grows with what
 * is used, not with the subnet). Not usable: network and broadcast address of an IPv4 subnet
 * shorter than /31, the subnet-router anycast address (::0) of an IPv6 subnet shorter than /127,
 * the gateway and the auxiliary addresses. A freed address rests: automatic choice walks on from
 * the last one given and comes back to it only when the pool (range) has wrapped. A holder that
 * asks again gets its old address back while that is free. */
struct ipam_pool;

/* subnet must have a prefix; gateway and aux are reserved when set. -ENOMEM. */
int ipam_pool_new(const struct subnet *subnet, struct ipam_pool **ret_pool);
void ipam_pool_free(struct ipam_pool *pool);

/* Chooses an address for holder (a container name): its remembered one while that is free, else the
 * next free one of the range. Full: ERROR_UNAVAILABLE with the numbers, in words such as "no free
 * address in 10.1.0.0/29: 5 of 5 in use". */
int ipam_alloc(struct ipam_pool *pool, const char *holder, struct addr *ret_addr,
	       struct error *error);

/* Claims a given address: ERROR_INVALID outside of the subnet or unusable (says which: gateway,
 * network address, auxiliary address NAME); ERROR_FORBIDDEN "Address already in use" naming the
 * holder when taken. The range does not bind it. */
int ipam_claim(struct ipam_pool *pool, const struct addr *addr, const char *holder,
	       struct error *error);

/* Frees; the holder is remembered for ipam_alloc (bounded: the oldest memories go first). Unknown
 * addresses are ignored: release is idempotent. */
void ipam_release(struct ipam_pool *pool, const struct addr *addr);

/* Restores a memory after a restart: addr was last held by holder and is free. */
void ipam_remember(struct ipam_pool *pool, const struct addr *addr, const char *holder);

/* Whether somebody had the address before its present holder, or may have had: others may know it
 * as his. false only when that is certain. */
bool ipam_had_holder(const struct ipam_pool *pool, const struct addr *addr);

/* The address, held or remembered, was asked for by hand: free, it is given to others after all
 * that are remembered otherwise. Nothing where it is neither. */
void ipam_keep(struct ipam_pool *pool, const struct addr *addr);
bool ipam_is_kept(const struct ipam_pool *pool, const struct addr *addr);

/* The address, remembered, was chosen for somebody who will ask for it by number, under whatever
 * name: that is not by hand. Forgotten when it is had. */
void ipam_set_aside(struct ipam_pool *pool, const struct addr *addr);
bool ipam_is_set_aside(const struct ipam_pool *pool, const struct addr *addr);

/* NULL: free or not of this pool. */
const char *ipam_holder(const struct ipam_pool *pool, const struct addr *addr);
/* In use (gateway and auxiliary addresses included, as Docker counts) and still free in the range;
 * both saturate at 2^64-1. */
void ipam_usage(const struct ipam_pool *pool, uint64_t *ret_used, uint64_t *ret_free);

/* Addresses of the subnet that nobody can have: network and broadcast, or anycast. Not in use. */
unsigned int ipam_unusable(const struct ipam_pool *pool);

/* A base prefix cut into subnets of one size: Docker's default-address-pools. */
struct ipam_base {
	struct prefix base;
	uint8_t size; /* prefix length of the subnets */
};

/* The built-in pools, of IPv4: 172.17-31/16 style first for people's expectations would end after
 * fifteen networks; so /24s, hundreds of them. Returns a static array. */
const struct ipam_base *ipam_default_bases(size_t *ret_n);

/* A unique local /48 (RFC 4193) with that global id. */
struct prefix ipam_global_prefix(const uint8_t global_id[static 5]);
/* The one of a host, always the same: a hash of its machine-id(5), which cannot be told from it,
 * and of a name that tells daemons on one host apart. -EINVAL: machine_id is none. -ENOMEM. */
int ipam_host_prefix(const char *machine_id, const char *name, struct prefix *ret_prefix);

/* Finds the first subnet of the family (of length want_len unless 0, which means the base's own
 * size) that overlaps none of taken. ERROR_INVALID with numbers when there is none. */
int ipam_choose_subnet(const struct ipam_base *bases, size_t n_bases, uint8_t family,
		       uint8_t want_len, const struct prefix *taken, size_t n_taken,
		       struct prefix *ret_prefix, struct error *error);

/* The same where that finds nothing: routed are prefixes of routes, which may be wider than the
 * subnet and cover it; equal or narrower ones it overlaps no more than it does taken. */
int ipam_choose_subnet_routed(const struct ipam_base *bases, size_t n_bases, uint8_t family,
			      uint8_t want_len, const struct prefix *taken, size_t n_taken,
			      const struct prefix *routed, size_t n_routed,
			      struct prefix *ret_prefix, struct error *error);
