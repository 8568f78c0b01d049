// SPDX-License-Identifier: GPL-2.0-or-later
// tunnels.h - the port of a network that leads to other hosts: made, put right, taken away
#pragma once

#include "engine/wire/builder.h"

/* The tunnel of a network that spans hosts, at its first bridge: made, or changed to be as it
 * should, with all entries that it is to have. Nothing where this host is in no cluster. */
int tunnels_ensure(struct engine *engine, struct network *network, struct error *error);
/* The address at which tunnels end is another one, or there is none any more: the tunnel is made
 * anew, or goes, and whom it led to is due again. */
int tunnels_move(struct engine *engine, struct network *network, struct error *error);
/* What fails is tried again later. */
void tunnels_unmake(struct engine *engine, struct network *network);

/* What is wrong with it, or with its entries, as the end of a sentence; NULL: nothing. */
const char *tunnels_differs(const struct engine *engine, const struct network *network,
			    const struct present *present);
/* The same of a link that the kernel tells of; NULL also for one that is no tunnel. */
const char *tunnels_told(const struct engine *engine, const struct rtnl_link *link);
/* Whether what is gone was a tunnel, or an entry that is still wanted. */
bool tunnels_lost(struct engine *engine, const struct rtnl_event *event);
/* The MTU of the way between hosts; that of the way out where this host is in no cluster. */
int tunnels_way_mtu(struct engine *engine, const struct host_routes *routes, uint32_t *ret_mtu,
		    struct error *error);
