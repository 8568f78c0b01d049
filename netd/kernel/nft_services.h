// SPDX-License-Identifier: GPL-2.0-or-later
// nft_services.h - inside a container: connections to a service's address go to one of those who
// stand behind it
#pragma once

#include "kernel/nft.h"
#include "model/network/service.h"

/* Of the family inet. */
#define NFT_SERVICES_TABLE "netd-services"

/* How a service changes, in one family. Who is neither new nor gone keeps its place in both
 * arrays. Everything is the caller's. */
struct nft_service {
	struct addr addr; /* the service's own */
	bool affinity;
	const struct service_port *ports;
	size_t n_ports;
	bool was_there, is_there;     /* the service */
	const struct addr *was, *now; /* who stood behind it, and who does */
	size_t n_was, n_now;
};

/* Each with a connection that was opened inside the container, in one transaction: what a packet
 * meets is the table of before or that of afterwards, and connections that are there go on.
 *
 * Makes the table `inet netd-services` of these, and removes what was there. */
int nft_services_make(struct nft *inside, const struct nft_service *services, size_t n,
		      struct error *error);
/* Changes the one that is there. After a failure it may be either, and is to be made anew. */
int nft_services_change(struct nft *inside, const struct nft_service *services, size_t n,
			struct error *error);
/* Success also where there is none. */
int nft_services_remove(struct nft *inside, struct error *error);

/* How many transactions there were in this namespace, by whomever: as long as it is the same number
 * nobody has changed anything. */
int nft_services_generation(struct nft *inside, uint32_t *ret_generation);
/* What the table does, as a number: that of another one is the same only where it does the same. 0:
 * there is none. -EINTR: somebody is changing it. */
int nft_services_digest(struct nft *inside, uint64_t *ret_digest);
