// SPDX-License-Identifier: GPL-2.0-or-later
// sweep.h - links and sockets on their way out, taken away together
#pragma once

#include "engine/state/state.h"

/* The timer, before the first mark. */
void sweep_start(struct engine *engine);
/* Sweeps what is marked, at the end. */
void sweep_stop(struct engine *engine);
/* An endpoint's link was moved to the group of the dying, or never left it: sweep soon. */
void sweep_doomed(struct engine *engine, const struct endpoint *endpoint);
/* It could not be: it is looked for again and again, and meanwhile nobody gets its addresses. */
void sweep_stubborn(struct engine *engine, const struct endpoint *endpoint);
/* The same for what is of no endpoint: a bridge that could not be deleted, or not be made whole. */
void sweep_left(struct engine *engine);
/* Dooms the bridges that no network has, and the ports of our bridges that no
 * container has: what could not be doomed, or of which no record is left. */
int sweep_strays(struct engine *engine, struct error *error);
/* "CONTAINER on NETWORK" */
bool sweep_has_our_alias(const struct rtnl_link *link);
/* "nd" and an id: what netd calls a link whose name was not chosen by the user. */
bool sweep_has_our_name(const struct rtnl_link *link);
/* A bridge was retired (rtnl_bridge_doom): delete it when there is time. */
void sweep_bridge(struct engine *engine, int ifindex);
/* Closes with the next sweep: closing a nftables socket waits for deletions to be carried out, a
 * grace period, and by then they have been. */
void sweep_close_later(struct engine *engine, struct nft *nft, bool has_redirect);
/* Room for the sockets of all containers and one more; -ENOMEM. Before one is made. */
int sweep_room(struct engine *engine);
/* Sweeps now when links of this netns are waiting to be swept; an error: they are still there. */
int sweep_netns(struct engine *engine, uint64_t netns_inode, struct error *error);
/* All that is doomed, at once: somebody wants a name that one of them has. */
void sweep_now(struct engine *engine);
/* The same when a link on its way out still has this address: two would answer for it. */
int sweep_addr(struct engine *engine, const struct network *network, const struct addr *addr,
	       struct error *error);
