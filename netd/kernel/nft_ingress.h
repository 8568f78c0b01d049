// SPDX-License-Identifier: GPL-2.0-or-later
// nft_ingress.h - on the host: connections to published ports of services go to one of those who
// stand behind these
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "kernel/nft.h"

/* Of the family inet, beside netd's own. */
#define NFT_INGRESS_TABLE "netd-ingress"

struct nft_ingress_backend {
	struct addr addr;
	struct addr source; /* what it is to see in the client's place; family 0: the client */
};

/* A published port, in one family. Everything is the caller's. */
struct nft_ingress {
	enum family family;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;	  /* of the host */
	uint16_t target;  /* of those behind it */
	bool affinity;	  /* a client stays with its container */
	const struct nft_ingress_backend *backends;
	size_t n; /* 0: who asks is refused */
};

/* In one transaction: what a packet meets is the table of before or that of afterwards, and
 * connections that are there go on. No two of the ports are the same. owned false: nobody owns the
 * table from then on, as is good for one that is left behind. */
int nft_ingress_make(struct nft *nft, const struct nft_ingress *ports, size_t n, bool owned,
		     struct error *error);
/* Success also where there is none. */
int nft_ingress_remove(struct nft *nft, struct error *error);
/* What the table does, as a number: that of another one is the same only where it does the same. 0:
 * there is none. -EINTR: somebody is changing it. */
int nft_ingress_digest(struct nft *nft, uint64_t *ret_digest);
