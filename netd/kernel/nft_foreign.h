// SPDX-License-Identifier: GPL-2.0-or-later
// nft_foreign.h - other people's chains in the way of what netd forwards
#pragma once

#include "kernel/nft.h"

#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>

/* A picture of all chains and rules but ours, taken in one go. Tables of iptables-legacy are not
 * seen. */
struct nft_foreign;

struct nft_foreign_chain {
	const char *family; /* "ip", "ip6", "inet" */
	char table[NFT_TABLE_MAXNAMELEN];
	char chain[NFT_CHAIN_MAXNAMELEN];
};

/* Negative errno. */
int nft_foreign_read(struct nft *nft, struct nft_foreign **ret_foreign);
void nft_foreign_free(struct nft_foreign *foreign); /* NULL is fine */

/* Chains are counted from 0; NULL for one that is no base chain at the hook forward. */
size_t nft_foreign_n(const struct nft_foreign *foreign);
const struct nft_foreign_chain *nft_foreign_chain(const struct nft_foreign *foreign, size_t i);
/* Does base chain i refuse new connections from one bridge to another? NULL, for either: beyond
 * that bridge, by an interface nobody has named. By its policy, or by a rule that nothing in front
 * of it saves them from. An accept of ours cannot undo that, for every chain at a hook has a veto.
 */
bool nft_foreign_refuses(const struct nft_foreign *foreign, size_t i, const char *from,
			 const char *to);
/* Is there a chain of that name in its table? Tells whose it is. */
bool nft_foreign_has_chain(const struct nft_foreign *foreign, size_t i, const char *name);
