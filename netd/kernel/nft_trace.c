// SPDX-License-Identifier: GPL-2.0-or-later
// nft_trace.c - which rules of nftables the packets of one flow meet in a network namespace
#include "kernel/nft_trace.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "diag/traced_messages.h"
#include "kernel/netns.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A packet that is marked (meta nftrace) has the kernel tell each rule that
 * matches it. The mark is set by a rule, before all others, and is lost where the packet goes into
 * another namespace, so there is a table in each. The table has the flag "owner": it goes when the
 * socket does that made it, also of a process that was killed, and nobody else's ruleset is
 * touched. Frames on a bridge meet rules of the family bridge first, which takes one of that
 * family, too; and where rules are bound to a link (netdev, ingress) they come before all others,
 * which takes a chain at that link.
 *
 * What comes back behind NAT has the addresses that are looked for only when that was undone, so
 * who asks for them has chains behind it, too.
 *
 * Rules of the tables that are made here have a condition and set the mark. They decide nothing, so
 * the packet goes on as without them. */

/* More than a rule with two addresses of 16 bytes, a protocol and two ports takes. The room is for
 * one message of the batch. */
#define MESSAGE_ROOM 1024

/* As early as can be: every rule that comes behind it is told. The kernel sorts chains of a hook by
 * their priority. */
#define FIRST INT_MIN
#define BEHIND_NAT (NF_IP_PRI_NAT_DST + 1)
/* Those of inet and of bridge have the same numbers. */
static const struct chain {
	const char *name;
	uint32_t hook;
	int priority;
} chains[] = { { "prerouting", NF_INET_PRE_ROUTING, FIRST },
	       { "output", NF_INET_LOCAL_OUT, FIRST },
	       { "prerouting-nat", NF_INET_PRE_ROUTING, BEHIND_NAT },
	       { "output-nat", NF_INET_LOCAL_OUT, BEHIND_NAT } };

/* One table that is being made. Its name has the process's id, so two traces do not meet. */
struct table {
	struct nft_batch batch;
	const struct nft_trace_asked *asked;
	char name[32];
	uint8_t family;
};

/* --- expressions ------------------------------------------------------------------------------ */

/* Begins an expression; end() closes both nests, the inner one first. *ret_data is the nest that
 * holds the expression's own attributes. The other one is the result. */
static struct nlattr *begin(struct nlmsghdr *nlh, const char *name, struct nlattr **ret_data)
{
	struct nlattr *element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, name);
	*ret_data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	return element;
}

static void end(struct nlmsghdr *nlh, struct nlattr *element, struct nlattr *data)
{
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, element);
}

/* All numbers of nftables are in network order. */
static void put_number(struct nlmsghdr *nlh, uint16_t type, uint32_t number)
{
	mnl_attr_put_u32(nlh, type, htonl(number));
}

/* A value of data is a nest around its bytes. */
static void put_value(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, nest);
}

/* The value is in register 1, in network order. The rule ends at the first comparison that
 * fails. */
static void put_equal(struct nlmsghdr *nlh, const void *value, size_t len)
{
	struct nlattr *data, *element = begin(nlh, "cmp", &data);

	put_number(nlh, NFTA_CMP_SREG, NFT_REG_1);
	put_number(nlh, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(nlh, NFTA_CMP_DATA, value, len);
	end(nlh, element, data);
}

/* Loads a value of meta and compares it. value is as the kernel loads it. */
static void put_meta(struct nlmsghdr *nlh, uint32_t key, const void *value, size_t len)
{
	struct nlattr *data, *element = begin(nlh, "meta", &data);

	put_number(nlh, NFTA_META_KEY, key);
	put_number(nlh, NFTA_META_DREG, NFT_REG_1);
	end(nlh, element, data);
	put_equal(nlh, value, len);
}

/* Loads bytes of a header and compares them. base is NFT_PAYLOAD_*. */
static void put_field(struct nlmsghdr *nlh, uint32_t base, uint32_t offset, const void *value,
		      size_t len)
{
	struct nlattr *data, *element = begin(nlh, "payload", &data);

	put_number(nlh, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_number(nlh, NFTA_PAYLOAD_BASE, base);
	put_number(nlh, NFTA_PAYLOAD_OFFSET, offset);
	put_number(nlh, NFTA_PAYLOAD_LEN, (uint32_t)len);
	end(nlh, element, data);
	put_equal(nlh, value, len);
}

/* meta nftrace is set from a register, so the 1 is loaded first. */
static void put_mark(struct nlmsghdr *nlh)
{
	const uint8_t yes = 1;
	struct nlattr *data, *element = begin(nlh, "immediate", &data);

	put_number(nlh, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(nlh, NFTA_IMMEDIATE_DATA, &yes, sizeof(yes));
	end(nlh, element, data);
	element = begin(nlh, "meta", &data);
	put_number(nlh, NFTA_META_KEY, NFT_META_NFTRACE);
	put_number(nlh, NFTA_META_SREG, NFT_REG_1);
	end(nlh, element, data);
}

/* --- the table -------------------------------------------------------------------------------- */

/* Offsets of the source: 12 in an IPv4 header, 8 in an IPv6 one. The destination follows it.
 * Addresses that are not set are not asked for. */
static void put_addresses(struct nlmsghdr *nlh, const struct nft_trace_match *match)
{
	bool is_v6 = match->family == FAMILY_6;
	uint32_t len = is_v6 ? 16 : 4, source = is_v6 ? 8 : 12;

	if (addr_is_set(&match->from))
		put_field(nlh, NFT_PAYLOAD_NETWORK_HEADER, source, match->from.bytes, len);
	if (addr_is_set(&match->to))
		put_field(nlh, NFT_PAYLOAD_NETWORK_HEADER, source + len, match->to.bytes, len);
}

/* Ports are the first 4 bytes of TCP and UDP alike. Numbers that are 0 are not asked for. */
static void put_ports(struct nlmsghdr *nlh, const struct nft_trace_match *match)
{
	const uint16_t from = htons(match->from_port), to = htons(match->to_port),
		       echo_id = htons(match->echo_id);

	/* Of an echo request and its answer it stands at the same place. */
	if (match->echo_id)
		put_field(nlh, NFT_PAYLOAD_TRANSPORT_HEADER, 4, &echo_id, sizeof(echo_id));
	if (match->from_port)
		put_field(nlh, NFT_PAYLOAD_TRANSPORT_HEADER, 0, &from, sizeof(from));
	if (match->to_port)
		put_field(nlh, NFT_PAYLOAD_TRANSPORT_HEADER, sizeof(from), &to, sizeof(to));
}

/* One rule for one kind of packet that is to be followed. All of its conditions must hold. The rule
 * is appended, so it comes in the order of the matches. */
static void add_rule(struct table *table, const char *chain, const struct nft_trace_match *match)
{
	bool is_v6 = match->family == FAMILY_6;
	const uint8_t family = is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const uint16_t ether = htons(is_v6 ? ETH_P_IPV6 : ETH_P_IP);
	struct nlmsghdr *nlh = nft_batch_add(&table->batch, NFT_MSG_NEWRULE,
					     NLM_F_CREATE | NLM_F_APPEND, table->family,
					     MESSAGE_ROOM, "a rule of table", table->name);
	struct nlattr *list;

	/* The batch keeps the failure, and is looked at in the end. */
	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table->name);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	/* Families bridge and netdev see frames, so the protocol is that of the frame. */
	if (table->family != NFPROTO_INET)
		put_meta(nlh, NFT_META_PROTOCOL, &ether, sizeof(ether));
	else
		put_meta(nlh, NFT_META_NFPROTO, &family, sizeof(family));
	/* The address first: it is what most packets do not have. */
	put_addresses(nlh, match);
	if (match->protocol)
		put_meta(nlh, NFT_META_L4PROTO, &match->protocol, sizeof(match->protocol));
	put_ports(nlh, match);
	put_mark(nlh);
	mnl_attr_nest_end(nlh, list);
}

/* link: NULL: of all. The chain has a rule for each match. Base chains only: a packet comes to them
 * by itself. */
static void add_chain(struct table *table, const struct chain *chain, const char *link)
{
	const struct nft_trace_asked *asked = table->asked;
	struct nlmsghdr *nlh = nft_batch_add(&table->batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE,
					     table->family, MESSAGE_ROOM, "a chain of table",
					     table->name);
	struct nlattr *hook;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, table->name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain->name);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	put_number(nlh, NFTA_HOOK_HOOKNUM, chain->hook);
	put_number(nlh, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
	if (link)
		mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, link);
	mnl_attr_nest_end(nlh, hook);
	/* Without a policy the kernel takes "accept". */
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	for (size_t i = 0; i < asked->n; i++)
		add_rule(table, chain->name, &asked->matches[i]);
}

/* NAT is a matter of inet. Bridges have none. Chains at FIRST are in each table. */
static bool is_wanted(const struct chain *chain, const struct table *table)
{
	return chain->priority == FIRST ||
	       (table->asked->behind_nat && table->family == NFPROTO_INET);
}

/* In the family netdev a chain belongs to one link, and has its name. A chain is called as its
 * link, which is unique in a namespace. */
static void add_chains(struct table *table)
{
	const struct nft_trace_asked *asked = table->asked;

	for (size_t i = 0; table->family != NFPROTO_NETDEV && i < ARRAY_SIZE(chains); i++)
		if (is_wanted(&chains[i], table))
			add_chain(table, &chains[i], NULL);
	for (size_t i = 0; table->family == NFPROTO_NETDEV && i < asked->n_links; i++)
		add_chain(table, &(struct chain) { asked->links[i], NF_NETDEV_INGRESS, FIRST },
			  asked->links[i]);
}

/* The table without the flag PERSIST goes with the socket. 0, or a negative errno with nothing
 * made: a batch is one transaction. */
static int add_table(struct nft *nft, const struct nft_trace_asked *asked, uint8_t family)
{
	struct table table = { .asked = asked, .family = family };
	struct nft_refusal refusal;
	struct nlmsghdr *nlh;
	int err;

	(void)snprintf(table.name, sizeof(table.name), TRACED_TABLE "%d", (int)getpid());
	nlh = nft_batch_add(&table.batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, family, MESSAGE_ROOM,
			    "table", table.name);
	if (nlh) {
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table.name);
		put_number(nlh, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	}
	add_chains(&table);
	err = table.batch.err < 0 ? table.batch.err
				  : nft_batch_commit(nft, &table.batch, false, &refusal);
	nft_batch_done(&table.batch);
	return err;
}

/* --- the socket ------------------------------------------------------------------------------- */

/* Inside. Everything this socket makes is in that namespace, also when it is used from outside.
 * data is the struct nft that is to be opened. */
static int open_socket(void *data)
{
	struct nft *nft = data;
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(own);
	const int yes = 1, room = NFT_TRACE_ROOM;

	nft->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (nft->fd < 0 || bind(nft->fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
	    getsockname(nft->fd, (struct sockaddr *)&own, &len) < 0)
		return -errno;
	/* The kernel knows the owner of a table by this number. */
	nft->portid = own.nl_pid;
	/* Without it the usual room has to do. */
	(void)setsockopt(nft->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	/* Of a message that is refused the answer need not repeat it. */
	(void)setsockopt(nft->fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
	return 0;
}

/* The socket, to be read by nft_trace_take(). Closing it ends all. -EOPNOTSUPP: this kernel has no
 * tables that belong to a socket (before 5.12). *ret_links_err is about the chains at links
 * alone. */
int nft_trace_open(const struct nft_trace_asked *asked, int *ret_links_err)
{
	struct nft nft = { .fd = -1, .seq = 1 };
	const int group = NFNLGRP_NFTRACE;
	int err = netns_run(asked->netns_fd, open_socket, &nft);

	if (err == 0)
		err = add_table(&nft, asked, NFPROTO_INET);
	/* A kernel without rules of bridges has none that could drop it. A refusal is no reason to
	 * end, except for want of memory. */
	if (err == 0 && add_table(&nft, asked, NFPROTO_BRIDGE) == -ENOMEM)
		err = -ENOMEM;
	/* Links may have gone since they were asked for. The caller says then that their rules are
	 * unseen. */
	*ret_links_err = err == 0 && asked->n_links > 0 ? add_table(&nft, asked, NFPROTO_NETDEV)
							: 0;
	/* Not before: what is told by then would stand between the answers. Notifications and
	 * answers come in over the same socket. */
	if (err == 0 &&
	    setsockopt(nft.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		err = -errno;
	if (err == 0)
		return nft.fd;
	cleanup_close(&nft.fd);
	/* -EINVAL is what a kernel says to a flag that it does not know. */
	return err == -EINVAL ? -EOPNOTSUPP : err;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* The next message of the kernel's. Its length; 0: there is none; -EPROTO: so many came of others
 * that it could go on for ever; or another negative errno. *strangers counts those. size is that of
 * data. */
static ssize_t receive(int fd, void *data, size_t size, size_t *strangers)
{
	while (*strangers <= NFT_TRACE_STRANGERS) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, data, size, MSG_DONTWAIT, (struct sockaddr *)&from,
				     &from_len);

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* Who has CAP_NET_ADMIN in a container can send here, too; 0 is the kernel. */
		if (from.nl_pid == 0)
			return n;
		++*strangers;
	}
	return -EPROTO;
}

/* take may end it with an error. -ENOBUFS: messages were lost, or there are more than one call may
 * read: the trace is not whole. fd is the socket of nft_trace_open(). */
int nft_trace_take(int fd, int (*take)(void *data, const void *messages, size_t len), void *data)
{
	_Alignas(struct nlmsghdr) char messages[NFT_TRACE_READ];
	size_t strangers = 0;
	bool is_whole = true;

	for (size_t i = 0; i < NFT_TRACE_MESSAGES; i++) {
		ssize_t n = receive(fd, messages, sizeof(messages), &strangers);
		int err = 0;

		if (n == 0)
			return is_whole ? 0 : -ENOBUFS;
		/* It is said before what was kept, and that is of when the probe began. ENOBUFS is
		 * told once, and the socket goes on. */
		if (n == -ENOBUFS)
			is_whole = false;
		else if (n < 0)
			return (int)n;
		else
			err = take(data, messages, (size_t)n);
		if (err < 0)
			return err;
	}
	return -ENOBUFS;
}

/* A callback of nft_trace_take(); data is the reading. */
static int read_flow(void *data, const void *messages, size_t len)
{
	return traced_messages_read(data, messages, len);
}

/* Reads what belongs to one flow. As nft_trace_take(). */
int nft_trace_read(int fd, uint64_t netns, uint8_t protocol, uint16_t port,
		   struct traced_rules *rules)
{
	struct traced_reading reading = {
		.rules = rules, .netns = netns, .protocol = protocol, .port = port
	};

	return nft_trace_take(fd, read_flow, &reading);
}
