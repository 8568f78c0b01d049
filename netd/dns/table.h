// SPDX-License-Identifier: GPL-2.0-or-later
// table.h - which names exist on which network, and who may see them
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* (network, name) -> addresses and (network, address) -> canonical name. Names are kept folded to
 * lower case; bytes above 127 are left as they are. Network 0 is never used. */
struct dns_table;

struct dns_table *dns_table_new(void); /* NULL: out of memory */
void dns_table_free(struct dns_table *table);

int dns_table_network(struct dns_table *table, uint32_t network, const char *name, bool internal);
void dns_table_network_gone(struct dns_table *table, uint32_t network); /* with its names */

/* The same (network, name, addr) may be added more than once (two containers cannot have one address,
 * but a container may have one name twice): it is counted. */
int dns_table_add(struct dns_table *table, uint32_t network, const char *name,
		  const struct addr *addr, bool canonical);
void dns_table_remove(struct dns_table *table, uint32_t network, const char *name,
		      const struct addr *addr, bool canonical);

/* Mark and sweep for a re-synchronisation: what is not added again between begin and end is removed
 * at the end; lookups meanwhile see old and new. Counts start anew at begin. */
void dns_table_sync_begin(struct dns_table *table);
void dns_table_sync_end(struct dns_table *table);

/* Who asks. Owned by the caller; numbers and links live as long as the call. */
struct dns_link {
	const char *alias;  /* folded */
	const char *target; /* folded */
};
struct dns_view {
	const uint32_t *networks; /* searched in this order; the first that knows the name answers */
	size_t n_networks;
	const struct dns_link *links;
	size_t n_links;
	bool all;                 /* the host: every network, and name.network */
	bool forward;             /* unknown names may be asked upstream */
};

/* Looks a folded name without final dot up as view sees it: links first, then the whole string in
 * each network, then NAME.NETWORK for each of its networks (network names may hold dots). Fills up
 * to max addresses of both families; returns how many, 0 when unknown. */
size_t dns_table_lookup(const struct dns_table *table, const struct dns_view *view,
			const char *name, const struct addr **ret_addrs, size_t max);

/* "container.network" of an address as view sees it; false: unknown. */
bool dns_table_reverse(const struct dns_table *table, const struct dns_view *view,
		       const struct addr *addr, char *ret_name, size_t size);
size_t dns_table_n_names(const struct dns_table *table);
