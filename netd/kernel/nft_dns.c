// SPDX-License-Identifier: GPL-2.0-or-later
// nft_dns.c - the redirect of 127.0.0.11 port 53 inside a container, without conntrack
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>

/* Both directions leave the container's own stack, so one chain in its output hook, before
 * conntrack, sees the question and the answer: the destination port of the one and the source port
 * of the other are rewritten. Port 53 of every other address, 0.0.0.0 included, stays the
 * container's own.
 *
 * This transaction is paid for on every attach, so it is written straight into the message: no
 * library objects, about a microsecond. */

/* A table of the container's own namespace, of the family ip. Only its name is netd's. */
#define DNS_TABLE "netd-dns"
#define DNS_CHAIN "output"
#define DNS_PORT 53
/* Before conntrack, which begins at -200, and before NAT. */
#define DNS_PRIORITY (-300) /* NF_IP_PRI_RAW */
#define DNS_ROOM 768	    /* the longest message, a rule, takes 620 bytes */

/* Both headers begin with the source port, then the destination port, 2 bytes each. */
#define PORT_SOURCE 0 /* offsets in the TCP and the UDP header alike */
#define PORT_DEST 2

static const uint8_t dns_addr[4] = { 127, 0, 0, 11 };

/* One expression of a rule, open for its attributes. An expression of a rule is three nests deep:
 * NFTA_RULE_EXPRESSIONS { NFTA_LIST_ELEM { NFTA_EXPR_NAME, NFTA_EXPR_DATA { attributes } } } */
struct expr {
	struct nlmsghdr *nlh;
	struct nlattr *elem, *data;
};

/* expr_end() must follow, and nothing else may be put in between but this expression's
 * attributes. */
static struct expr expr_start(struct nlmsghdr *nlh, const char *name)
{
	struct expr expr = { .nlh = nlh, .elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM) };

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, name);
	expr.data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	return expr;
}

/* Numbers of nftables are in network order, registers included. */
static void expr_u32(const struct expr *expr, uint16_t attr, uint32_t value)
{
	mnl_attr_put_u32(expr->nlh, attr, htonl(value));
}

static void expr_end(const struct expr *expr)
{
	/* The inner nest first: a nest's length is written when it ends. */
	mnl_attr_nest_end(expr->nlh, expr->data);
	mnl_attr_nest_end(expr->nlh, expr->elem);
}

/* Plain bytes in the place of data: NFTA_DATA_VALUE in a nest. */
static void put_data(struct nlmsghdr *nlh, uint16_t attr, const void *data, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(nlh, nest);
}

/* Compares register 1 with these bytes. A rule ends for a packet that differs. */
static void put_compare(struct nlmsghdr *nlh, const void *data, size_t len)
{
	struct expr expr = expr_start(nlh, "cmp");

	expr_u32(&expr, NFTA_CMP_SREG, NFT_REG_1);
	expr_u32(&expr, NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(nlh, NFTA_CMP_DATA, data, len);
	expr_end(&expr);
}

/* Loads bytes of the packet into register 1. base says from which header the offset counts. */
static void put_load(struct nlmsghdr *nlh, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expr expr = expr_start(nlh, "payload");

	/* Always register 1: each of these expressions is finished before the next one loads. */
	expr_u32(&expr, NFTA_PAYLOAD_DREG, NFT_REG_1);
	expr_u32(&expr, NFTA_PAYLOAD_BASE, base);
	expr_u32(&expr, NFTA_PAYLOAD_OFFSET, offset);
	expr_u32(&expr, NFTA_PAYLOAD_LEN, len);
	expr_end(&expr);
}

/* The protocol comes from meta and not from a byte of the header, so that it is right behind IP
 * options, too. */
static void put_protocol_test(struct nlmsghdr *nlh, uint8_t protocol)
{
	struct expr expr = expr_start(nlh, "meta");

	expr_u32(&expr, NFTA_META_DREG, NFT_REG_1);
	expr_u32(&expr, NFTA_META_KEY, NFT_META_L4PROTO);
	expr_end(&expr);
	put_compare(nlh, &protocol, sizeof(protocol));
}

/* Writes a port, given in network order, into the packet. The value goes through register 1. */
static void put_port_write(struct nlmsghdr *nlh, uint8_t protocol, uint32_t offset, uint16_t port)
{
	struct expr value = expr_start(nlh, "immediate");

	expr_u32(&value, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_data(nlh, NFTA_IMMEDIATE_DATA, &port, sizeof(port));
	expr_end(&value);

	struct expr expr = expr_start(nlh, "payload");

	expr_u32(&expr, NFTA_PAYLOAD_SREG, NFT_REG_1);
	expr_u32(&expr, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	expr_u32(&expr, NFTA_PAYLOAD_OFFSET, offset);
	expr_u32(&expr, NFTA_PAYLOAD_LEN, sizeof(port));
	/* The kernel corrects the checksum of the header in the same step. */
	expr_u32(&expr, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	expr_u32(&expr, NFTA_PAYLOAD_CSUM_OFFSET,
		 protocol == IPPROTO_UDP ? offsetof(struct udphdr, uh_sum)
					 : offsetof(struct tcphdr, th_sum));
	expr_u32(&expr, NFTA_PAYLOAD_CSUM_FLAGS, 0);
	expr_end(&expr);
}

/* Where a rule looks for the address and for the port, and what it makes of the port. One rule. The
 * question is rewritten at its destination, the answer at its source. */
struct rewrite {
	uint8_t protocol;
	uint32_t addr_offset, port_offset;
	uint16_t from, to; /* network byte order */
};

/* A rule as nft(8) would print it:
 * ip daddr 127.0.0.11 meta l4proto udp udp dport 53 notrack udp dport set PORT
 * Each test ends the rule for packets that fail it. */
static void append_rule(struct nft_batch *batch, const char *table, const struct rewrite *rewrite)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
					     NFPROTO_IPV4, DNS_ROOM, "a rule of chain", DNS_CHAIN);
	struct nlattr *list;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, DNS_CHAIN);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	/* The address first: it sends nearly every packet on its way after one comparison. */
	put_load(nlh, NFT_PAYLOAD_NETWORK_HEADER, rewrite->addr_offset, sizeof(dns_addr));
	put_compare(nlh, dns_addr, sizeof(dns_addr));
	put_protocol_test(nlh, rewrite->protocol);
	put_load(nlh, NFT_PAYLOAD_TRANSPORT_HEADER, rewrite->port_offset, sizeof(rewrite->from));
	put_compare(nlh, &rewrite->from, sizeof(rewrite->from));

	/* Without conntrack: an entry for each question would fill the table of a busy container,
	 * and nothing here needs one. */
	struct expr notrack = expr_start(nlh, "notrack");

	expr_end(&notrack);
	put_port_write(nlh, rewrite->protocol, rewrite->port_offset, rewrite->to);
	mnl_attr_nest_end(nlh, list);
}

/* Flags as the main table's: the container's root cannot change an owned one. */
static void append_table(struct nft_batch *batch, const char *table, uint32_t flags)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_IPV4,
					     DNS_ROOM, "table", table);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
}

/* A base chain at the hook output. */
static void append_chain(struct nft_batch *batch, const char *table)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_IPV4,
					     DNS_ROOM, "chain", DNS_CHAIN);
	struct nlattr *hook;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, DNS_CHAIN);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	/* A chain that fails to match lets the packet through: nothing but questions is touched. */
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(NF_INET_LOCAL_OUT));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)DNS_PRIORITY));
	mnl_attr_nest_end(nlh, hook);
}

/* For a second call: the rules with the former port go in the same transaction. NFT_MSG_DELRULE
 * without a handle takes all rules of the chain. */
static void append_flush(struct nft_batch *batch, const char *table)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELRULE, 0, NFPROTO_IPV4, DNS_ROOM,
					     "chain", DNS_CHAIN);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, DNS_CHAIN);
}

/* Also used to ask whether a kernel can do it (nft_probe.c), with another table's name. */
void nft_dns_append(struct nft_batch *batch, const char *table, uint32_t flags, uint16_t dns_port)
{
	static const uint8_t protocols[] = { IPPROTO_UDP, IPPROTO_TCP };

	/* All of this may be there already: NLM_F_CREATE without EXCL takes it as it is. */
	append_table(batch, table, flags);
	append_chain(batch, table);
	append_flush(batch, table);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		/* Both directions: the program has to see the answer come from port 53, where it
		 * has asked. */
		struct rewrite question = { protocols[i], offsetof(struct iphdr, daddr), PORT_DEST,
					    htons(DNS_PORT), htons(dns_port) };
		struct rewrite answer = { protocols[i], offsetof(struct iphdr, saddr), PORT_SOURCE,
					  htons(dns_port), htons(DNS_PORT) };

		append_rule(batch, table, &question);
		append_rule(batch, table, &answer);
	}
}

/* remake: the table is removed first, in the same transaction. */
static int try_redirect(struct nft *inside, uint16_t dns_port, bool remake, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	if (remake)
		nft_table_append_delete(&batch, NFPROTO_IPV4, DNS_TABLE);
	nft_dns_append(&batch, DNS_TABLE, inside->table_flags, dns_port);
	err = nft_batch_commit_patient(inside, &batch, &refusal);
	if (err == 0)
		return 0;
	return nft_refused(&batch, &refusal, error, "redirecting DNS in table ip " DNS_TABLE);
}

/* The socket is one that was opened in the container's namespace. It may be closed afterwards, for
 * with NFT_TABLE_PERSIST the table stays. */
int nft_dns_redirect(struct nft *inside, uint16_t dns_port, struct error *error)
{
	int err = try_redirect(inside, dns_port, false, error);

	/* A table made without an owner cannot get one, nor the other way round. */
	return err == -EOPNOTSUPP ? try_redirect(inside, dns_port, true, error) : err;
}

/* A table that is not there is as good as removed. */
int nft_dns_redirect_remove(struct nft *inside, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	nft_table_append_delete(&batch, NFPROTO_IPV4, DNS_TABLE);
	err = nft_batch_commit_patient(inside, &batch, &refusal);
	if (err == 0 || err == -ENOENT)
		return 0;
	return nft_refused(&batch, &refusal, error, "removing table ip " DNS_TABLE);
}
