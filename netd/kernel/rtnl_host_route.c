// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_host_route.c - the host's routes to containers, or to blocks of their addresses, out of a
// segment's bridge
#include "kernel/rtnl_msg.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <linux/rtnetlink.h>

/* Theory of operation. A segment's bridge has the gateway's address, as other bridges of its
 * network have. So the host needs a route to each container, or to a block of addresses, that says
 * by which bridge (docs/decisions/0020). Such a route has protocol "static", no gateway, and a
 * whole address or a block as its destination. By that it is known when the host's routes are read.
 *
 * Messages: RTM_NEWROUTE and RTM_DELROUTE with RTA_DST and RTA_OIF. A route of the same destination
 * that is somebody else's (another protocol) is replaced as well: it would lead containers' packets
 * astray. */

/* A direct route of IPv4 has scope "link"; IPv6 knows no scopes. */
static struct rtmsg header_of(uint8_t family)
{
	return (struct rtmsg) {
		.rtm_family = family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
}

/* NLM_F_REPLACE: a route to the same destination by another link gives way. A destination that is
 * not set is none. */
static void put(struct rtnl_batch *batch, bool add, const struct prefix *dst, int ifindex)
{
	struct rtmsg header = header_of(dst->addr.family);

	if (!addr_is_set(&dst->addr))
		return;
	header.rtm_dst_len = dst->len;
	rtnl_batch_add(batch, add ? RTM_NEWROUTE : RTM_DELROUTE,
		       add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &header, sizeof(header));
	rtnl_put_addr(batch, RTA_DST, &dst->addr);
	rtnl_put_u32(batch, RTA_OIF, (uint32_t)ifindex);
}

/* One batch. Families that are not set are passed over. The first failure is told. What was set
 * before it stays. */
int rtnl_host_route_add(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
			struct error *error)
{
	RTNL_BATCH(batch);
	bool any = false;
	int err;

	for (size_t i = 0; i < n_dsts; i++) {
		put(&batch, true, &dsts[i], ifindex);
		any |= addr_is_set(&dsts[i].addr);
	}
	err = any ? rtnl_batch_run(rtnl, &batch) : 0;
	return err < 0 ? rtnl_fail(rtnl, error, err, "cannot set a route to a container") : 0;
}

/* A container's address without a length, as people know it. The text lives as long as the block,
 * as ADDR_STR() does. */
#define text_of(dst)                                                                               \
	((dst)->len == addr_bits(&(dst)->addr) ? ADDR_STR(&(dst)->addr) : PREFIX_STR(dst))

/* One by one: what is missing must not hide what is not. The first failure is told, and the others
 * are tried all the same. */
int rtnl_host_route_delete(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
			   struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < n_dsts; i++) {
		RTNL_BATCH(batch);
		int err;

		if (!addr_is_set(&dsts[i].addr))
			continue;
		put(&batch, false, &dsts[i], ifindex);
		err = rtnl_batch_run(rtnl, &batch);
		/* The route is gone, or its link with all of its routes. */
		if (err == -ESRCH || err == -ENODEV || err == -ENOENT)
			continue;
		if (err < 0 && first == 0)
			first = rtnl_fail(rtnl, error, err, "cannot remove the route to %s",
					  text_of(&dsts[i]));
	}
	return first;
}

/* Whole addresses, and blocks of IPv6. What these routes have as their destination. */
static bool is_told(struct prefix dst)
{
	return dst.len == addr_bits(&dst.addr) ||
	       (dst.addr.family == AF_INET6 && dst.len == SEGMENT_BLOCK_LEN);
}

/* Everything that does not look like one of these routes is passed over. data is the list. */
static int collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[RTA_MAX + 1];
	const struct rtmsg *header;
	struct rtnl_route *route;
	struct addr dst;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_parse(nlh, sizeof(*header), attributes, RTA_MAX, NULL) < 0)
		return -EBADMSG;
	header = nlmsg_data(nlh);
	/* A kernel that takes no filter (before 5.0) sends more than was asked for. */
	if (header->rtm_protocol != RTPROT_STATIC || header->rtm_table != RT_TABLE_MAIN ||
	    header->rtm_type != RTN_UNICAST || attributes[RTA_GATEWAY] || !attributes[RTA_OIF] ||
	    nla_len(attributes[RTA_OIF]) != sizeof(uint32_t) ||
	    !rtnl_dump_addr_from(attributes[RTA_DST], header->rtm_family, &dst) ||
	    !is_told((struct prefix) { dst, header->rtm_dst_len }))
		return 0;
	route = rtnl_list_push(data);
	if (!route)
		return -ENOMEM;
	*route = (struct rtnl_route) {
		.dst = { dst, header->rtm_dst_len },
		.ifindex = (int)nla_get_u32(attributes[RTA_OIF]),
		.table = header->rtm_table,
		.protocol = header->rtm_protocol,
	};
	return 0;
}

/* *ret_routes is the caller's to free. Whose a route is, the caller decides by its link. Of both
 * families. */
int rtnl_host_routes(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		     struct error *error)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_route) };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && err == 0; i++) {
		struct rtmsg header = header_of(families[i]);

		header.rtm_scope = 0; /* a dump takes none */
		err = rtnl_dump(rtnl, RTM_GETROUTE, &header, sizeof(header), 0, 0, collect, &list);
		/* No IPv6, or no such route was ever made: the table is not there. */
		if ((err == -EOPNOTSUPP && families[i] == AF_INET6) || err == -ENOENT)
			err = 0;
	}
	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the routes");
	}
	*ret_routes = list.items;
	*ret_n = list.n_items;
	return 0;
}
