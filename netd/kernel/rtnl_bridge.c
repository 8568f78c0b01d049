// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_bridge.c - bridges as networks want them
#include "kernel/rtnl_msg.h"
#include "kernel/sysctl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A bridge is made in three steps: RTM_NEWLINK with all that can be given at
 * birth; sysctls, which need its name; RTM_NEWLINK with an alias, the MTU, IFF_UP and addresses. It
 * is born in the group of the dying and leaves that group in the last step. If netd is killed in
 * between, the next sweep takes it. A bridge that is there already goes through the same steps as a
 * change.
 *
 * RTM_NEWLINK { IFLA_IFNAME, IFLA_ADDRESS, IFLA_GROUP,
 *     IFLA_LINKINFO { IFLA_INFO_KIND "bridge", IFLA_INFO_DATA { IFLA_BR_... } } } */

/* The metric of the kernel's own routes: include/net/ip6_route.h. A route of this metric is the
 * very one that the kernel makes for an address. */
#define IP6_RT_PRIO_ADDRCONF 256

/* Forwarding starts with the first frame: no listening and learning, as there is no spanning tree.
 *
 * Multicast: snooping is off, so it goes to every port, as on a hub. That is what neighbour
 * discovery needs from the first packet on; snooping without a querier forgets members after some
 * minutes, and a querier would make every container report at each query. The ports keep
 * mcast_flood on for the same reason: without it one container's neighbour solicitation would not
 * reach another. What keeps flooding small is that ends stay silent: IPv6 is off where a network
 * has none, and rtnl_inside_ipv6_on() sees to the rest.
 *
 * nf_call_* off: frames within a bridge do not pass the host's IP tables (where bridge-nf-call-* of
 * the netns does not overrule). A kernel without bridge netfilter ignores the attributes.
 *
 * NO_LL_LEARN: frames to the groups that no bridge passes on (01:80:c2:00:00:02 to 0f, such as
 * LLDP) are not seen by any table, and by default a port learns the MAC that they are said to come
 * from: one such frame would bring a neighbour's traffic to whoever sent it, past anti-spoof
 * (model/rules/ruleset_guard.c).
 *
 * A bridge made here has no default VLAN: each port would join VLAN 1 and get second forwarding
 * entries, for nothing while VLAN filtering is off. One that somebody else made may filter. */
static void put_bridge_options(struct rtnl_batch *batch, bool newborn)
{
	const uint32_t on = 1U << BR_BOOLOPT_NO_LL_LEARN;
	const struct br_boolopt_multi options = { .optval = on, .optmask = on };
	struct nlattr *info = rtnl_nest(batch, IFLA_LINKINFO), *data;

	rtnl_put_string(batch, IFLA_INFO_KIND, "bridge");
	data = rtnl_nest(batch, IFLA_INFO_DATA);
	rtnl_put_u32(batch, IFLA_BR_FORWARD_DELAY, 0);
	rtnl_put_u8(batch, IFLA_BR_MCAST_SNOOPING, 0);
	rtnl_put_u8(batch, IFLA_BR_NF_CALL_IPTABLES, 0);
	rtnl_put_u8(batch, IFLA_BR_NF_CALL_IP6TABLES, 0);
	rtnl_put_u8(batch, IFLA_BR_NF_CALL_ARPTABLES, 0);
	rtnl_put(batch, IFLA_BR_MULTI_BOOLOPT, &options, sizeof(options));
	if (newborn)
		rtnl_put_u16(batch, IFLA_BR_VLAN_DEFAULT_PVID, 0);
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* In a message before the options: a spanning tree does not allow a delay of 0. A new bridge has
 * none. RTM_NEWLINK without NLM_F_CREATE changes a link that is there. */
static void add_stp_off(struct rtnl_batch *batch, const struct ifinfomsg *header)
{
	struct nlattr *info, *data;

	rtnl_batch_add(batch, RTM_NEWLINK, 0, header, sizeof(*header));
	info = rtnl_nest(batch, IFLA_LINKINFO);
	rtnl_put_string(batch, IFLA_INFO_KIND, "bridge");
	data = rtnl_nest(batch, IFLA_INFO_DATA);
	rtnl_put_u32(batch, IFLA_BR_STP_STATE, 0);
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* The index of the new bridge. NLM_F_EXCL: one that is there already would be changed unseen. */
static int bridge_create(struct rtnl *rtnl, const struct rtnl_bridge *bridge, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnl_put_string(&batch, IFLA_IFNAME, bridge->name);
	/* An address given at birth counts as set by hand, and stays when ports come and go. */
	rtnl_put_mac(&batch, IFLA_ADDRESS, &bridge->mac);
	/* An alias cannot be given at birth. Until it has one, a crash leaves a bridge that nobody
	 * would know for ours, so it is among the dying. */
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING);
	put_bridge_options(&batch, true);
	err = rtnl_batch_run(rtnl, &batch);
	/* The answer was lost. The bridge that is there now, newborn, is the one that was asked
	 * for. batch.unsure: a try was sent whose answer did not come. */
	if (err < 0 && batch.unsure && rtnl_link_is_newborn(rtnl, bridge->name, "bridge") > 0)
		err = 0;
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot make bridge %s", bridge->name);
	/* The kernel's answer to the request does not name the index. */
	err = rtnl_ifindex(rtnl, bridge->name);
	return err < 0 ? error_system(error, err, "bridge %s vanished", bridge->name) : err;
}

/* Changes a bridge that is there; what differs only. A bridge that differs is set right by the same
 * message as one that does not. Only the MAC is compared first, for setting it tells all
 * containers' neighbours anew. */
static int bridge_adjust(struct rtnl *rtnl, const struct rtnl_bridge *bridge,
			 const struct rtnl_link *link, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = link->ifindex };
	RTNL_BATCH(batch);
	int err;

	/* Changing another kind of link into a bridge cannot work, and it is somebody else's. */
	if (strcmp(link->kind, "bridge") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is not a bridge",
				 bridge->name);
	add_stp_off(&batch, &header);
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	if (memcmp(&link->mac, &bridge->mac, sizeof(link->mac)) != 0)
		rtnl_put_mac(&batch, IFLA_ADDRESS, &bridge->mac);
	put_bridge_options(&batch, false);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot change bridge %s", bridge->name);
	return link->ifindex;
}

/* Both families must be filtered for the answer to be yes. */
bool rtnl_bridges_filter(void)
{
	char ip4[16], ip6[16];

	/* No such file: the kernel has no bridge netfilter, or not yet. */
	return sysctl_read("net/bridge/bridge-nf-call-iptables", ip4, sizeof(ip4)) == 0 &&
	       sysctl_read("net/bridge/bridge-nf-call-ip6tables", ip6, sizeof(ip6)) == 0 &&
	       strcmp(ip4, "1") == 0 && strcmp(ip6, "1") == 0;
}

/* The path is of the namespace that the thread is in. */
static int set_conf(const char *family, const char *name, const char *key, struct error *error)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "net/%s/conf/%s/%s", family, name, key); /* fits: 46 */
	return sysctl_write(path, "1", error);
}

/* By default the kernel waits up to 0.8 s, to let a closer owner speak first. For a network that
 * spans hosts: the bridge answers for containers elsewhere. */
static int set_answers(const struct rtnl_bridge *bridge, struct error *error)
{
	char path[64];
	int err = set_conf("ipv4", bridge->name, "proxy_arp", error);

	(void)snprintf(path, sizeof(path), "net/ipv4/neigh/%s/proxy_delay", bridge->name);
	return err < 0 ? err : sysctl_write(path, "0", error);
}

/* Sysctls of an interface vanish with it, so there is nothing to undo. */
static int set_sysctls(const struct rtnl_bridge *bridge, struct error *error)
{
	/* So that a connection to 127.0.0.1 may be redirected out to a container. */
	int err = set_conf("ipv4", bridge->name, "route_localnet", error);

	/* A new interface has what the host's default says. */
	if (err == 0 && bridge->forward && addr_is_set(&bridge->addr[FAMILY_4].addr))
		err = set_conf("ipv4", bridge->name, "forwarding", error);
	if (err == 0 && bridge->forward && bridge->ipv6)
		err = set_conf("ipv6", bridge->name, "forwarding", error);
	if (err == 0 && bridge->answers)
		err = set_answers(bridge, error);
	return err;
}

/* IPv6 may be switched off in a network that has an IPv6 address noted. */
static bool has_address(const struct rtnl_bridge *bridge, enum family family)
{
	return (family == FAMILY_4 || bridge->ipv6) && addr_is_set(&bridge->addr[family].addr);
}

/* Known for ours later, when another is wanted in its place. */
static void add_own_address(struct rtnl_batch *batch, int ifindex, const struct prefix *addr)
{
	rtnl_inside_add_address(batch, ifindex, addr);
	rtnl_put_u8(batch, IFA_PROTO, RTNL_ADDR_PROTO);
}

/* An address, or a whole link, that is gone already is what was wanted. */
int rtnl_bridge_addr_delete(struct rtnl *rtnl, int ifindex, const struct prefix *prefix,
			    struct error *error)
{
	RTNL_BATCH(batch);
	int err;

	rtnl_inside_delete_address(&batch, ifindex, prefix);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && err != -EADDRNOTAVAIL && err != -ENODEV)
		return rtnl_fail(rtnl, error, err, "cannot take address %s off link %d",
				 PREFIX_STR(prefix), ifindex);
	return 0;
}

/* Alias, MTU, up, addresses. The MTU is set here and not at birth because only a change made by
 * hand keeps the bridge from following its ports' (br_mtu_auto_adjust). */
static int bridge_start(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
			bool newborn, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_index = ifindex,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };
	RTNL_BATCH(batch);
	int err;

	/* One batch, in this order: the link first, then its addresses. */
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	if (bridge->mtu > 0)
		rtnl_put_u32(&batch, IFLA_MTU, bridge->mtu);
	if (bridge->alias)
		rtnl_put_alias(&batch, bridge->alias);
	if (newborn)
		rtnl_put_u32(&batch, IFLA_GROUP, 0);
	for (enum family family = 0; family < FAMILY_N; family++)
		if (has_address(bridge, family))
			add_own_address(&batch, ifindex, &bridge->addr[family]);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		/* batch.failed is the place of the request that was refused: the first is the
		 * link's. */
		return rtnl_fail(rtnl, error, err, "cannot %s bridge %s",
				 batch.failed == 0 ? "start" : "add the gateway address to",
				 bridge->name);
	return 0;
}

/* From a bridge that is there to one that serves its network. On failure the caller removes what he
 * has made. */
static int bridge_settle(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
			 bool newborn, struct error *error)
{
	int err = bridge->ipv6 ? rtnl_inside_ipv6_on(bridge->name, error)
			       /* Before it comes up: the kernel makes link-local addresses and
				* solicitations at that moment. */
			       : rtnl_inside_ipv6_off(bridge->name, error);

	if (err == 0)
		err = set_sysctls(bridge, error);
	if (err == 0)
		err = bridge_start(rtnl, bridge, ifindex, newborn, error);
	return err;
}

/* *ret_ifindex is written on success. A bridge that was there before is left as it is on
 * failure. */
int rtnl_bridge_ensure(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int *ret_ifindex,
		       struct error *error)
{
	struct rtnl_link link;
	bool made = false;
	int ifindex, err = rtnl_link_by_name(rtnl, bridge->name, &link, error);

	if (err == -ENOENT) {
		made = true;
		ifindex = bridge_create(rtnl, bridge, error);
	} else if (err < 0) {
		return err;
	} else {
		ifindex = bridge_adjust(rtnl, bridge, &link, error);
	}
	if (ifindex < 0)
		return ifindex;
	/* One of an earlier start may still be among the dying; it leaves them in the same
	 * message. */
	err = bridge_settle(rtnl, bridge, ifindex, made || link.group == RTNL_GROUP_DYING, error);
	if (err < 0) {
		if (made)
			(void)rtnl_link_delete(rtnl, ifindex, NULL); /* the first error is told */
		return err;
	}
	*ret_ifindex = ifindex;
	return 0;
}

/* mode: what becomes of one to there that is there already, NLM_F_REPLACE or NLM_F_APPEND. A route
 * as the kernel makes it for an address: protocol "kernel", and for IPv4 with a preferred source.
 * So it goes by itself with the address. */
static void put_route(struct rtnl_batch *batch, int ifindex, const struct prefix *dst,
		      const struct addr *source, uint8_t type, int mode)
{
	bool local = type == RTN_LOCAL, six = dst->addr.family == AF_INET6;
	const struct rtmsg header = {
		.rtm_family = dst->addr.family,
		.rtm_dst_len = dst->len,
		.rtm_table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_KERNEL,
		.rtm_scope = local ? RT_SCOPE_HOST
			     : six ? RT_SCOPE_UNIVERSE
				   : RT_SCOPE_LINK,
		.rtm_type = type,
	};

	rtnl_batch_add(batch, RTM_NEWROUTE, NLM_F_CREATE | mode, &header, sizeof(header));
	rtnl_put_addr(batch, RTA_DST, &dst->addr);
	rtnl_put_u32(batch, RTA_OIF, (uint32_t)ifindex);
	if (six)
		rtnl_put_u32(batch, RTA_PRIORITY, IP6_RT_PRIO_ADDRCONF);
	else
		rtnl_put_addr(batch, RTA_PREFSRC, source);
}

/* Where several bridges of a network have its gateway's address, none may take another's place. A
 * single one takes that of whatever somebody else put there, which would go on winning. The route
 * of the local table, by which the host takes packets to this address for itself. */
static int restore_local(struct rtnl *rtnl, int ifindex, const struct prefix *addr, bool several)
{
	const struct prefix self = { addr->addr, addr_bits(&addr->addr) };
	RTNL_BATCH(batch);
	int err;

	put_route(&batch, ifindex, &self, &addr->addr, RTN_LOCAL,
		  several ? NLM_F_APPEND : NLM_F_REPLACE);
	err = rtnl_batch_run(rtnl, &batch);
	/* Somebody has appended it before: it is there. */
	return err == -EEXIST ? 0 : err;
}

/* A prefix that is a single address has no subnet. */
static void put_subnet(struct rtnl_batch *batch, int ifindex, const struct prefix *addr)
{
	const struct prefix subnet = { prefix_first(addr), addr->len };

	if (addr->len < addr_bits(&addr->addr))
		put_route(batch, ifindex, &subnet, &addr->addr, RTN_UNICAST, NLM_F_REPLACE);
}

/* As the kernel makes it of a MAC (RFC 4291, appendix A). The seventh bit of the first byte is
 * turned over, and ff:fe stands in the middle. */
static void put_link_local(struct rtnl_batch *batch, int ifindex, const struct mac *mac)
{
	const uint8_t *m = mac->bytes;
	const struct prefix addr = {
		.addr = { .family = AF_INET6,
			  .bytes = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe,
				     m[3], m[4], m[5] } },
		.len = 64,
	};

	rtnl_inside_add_address(batch, ifindex, &addr);
}

/* Of the bridge itself, not of a port. NTF_SELF means the device's own list, which is not the
 * bridge's table. */
static struct ndmsg self_entry(int ifindex, uint16_t state)
{
	return (struct ndmsg) { .ndm_family = AF_BRIDGE,
				.ndm_ifindex = ifindex,
				.ndm_state = state,
				.ndm_flags = NTF_SELF };
}

/* Sets right what others can have deleted without touching an address: routes, the link-local
 * address, and the entry by which the bridge takes frames to its own MAC. */
int rtnl_bridge_restore(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
			struct error *error)
{
	const struct ndmsg entry = self_entry(ifindex, NUD_PERMANENT);
	RTNL_BATCH(batch);
	int err = has_address(bridge, FAMILY_4)
			  ? restore_local(rtnl, ifindex, &bridge->addr[FAMILY_4], bridge->answers)
			  : 0;

	/* With REPLACE: what somebody else put there is in the way of all containers. */
	for (enum family family = 0; family < FAMILY_N; family++)
		if (has_address(bridge, family))
			put_subnet(&batch, ifindex, &bridge->addr[family]);
	if (bridge->ipv6)
		put_link_local(&batch, ifindex, &bridge->mac);
	/* Without that entry frames to the gateway would be flooded to all ports and not taken
	 * in. */
	rtnl_batch_add(&batch, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &entry, sizeof(entry));
	rtnl_put_mac(&batch, NDA_LLADDR, &bridge->mac);
	err = err < 0 ? err : rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot restore the routes of bridge %s",
				 bridge->name);
	return 0;
}

static int hears_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	bool *found = data;

	/* Any answer of that kind is the entry that was asked for. */
	(void)rtnl;
	*found |= nlh->nlmsg_type == RTM_NEWNEIGH;
	return 0;
}

/* Whether the bridge takes frames to its MAC. true also where it cannot be told. */
bool rtnl_bridge_hears(struct rtnl *rtnl, int ifindex, const struct mac *mac)
{
	const struct ndmsg entry = self_entry(ifindex, 0); /* the kernel insists */
	bool found = false;
	RTNL_BATCH(batch);

	/* RTM_GETNEIGH with a MAC asks for one entry (5.0). */
	rtnl_batch_add(&batch, RTM_GETNEIGH, 0, &entry, sizeof(entry));
	rtnl_put_mac(&batch, NDA_LLADDR, mac);
	/* Only "not there" is a loss. An old kernel that cannot be asked says something else. */
	return rtnl_query(rtnl, &batch, hears_answer, &found) != -ENOENT;
}

/* Going down takes IPv6 addresses and all routes along, and costs a short grace period; the long
 * ones are those of the deletion. A link that is up cannot be renamed before 6.2.
 * RTNL_GROUP_DYING_BRIDGES is swept by another timer than single links. */
int rtnl_bridge_doom(struct rtnl *rtnl, int ifindex, const struct prefix *addr4,
		     struct error *error)
{
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC,
					.ifi_index = ifindex,
					.ifi_change = IFF_UP };
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	char name[IFNAME_LEN_MAX + 1];
	RTNL_BATCH(batch);
	int err;

	/* Out of everybody's way: the old name may be asked for again at once. */
	(void)snprintf(name, sizeof(name), "nd-%d", ifindex); /* fits: 13 */
	/* The batch goes on after a request that fails, so an address that is gone keeps nothing
	 * back. */
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &down, sizeof(down));
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING_BRIDGES);
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnl_put_string(&batch, IFLA_IFNAME, name);
	if (addr_is_set(&addr4->addr))
		rtnl_inside_delete_address(&batch, ifindex, addr4);
	err = rtnl_batch_run(rtnl, &batch);
	/* It went by itself, or its address did. */
	if (err == -ENODEV || err == -EADDRNOTAVAIL)
		return 0;
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot retire bridge %d", ifindex);
	return 0;
}
