// SPDX-License-Identifier: GPL-2.0-or-later
// ipam.h - address pools: which address is whose, within one subnet
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "model/ipam/subnet.h"

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

/* The same for an address that all hosts know to be the holder's, whoever's block it is in. */
int ipam_hold(struct ipam_pool *pool, const struct addr *addr, const char *holder,
	      struct error *error);

/* Frees; the holder is remembered for ipam_alloc (bounded: the oldest memories go first), but for
 * an address of another host's block. Unknown addresses are ignored: release is idempotent. */
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

/* From now on only what lies in an open block is given or claimed, for the other addresses of the
 * subnet are other hosts' to give. No block is open yet. */
void ipam_fence(struct ipam_pool *pool);
bool ipam_is_fenced(const struct ipam_pool *pool);
/* This host has the block. Twice is once. -ENOMEM. */
int ipam_open(struct ipam_pool *pool, const struct prefix *block);
/* How many addresses are still free in open blocks, those that are remembered included. */
uint64_t ipam_room(const struct ipam_pool *pool);
