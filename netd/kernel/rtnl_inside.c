// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_inside.c - the container's side: addresses, links up, default routes
#include "kernel/rtnl_msg.h"
#include "kernel/sysctl.h"

#include "base/cleanup.h"
#include "model/container/endpoint_route.h"
#include "model/container/endpoint_sysctl.h"

#include <errno.h>
#include <linux/ip.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define IFINDEX_LO 1 /* in every netns: net/core/dev.c, LOOPBACK_IFINDEX */

/* Theory of operation. Everything inside a container is set in one batch over a socket of its
 * namespace: addresses, lo, the link itself, routes. The kernel carries messages out in order and
 * stops at none, so the first failure is told, and the undo of the plan takes the whole link
 * away.
 *
 * Sysctls come before the batch, since some act only at the moment when the link comes up. IPv6
 * is switched off on interfaces of networks that have none: an interface with a link-local
 * address would be reached by its neighbours past all that netd knows. */

/* conf/IFNAME of the namespace that the thread is in. */
static int ipv6_conf(const char *ifname, const char *key, const char *value, struct error *error)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", ifname, key); /* fits: 63 */
	return sysctl_write(path, value, error);
}

/* disable_ipv6 takes all addresses off and keeps new ones away. */
int rtnl_inside_ipv6_off(const char *ifname, struct error *error)
{
	int err = ipv6_conf(ifname, "disable_ipv6", "1", error);

	/* A kernel without IPv6 has nothing to switch off. */
	return err == -ENOENT ? 0 : err;
}

/* Also for bridges, which need the same on the host's side. */
int rtnl_inside_ipv6_on(const char *ifname, struct error *error)
{
	static const struct {
		const char *key, *value;
	} settings[] = {
		{ "disable_ipv6", "0" },
		/* Addresses and routes are ours to give; also silences router solicitations. */
		{ "accept_ra", "0" },
		/* No duplicates: netd gives addresses out, and MACs, which make the link-local
		   ones. */
		{ "accept_dad", "0" },
		/* The reports repeated unasked, each flooded to every port, move to the far future.
		 * The first report and answers to a querier are not affected. */
		{ "mldv2_unsolicited_report_interval", "86400000" },
	};

	/* The first key is missing only where there is no IPv6 at all. */
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		int err = ipv6_conf(ifname, settings[i].key, settings[i].value, error);

		if (err == -ENOENT)
			return error_set(error, ERROR_NOT_IMPLEMENTED,
					 "this kernel has no IPv6, which %s needs", ifname);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Without it a program that sends to the subnet's broadcast address would find no such address. */
static void put_broadcast(struct rtnl_batch *batch, const struct prefix *prefix)
{
	/* A /31 or /32 has no broadcast address (RFC 3021). */
	if (prefix->addr.family == AF_INET && prefix->len < 31) {
		struct addr last = prefix_last(prefix);

		rtnl_put_addr(batch, IFA_BROADCAST, &last);
	}
}

/* IFA_F_NODAD: no waiting for a duplicate, so that the address can be used at once. */
void rtnl_inside_add_address(struct rtnl_batch *batch, int ifindex, const struct prefix *prefix)
{
	const struct ifaddrmsg header = {
		.ifa_family = prefix->addr.family,
		.ifa_prefixlen = prefix->len,
		.ifa_flags = prefix->addr.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (uint32_t)ifindex,
	};

	/* With REPLACE, so that the same batch may be sent twice. */
	rtnl_batch_add(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	rtnl_put_addr(batch, IFA_LOCAL, &prefix->addr);
	rtnl_put_addr(batch, IFA_ADDRESS, &prefix->addr);
	put_broadcast(batch, prefix);
}

/* IFA_LOCAL and the length find it. */
void rtnl_inside_delete_address(struct rtnl_batch *batch, int ifindex, const struct prefix *prefix)
{
	const struct ifaddrmsg header = {
		.ifa_family = prefix->addr.family,
		.ifa_prefixlen = prefix->len,
		.ifa_index = (uint32_t)ifindex,
	};

	rtnl_batch_add(batch, RTM_DELADDR, 0, &header, sizeof(header));
	rtnl_put_addr(batch, IFA_LOCAL, &prefix->addr);
}

/* The mask says which flag is meant, so no other flag of the link is touched. */
static void add_up(struct rtnl_batch *batch, int ifindex)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_index = ifindex,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };

	rtnl_batch_add(batch, RTM_NEWLINK, 0, &header, sizeof(header));
}

/* A MAC that is changed later, by a CNI plugin or the container itself, is announced by the kernel.
 * (So would be the link's coming up, but do_setlink() looks at this attribute after that.)
 * IFLA_AF_SPEC { AF_INET { IFLA_INET_CONF { number = value } } } sets a sysctl of the link. */
static void put_notify(struct rtnl_batch *batch)
{
	struct nlattr *families = rtnl_nest(batch, IFLA_AF_SPEC), *inet, *conf;

	inet = rtnl_nest(batch, AF_INET);
	conf = rtnl_nest(batch, IFLA_INET_CONF);
	rtnl_put_u32(batch, IPV4_DEVCONF_ARP_NOTIFY, 1);
	rtnl_nest_end(batch, conf);
	rtnl_nest_end(batch, inet);
	rtnl_nest_end(batch, families);
}

/* A default route of the main table; what is not set is left out. Without NLM_F_REPLACE it is for a
 * deletion: the kernel removes the first route that matches. */
static void add_default(struct rtnl_batch *batch, uint16_t type, uint16_t flags, uint8_t family,
			const struct addr *gateway, int ifindex, uint32_t metric)
{
	const struct rtmsg header = {
		.rtm_family = family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	rtnl_batch_add(batch, type, flags, &header, sizeof(header));
	if (addr_is_set(gateway))
		rtnl_put_addr(batch, RTA_GATEWAY, gateway);
	if (ifindex > 0)
		rtnl_put_u32(batch, RTA_OIF, (uint32_t)ifindex);
	if (metric > 0)
		rtnl_put_u32(batch, RTA_PRIORITY, metric);
}

/* gateway not set: this family has no default route here. */
static void add_default_if_any(struct rtnl_batch *batch, const struct addr *gateway, int ifindex,
			       uint32_t metric)
{
	if (addr_is_set(gateway))
		add_default(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, gateway->family,
			    gateway, ifindex, metric);
}

/* gateway NULL: the destination is on the link. */
static void add_subnet_route(struct rtnl_batch *batch, const struct prefix *dst,
			     const struct addr *gateway, int ifindex)
{
	const struct rtmsg header = {
		.rtm_family = dst->addr.family,
		.rtm_dst_len = dst->len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	rtnl_batch_add(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	rtnl_put_addr(batch, RTA_DST, &dst->addr);
	if (gateway)
		rtnl_put_addr(batch, RTA_GATEWAY, gateway);
	rtnl_put_u32(batch, RTA_OIF, (uint32_t)ifindex);
}

/* The gateway first, for it is the way to the rest. For networks in segments (docs/decisions/0020):
 * neighbours of the same subnet are reached by the gateway, and not directly. */
static void add_by_gateway(struct rtnl_batch *batch, const struct rtnl_by_gateway *by, int ifindex)
{
	const struct prefix self = { by->gateway, addr_bits(&by->gateway) };

	add_subnet_route(batch, &self, NULL, ifindex);
	add_subnet_route(batch, &by->subnet, &by->gateway, ifindex);
}

/* Without the kernel's route to its subnet; of an address that is there that one goes.
 * IFA_F_NOPREFIXROUTE keeps the kernel from making it. IFA_FLAGS replaces the flags in the
 * header. */
static void add_address(struct rtnl_batch *batch, int ifindex, const struct prefix *prefix,
			const struct rtnl_by_gateway *by)
{
	rtnl_inside_add_address(batch, ifindex, prefix);
	if (prefix->addr.family == AF_INET6 && addr_is_set(&by->gateway))
		rtnl_put_u32(batch, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
}

/* All in one sendmsg(2). The result is the first error. */
static int inside_apply(struct rtnl *inside, const struct rtnl_inside *setup, int ifindex)
{
	/* Without IPv6 only the first family's addresses are given. */
	const enum family n_families = setup->ipv6 ? FAMILY_N : FAMILY_6;
	RTNL_BATCH(batch);

	/* Addresses first: the link comes up with all of them, in one round of notifications. */
	for (enum family family = 0; family < n_families; family++)
		if (addr_is_set(&setup->addr[family].addr))
			add_address(&batch, ifindex, &setup->addr[family], &setup->by_gateway6);
	/* Further addresses that the caller asked for. */
	for (size_t i = 0; i < setup->n_more; i++)
		rtnl_inside_add_address(&batch, ifindex, &setup->more[i]);
	add_up(&batch, IFINDEX_LO);
	add_up(&batch, ifindex);
	put_notify(&batch);
	/* Behind the link's coming up, for these routes need it. */
	if (setup->ipv6 && addr_is_set(&setup->by_gateway6.gateway))
		add_by_gateway(&batch, &setup->by_gateway6, ifindex);
	for (enum family family = 0; family < n_families; family++)
		add_default_if_any(&batch, &setup->gateway[family], ifindex, setup->metric);
	return rtnl_batch_run(inside, &batch);
}

/* Types other than unicast have neither link nor gateway. */
static void put_route(struct rtnl_batch *batch, const struct endpoint_route *route, int ifindex)
{
	static const uint8_t types[ENDPOINT_ROUTE_N_TYPES] = {
		[ENDPOINT_ROUTE_UNICAST] = RTN_UNICAST,
		[ENDPOINT_ROUTE_BLACKHOLE] = RTN_BLACKHOLE,
		[ENDPOINT_ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
		[ENDPOINT_ROUTE_PROHIBIT] = RTN_PROHIBIT,
	};
	bool direct = route->type == ENDPOINT_ROUTE_UNICAST && !addr_is_set(&route->gateway);
	const struct rtmsg header = {
		.rtm_family = route->destination.addr.family,
		.rtm_dst_len = route->destination.len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = types[route->type],
	};

	/* REPLACE, so that a route of the same destination and metric gives way. */
	rtnl_batch_add(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	if (route->destination.len > 0)
		rtnl_put_addr(batch, RTA_DST, &route->destination.addr);
	if (addr_is_set(&route->gateway))
		rtnl_put_addr(batch, RTA_GATEWAY, &route->gateway);
	/* A blackhole leads to no interface. */
	if (route->type == ENDPOINT_ROUTE_UNICAST)
		rtnl_put_u32(batch, RTA_OIF, (uint32_t)ifindex);
	if (route->metric > 0)
		rtnl_put_u32(batch, RTA_PRIORITY, route->metric);
}

/* One by one, so that the error can name the one the kernel refuses. The list is text from the
 * record of the endpoint, which was checked when it came in. */
static int add_routes(struct rtnl *inside, const struct rtnl_inside *setup, int ifindex,
		      struct error *error)
{
	const char *rest = setup->routes ? setup->routes : "";
	struct endpoint_route route;
	int more, err = 0;

	while (err == 0 && (more = endpoint_route_next(&rest, &route, error)) != 0) {
		RTNL_BATCH(batch);

		if (more < 0)
			return more;
		put_route(&batch, &route, ifindex);
		err = rtnl_batch_run(inside, &batch);
	}
	if (err < 0)
		return rtnl_fail(inside, error, err, "cannot set the route to %s on interface %s",
				 PREFIX_STR(&route.destination), setup->ifname);
	return 0;
}

/* An endpoint's own sysctls, on its interface. */
static int set_sysctls(const struct rtnl_inside *setup, struct error *error)
{
	const char *rest = setup->sysctls ? setup->sysctls : "";
	char path[ENDPOINT_SYSCTL_PATH_MAX];
	struct endpoint_sysctl sysctl;
	int err = 0;

	/* A list that makes no sense is from a netd that did not look, and was never done. */
	while (err == 0 && endpoint_sysctl_next(&rest, &sysctl, NULL) > 0)
		err = sysctl_write(endpoint_sysctl_path(&sysctl, setup->ifname, path), sysctl.value,
				   error);
	return err;
}

/* inside is a socket of the container's namespace, and the thread is in there, too, for the
 * sysctls. What was done before a failure stays: the undo removes the interface. */
int rtnl_inside_setup(struct rtnl *inside, const struct rtnl_inside *setup, struct error *error)
{
	int ifindex = rtnl_ifindex(inside, setup->ifname), err;

	/* The interface was made a moment ago; somebody inside may have renamed it. */
	if (ifindex == -ENOENT)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s",
				 setup->ifname);
	if (ifindex < 0)
		return error_system(error, ifindex, "cannot find interface %s", setup->ifname);
	err = setup->ipv6 ? rtnl_inside_ipv6_on(setup->ifname, error)
			  : rtnl_inside_ipv6_off(setup->ifname, error);
	if (err == 0)
		err = set_sysctls(setup, error);
	if (err < 0)
		return err;
	err = inside_apply(inside, setup, ifindex);
	/* When a link comes up Linux makes the routes of its IPv6 subnets anew, with memory that it
	 * may not wait for (addrconf_permanent_addr, net/ipv6/addrconf.c). Where there was none
	 * nobody is told, and the gateway is out of reach. An address that is set again brings its
	 * route back. */
	if (err == -EHOSTUNREACH)
		err = inside_apply(inside, setup, ifindex);
	if (err < 0)
		return rtnl_fail(inside, error, err, "cannot set up interface %s", setup->ifname);
	err = add_routes(inside, setup, ifindex, error);
	/* The routes need the link to be up. */
	if (err < 0)
		return err;
	/* As put_notify does for IPv4; now that the link is up, for the same reason. */
	return setup->ipv6 ? ipv6_conf(setup->ifname, "ndisc_notify", "1", error) : 0;
}

/* Only routes of protocol static, which are netd's: a container may have made some of its own.
 * Protocol RTPROT_STATIC in the request is part of what must match. */
static int default_remove(struct rtnl *inside, uint8_t family, struct error *error)
{
	static const struct addr none;
	int err = 0;

	while (err == 0) {
		RTNL_BATCH(batch);

		add_default(&batch, RTM_DELROUTE, 0, family, &none, 0, 0);
		/* Until the kernel finds none: there may be several, with different metrics. */
		err = rtnl_batch_run(inside, &batch);
	}
	if (err != -ESRCH)
		return rtnl_fail(inside, error, err, "cannot remove the default route");
	return 0;
}

/* gateway NULL or not set: the default route of that family goes. */
int rtnl_inside_default(struct rtnl *inside, uint8_t family, const struct addr *gateway,
			const char *ifname, uint32_t metric, struct error *error)
{
	RTNL_BATCH(batch);
	int ifindex, err;

	if (!gateway || !addr_is_set(gateway))
		return default_remove(inside, family, error);
	ifindex = rtnl_ifindex(inside, ifname);
	if (ifindex < 0)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s", ifname);
	add_default_if_any(&batch, gateway, ifindex, metric);
	err = rtnl_batch_run(inside, &batch);
	if (err < 0)
		return rtnl_fail(inside, error, err, "cannot set the default route via %s",
				 ADDR_STR(gateway));
	return 0;
}

/* Turns an interface that is there into one that reaches its neighbours by the gateway. The routes
 * come before the address, so that there is a way at every moment. */
int rtnl_inside_by_gateway(struct rtnl *inside, const char *ifname, const struct prefix *addr6,
			   const struct rtnl_by_gateway *by_gateway6, struct error *error)
{
	RTNL_BATCH(batch);
	int ifindex = rtnl_ifindex(inside, ifname), err;

	if (ifindex < 0)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s", ifname);
	add_by_gateway(&batch, by_gateway6, ifindex);
	add_address(&batch, ifindex, addr6, by_gateway6);
	err = rtnl_batch_run(inside, &batch);
	if (err < 0)
		return rtnl_fail(inside, error, err, "cannot set the route to %s on interface %s",
				 PREFIX_STR(&by_gateway6->subnet), ifname);
	return 0;
}

/* A container without networks gets a loopback interface that works. */
int rtnl_inside_lo_up(struct rtnl *inside, struct error *error)
{
	RTNL_BATCH(batch);
	int err;

	add_up(&batch, IFINDEX_LO);
	err = rtnl_batch_run(inside, &batch);
	return err < 0 ? rtnl_fail(inside, error, err, "cannot bring lo up") : 0;
}
