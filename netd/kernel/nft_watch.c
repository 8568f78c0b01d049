// SPDX-License-Identifier: GPL-2.0-or-later
// nft_watch.c - notices that somebody else changed netd's table
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "kernel/nft_batch.h"
#include "kernel/nft_ingress.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A socket that is a member of the group NFNLGRP_NFTABLES hears of every
 * change of rules in its namespace, of all tables. What matters is one bit: was table inet netd,
 * or bridge netd, touched by somebody else? Then a comparison is due, which reads the table anew.
 * So no message is kept. */

#define READ_MAX 32768

struct nft_watch {
	/* The second check of the same thing: own_portid is compared again for each message, in
	 * case the filter lets one through. */
	int fd;
	uint32_t own_portid; /* 0: nobody's changes are ours */
};

/* Our own changes are dropped in the kernel: publishing thousands of ports must not wake us with
 * thousands of notes about it. A datagram holds messages of one transaction, hence of one sender.
 *
 * The filter sees the first message of a datagram. It returns how many bytes to keep: 0 drops
 * it. */
static int ignore_portid(int fd, uint32_t portid)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		/* Loads are from network byte order, the header has the host's. What is not ours
		 * is passed whole. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(portid), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* Bound first, filtered next, joined last: no message comes unfiltered. */
static int watch_socket(const struct nft *own)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int group = NFNLGRP_NFTABLES, err = 0;
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
					NETLINK_NETFILTER);

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -errno;
	/* Nobody else can change a table that is owned, and a kernel with a listener writes a
	 * message for every element we add ourselves: so then there is nothing to listen to. The
	 * socket stays open and silent, so that its owner need not ask. */
	if (own && nft_is_owner(own))
		return take_fd(&fd);
	if (own)
		err = ignore_portid(fd, own->portid);
	if (err < 0)
		return err;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* own: whose changes are not to be heard; NULL: nobody's. */
int nft_watch_open(const struct nft *own, struct nft_watch **ret_watch, struct error *error)
{
	_cleanup_free_ struct nft_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return error_system(error, -ENOMEM, "watching nf_tables");
	watch->own_portid = own ? own->portid : 0;
	watch->fd = watch_socket(own);
	if (watch->fd < 0)
		return error_system(error, watch->fd, "watching nf_tables");
	*ret_watch = take_ptr(watch);
	return 0;
}

void nft_watch_close(struct nft_watch *watch)
{
	if (!watch)
		return;
	cleanup_close(&watch->fd);
	free(watch);
}

int nft_watch_fd(const struct nft_watch *watch)
{
	return watch->fd;
}

/* The first attribute of every message but the generation's names the table. */
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 &&
		      NFTA_SET_TABLE == 1 && NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1 &&
		      NFTA_FLOWTABLE_TABLE == 1,
	      "the table's name is attribute 1");

/* A message of another family or table, or without a name, touches nothing. NFT_MSG_NEWGEN says
 * that a transaction is over and names no table. */
static bool touches_table(const struct nft_watch *watch, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*nfg)) ||
	    nlh->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    (nlh->nlmsg_type & 0xff) == NFT_MSG_NEWGEN ||
	    (nfg->nfgen_family != NFPROTO_INET && nfg->nfgen_family != NFPROTO_BRIDGE))
		return false;
	if (watch->own_portid && nlh->nlmsg_pid == watch->own_portid)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			return strcmp(mnl_attr_get_str(attr), RULESET_TABLE) == 0 ||
			       strcmp(mnl_attr_get_str(attr), NFT_INGRESS_TABLE) == 0;
	}
	return false;
}

/* Reads all that is there. true: somebody changed the table, or it cannot be told. */
bool nft_watch_read(struct nft_watch *watch)
{
	bool touched = false;

	for (;;) {
		_Alignas(struct nlmsghdr) char buffer[READ_MAX];
		ssize_t got = recv(watch->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		int len = (int)got;

		/* Messages were lost. The socket goes on working, so the loop reads the rest. */
		if (got < 0 && errno == ENOBUFS) {
			touched = true; /* lost some: what they said is anybody's guess */
			continue;
		}
		/* EAGAIN ends it; any other failure tells nothing more. */
		if (got < 0)
			return touched;
		for (const struct nlmsghdr *nlh = (void *)buffer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len))
			/* All are read, whatever was found, so that the next wake-up is news. */
			touched = touched || touches_table(watch, nlh);
	}
}
