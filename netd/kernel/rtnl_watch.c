// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_watch.c - hears about links that vanish, and addresses that links lose
#include "kernel/rtnl_msg.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stddef.h>
#include <sys/socket.h>

struct rtnl_watch {
	struct nl_sock *sock;
	int fd;
	_Alignas(struct nlmsghdr) char buffer[RTNL_RECV_SIZE];
};

/* Lets RTM_DELLINK and RTM_DELADDR through and nothing else: each attach makes half a dozen
 * notifications that would wake the daemon and fill the buffer. A filter loads in network order. */
static int watch_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELADDR), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

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
					RTNLGRP_IPV6_IFADDR, 0);
	if (err < 0)
		return error_set(error, ERROR_INTERNAL, "cannot watch the links: %s",
				 nl_geterror(err));
	return 0;
}

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

static void watch_address(struct nlmsghdr *nlh,
			  void (*on_deleted)(int ifindex, const char *name, void *data), void *data)
{
	const struct ifaddrmsg *info = nlmsg_data(nlh);

	if (nlmsg_valid_hdr(nlh, sizeof(*info)))
		on_deleted((int)info->ifa_index, NULL, data);
}

static void watch_message(struct nlmsghdr *nlh,
			  void (*on_deleted)(int ifindex, const char *name, void *data), void *data)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	char name[IFNAME_LEN_MAX + 1] = "";
	const struct ifinfomsg *info;

	if (nlh->nlmsg_type == RTM_DELADDR)
		watch_address(nlh, on_deleted, data);
	if (nlh->nlmsg_type != RTM_DELLINK ||
	    nlmsg_parse(nlh, sizeof(*info), attributes, IFLA_MAX, NULL) < 0)
		return;
	info = nlmsg_data(nlh);
	/* With AF_BRIDGE it tells of a port that left its bridge; the link is still there. */
	if (info->ifi_family != AF_UNSPEC)
		return;
	if (attributes[IFLA_IFNAME])
		(void)nla_strlcpy(name, attributes[IFLA_IFNAME], sizeof(name)); /* always fits */
	on_deleted(info->ifi_index, name, data);
}

/* Returns the length of the next datagram, 0 when there is none now. */
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

int rtnl_watch_read(struct rtnl_watch *watch,
		    void (*on_deleted)(int ifindex, const char *name, void *data), void *data)
{
	for (int i = 0; i < RTNL_WATCH_READS_MAX; i++) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)watch->buffer;
		ssize_t len = watch_receive(watch);

		if (len <= 0)
			return (int)len;
		for (int left = (int)len; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left))
			watch_message(nlh, on_deleted, data);
	}
	return 0;
}
