// SPDX-License-Identifier: GPL-2.0-or-later
// present.h - the host's links, addresses and routes as the kernel has them at one moment
#pragma once

#include "engine/state/state.h"

/* Theory of operation. Whoever compares what there is with what should be asks the kernel for
 * everything once, and looks the rest up here: a question to the kernel for each network and
 * container would cost more. A repair makes it untrue, so it is read again behind one. */
struct present {
	struct rtnl_link *links;
	struct rtnl_addr *addrs;
	struct rtnl_route *routes;	/* of subnets and addresses */
	struct rtnl_route *host_routes; /* to containers, and to blocks of them; by address */
	struct rtnl_queue *queues;	/* netd's; none are read where nobody has a limit */
	size_t n_links, n_addrs, n_routes, n_host_routes, n_queues;
};

/* Reads everything anew. host_routes: those, too. On an error it holds a part, and is freed by
 * present_done as ever. */
int present_read(struct present *present, const struct engine *engine, bool host_routes,
		 struct error *error);
/* Leaves it empty. */
void present_done(struct present *present);

/* NULL: there is none. */
const struct rtnl_link *present_link(const struct present *present, int ifindex);
/* Of what that link sends; NULL: there is none of netd's. */
const struct rtnl_queue *present_queue(const struct present *present, int ifindex);
bool present_has_addr(const struct present *present, int ifindex, const struct prefix *addr);
/* An IPv6 address that the kernel makes by itself. */
bool present_has_link_local(const struct present *present, int ifindex);
bool present_has_route(const struct present *present, int ifindex, const struct prefix *dst);
/* The route to exactly this address or block, out of that link; NULL: there is none, or none were
 * read. */
const struct rtnl_route *present_host_route(const struct present *present, int ifindex,
					    const struct prefix *dst);
