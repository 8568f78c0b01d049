// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_far.h - whom a tunnel leads to: fixed entries for containers of other hosts
#pragma once

#include "kernel/rtnl.h"

/* A container of another host, as one tunnel (rtnl_vxlan.h) and its bridge are to know it. */
struct rtnl_far {
	struct mac mac;	  /* what frames for it are sent to */
	struct addr host; /* its host's end of the tunnel; family 0: of the entries for the
			   * MAC none is meant, for others have the same MAC */
	struct addr addr[FAMILY_N]; /* family 0: none */
};

/* Two messages for each and one more for a second address: MAC to host, for the tunnel and for its
 * bridge in one, and each address to the MAC. What is there is replaced. */
int rtnl_far_put(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars, size_t n,
		 struct error *error);
/* Success also for what is not there. An entry of the bridge that leads elsewhere by now stays. */
int rtnl_far_take(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars, size_t n,
		  struct error *error);

/* What there is, one by one. */
enum rtnl_far_part {
	RTNL_FAR_TUNNEL,    /* the tunnel: mac is at the host addr */
	RTNL_FAR_PORT,	    /* the bridge: mac is behind the tunnel */
	RTNL_FAR_NEIGHBOUR, /* the bridge: addr has mac */
};
struct rtnl_far_entry {
	enum rtnl_far_part part;
	struct mac mac;
	struct addr addr;
};
/* *ret_entries is malloced. Neighbours that the kernel learnt itself are not among them. */
int rtnl_far_all(struct rtnl *rtnl, int tunnel, int bridge, struct rtnl_far_entry **ret_entries,
		 size_t *ret_n, struct error *error);
