// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_veth.c - veth pairs: one end a port of a bridge, the other born inside a container's netns
#include "kernel/netns.h"
#include "kernel/rtnl_msg.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/net_namespace.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

/* Theory of operation. One request makes both ends. The inner end is born in the container's
 * namespace with its final name, so it is never seen on the host and need not be moved (moving
 * costs a grace period). A second request gives the host's end its alias and takes it out of the
 * group of the dying, and up: the kernel gives a link that is up its IPv6, and takes it off again
 * when it is told that the host's end has none, with groups joined and left and four notifications.
 *
 * RTM_NEWLINK { IFLA_IFNAME, IFLA_GROUP, IFLA_MASTER, IFLA_LINKINFO { IFLA_INFO_KIND "veth",
 *     IFLA_INFO_DATA { VETH_INFO_PEER { ifinfomsg, IFLA_IFNAME, IFLA_NET_NS_FD, IFLA_ADDRESS } } }
 * } */

/* One queue each way unless more are asked for: by default the kernel makes one per CPU, a veth
 * without XDP or GRO uses but the first, and the others cost time and memory. */
static void put_queues(struct rtnl_batch *batch, const struct rtnl_veth *veth)
{
	uint32_t queues = veth->queues ? veth->queues : 1;

	rtnl_put_u32(batch, IFLA_NUM_TX_QUEUES, queues);
	rtnl_put_u32(batch, IFLA_NUM_RX_QUEUES, queues);
}

/* No IFF_UP for the peer: the pair is not tied yet when the kernel opens it (ENOTCONN).
 * VETH_INFO_PEER holds a header of a link and then its attributes, as a message of its own
 * would. */
static void put_peer(struct rtnl_batch *batch, const struct rtnl_veth *veth)
{
	static const struct mac none;
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nlattr *info = rtnl_nest(batch, IFLA_LINKINFO), *data, *peer;

	rtnl_put_string(batch, IFLA_INFO_KIND, "veth");
	data = rtnl_nest(batch, IFLA_INFO_DATA);
	peer = rtnl_nest(batch, VETH_INFO_PEER);
	rtnl_put_raw(batch, &header, sizeof(header));
	rtnl_put_string(batch, IFLA_IFNAME, veth->peer_name);
	rtnl_put_u32(batch, IFLA_NET_NS_FD, (uint32_t)veth->netns_fd);
	if (veth->mtu > 0)
		rtnl_put_u32(batch, IFLA_MTU, veth->mtu);
	/* Without a MAC the kernel chooses one. */
	if (memcmp(&veth->mac, &none, sizeof(none)) != 0)
		rtnl_put_mac(batch, IFLA_ADDRESS, &veth->mac);
	put_queues(batch, veth);
	rtnl_nest_end(batch, peer);
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* The other end's namespace gets a number below those of all before. The kernel tells of a port
 * some twenty times while it is made, and looks each time for the number that its host knows the
 * other end's namespace by (peernet2id, net/core/net_namespace.c), from the lowest on. By itself it
 * gives out the lowest that is free, so of 4,000 containers the last would be found last. The
 * indexes of links only grow, also over a restart of netd. RTM_NEWNSID may fail when the namespace
 * has a number already, which is no failure here (rtnl.c passes over that answer). */
static void add_number(struct rtnl_batch *batch, const struct rtnl *rtnl,
		       const struct rtnl_veth *veth)
{
	const struct rtgenmsg header = { .rtgen_family = AF_UNSPEC };

	if (veth->netns_fd == netns_self_fd())
		/* That end has no namespace of its own. */
		return; /* an end that waits here for whoever moves it */
	rtnl_batch_add(batch, RTM_NEWNSID, 0, &header, sizeof(header));
	rtnl_put_u32(batch, NETNSA_FD, (uint32_t)veth->netns_fd);
	rtnl_put_u32(batch, NETNSA_NSID, (uint32_t)(INT32_MAX - 1 - rtnl->newest));
}

/* Born among the dying, which it leaves with the message that gives it its alias: whatever comes
 * between, the next sweep takes a pair that nobody would know for ours. */
static int veth_make(struct rtnl *rtnl, const struct rtnl_veth *veth)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	RTNL_BATCH(batch);
	int err;

	add_number(&batch, rtnl, veth);
	/* NLM_F_EXCL: a link of that name would be changed otherwise. */
	rtnl_batch_add(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnl_put_string(&batch, IFLA_IFNAME, veth->host_name);
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING);
	if (veth->mtu > 0)
		rtnl_put_u32(&batch, IFLA_MTU, veth->mtu);
	if (veth->master > 0)
		rtnl_put_u32(&batch, IFLA_MASTER, (uint32_t)veth->master);
	put_queues(&batch, veth);
	put_peer(&batch, veth);
	err = rtnl_batch_run(rtnl, &batch);
	/* The answer was lost, and the pair is there: it is the one that was asked for. */
	return err < 0 && batch.unsure && rtnl_link_is_newborn(rtnl, veth->host_name, "veth") > 0
		       ? 0
		       : err;
}

/* EEXIST may be either end's name. Which one is found by looking on this side. */
static int veth_refused(struct rtnl *rtnl, const struct rtnl_veth *veth, int err,
			struct error *error)
{
	/* The kernel's answer when a bridge has no port number left (br_add_if). */
	if (err == -EXFULL)
		return error_set(error, ERROR_UNAVAILABLE, "bridge %s is full: %d ports",
				 veth->master_name, BRIDGE_PORTS_MAX);
	if (err == -EEXIST && rtnl_ifindex(rtnl, veth->host_name) > 0)
		return error_set(error, ERROR_CONFLICT, "there is a link named %s already",
				 veth->host_name);
	if (err == -EEXIST)
		return error_set(error, ERROR_CONFLICT, "netns already has an interface %s",
				 veth->peer_name);
	return rtnl_fail(rtnl, error, err, "cannot make interface %s (%s on the host)",
			 veth->peer_name, veth->host_name);
}

/* usual: what a port is born with, too The modes of a port. The kernel takes them only once the
 * link is a port. */
static void put_port(struct rtnl_batch *batch, const struct rtnl_veth *veth, bool usual)
{
	struct nlattr *info = rtnl_nest(batch, IFLA_LINKINFO), *data;

	rtnl_put_string(batch, IFLA_INFO_SLAVE_KIND, "bridge");
	data = rtnl_nest(batch, IFLA_INFO_SLAVE_DATA);
	rtnl_put_u8(batch, IFLA_BRPORT_ISOLATED, veth->isolated);
	rtnl_put_u8(batch, IFLA_BRPORT_MODE, veth->hairpin);
	if (usual) {
		rtnl_put_u8(batch, IFLA_BRPORT_LEARNING, 1);
		rtnl_put_u8(batch, IFLA_BRPORT_UNICAST_FLOOD, 1);
		rtnl_put_u8(batch, IFLA_BRPORT_MCAST_FLOOD, 1);
		rtnl_put_u8(batch, IFLA_BRPORT_BCAST_FLOOD, 1);
		rtnl_put_u8(batch, IFLA_BRPORT_LOCKED, 0);
		rtnl_put_u8(batch, IFLA_BRPORT_NEIGH_SUPPRESS, 0);
		rtnl_put_u8(batch, IFLA_BRPORT_PROTECT, 0);
	}
	rtnl_nest_end(batch, data);
	rtnl_nest_end(batch, info);
}

/* What RTM_NEWLINK does not take at birth. In a message of its own, sent when the first succeeded:
 * in one batch it would hit whatever link has the name when the first is refused. Group 0 is the
 * usual one: from here on the sweep leaves it alone. */
static int veth_finish(struct rtnl *rtnl, const struct rtnl_veth *veth, int ifindex)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_index = ifindex,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };
	/* Without a master there is no port, and both modes off is what a port is born with. */
	bool port = veth->master > 0 && (veth->isolated || veth->hairpin);
	RTNL_BATCH(batch);

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnl_put_u32(&batch, IFLA_GROUP, 0);
	if (veth->alias)
		rtnl_put_alias(&batch, veth->alias);
	if (port)
		put_port(&batch, veth, false);
	return rtnl_batch_run(rtnl, &batch);
}

/* On failure behind the first step *ret_host_ifindex is set, and the caller removes the pair. */
int rtnl_veth_create(struct rtnl *rtnl, const struct rtnl_veth *veth, int *ret_host_ifindex,
		     struct error *error)
{
	int ifindex, err = veth_make(rtnl, veth);

	if (err < 0)
		return veth_refused(rtnl, veth, err, error);
	ifindex = rtnl_ifindex(rtnl, veth->host_name);
	if (ifindex < 0)
		return error_system(error, ifindex, "link %s vanished", veth->host_name);
	*ret_host_ifindex = ifindex;
	/* Numbers of namespaces are chosen by it (add_number). */
	if (ifindex > rtnl->newest)
		rtnl->newest = ifindex;
	/* The host's end is a plug and has no addresses. It has no carrier either until the peer
	 * is brought up, so nothing has been sent before this. */
	err = rtnl_inside_ipv6_off(veth->host_name, error);
	if (err == 0) {
		err = veth_finish(rtnl, veth, ifindex);
		if (err < 0)
			(void)rtnl_fail(rtnl, error, err, "cannot set up link %s", veth->host_name);
	}
	return err;
}

/* Refused while the port has no carrier, and then it needs none. A port that was disabled by
 * somebody stays so when its other flags are set right. */
static void port_forwards(struct rtnl *rtnl, int ifindex)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct nlattr *info, *data;
	RTNL_BATCH(batch);

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	info = rtnl_nest(&batch, IFLA_LINKINFO);
	rtnl_put_string(&batch, IFLA_INFO_SLAVE_KIND, "bridge");
	data = rtnl_nest(&batch, IFLA_INFO_SLAVE_DATA);
	rtnl_put_u8(&batch, IFLA_BRPORT_STATE, BR_STATE_FORWARDING);
	rtnl_nest_end(&batch, data);
	rtnl_nest_end(&batch, info);
	(void)rtnl_batch_run(rtnl, &batch);
}

/* All flags, for any of them may have been changed. In two messages: of a link that is no port
 * there is nothing to set. A failure of one request does not keep the others back. */
int rtnl_veth_repair(struct rtnl *rtnl, const struct rtnl_veth *veth, int host_ifindex,
		     struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_index = host_ifindex,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };
	const struct ifinfomsg same = { .ifi_family = AF_UNSPEC, .ifi_index = host_ifindex };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	if (veth->mtu > 0)
		rtnl_put_u32(&batch, IFLA_MTU, veth->mtu);
	if (veth->master > 0)
		rtnl_put_u32(&batch, IFLA_MASTER, (uint32_t)veth->master);
	if (veth->alias)
		rtnl_put_alias(&batch, veth->alias);
	if (veth->master > 0) {
		rtnl_batch_add(&batch, RTM_NEWLINK, 0, &same, sizeof(same));
		put_port(&batch, veth, true);
	}
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot repair link %s", veth->host_name);
	/* The state goes last, for a port that has just joined begins in another. */
	if (veth->master > 0)
		port_forwards(rtnl, host_ifindex);
	return rtnl_inside_ipv6_off(veth->host_name,
				    error); /* one that was left half made is not yet */
}

/* Only these two, of a port whose other flags are as they should be. */
int rtnl_veth_port_modes(struct rtnl *rtnl, int host_ifindex, bool isolated, bool hairpin,
			 struct error *error)
{
	const struct rtnl_veth modes = { .isolated = isolated, .hairpin = hairpin };
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = host_ifindex };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	put_port(&batch, &modes, false);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot set the modes of bridge port %d",
				 host_ifindex);
	return 0;
}
