// SPDX-License-Identifier: GPL-2.0-or-later
// look_flow.c - one flow that conntrack has, by its original tuple: a dump would walk the whole
// machine's table
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

/* Theory of operation. The request holds the flow's tuple as CTA_TUPLE_ORIG, nested as in
 * conntrack.c. The kernel hashes it and answers with the one flow, or with ENOENT. The original
 * tuple is how the packet was before any NAT; the reply tuple tells what NAT made of it. */

#define ATTR_N 64 /* more than any CTA_*_MAX of these */

/* CTA_TUPLE_IP. */
static void put_addrs(struct nlmsghdr *nlh, const struct facts_flow_asked *asked)
{
	bool is_4 = asked->dst.family == AF_INET;
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	mnl_attr_put(nlh, is_4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, addr_size(&asked->src),
		     asked->src.bytes);
	mnl_attr_put(nlh, is_4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, addr_size(&asked->dst),
		     asked->dst.bytes);
	mnl_attr_nest_end(nlh, nest);
}

/* CTA_TUPLE_PROTO. A ping has no ports: its id is told instead, with type and code of the request,
 * for the kernel finds no flow without them. */
static void put_ports(struct nlmsghdr *nlh, const struct facts_flow_asked *asked)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, asked->protocol);
	if (asked->protocol == IPPROTO_ICMP) {
		mnl_attr_put_u16(nlh, CTA_PROTO_ICMP_ID, htons(asked->sport));
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_TYPE, ICMP_ECHO);
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_CODE, 0);
	} else if (asked->protocol == IPPROTO_ICMPV6) {
		mnl_attr_put_u16(nlh, CTA_PROTO_ICMPV6_ID, htons(asked->sport));
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMPV6_TYPE, ICMP6_ECHO_REQUEST);
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMPV6_CODE, 0);
	} else {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(asked->sport));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(asked->dport));
	}
	mnl_attr_nest_end(nlh, nest);
}

/* Takes of the flow what the judge needs: status bits, mark, and where the answer comes from. */
static int read_flow(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[ATTR_N], *tuple[ATTR_N], *ip[ATTR_N], *proto[ATTR_N];
	struct facts_flow *flow = data;

	look_attrs(nlh, sizeof(struct nfgenmsg), attrs, ATTR_N);
	look_nested(attrs[CTA_TUPLE_REPLY], tuple, ATTR_N);
	look_nested(tuple[CTA_TUPLE_IP], ip, ATTR_N);
	look_nested(tuple[CTA_TUPLE_PROTO], proto, ATTR_N);
	/* All numbers of ctnetlink are in network order. */
	flow->status = ntohl(look_u32(attrs[CTA_STATUS]));
	flow->mark = ntohl(look_u32(attrs[CTA_MARK]));
	flow->reply_src = look_addr(ip[CTA_IP_V4_SRC] ? ip[CTA_IP_V4_SRC] : ip[CTA_IP_V6_SRC]);
	flow->reply_dst = look_addr(ip[CTA_IP_V4_DST] ? ip[CTA_IP_V4_DST] : ip[CTA_IP_V6_DST]);
	flow->reply_sport = ntohs(look_u16(proto[CTA_PROTO_SRC_PORT]));
	flow->reply_dport = ntohs(look_u16(proto[CTA_PROTO_DST_PORT]));
	return 0;
}

/* One question for one flow. Its cost does not depend on how many flows there are. */
void look_flow(void *data, const struct facts_space *space, const struct facts_flow_asked *asked,
	       struct facts_flow *answer)
{
	struct look_place *place = look_place(data, space->key);
	struct nfgenmsg *nfg;
	struct nlattr *nest;
	struct nlmsghdr *nlh;

	*answer = (struct facts_flow) { .err = -ENODATA };
	if (!place || look_open(place) < 0)
		return;
	nlh = look_ask_for(data, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, 0, sizeof(*nfg),
			   &nfg);
	/* CTA_TUPLE_ORIG holds both nests. */
	nfg->nfgen_family = asked->dst.family;
	nfg->version = NFNETLINK_V0;
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	put_addrs(nlh, asked);
	put_ports(nlh, asked);
	mnl_attr_nest_end(nlh, nest);
	answer->err = look_talk(data, place, LOOK_NETFILTER, nlh, read_flow, answer);
	/* Nobody serves the subsystem, so nobody can tell. */
	if (answer->err == -EINVAL || answer->err == -EOPNOTSUPP)
		answer->err = -ENODATA;
}
