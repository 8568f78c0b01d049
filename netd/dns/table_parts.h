// SPDX-License-Identifier: GPL-2.0-or-later
// table_parts.h - what the table is made of: shared by table.c, which changes it, and
// table_lookup.c, which reads it
#pragma once

#include "base/hash_table.h"
#include "dns/table.h"

/* Names are hashed once under a secret key; mixing the network in is then one multiplication, so a
 * view of many networks costs a probe for each and not a hash. The number of a network is ours, an
 * attacker chooses only what goes through the keyed hash. */

/* refs 0: left over from before sync_begin, still visible. */
struct dns_table_record {
	struct addr addr;
	uint16_t refs;
	bool answer_one;
};

/* One block per (network, name): records[room], then the name without NUL. */
struct dns_table_name {
	uint32_t network;
	uint16_t n_records, room;
	uint8_t len;
	struct dns_table_record records[];
};

/* (network, address) -> canonical name; while a container is renamed there may be two. */
struct dns_table_reverse {
	uint32_t network;
	struct addr addr;
	uint16_t refs;
	uint8_t len;
	char name[];
};

struct dns_table_network {
	uint32_t number;
	bool internal;
	bool answer_one;
	bool kept;   /* declared again since sync_begin */
	uint8_t len; /* 0: its name cannot be spelt in DNS */
	char name[];
};

struct dns_table {
	uint8_t key[16];
	struct hash_table names, reverses;
	struct dns_table_network **networks; /* sorted by number */
	size_t n_networks, room;
	bool syncing;
};

uint64_t dns_table_hash_name(const struct dns_table *table, const char *text, size_t len);
uint64_t dns_table_hash_addr(const struct dns_table *table, const struct addr *addr);

/* The finalizer of MurmurHash3 (public domain): every bit of the network reaches the low bits. */
static inline uint64_t dns_table_mix(uint64_t hash, uint32_t network)
{
	hash ^= network * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 33;
}

static inline char *dns_table_name_text(struct dns_table_name *name)
{
	return (char *)&name->records[name->room];
}

/* Places in the indexes, or HASH_TABLE_END; hash is the mixed one. text NULL: whichever is there.
 */
size_t dns_table_find_name(const struct dns_table *table, uint64_t hash, uint32_t network,
			   const char *text, size_t len);
size_t dns_table_find_reverse(const struct dns_table *table, uint64_t hash, uint32_t network,
			      const struct addr *addr, const char *text, size_t len);

/* Where the network stands, or where it would. */
size_t dns_table_network_place(const struct dns_table *table, uint32_t number);
/* NULL: not declared. */
struct dns_table_network *dns_table_find_network(const struct dns_table *table, uint32_t number);
