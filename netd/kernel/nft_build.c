// SPDX-License-Identifier: GPL-2.0-or-later
// nft_build.c - rules, chains, sets and elements of tables that lead connections to services
#include "kernel/nft_build.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Containers have a table that leads what they open (nft_services.c), and the
 * host has one that leads what is for its published ports (nft_ingress.c). Both choose in the same
 * way, so what they are put together from stands here: pieces of rules, and messages that make
 * chains, sets and elements of a table that is named. */

#define DPORT_OFFSET 2 /* of TCP and UDP alike */

const struct nft_build_family nft_build_families[FAMILY_N] = {
	[FAMILY_4] = { NFPROTO_IPV4, NFT_BUILD_IPV4, offsetof(struct iphdr, daddr),
		       offsetof(struct iphdr, saddr), 4 },
	[FAMILY_6] = { NFPROTO_IPV6, NFT_BUILD_IPV6, offsetof(struct ip6_hdr, ip6_dst),
		       offsetof(struct ip6_hdr, ip6_src), 16 },
};

/* For _cleanup_. */
static void set_freep(struct nftnl_set **set)
{
	if (*set)
		nftnl_set_free(*set);
}

static void chain_freep(struct nftnl_chain **chain)
{
	if (*chain)
		nftnl_chain_free(*chain);
}

/* --- rules ------------------------------------------------------------------------------------ */

struct nft_building nft_build_rule(void)
{
	struct nft_building building = { .rule = nftnl_rule_alloc() };

	building.err = building.rule ? 0 : -ENOMEM;
	return building;
}

void nft_build_done(struct nft_building *building)
{
	if (building->rule)
		nftnl_rule_free(building->rule);
}

void nft_build_append_rule(struct nft_batch *batch, struct nft_building *building,
			   const char *table, const char *chain)
{
	struct nlmsghdr *nlh = NULL;

	if (building->rule && (nftnl_rule_set_str(building->rule, NFTNL_RULE_TABLE, table) < 0 ||
			       nftnl_rule_set_str(building->rule, NFTNL_RULE_CHAIN, chain) < 0))
		building->err = -ENOMEM;
	if (building->err < 0 && batch->err == 0)
		batch->err = building->err;
	if (building->err == 0)
		nlh = nft_batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
				    NFPROTO_INET, NFT_BUILD_ROOM, "a rule of table", table);
	if (nlh)
		nftnl_rule_nlmsg_build_payload(nlh, building->rule);
}

struct nftnl_expr *nft_build_expr(struct nft_building *building, const char *name)
{
	struct nftnl_expr *expr = building->err < 0 ? NULL : nftnl_expr_alloc(name);

	if (!expr) {
		building->err = -ENOMEM;
		return NULL;
	}
	nftnl_rule_add_expr(building->rule, expr);
	return expr;
}

void nft_build_meta(struct nft_building *building, uint32_t key, uint32_t slot)
{
	struct nftnl_expr *expr = nft_build_expr(building, "meta");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_BUILD_REGISTER(slot));
}

void nft_build_payload(struct nft_building *building, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t slot)
{
	struct nftnl_expr *expr = nft_build_expr(building, "payload");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, NFT_BUILD_REGISTER(slot));
}

void nft_build_daddr(struct nft_building *building, enum family family, uint32_t slot)
{
	nft_build_payload(building, NFT_PAYLOAD_NETWORK_HEADER, nft_build_families[family].daddr,
			  nft_build_families[family].size, slot);
}

void nft_build_saddr(struct nft_building *building, enum family family, uint32_t slot)
{
	nft_build_payload(building, NFT_PAYLOAD_NETWORK_HEADER, nft_build_families[family].saddr,
			  nft_build_families[family].size, slot);
}

void nft_build_dport(struct nft_building *building, uint32_t slot)
{
	nft_build_payload(building, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT_OFFSET, 2, slot);
}

void nft_build_compare(struct nft_building *building, const void *value, size_t len)
{
	struct nftnl_expr *expr = nft_build_expr(building, "cmp");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_BUILD_REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	if (nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, value, (uint32_t)len) < 0)
		building->err = -ENOMEM;
}

void nft_build_of_family(struct nft_building *building, enum family family)
{
	nft_build_meta(building, NFT_META_NFPROTO, 0);
	nft_build_compare(building, &nft_build_families[family].nfproto,
			  sizeof(nft_build_families[family].nfproto));
}

struct nftnl_expr *nft_build_lookup(struct nft_building *building, const char *set)
{
	struct nftnl_expr *expr = nft_build_expr(building, "lookup");

	if (!expr)
		return NULL;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_BUILD_REGISTER(0));
	if (nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set) < 0)
		building->err = -ENOMEM;
	return expr;
}

void nft_build_number(struct nft_building *building, enum family family, uint32_t n, bool affinity,
		      uint32_t slot)
{
	struct nftnl_expr *expr;

	if (affinity)
		nft_build_saddr(building, family, slot + 1);
	expr = nft_build_expr(building, affinity ? "hash" : "numgen");
	if (!expr)
		return;
	if (affinity) {
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SREG, NFT_BUILD_REGISTER(slot + 1));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_LEN, nft_build_families[family].size);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_DREG, NFT_BUILD_REGISTER(slot));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_MODULUS, n);
		/* The kernel would draw one otherwise, with each rule. */
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SEED, 1);
		return;
	}
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_TYPE, NFT_NG_RANDOM);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_DREG, NFT_BUILD_REGISTER(slot));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_MODULUS, n);
}

void nft_build_dnat(struct nft_building *building, enum family family)
{
	struct nftnl_expr *expr = nft_build_expr(building, "nat");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, nft_build_families[family].nfproto);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_BUILD_REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN,
			   NFT_BUILD_REGISTER(nft_build_families[family].size / 4));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
}

/* An ICMP error that comes while connect(2) still has the socket is forgotten, and the next try is
 * a second later (tcp_v4_err); a reset waits until the socket is let go. */
void nft_build_reject(struct nft_building *building, bool tcp)
{
	const uint8_t protocol = IPPROTO_TCP;
	struct nftnl_expr *expr;

	if (tcp) {
		nft_build_meta(building, NFT_META_L4PROTO, 0);
		nft_build_compare(building, &protocol, sizeof(protocol));
	}
	expr = nft_build_expr(building, "reject");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE,
			   tcp ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, tcp ? 0 : NFT_REJECT_ICMPX_PORT_UNREACH);
}

/* --- tables ----------------------------------------------------------------------------------- */

void nft_build_append_table(struct nft_batch *batch, const char *table, uint32_t flags)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET,
					     NFT_BUILD_ROOM, "table", table);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
}

void nft_build_append_chain(struct nft_batch *batch, const char *table, const char *name,
			    const char *type, uint32_t hook, int32_t priority)
{
	_cleanup_(chain_freep) struct nftnl_chain *chain = nftnl_chain_alloc();
	struct nlmsghdr *nlh;

	if (!chain || nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table) < 0 ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name) < 0 ||
	    (type && nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, type) < 0)) {
		batch->err = -ENOMEM;
		return;
	}
	if (type) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nlh = nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, NFT_BUILD_ROOM,
			    "a chain of table", table);
	if (nlh)
		nftnl_chain_nlmsg_build_payload(nlh, chain);
}

void nft_build_append_set(struct nft_batch *batch, const char *table, const char *name, uint32_t id,
			  uint32_t key_type, uint32_t key_len, uint32_t data_type,
			  uint32_t data_len)
{
	_cleanup_(set_freep) struct nftnl_set *set = nftnl_set_alloc();
	struct nlmsghdr *nlh;

	if (!set || nftnl_set_set_str(set, NFTNL_SET_TABLE, table) < 0 ||
	    nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0) {
		batch->err = -ENOMEM;
		return;
	}
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, data_type ? NFT_SET_MAP : 0);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_len);
	if (data_type)
		nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, data_type);
	if (data_len)
		nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, data_len);
	nlh = nft_batch_add(batch, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET, NFT_BUILD_ROOM,
			    "a set of table", table);
	if (nlh)
		nftnl_set_nlmsg_build_payload(nlh, set);
}

/* --- elements --------------------------------------------------------------------------------- */

/* A nest with NFTA_DATA_VALUE, as of keys and of data. */
static void put_bytes(struct nlmsghdr *nlh, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(nlh, nest);
}

static void put_jump(struct nlmsghdr *nlh, const char *chain)
{
	struct nlattr *data = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, data);
}

void nft_build_append_elem(struct nft_batch *batch, const char *table, const char *set,
			   const struct nft_build_elem *elem, bool add)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
					     add ? NLM_F_CREATE : 0, NFPROTO_INET, NFT_BUILD_ROOM,
					     "an element of", set);
	struct nlattr *list, *item;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	item = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	put_bytes(nlh, NFTA_SET_ELEM_KEY, elem->key, elem->key_len);
	if (add && elem->data_len > 0)
		put_bytes(nlh, NFTA_SET_ELEM_DATA, elem->data, elem->data_len);
	if (add && elem->chain)
		put_jump(nlh, elem->chain);
	mnl_attr_nest_end(nlh, item);
	mnl_attr_nest_end(nlh, list);
}

void nft_build_put_addr(uint8_t *bytes, size_t *len, const struct addr *addr)
{
	memcpy(bytes + *len, addr->bytes, addr_size(addr));
	*len += addr_size(addr);
}

void nft_build_put_protocol(uint8_t *bytes, size_t *len, uint8_t protocol)
{
	bytes[*len] = protocol;
	*len += 4;
}

/* In the order of the wire. */
void nft_build_put_port(uint8_t *bytes, size_t *len, uint16_t port)
{
	uint16_t wire = htons(port);

	memcpy(bytes + *len, &wire, sizeof(wire));
	*len += 4;
}

void nft_build_choice(char name[static NFT_BUILD_CHAIN_SIZE], size_t n, bool affinity)
{
	(void)snprintf(name, NFT_BUILD_CHAIN_SIZE, NFT_BUILD_CHOICE "%zu%s", n,
		       affinity ? "-by-client" : "");
}
