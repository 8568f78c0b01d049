// SPDX-License-Identifier: GPL-2.0-or-later
// traffic.c - what went through one container's interfaces, asked of the kernel at once
#include "engine/see/see.h"

/* Theory of operation. A look at a link by its index is some microseconds, so it is taken within
 * the loop, unlike one at all links (outside.c). */

bool engine_endpoint_traffic(struct engine *engine, const struct endpoint *endpoint,
			     struct seen_traffic *ret_received, struct seen_traffic *ret_sent)
{
	uint64_t dropped[BANDWIDTH_N_WAYS];
	struct seen_link link;
	struct error error; /* nobody is told: there is nothing to show, and no more */

	/* One that has no link, or none yet. */
	if (endpoint->host_ifindex == 0 ||
	    engine->door->links.counted_one(engine->rtnl, endpoint->host_ifindex, &link, &error) <
		    0)
		return false;
	/* What the host's end has sent the container has received. */
	*ret_received = link.sent;
	*ret_sent = link.received;
	/* A queue has counters of its own, which the link's do not hold. */
	if (shaping_dropped(engine, endpoint, dropped)) {
		ret_received->dropped += dropped[BANDWIDTH_IN];
		ret_sent->dropped += dropped[BANDWIDTH_OUT];
	}
	return true;
}
