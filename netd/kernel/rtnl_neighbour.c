// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_neighbour.c - what this netns knows of its neighbours
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <linux/neighbour.h>

/* Theory of operation. When an address gets another owner, the host's entry for it holds the old
 * MAC until it ages. RTM_NEWNEIGH with NLM_F_REPLACE and without NLM_F_CREATE corrects an entry
 * that is there and makes none. */

int rtnl_neighbour_moved(struct rtnl *rtnl, int ifindex, const struct addr *addrs, size_t n_addrs,
			 const struct mac *mac, struct error *error)
{
	RTNL_BATCH(batch);
	int err;

	for (size_t i = 0; i < n_addrs; i++) {
		const struct ndmsg header = {
			.ndm_family = addrs[i].family,
			.ndm_ifindex = ifindex,
			.ndm_state = NUD_STALE, /* used at once, and looked at soon */
		};

		/* A family that the container has no address of. */
		if (!addr_is_set(&addrs[i]))
			continue;
		rtnl_batch_add(&batch, RTM_NEWNEIGH, NLM_F_REPLACE, &header, sizeof(header));
		rtnl_put_addr(&batch, NDA_DST, &addrs[i]);
		rtnl_put_mac(&batch, NDA_LLADDR, mac);
	}
	if (batch.n_messages == 0)
		return 0;
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && err != -ENOENT) /* not known, so nothing to be corrected */
		return rtnl_fail(rtnl, error, err, "cannot correct a neighbour of link %d",
				 ifindex);
	return 0;
}
