// SPDX-License-Identifier: GPL-2.0-or-later
// nft_build.h - rules, chains, sets and elements of tables that lead connections to services;
// private to kernel/nft*
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "kernel/nft_batch.h"

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#define NFT_BUILD_ROOM 768	/* the longest message: a rule, with some 600 bytes */
#define NFT_BUILD_KEY_SIZE 40	/* two addresses, protocol, port, each in words of four bytes */
#define NFT_BUILD_DATA_SIZE 20	/* address, port */
#define NFT_BUILD_CHAIN_SIZE 48 /* of a name */

/* Registers of 32 bits, from the first. */
#define NFT_BUILD_REGISTER(slot) ((uint32_t)NFT_REG32_00 + (slot))

/* nft(8) prints keys by these numbers of its datatypes, six bits each (nft_table_msg.c). */
enum {
	NFT_BUILD_IPV4 = 7,
	NFT_BUILD_IPV6 = 8,
	NFT_BUILD_PROTO = 12,
	NFT_BUILD_SERVICE = 13,
	NFT_BUILD_MARK = 19,
};

/* What a family is made of in a packet and in keys. */
struct nft_build_family {
	uint8_t nfproto;
	uint32_t type;
	uint32_t daddr, saddr, size; /* in the header, in bytes */
};
extern const struct nft_build_family nft_build_families[FAMILY_N];

/* A rule under construction. err is sticky: building goes on without effect, and is looked at in
 * the end. Done frees it. */
struct nft_building {
	struct nftnl_rule *rule;
	int err;
};
struct nft_building nft_build_rule(void);
void nft_build_done(struct nft_building *building);
/* Appends the rule to the chain, of which a copy of the name is in the message. */
void nft_build_append_rule(struct nft_batch *batch, struct nft_building *building,
			   const char *table, const char *chain);

/* It belongs to the rule. NULL: out of memory, now or earlier. */
struct nftnl_expr *nft_build_expr(struct nft_building *building, const char *name);
void nft_build_meta(struct nft_building *building, uint32_t key, uint32_t slot);
void nft_build_payload(struct nft_building *building, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t slot);
void nft_build_daddr(struct nft_building *building, enum family family, uint32_t slot);
void nft_build_saddr(struct nft_building *building, enum family family, uint32_t slot);
void nft_build_dport(struct nft_building *building, uint32_t slot);
/* The value in the first register, which is free again afterwards. */
void nft_build_compare(struct nft_building *building, const void *value, size_t len);
/* An address is read of a packet of its family alone. */
void nft_build_of_family(struct nft_building *building, enum family family);
/* Of what stands in the registers from the first on. A packet that is not in the set ends the rule;
 * where a map's data goes the caller says. NULL: out of memory. */
struct nftnl_expr *nft_build_lookup(struct nft_building *building, const char *set);
/* A number below n: drawn, or out of the client's address, which is the same number for the same
 * client as long as n is. */
void nft_build_number(struct nft_building *building, enum family family, uint32_t n, bool affinity,
		      uint32_t slot);
/* To an address and a port that stand in the first registers. */
void nft_build_dnat(struct nft_building *building, enum family family);
/* With a reset, which is for TCP alone, or as a port that is not there. */
void nft_build_reject(struct nft_building *building, bool tcp);

void nft_build_append_table(struct nft_batch *batch, const char *table, uint32_t flags);
/* type NULL: it is only jumped to. */
void nft_build_append_chain(struct nft_batch *batch, const char *table, const char *name,
			    const char *type, uint32_t hook, int32_t priority);
/* key_type has six bits for each field. data_type 0: no map; NFT_DATA_VERDICT: of verdicts. */
void nft_build_append_set(struct nft_batch *batch, const char *table, const char *name, uint32_t id,
			  uint32_t key_type, uint32_t key_len, uint32_t data_type,
			  uint32_t data_len);

/* An element of a set. Data or a chain for maps; neither where it is taken away. */
struct nft_build_elem {
	uint8_t key[NFT_BUILD_KEY_SIZE], data[NFT_BUILD_DATA_SIZE];
	size_t key_len, data_len;
	const char *chain;
};
void nft_build_append_elem(struct nft_batch *batch, const char *table, const char *set,
			   const struct nft_build_elem *elem, bool add);
/* The next fields of a key or of data, each in whole words. */
void nft_build_put_addr(uint8_t *bytes, size_t *len, const struct addr *addr);
void nft_build_put_protocol(uint8_t *bytes, size_t *len, uint8_t protocol);
void nft_build_put_port(uint8_t *bytes, size_t *len, uint16_t port);

/* The chain that chooses one of n: "one-of-3", "one-of-3-by-client". */
#define NFT_BUILD_CHOICE "one-of-"
void nft_build_choice(char name[static NFT_BUILD_CHAIN_SIZE], size_t n, bool affinity);
