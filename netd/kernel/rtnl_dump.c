// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_dump.c - reads the routes and addresses of a netns
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Each dump calls a collector for each message, which checks what it needs and
 * passes over what it does not know: kernels add attributes, and a dump holds more than what was
 * asked for. A dump that was interrupted is begun again with an empty list (rtnl_dump).
 *
 * Filters in the request's header are taken since 5.0 with NETLINK_GET_STRICT_CHK. An older kernel
 * sends everything, so each collector filters once more.
 *
 * A list that a collector fills is of items of one size (struct rtnl_list); on success it is the
 * caller's, on failure it is freed here. */

/* libnl checks lengths by it. What is not listed is checked where it is read. */
static struct nla_policy route_policy[RTA_MAX + 1] = {
	[RTA_TABLE] = { .type = NLA_U32 },
	[RTA_OIF] = { .type = NLA_U32 },
};

/* false leaves *ret_addr as it was. Bytes of the address are those of the attribute, in network
 * order. */
bool rtnl_dump_addr_from(const struct nlattr *attribute, uint8_t family, struct addr *ret_addr)
{
	struct addr addr = { .family = family };

	/* The length decides: an attribute of another size is not this family's address. */
	if (!attribute || addr_size(&addr) == 0 || nla_len(attribute) != addr_size(&addr))
		return false;
	memcpy(addr.bytes, nla_data(attribute), addr_size(&addr));
	*ret_addr = addr;
	return true;
}

/* RTA_VIA: a gateway of another family than the route's (IPv4 over IPv6, RFC 5549). struct rtvia is
 * the family in 2 bytes, then the address. A family that is not known leaves *gateway as it is. */
static void gateway_from_via(const struct nlattr *attribute, struct addr *gateway)
{
	struct addr addr = { 0 };
	const struct rtvia *via;

	if (!attribute || nla_len(attribute) < (int)sizeof(*via))
		return;
	via = nla_data(attribute);
	addr.family = (uint8_t)via->rtvia_family;
	if (addr_size(&addr) == 0 || nla_len(attribute) != (int)(sizeof(*via) + addr_size(&addr)))
		return;
	memcpy(addr.bytes, via->rtvia_addr, addr_size(&addr));
	*gateway = addr;
}

/* 0: the route has no MTU of its own. */
static uint32_t route_mtu(struct nlattr *metrics)
{
	struct nlattr *attributes[RTAX_MAX + 1];

	if (!metrics || nla_parse_nested(attributes, RTAX_MAX, metrics, NULL) < 0 ||
	    !attributes[RTAX_MTU] || nla_len(attributes[RTAX_MTU]) != sizeof(uint32_t))
		return 0;
	return nla_get_u32(attributes[RTAX_MTU]);
}

/* One route, or one hop of one. attributes: those of the route, or of one hop. */
static int route_push(struct rtnl_list *list, const struct rtnl_route *route, int ifindex,
		      struct nlattr **attributes)
{
	struct rtnl_route *item = rtnl_list_push(list);

	if (!item)
		return -ENOMEM;
	*item = *route;
	item->ifindex = ifindex;
	/* A route has either of the two, or neither. */
	if (!rtnl_dump_addr_from(attributes[RTA_GATEWAY], route->dst.addr.family, &item->gateway))
		gateway_from_via(attributes[RTA_VIA], &item->gateway);
	return 0;
}

/* A route over several links counts once for each. RTA_MULTIPATH is a row of struct rtnexthop, each
 * with attributes of its own behind it. -EBADMSG: the hops are not in the form of the kernel. */
static int route_push_hops(struct rtnl_list *list, const struct rtnl_route *route,
			   struct nlattr *multipath)
{
	struct rtnexthop *hop = nla_data(multipath);
	int left = nla_len(multipath), err = 0;

	/* RTNH_OK checks the length before the header is read. */
	while (err == 0 && RTNH_OK(hop, left)) {
		struct nlattr *attributes[RTA_MAX + 1];

		if (nla_parse(attributes, RTA_MAX, (struct nlattr *)RTNH_DATA(hop),
			      hop->rtnh_len - (int)sizeof(*hop), NULL) < 0)
			return -EBADMSG;
		err = route_push(list, route, hop->rtnh_ifindex, attributes);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return err;
}

/* -EBADMSG ends the dump: a message that cannot be read is no reason to go on with the others. data
 * is the list. */
static int route_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[RTA_MAX + 1];
	struct rtnl_route route = { 0 };
	const struct rtmsg *header;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_parse(nlh, sizeof(*header), attributes, RTA_MAX, route_policy) < 0)
		return -EBADMSG;
	header = nlmsg_data(nlh);
	route.table = attributes[RTA_TABLE] ? nla_get_u32(attributes[RTA_TABLE])
					    : header->rtm_table;
	/* Only routes that lead somewhere count; cloned ones are the kernel's cache. Blackholes and
	 * the like have no link. */
	if (header->rtm_type != RTN_UNICAST || route.table == RT_TABLE_LOCAL ||
	    (header->rtm_flags & RTM_F_CLONED))
		return 0;
	route.protocol = header->rtm_protocol;
	route.mtu = route_mtu(attributes[RTA_METRICS]);
	route.dst.addr.family = header->rtm_family;
	route.dst.len = header->rtm_dst_len;
	/* A default route has no destination, and that is its destination. */
	if (route.dst.len > 0 &&
	    !rtnl_dump_addr_from(attributes[RTA_DST], header->rtm_family, &route.dst.addr))
		return -EBADMSG;
	if (attributes[RTA_MULTIPATH])
		return route_push_hops(data, &route, attributes[RTA_MULTIPATH]);
	return route_push(data, &route,
			  attributes[RTA_OIF] ? (int)nla_get_u32(attributes[RTA_OIF]) : 0,
			  attributes);
}

/* *ret_routes is the caller's to free. Of both families, behind each other. */
int rtnl_dump_routes(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		     struct error *error)
{
	/* One dump each: AF_UNSPEC would add the tables of multicast routing and MPLS. */
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_route) };
	int err = 0;

	for (size_t i = 0; i < 2 && err == 0; i++) {
		/* The kernel keeps more of the other types, for each address of the host. One that
		 * takes no filter (before 5.0) sends them all, and they are passed over. */
		const struct rtmsg header = { .rtm_family = families[i], .rtm_type = RTN_UNICAST };

		err = rtnl_dump(rtnl, RTM_GETROUTE, &header, sizeof(header), 0, 0, route_collect,
				&list);
		if (err == -EOPNOTSUPP && families[i] == AF_INET6)
			err = 0; /* a kernel without IPv6 */
	}
	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the routes");
	}
	*ret_routes = list.items;
	*ret_n = list.n_items;
	return 0;
}

/* Routes that belong to addresses: a subnet's, and in the local table an address's own. data is the
 * list. */
static int own_route_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[RTA_MAX + 1];
	const struct rtmsg *header;
	struct rtnl_route *route;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_parse(nlh, sizeof(*header), attributes, RTA_MAX, route_policy) < 0)
		return -EBADMSG;
	header = nlmsg_data(nlh);
	/* A kernel that takes no filter (before 5.0) sends more than was asked for. */
	if (header->rtm_protocol != RTPROT_KERNEL || attributes[RTA_GATEWAY] ||
	    !attributes[RTA_OIF] ||
	    !((header->rtm_type == RTN_UNICAST && header->rtm_table == RT_TABLE_MAIN) ||
	      (header->rtm_type == RTN_LOCAL && header->rtm_table == RT_TABLE_LOCAL)))
		return 0;
	route = rtnl_list_push(data);
	if (!route)
		return -ENOMEM;
	*route = (struct rtnl_route) {
		.dst = { .addr.family = header->rtm_family, .len = header->rtm_dst_len },
		.ifindex = (int)nla_get_u32(attributes[RTA_OIF]),
		.table = header->rtm_table,
	};
	(void)rtnl_dump_addr_from(attributes[RTA_DST], header->rtm_family,
				  &route->dst.addr); /* a default route has none */
	return 0;
}

/* Three small dumps instead of one large one. As rtnl_dump_routes(); the routes have no gateway and
 * no MTU. */
int rtnl_dump_routes_of_addrs(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
			      struct error *error)
{
	/* A host may have a million routes; what the kernel made for addresses is little. */
	static const struct rtmsg headers[] = {
		{ .rtm_family = AF_INET,
		  .rtm_table = RT_TABLE_MAIN,
		  .rtm_protocol = RTPROT_KERNEL,
		  .rtm_type = RTN_UNICAST },
		{ .rtm_family = AF_INET,
		  .rtm_table = RT_TABLE_LOCAL,
		  .rtm_protocol = RTPROT_KERNEL,
		  .rtm_type = RTN_LOCAL },
		{ .rtm_family = AF_INET6,
		  .rtm_table = RT_TABLE_MAIN,
		  .rtm_protocol = RTPROT_KERNEL,
		  .rtm_type = RTN_UNICAST },
	};
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_route) };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(headers) && err == 0; i++) {
		err = rtnl_dump(rtnl, RTM_GETROUTE, &headers[i], sizeof(headers[i]), 0, 0,
				own_route_collect, &list);
		/* No IPv6, or no route of the kind was ever made: the table is not there. */
		if ((err == -EOPNOTSUPP && headers[i].rtm_family == AF_INET6) || err == -ENOENT)
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

/* One address. data is the list. */
static int addr_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *header;
	struct prefix prefix = { 0 };
	struct rtnl_addr *item;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (nlmsg_parse(nlh, sizeof(*header), attributes, IFA_MAX, NULL) < 0)
		return -EBADMSG;
	header = nlmsg_data(nlh);
	/* On a point-to-point link IFA_ADDRESS is the other side; IPv6 has IFA_LOCAL only then. */
	if (!rtnl_dump_addr_from(attributes[IFA_LOCAL], header->ifa_family, &prefix.addr) &&
	    !rtnl_dump_addr_from(attributes[IFA_ADDRESS], header->ifa_family, &prefix.addr))
		return 0;
	prefix.len = header->ifa_prefixlen;
	/* A failure of memory ends the dump. */
	item = rtnl_list_push(data);
	if (!item)
		return -ENOMEM;
	*item = (struct rtnl_addr) {
		.ifindex = (int)header->ifa_index,
		.prefix = prefix,
		/* IFA_PROTO says who made it (5.18). An older kernel does not keep the number. */
		.of_bridge = attributes[IFA_PROTO] &&
			     nla_get_u8(attributes[IFA_PROTO]) == RTNL_ADDR_PROTO,
	};
	return 0;
}

/* Of all links and both families. *ret_addrs is the caller's to free. */
int rtnl_dump_addrs(struct rtnl *rtnl, struct rtnl_addr **ret_addrs, size_t *ret_n,
		    struct error *error)
{
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_addr) };
	const struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	int err = rtnl_dump(rtnl, RTM_GETADDR, &header, sizeof(header), 0, 0, addr_collect, &list);

	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the addresses");
	}
	*ret_addrs = list.items;
	*ret_n = list.n_items;
	return 0;
}
