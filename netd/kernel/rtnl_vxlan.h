// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_vxlan.h - the port of a bridge that leads to other hosts, as a tunnel that learns nothing
#pragma once

#include "kernel/rtnl.h"

/* A VXLAN link that is a port of a bridge, wanted state: made when absent or when it is another
 * tunnel, else changed to be so. It learns nothing and floods nothing: it leads where an entry says
 * (rtnl_far.h), and the bridge answers its containers' questions for neighbours there itself. What
 * is too large for the way comes back as an error, or is sent in parts where it may be. Without
 * IPv6 of its own. A link of that name and another kind: ERROR_CONFLICT. */
struct rtnl_vxlan {
	const char *name;
	uint32_t vni;
	struct addr local; /* this host's end; its family is the way's */
	uint32_t mtu;
	struct mac mac; /* by which others send to this host itself, not to a port of the bridge */
	int master;	/* ifindex of the bridge */
	bool isolated;	/* leads to no isolated port of the bridge, and none leads to it */
	const char *alias;
};
int rtnl_vxlan_ensure(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, int *ret_ifindex,
		      struct error *error);
