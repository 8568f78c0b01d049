// SPDX-License-Identifier: GPL-2.0-or-later
// table.h - which names exist on which network, and who may see them
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "dns/steps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* (network, name) -> addresses and (network, address) -> canonical name. Names are kept folded to
 * lower case; bytes above 127 are left as they are. Network 0 is never used. */
struct dns_table;

struct dns_table *dns_table_new(void); /* NULL: out of memory */
void dns_table_free(struct dns_table *table);

/* Declares a network, or gives it another name. A name that no query can spell (over 253 bytes, a
 * label empty or over 63) leaves the network without NAME.NETWORK. 0, -EINVAL (network 0), -ENOMEM.
 */
int dns_table_network(struct dns_table *table, uint32_t network, const char *name, bool internal);
void dns_table_network_gone(struct dns_table *table, uint32_t network); /* with its names */
/* As declared; false for a network that is not there. */
bool dns_table_internal(const struct dns_table *table, uint32_t network);

/* The same (network, name, addr) may be added more than once (two containers cannot have one
 * address, but a container may have one name twice): it is counted. canonical: reverse lookups of
 * the address give this name. Names are folded here. 0; -EINVAL: a name that no query can spell, or
 * no address: nothing is lost by leaving it out; -ENOENT: the network was not declared; -ENOSPC:
 * counted 65,535 times, or as many addresses; -ENOMEM. On failure nothing changed. */
int dns_table_add(struct dns_table *table, uint32_t network, const char *name,
		  const struct addr *addr, bool canonical);
void dns_table_remove(struct dns_table *table, uint32_t network, const char *name,
		      const struct addr *addr, bool canonical);

/* Of the addresses of a name one is to be given at a time: of all names of a network, or of those
 * that have this record. It holds until the network is declared again, or the record is removed; of
 * what is not there nothing is kept. */
void dns_table_answer_one(struct dns_table *table, uint32_t network, bool one);
void dns_table_name_answer_one(struct dns_table *table, uint32_t network, const char *name,
			       const struct addr *addr, bool one);

/* Mark and sweep for a re-synchronisation: what is not added again between begin and end is removed
 * at the end; lookups meanwhile see old and new. Counts start anew at begin. Networks are marked
 * too; adding a name keeps its network. */
void dns_table_sync_begin(struct dns_table *table);
void dns_table_sync_end(struct dns_table *table);

/* Who asks. Owned by the caller; numbers and links live as long as the call. */
struct dns_link {
	const char *alias;  /* folded */
	const char *target; /* folded */
	struct addr addr;   /* set: what the alias means where nothing else has that name */
	uint32_t network;   /* the target is looked up there only; 0: in all that are visible */
};
struct dns_view {
	const uint32_t
		*networks; /* searched in this order; the first that knows the name answers */
	size_t n_networks;
	const struct dns_link *links;
	size_t n_links;
	bool all;		 /* the host: every network, and name.network */
	bool forward;		 /* unknown names may be asked upstream */
	struct dns_steps *steps; /* are told how it is decided; NULL: nobody is */
};

/* The domain of all networks that netd writes into search lists. */
#define DNS_TABLE_DOMAIN "netd.internal"

/* Looks a folded name without final dot up as view sees it: links first, then the whole string in
 * each network, then NAME.NETWORK for each of its networks (network names may hold dots), then
 * NAME.dns.podman or NAME.netd.internal, the domains of all networks, and at last links to
 * addresses. Fills up to max addresses of both families; returns how many, 0 when unknown. */
size_t dns_table_lookup(const struct dns_table *table, const struct dns_view *view,
			const char *name, const struct addr **ret_addrs, size_t max);
/* The same, and whether one of them is to be given. */
size_t dns_table_lookup_mode(const struct dns_table *table, const struct dns_view *view,
			     const char *name, const struct addr **ret_addrs, size_t max,
			     bool *ret_one);

/* When name is a visible network's name or lies under one, that network is responsible for it and
 * nobody else is asked: returns the length of the network's name, the longest that fits; else 0.
 * The domains of all networks count. */
size_t dns_table_zone(const struct dns_table *table, const struct dns_view *view, const char *name);

/* "container.network" of an address as view sees it, or "container" when both together are too long
 * for a name; false: unknown. DNS_NAME_MAX bytes are always enough. */
bool dns_table_reverse(const struct dns_table *table, const struct dns_view *view,
		       const struct addr *addr, char *ret_name, size_t size);
size_t dns_table_n_names(const struct dns_table *table);
size_t dns_table_n_networks(const struct dns_table *table);
