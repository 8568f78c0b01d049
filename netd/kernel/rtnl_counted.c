// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_counted.c - all links with what went through them
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* A kernel that is older than these headers sends less of it, and the rest is 0. */
static void read_traffic(struct nlattr *stats, struct seen_link *link)
{
	struct rtnl_link_stats64 counts = { 0 };

	/* A link of a kernel without the counters shows zeros. */
	if (!stats)
		return;
	(void)nla_memcpy(&counts, stats, sizeof(counts));
	link->received = (struct seen_traffic) { counts.rx_packets, counts.rx_bytes,
						 counts.rx_errors, counts.rx_dropped };
	link->sent = (struct seen_traffic) { counts.tx_packets, counts.tx_bytes, counts.tx_errors,
					     counts.tx_dropped };
}

static int counted_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *stats = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_STATS64);
	struct rtnl_link link = { 0 };
	struct seen_link *seen;
	int err;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	err = rtnl_link_parse(nlh, &link);
	if (err < 0)
		return err;
	seen = rtnl_list_push(data);
	if (!seen)
		return -ENOMEM;
	seen->ifindex = link.ifindex;
	seen->master = link.master;
	seen->peer = link.peer;
	(void)snprintf(seen->name, sizeof(seen->name), "%s", link.name);
	(void)snprintf(seen->kind, sizeof(seen->kind), "%s", link.kind);
	(void)snprintf(seen->alias, sizeof(seen->alias), "%s", link.alias);
	seen->mac = link.mac;
	seen->mtu = link.mtu;
	seen->is_up = (link.flags & IFF_UP) != 0;
	seen->is_running = (link.flags & IFF_RUNNING) != 0;
	read_traffic(stats, seen);
	return 0;
}

int rtnl_link_dump_counted(struct rtnl *rtnl, struct seen_link **ret_links, size_t *ret_n,
			   struct error *error)
{
	struct rtnl_list list = { .item_size = sizeof(struct seen_link) };
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	int err = rtnl_dump(rtnl, RTM_GETLINK, &header, sizeof(header), 0, 0, counted_collect,
			    &list);

	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the links");
	}
	*ret_links = list.items;
	*ret_n = list.n_items;
	return 0;
}
