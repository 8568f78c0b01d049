// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_vxlan.c - the port of a bridge that leads to other hosts, as a tunnel that learns nothing
#include "kernel/rtnl_vxlan.h"
#include "kernel/rtnl_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

/* Theory of operation. The tunnel is a port of its network's bridge. It has no group to flood to
 * and learns nothing: where each MAC is, is told by fixed entries (rtnl_far.c). The port is set so
 * that the bridge floods nothing into it and answers questions for neighbours by itself
 * (neigh_suppress). The link is made like a bridge, in the group of the dying, and leaves that with
 * its alias. */

/* Checksums of the outer UDP header are on in both families, as the kernel has it by default: the
 * inner one's is computed once for both (local checksum offload), and IPv6 asks for them (RFC 8200,
 * 8.1). A packet that must not be fragmented comes back when it is too large for the way. One that
 * may be is sent in parts: with DF on every frame the kernel would drop it without a word, for it
 * answers those alone that carry it themselves (iptunnel_pmtud_check_icmp). IFLA_VXLAN_LOCAL is the
 * source of the outer packets. The port is in network order. */
static void put_tunnel(struct rtnl_batch *batch, const struct rtnl_vxlan *vxlan)
{
	struct nlattr *info = rtnl_nest(batch, IFLA_LINKINFO), *data;

	rtnl_put_string(batch, IFLA_INFO_KIND, "vxlan");
	data = rtnl_nest(batch, IFLA_INFO_DATA);
	rtnl_put_u32(batch, IFLA_VXLAN_ID, vxlan->vni);
	rtnl_put_addr(batch, vxlan->local.family == AF_INET6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL,
		      &vxlan->local);
	rtnl_put_u16(batch, IFLA_VXLAN_PORT, htons(VXLAN_PORT));
	rtnl_put_u8(batch, IFLA_VXLAN_LEARNING, 0);
	rtnl_put_u8(batch, IFLA_VXLAN_UDP_CSUM, 1);
	rtnl_put_u8(batch, IFLA_VXLAN_DF, VXLAN_DF_INHERIT);
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* Born among the dying, which it leaves with the message that gives it its alias: as a bridge. The
 * index of the new link. */
static int create(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnl_put_string(&batch, IFLA_IFNAME, vxlan->name);
	rtnl_put_mac(&batch, IFLA_ADDRESS, &vxlan->mac);
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING);
	put_tunnel(&batch, vxlan);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && batch.unsure && rtnl_link_is_newborn(rtnl, vxlan->name, "vxlan") > 0)
		err = 0;
	/* The kernel has one of this number and port already: somebody else's. EEXIST without a
	 * link of that name: the number is taken. */
	if (err == -EEXIST && rtnl_ifindex(rtnl, vxlan->name) < 0)
		return error_set(error, ERROR_CONFLICT,
				 "cannot make tunnel %s: there is another VXLAN link with the "
				 "number %u on this host already",
				 vxlan->name, vxlan->vni);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot make tunnel %s", vxlan->name);
	err = rtnl_ifindex(rtnl, vxlan->name);
	return err < 0 ? error_system(error, err, "tunnel %s vanished", vxlan->name) : err;
}

/* The opposite of what a port is born with. */
static void put_port(struct rtnl_batch *batch, const struct rtnl_vxlan *vxlan)
{
	struct nlattr *info = rtnl_nest(batch, IFLA_LINKINFO), *data;

	rtnl_put_string(batch, IFLA_INFO_SLAVE_KIND, "bridge");
	data = rtnl_nest(batch, IFLA_INFO_SLAVE_DATA);
	rtnl_put_u8(batch, IFLA_BRPORT_ISOLATED, vxlan->isolated);
	rtnl_put_u8(batch, IFLA_BRPORT_MODE, 0);
	rtnl_put_u8(batch, IFLA_BRPORT_LEARNING, 0);
	rtnl_put_u8(batch, IFLA_BRPORT_UNICAST_FLOOD, 0);
	rtnl_put_u8(batch, IFLA_BRPORT_MCAST_FLOOD, 0);
	rtnl_put_u8(batch, IFLA_BRPORT_BCAST_FLOOD, 0);
	rtnl_put_u8(batch, IFLA_BRPORT_NEIGH_SUPPRESS, 1);
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* In this order: it is up when it floods no more. In two messages: of a link that is no port yet
 * there is nothing to set. IPv6 of the host has no business on it, so it is off before the link is
 * up. */
static int start(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, int ifindex,
		 struct error *error)
{
	const struct ifinfomsg same = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	const struct ifinfomsg up = { .ifi_family = AF_UNSPEC,
				      .ifi_index = ifindex,
				      .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };
	RTNL_BATCH(batch);
	int err = rtnl_inside_ipv6_off(vxlan->name, error);

	if (err < 0)
		return err;
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &same, sizeof(same));
	rtnl_put_mac(&batch, IFLA_ADDRESS, &vxlan->mac);
	if (vxlan->mtu > 0)
		rtnl_put_u32(&batch, IFLA_MTU, vxlan->mtu);
	rtnl_put_alias(&batch, vxlan->alias);
	rtnl_put_u32(&batch, IFLA_GROUP, 0);
	rtnl_put_u32(&batch, IFLA_MASTER, (uint32_t)vxlan->master);
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &up, sizeof(up));
	put_port(&batch, vxlan);
	err = rtnl_batch_run(rtnl, &batch);
	return err < 0 ? rtnl_fail(rtnl, error, err, "cannot start tunnel %s", vxlan->name) : 0;
}

/* *ret_ifindex is written on success. A tunnel that was there is left as it is on failure. */
int rtnl_vxlan_ensure(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, int *ret_ifindex,
		      struct error *error)
{
	struct rtnl_link link;
	bool made = false;
	int ifindex, err = rtnl_link_by_name(rtnl, vxlan->name, &link, error);

	if (err < 0 && err != -ENOENT)
		return err;
	if (err == 0 && strcmp(link.kind, "vxlan") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is not a tunnel",
				 vxlan->name);
	/* The kernel changes neither of them on a link that is there. So it is deleted and made
	 * anew. Connections over it stall for that moment. */
	if (err == 0 && (link.vni != vxlan->vni || !addr_equal(&link.tunnel, &vxlan->local))) {
		err = rtnl_link_delete(rtnl, link.ifindex, error);
		if (err < 0)
			return err;
		err = -ENOENT;
	}
	made = err == -ENOENT;
	ifindex = made ? create(rtnl, vxlan, error) : link.ifindex;
	if (ifindex < 0)
		return ifindex;
	err = start(rtnl, vxlan, ifindex, error);
	if (err < 0) {
		if (made)
			(void)rtnl_link_delete(rtnl, ifindex, NULL); /* the first error is told */
		return err;
	}
	*ret_ifindex = ifindex;
	return 0;
}
