// SPDX-License-Identifier: GPL-2.0-or-later
// trace_message.h - how the kernel begins to say that a packet met a rule, for the tests of who
// reads
#pragma once

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>

/* id: the packet's. What else is to be told the caller puts behind it. */
static inline struct nlmsghdr *trace_message_begin(void *buf, uint32_t id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *header;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->nfgen_family = NFPROTO_INET;
	mnl_attr_put_u32(nlh, NFTA_TRACE_ID, id);
	mnl_attr_put_u32(nlh, NFTA_TRACE_TYPE, htonl(NFT_TRACETYPE_RULE));
	return nlh;
}
