// SPDX-License-Identifier: GPL-2.0-or-later
// look_flows.c - all flows of one address that conntrack has, chosen by the kernel where it can
#include "kernel/look_parts.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A dump walks the machine's whole table, milliseconds whatever is asked for;
 * so this is for a process of its own. Since Linux 5.8 the kernel takes a part of a tuple by which
 * it chooses (CTA_FILTER), which spares the messages; an older one sends all, and what it sent is
 * looked at here in any case. A flow is an address's when that has begun it (the source of its
 * original direction) or answers it (the source of the reply): two dumps, one for each. */

#define ATTR_N 64	/* more than any CTA_*_MAX of these */
#define CHOOSE_SOURCE 1 /* CTA_FILTER_F_CTA_IP_SRC, which no header of the kernel's exports */

/* One of the two dumps. */
struct dump {
	struct look_flows *flows;
	const struct addr *addr;
	bool is_answered; /* those that the address answers; else those that it has begun */
};

/* A counter of 64 bits in network order. It stands in a message that is aligned to 4 bytes, so it
 * is copied. */
static uint64_t read_be64(const struct nlattr *attr)
{
	uint64_t number = 0;

	if (attr && mnl_attr_get_payload_len(attr) == sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return be64toh(number);
}

/* One direction of a flow: addresses, ports and the protocol. */
static void read_tuple(const struct nlattr *attr, struct look_flow_way *ret_way,
		       uint8_t *ret_protocol)
{
	const struct nlattr *tuple[ATTR_N], *ip[ATTR_N], *proto[ATTR_N];

	look_nested(attr, tuple, ATTR_N);
	look_nested(tuple[CTA_TUPLE_IP], ip, ATTR_N);
	look_nested(tuple[CTA_TUPLE_PROTO], proto, ATTR_N);
	ret_way->src = look_addr(ip[CTA_IP_V4_SRC] ? ip[CTA_IP_V4_SRC] : ip[CTA_IP_V6_SRC]);
	ret_way->dst = look_addr(ip[CTA_IP_V4_DST] ? ip[CTA_IP_V4_DST] : ip[CTA_IP_V6_DST]);
	ret_way->sport = ntohs(look_u16(proto[CTA_PROTO_SRC_PORT]));
	ret_way->dport = ntohs(look_u16(proto[CTA_PROTO_DST_PORT]));
	*ret_protocol = look_u8(proto[CTA_PROTO_NUM]);
}

/* There are counters only where net.netfilter.nf_conntrack_acct is on. */
static void read_counts(const struct nlattr *attr, struct look_flow_way *way)
{
	const struct nlattr *counts[ATTR_N];

	look_nested(attr, counts, ATTR_N);
	way->packets = read_be64(counts[CTA_COUNTERS_PACKETS]);
	way->bytes = read_be64(counts[CTA_COUNTERS_BYTES]);
}

/* One flow of the dump. It is looked at again even where the kernel chose, for an old kernel
 * ignores attributes that it does not know and sends everything. */
static int read_flow(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[ATTR_N], *info[ATTR_N], *tcp[ATTR_N];
	struct dump *dump = data;
	struct look_flows *flows = dump->flows;
	struct look_flow_seen flow = { 0 }, *items;

	look_attrs(nlh, sizeof(struct nfgenmsg), attrs, ATTR_N);
	read_tuple(attrs[CTA_TUPLE_ORIG], &flow.original, &flow.protocol);
	read_tuple(attrs[CTA_TUPLE_REPLY], &flow.reply, &flow.protocol);
	flow.is_begun = addr_equal(&flow.original.src, dump->addr);
	/* One of an address with itself is among those that it has begun. */
	if (dump->is_answered ? flow.is_begun || !addr_equal(&flow.reply.src, dump->addr)
			      : !flow.is_begun)
		return 0;
	/* CTA_PROTOINFO holds CTA_PROTOINFO_TCP, which holds the state. */
	look_nested(attrs[CTA_PROTOINFO], info, ATTR_N);
	look_nested(info[CTA_PROTOINFO_TCP], tcp, ATTR_N);
	flow.has_tcp_state = tcp[CTA_PROTOINFO_TCP_STATE] != NULL;
	flow.tcp_state = look_u8(tcp[CTA_PROTOINFO_TCP_STATE]);
	flow.status = ntohl(look_u32(attrs[CTA_STATUS]));
	flow.timeout_s = ntohl(look_u32(attrs[CTA_TIMEOUT]));
	flow.is_counted = attrs[CTA_COUNTERS_ORIG] != NULL;
	read_counts(attrs[CTA_COUNTERS_ORIG], &flow.original);
	read_counts(attrs[CTA_COUNTERS_REPLY], &flow.reply);
	/* The bound keeps a busy host from filling the memory. The reader is told that it is a
	 * part. */
	if (flows->n == LOOK_ITEMS_MAX) {
		flows->is_cut = true;
		return 0;
	}
	items = grow(flows->items, &flows->room, flows->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	flows->items = items;
	items[flows->n++] = flow;
	return 0;
}

/* The tuple gives the address, CTA_FILTER says which parts of it count. */
static void put_filter(struct nlmsghdr *nlh, const struct dump *dump)
{
	bool is_4 = dump->addr->family == AF_INET;
	struct nlattr *nest, *ip;

	nest = mnl_attr_nest_start(nlh, dump->is_answered ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
	ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put(nlh, is_4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, addr_size(dump->addr),
		     dump->addr->bytes);
	mnl_attr_nest_end(nlh, ip);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, dump->is_answered ? 0 : CHOOSE_SOURCE);
	mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, dump->is_answered ? CHOOSE_SOURCE : 0);
	mnl_attr_nest_end(nlh, nest);
}

/* One dump over the namespace's socket. */
static int take(struct look *look, struct look_place *place, struct dump *dump, bool is_chosen)
{
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh = look_ask_for(look, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
					    NLM_F_DUMP, sizeof(*nfg), &nfg);

	nfg->nfgen_family = dump->addr->family;
	nfg->version = NFNETLINK_V0;
	if (is_chosen)
		put_filter(nlh, dump);
	return look_talk(look, place, LOOK_NETFILTER, nlh, read_flow, dump);
}

/* The flows of one address, those it began first. What was read stays in flows, also when this
 * fails. */
int look_flows(struct look *look, const char *key, const struct addr *addr,
	       struct look_flows *flows)
{
	struct look_place *place = look_place(look, key);
	int err = place ? look_open(place) : -ENOENT;

	for (int answered = 0; answered < 2 && err == 0; answered++) {
		struct dump dump = { flows, addr, answered != 0 };
		size_t n = flows->n;

		/* Linux 6.18 was asked for the flows of one IPv6 address, and left out the flow
		 * that was meant: so the kernel chooses among those of IPv4 alone. */
		err = take(look, place, &dump, addr->family == AF_INET);
		/* Refused before anything was sent, by a kernel that cannot choose at all. */
		if (addr->family == AF_INET && (err == -EINVAL || err == -EOPNOTSUPP)) {
			/* What the first try may have left is dropped. */
			flows->n = n;
			err = take(look, place, &dump, false);
		}
	}
	return err;
}

void look_flows_done(struct look_flows *flows)
{
	free(flows->items);
	*flows = (struct look_flows) { 0 };
}
