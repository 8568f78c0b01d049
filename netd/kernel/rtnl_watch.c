// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_watch.c - hears what others do to links, addresses, routes, bridge entries and forwarding
#include "kernel/rtnl_msg.h"
#include "kernel/rtnl_shape.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/pkt_sched.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A socket is a member of nine groups and hears of every change that this
 * namespace's links, addresses, routes, neighbours and queues have. A filter in the kernel drops
 * what cannot be a loss, for the rest would wake netd all the time. What is left is parsed into an
 * event, which says what may be missing; the engine then looks whether it is, and repairs it. When
 * messages are lost (ENOBUFS) the caller compares everything. */

/* The buffer is part of it, so reading allocates nothing. */
struct rtnl_watch {
	struct nl_sock *sock;
	int fd;
	_Alignas(struct nlmsghdr) char buffer[RTNL_RECV_SIZE];
};

/* A load is from network order, a header has the host's. Jumps count instructions behind the next
 * one: (value, 23, 0) at 1 leads to 25. */
#define LOAD8(offset) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (offset))
#define LOAD16(offset) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (offset))
#define LOAD32(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define IF_IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define IF_HAS(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))

/* Lets through what can be a loss, and nothing else: neighbours and routes come and go by the
 * thousand on some hosts. Of routes, the kernel's own that were removed and static ones, as netd
 * sets them to containers (those of routing daemons come in storms), and what took the place of
 * another; of neighbours, entries of bridges that were to stay (fixed ones, and those that were
 * learnt elsewhere, which a bridge says are as reachable as any), and those that netd put there,
 * which are known by their number: their state is "failed" by the time they go. Of queues, those
 * that have netd's number or are a place for filters; of filters, those that go. 25 and 33 let a
 * message through, 26 and 34 drop it. The filter sees a datagram's first message; the kernel puts
 * one notification into each. */
static int watch_filter(int fd)
{
	enum {
		TYPE = offsetof(struct nlmsghdr, nlmsg_type),
		FLAGS = offsetof(struct nlmsghdr, nlmsg_flags),
		PROTOCOL = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol),
		FAMILY = NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_family),
		STATE = NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_state),
		HANDLE = NLMSG_HDRLEN + offsetof(struct tcmsg, tcm_handle),
		ATTRIBUTES = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ndmsg)),
	};
	/* Of the word that begins with the state: behind that is a byte of flags. */
	const uint32_t stays = (uint32_t)htons(NUD_PERMANENT | NUD_NOARP) << 16 | NTF_EXT_LEARNED
											  << 8;
	struct sock_filter code[] = {
		/* 0 */ LOAD16(TYPE),
		/* 1 */ IF_IS(htons(RTM_NEWLINK), 23, 0),
		/* 2 */ IF_IS(htons(RTM_DELLINK), 22, 0),
		/* 3 */ IF_IS(htons(RTM_DELADDR), 21, 0),
		/* 4 */ IF_IS(htons(RTM_NEWNETCONF), 20, 0),
		/* 5 */ IF_IS(htons(RTM_DELROUTE), 3, 0),
		/* 6 */ IF_IS(htons(RTM_NEWROUTE), 5, 0),
		/* 7 */ IF_IS(htons(RTM_DELNEIGH), 6, 0),
		/* 8 */ BPF_STMT(BPF_JMP | BPF_JA, 18),
		/* 9: a route gone */ LOAD8(PROTOCOL),
		/* 10 */ IF_IS(RTPROT_KERNEL, 14, 0),
		/* 11 */ IF_IS(RTPROT_STATIC, 13, 14),
		/* 12: a route made */ LOAD16(FLAGS),
		/* 13 */ IF_HAS(htons(NLM_F_REPLACE), 11, 12),
		/* 14: a neighbour gone */ LOAD8(FAMILY),
		/* 15 */ IF_IS(AF_BRIDGE, 0, 2),
		/* 16 */ LOAD32(STATE),
		/* 17 */ IF_HAS(stays, 7, 8),
		/* 18: netd's own? */ BPF_STMT(BPF_LD | BPF_IMM, ATTRIBUTES),
		/* 19 */ BPF_STMT(BPF_LDX | BPF_IMM, NDA_PROTOCOL),
		/* 20 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR),
		/* 21 */ IF_IS(0, 4, 0),
		/* 22 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 23 */ BPF_STMT(BPF_LD | BPF_B | BPF_IND, NLA_HDRLEN),
		/* 24 */ IF_IS(RTNL_ADDR_PROTO, 0, 1),
		/* 25 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 26 */ BPF_STMT(BPF_RET | BPF_K, 0),
		/* 27: of queues? */ IF_IS(htons(RTM_DELTFILTER), 5, 0),
		/* 28 */ IF_IS(htons(RTM_NEWQDISC), 1, 0),
		/* 29 */ IF_IS(htons(RTM_DELQDISC), 0, 4),
		/* 30 */ LOAD32(HANDLE),
		/* 31 */ IF_IS(ntohl(RTNL_SHAPE_HANDLE), 1, 0),
		/* 32 */ IF_IS(ntohl(TC_H_MAKE(TC_H_INGRESS, 0)), 0, 1),
		/* 33 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 34 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

/* The filter is attached before the groups are joined, so that no message comes unfiltered. */
static int watch_start(struct rtnl_watch *watch, struct error *error)
{
	const int size = RTNL_WATCH_BUFFER;
	int err = nl_connect(watch->sock, NETLINK_ROUTE);

	if (err < 0)
		return error_set(error, ERROR_INTERNAL, "cannot watch the links: %s",
				 nl_geterror(err));
	watch->fd = nl_socket_get_fd(watch->sock);
	/* Beyond rmem_max needs CAP_NET_ADMIN; with a smaller buffer a storm ends in ENOBUFS. */
	(void)setsockopt(watch->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	err = watch_filter(watch->fd);
	if (err < 0)
		return error_system(error, err, "cannot watch the links");
	err = nl_socket_add_memberships(watch->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
					RTNLGRP_NEIGH, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
					RTNLGRP_TC, 0);
	if (err < 0)
		return error_set(error, ERROR_INTERNAL, "cannot watch the links: %s",
				 nl_geterror(err));
	return 0;
}

/* The socket belongs to the namespace that the thread is in: the host's. */
int rtnl_watch_open(struct rtnl_watch **ret_watch, struct error *error)
{
	struct rtnl_watch *watch = malloc(sizeof(*watch));
	int err;

	if (!watch)
		return error_system(error, -ENOMEM, "cannot watch the links");
	watch->sock = nl_socket_alloc();
	if (!watch->sock) {
		free(watch);
		return error_system(error, -ENOMEM, "cannot watch the links");
	}
	err = watch_start(watch, error);
	if (err < 0) {
		rtnl_watch_close(watch);
		return err;
	}
	*ret_watch = watch;
	return 0;
}

/* Takes NULL. */
void rtnl_watch_close(struct rtnl_watch *watch)
{
	if (!watch)
		return;
	nl_socket_free(watch->sock);
	free(watch);
}

int rtnl_watch_fd(const struct rtnl_watch *watch)
{
	return watch->fd;
}

/* Fills in the event; false: it is of no interest. link is room for what it points to. A port that
 * leaves its bridge is told as RTM_DELLINK of the family AF_BRIDGE; the link itself is still
 * there. */
static bool read_link(struct nlmsghdr *nlh, struct rtnl_link *link, struct rtnl_event *event)
{
	*link = (struct rtnl_link) { 0 };
	if (rtnl_link_parse(nlh, link) < 0)
		return false;
	event->link = link;
	event->ifindex = link->ifindex;
	event->master = link->master;
	event->change = nlh->nlmsg_type == RTM_NEWLINK ? RTNL_CHANGE_LINK
			: link->family == AF_BRIDGE    ? RTNL_CHANGE_PORT_GONE
						       : RTNL_CHANGE_LINK_GONE;
	return true;
}

/* Which address went from which link. IPv6 tells it as IFA_ADDRESS alone. */
static bool read_address(struct nlmsghdr *nlh, struct rtnl_event *event)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *info;

	if (nlmsg_parse(nlh, sizeof(*info), attributes, IFA_MAX, NULL) < 0)
		return false;
	info = nlmsg_data(nlh);
	event->change = RTNL_CHANGE_ADDR_GONE;
	event->ifindex = (int)info->ifa_index;
	event->prefix.len = info->ifa_prefixlen;
	return rtnl_dump_addr_from(attributes[IFA_ADDRESS], info->ifa_family, &event->prefix.addr);
}

/* Only the destination: whose it was, the engine knows. */
static bool read_route(struct nlmsghdr *nlh, struct rtnl_event *event)
{
	struct nlattr *attributes[RTA_MAX + 1];
	const struct rtmsg *header;

	if (nlmsg_parse(nlh, sizeof(*header), attributes, RTA_MAX, NULL) < 0)
		return false;
	header = nlmsg_data(nlh);
	event->change = RTNL_CHANGE_ROUTE_GONE;
	event->prefix.len = header->rtm_dst_len;
	return rtnl_dump_addr_from(attributes[RTA_DST], header->rtm_family, &event->prefix.addr);
}

/* A bridge's entry has a MAC, and a neighbour of netd's an address. */
static bool read_entry(struct nlmsghdr *nlh, struct rtnl_event *event)
{
	struct nlattr *attributes[NDA_MAX + 1];
	const struct ndmsg *info = nlmsg_data(nlh);

	if (nlmsg_parse(nlh, sizeof(*info), attributes, NDA_MAX, NULL) < 0)
		return false;
	event->change = RTNL_CHANGE_FDB_GONE;
	event->ifindex = info->ndm_ifindex;
	if (attributes[NDA_LLADDR] && nla_len(attributes[NDA_LLADDR]) == sizeof(event->mac))
		memcpy(&event->mac, nla_data(attributes[NDA_LLADDR]), sizeof(event->mac));
	if (info->ndm_family == AF_BRIDGE)
		return true;
	event->change = RTNL_CHANGE_NEIGHBOUR_GONE;
	return rtnl_dump_addr_from(attributes[NDA_DST], info->ndm_family, &event->prefix.addr);
}

/* A setting that is absent was not changed. */
static bool is_off(const struct nlattr *attribute)
{
	return attribute && nla_len(attribute) == sizeof(int32_t) && nla_get_s32(attribute) == 0;
}

/* Forwarding went off, or a bridge's proxy for ARP. ifindex 0: of the whole namespace. */
static bool read_conf(struct nlmsghdr *nlh, struct rtnl_event *event)
{
	struct nlattr *attributes[NETCONFA_MAX + 1];
	const struct netconfmsg *header;
	int ifindex;

	if (nlmsg_parse(nlh, sizeof(*header), attributes, NETCONFA_MAX, NULL) < 0 ||
	    !attributes[NETCONFA_IFINDEX])
		return false;
	header = nlmsg_data(nlh);
	/* A new interface tells of all it has: that proxies are off is by nobody's doing there. */
	if (!is_off(attributes[NETCONFA_FORWARDING]) &&
	    (header->ncm_family != AF_INET || attributes[NETCONFA_FORWARDING] ||
	     !is_off(attributes[NETCONFA_PROXY_NEIGH])))
		return false;
	ifindex = nla_get_s32(attributes[NETCONFA_IFINDEX]);
	event->change = RTNL_CHANGE_NO_FORWARD;
	event->family = header->ncm_family;
	event->ifindex = ifindex > 0 ? ifindex : 0;
	/* NETCONFA_IFINDEX_DEFAULT is for links to come, and says nothing of those that are
	 * there. */
	return ifindex > 0 || ifindex == NETCONFA_IFINDEX_ALL;
}

/* What becomes of limits is looked at where they are. */
static bool read_queue(struct nlmsghdr *nlh, struct rtnl_event *event)
{
	const struct tcmsg *header = nlmsg_data(nlh);

	if (!nlmsg_valid_hdr(nlh, sizeof(*header)))
		return false;
	event->change = RTNL_CHANGE_QUEUE;
	event->ifindex = header->tcm_ifindex;
	event->by = nlh->nlmsg_pid;
	return true;
}

/* false: the message says nothing that matters. */
static bool read_event(struct nlmsghdr *nlh, struct rtnl_link *link, struct rtnl_event *event)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return read_link(nlh, link, event);
	case RTM_DELADDR:
		return read_address(nlh, event);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return read_route(nlh, event);
	case RTM_DELNEIGH:
		return read_entry(nlh, event);
	case RTM_NEWNETCONF:
		return read_conf(nlh, event);
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_DELTFILTER:
		return read_queue(nlh, event);
	default:
		return false;
	}
}

/* Returns the length of the next datagram, 0 when there is none now. Datagrams of others than the
 * kernel are passed over: whoever knows this socket's number may send to it. */
static ssize_t watch_receive(struct rtnl_watch *watch)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t len;

	do {
		len = recvfrom(watch->fd, watch->buffer, sizeof(watch->buffer), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
	} while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid != 0));
	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	return len;
}

/* At most RTNL_WATCH_READS_MAX datagrams in one call, so that a storm does not hold the loop. What
 * is left wakes it again. on_event must not keep the event: link points into this frame. */
int rtnl_watch_read(struct rtnl_watch *watch,
		    void (*on_event)(const struct rtnl_event *event, void *data), void *data)
{
	struct rtnl_link link;

	for (int i = 0; i < RTNL_WATCH_READS_MAX; i++) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)watch->buffer;
		ssize_t len = watch_receive(watch);

		if (len <= 0)
			/* -ENOBUFS among them: messages were lost. */
			return (int)len;
		for (int left = (int)len; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
			struct rtnl_event event = { 0 };

			if (read_event(nlh, &link, &event))
				on_event(&event, data);
		}
	}
	return 0;
}
