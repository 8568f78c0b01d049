// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_counted.c - all links with what went through them
#include "kernel/rtnl_msg.h"
#include "kernel/rtnl_shape.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

/* Theory of operation. A link's counters come with it as IFLA_STATS64. They are half of the
 * message, so only who wants them asks for a dump with them; rtnl_link.c filters them out. The
 * direction is the link's own: what the host's end receives, the container sent.
 *
 * Two functions read what rtnl_link.c reads, and the counters beside it. The kernel finds out for
 * each link by which number its other end's namespace goes (IFLA_LINK_NETNSID), by walking through
 * all of them (peernet2id, net/core/net_namespace.c): with 1,000 containers a third of the whole
 * dump. Who only wants the counters asks by RTM_GETSTATS, which has nothing else. */

/* A kernel that is older than these headers sends less of it, and the rest is 0. The attribute is
 * as long as the kernel's struct. nla_memcpy() copies as much as both have. stats: NULL where there
 * are none. */
static void read_traffic(struct nlattr *stats, struct seen_traffic *ret_received,
			 struct seen_traffic *ret_sent)
{
	struct rtnl_link_stats64 counts = { 0 };

	/* A link of a kernel without the counters shows zeros. */
	if (!stats)
		return;
	(void)nla_memcpy(&counts, stats, sizeof(counts));
	*ret_received = (struct seen_traffic) { counts.rx_packets, counts.rx_bytes,
						counts.rx_errors, counts.rx_dropped };
	*ret_sent = (struct seen_traffic) { counts.tx_packets, counts.tx_bytes, counts.tx_errors,
					    counts.tx_dropped };
}

/* *ret_seen was zeroed by the caller. nlh is a message RTM_NEWLINK. */
static int read_link(const struct nlmsghdr *nlh, struct seen_link *ret_seen)
{
	struct nlattr *stats = nlmsg_find_attr((struct nlmsghdr *)nlh, sizeof(struct ifinfomsg),
					       IFLA_STATS64);
	struct rtnl_link link = { 0 };
	int err = rtnl_link_parse((struct nlmsghdr *)nlh, &link);

	if (err < 0)
		return err;
	ret_seen->ifindex = link.ifindex;
	ret_seen->master = link.master;
	ret_seen->peer = link.peer;
	(void)snprintf(ret_seen->name, sizeof(ret_seen->name), "%s", link.name);
	(void)snprintf(ret_seen->kind, sizeof(ret_seen->kind), "%s", link.kind);
	(void)snprintf(ret_seen->alias, sizeof(ret_seen->alias), "%s", link.alias);
	ret_seen->mac = link.mac;
	ret_seen->mtu = link.mtu;
	ret_seen->is_up = (link.flags & IFF_UP) != 0;
	ret_seen->is_running = (link.flags & IFF_RUNNING) != 0;
	read_traffic(stats, &ret_seen->received, &ret_seen->sent);
	return 0;
}

/* One link of a dump. */
static int counted_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct seen_link link = { 0 }, *seen;
	int err;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	/* Into a place of its own first: a message that cannot be read adds nothing. */
	err = read_link(nlh, &link);
	if (err < 0)
		return err;
	seen = rtnl_list_push(data);
	if (!seen)
		return -ENOMEM;
	*seen = link;
	return 0;
}

/* The one link that was asked for. */
static int counted_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	(void)rtnl;
	return nlh->nlmsg_type == RTM_NEWLINK ? read_link(nlh, data) : 0;
}

/* -ENOENT without words: the caller expects links to go. *ret_link is written on success only. */
int rtnl_link_counted(struct rtnl *rtnl, int ifindex, struct seen_link *ret_link,
		      struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct seen_link link = { 0 };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_GETLINK, 0, &header, sizeof(header));
	err = rtnl_query(rtnl, &batch, counted_answer, &link);
	if (err == -ENODEV || err == -ENOENT)
		return -ENOENT;
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot read link %d", ifindex);
	*ret_link = link;
	return 0;
}

/* *ret_links is the caller's to free. Of all links of the namespace. */
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

/* One link of a dump of counters. */
static int traffic_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	const struct if_stats_msg *header = nlmsg_data(nlh);
	struct seen_through *through;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWSTATS || !nlmsg_valid_hdr(nlh, sizeof(*header)))
		return 0;
	through = rtnl_list_push(data);
	if (!through)
		return -ENOMEM;
	through->ifindex = (int)header->ifindex;
	read_traffic(nlmsg_find_attr(nlh, sizeof(*header), IFLA_STATS_LINK_64), &through->received,
		     &through->sent);
	return 0;
}

/* *ret_links is the caller's to free. Of all links of the namespace. */
int rtnl_link_dump_traffic(struct rtnl *rtnl, struct seen_through **ret_links, size_t *ret_n,
			   struct error *error)
{
	struct rtnl_list list = { .item_size = sizeof(struct seen_through) };
	const struct if_stats_msg header = {
		.family = AF_UNSPEC,
		.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
	};
	int err = rtnl_dump(rtnl, RTM_GETSTATS, &header, sizeof(header), 0, 0, traffic_collect,
			    &list);

	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot read the counters of the links");
	}
	/* A queue has counters of its own, which the link's do not hold. */
	err = rtnl_shape_count(rtnl, list.items, list.n_items, error);
	if (err < 0) {
		free(list.items);
		return err;
	}
	*ret_links = list.items;
	*ret_n = list.n_items;
	return 0;
}
