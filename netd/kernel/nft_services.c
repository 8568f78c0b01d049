// SPDX-License-Identifier: GPL-2.0-or-later
// nft_services.c - the table inside a container that leads connections to services
#include "kernel/nft_services.h"

#include "base/cleanup.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A connection is led where it begins, in the namespace of the container that
 * opens it: so nothing of it passes the host's connection tracking, the other end sees who asks,
 * and whether that is on this host or another makes no difference. As nft(8) would write it, for
 * IPv4:
 *
 *   chain choose {
 *     type nat hook output priority -100
 *     ip daddr . meta l4proto . th dport vmap @spread4    service -> jump one-of-N
 *   }
 *   chain one-of-3 {
 *     dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @backends4
 *   }
 *   chain refuse {
 *     type filter hook output priority 0
 *     ip daddr @addresses4 meta l4proto tcp reject with tcp reset
 *     ip daddr @addresses4 reject with icmpx port-unreachable
 *   }
 *
 * The number of rules does not grow with services; there is a chain for each number of containers
 * that stands behind one, as the kernel draws numbers below a constant. A chain that is not in use
 * any more stays: it is one rule that nobody meets. Whoever stays with a container is led by a hash
 * of the client's address in the place of the random number. What is still for a service's address
 * behind that found nobody, or a port that the service does not have, and is refused. */

#define CHAIN_CHOOSE "choose"
#define CHAIN_REFUSE "refuse"
#define CHAIN_NAME_SIZE 48
#define PRIORITY_DSTNAT (-100) /* NF_IP_PRI_NAT_DST */
#define ROOM 768	       /* the longest message: a rule, with some 600 bytes */
#define KEY_SIZE 28	       /* address, protocol, port, number, each in words of four bytes */
#define DATA_SIZE 20	       /* address, port */
#define DPORT_OFFSET 2	       /* of TCP and UDP alike */

/* Registers of 32 bits, from the first. */
#define REGISTER(slot) ((uint32_t)NFT_REG32_00 + (slot))

/* nft(8) prints keys by these numbers of its datatypes, six bits each (nft_table_msg.c). */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTO = 12, TYPE_SERVICE = 13, TYPE_MARK = 19 };

static const struct layout {
	uint8_t family; /* NFPROTO_* */
	uint32_t type;
	uint32_t daddr, saddr, size; /* in the header, in bytes */
	const char *spread, *backends, *addresses;
} layouts[FAMILY_N] = {
	[FAMILY_4] = { NFPROTO_IPV4, TYPE_IPV4, offsetof(struct iphdr, daddr),
		       offsetof(struct iphdr, saddr), 4, "spread4", "backends4", "addresses4" },
	[FAMILY_6] = { NFPROTO_IPV6, TYPE_IPV6, offsetof(struct ip6_hdr, ip6_dst),
		       offsetof(struct ip6_hdr, ip6_src), 16, "spread6", "backends6",
		       "addresses6" },
};

/* For _cleanup_. */
static void rule_freep(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

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

/* err is sticky: building goes on without effect, and is looked at in the end. */
struct building {
	struct nftnl_rule *rule;
	int err;
};

/* It belongs to the rule. NULL: out of memory, now or earlier. */
static struct nftnl_expr *expr_new(struct building *building, const char *name)
{
	struct nftnl_expr *expr = building->err < 0 ? NULL : nftnl_expr_alloc(name);

	if (!expr) {
		building->err = -ENOMEM;
		return NULL;
	}
	nftnl_rule_add_expr(building->rule, expr);
	return expr;
}

static void add_meta(struct building *building, uint32_t key, uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "meta");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, REGISTER(slot));
}

static void add_payload(struct building *building, uint32_t base, uint32_t offset, uint32_t len,
			uint32_t slot)
{
	struct nftnl_expr *expr = expr_new(building, "payload");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, REGISTER(slot));
}

/* A byte of what meta knows. The first register is free again afterwards. */
static void add_meta_test(struct building *building, uint32_t key, uint8_t value)
{
	struct nftnl_expr *expr;

	add_meta(building, key, 0);
	expr = expr_new(building, "cmp");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	if (nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, &value, sizeof(value)) < 0)
		building->err = -ENOMEM;
}

/* An address is read of a packet of its family alone. */
static void add_family(struct building *building, const struct layout *layout)
{
	add_meta_test(building, NFT_META_NFPROTO, layout->family);
}

/* Where it goes to: address, protocol and port, in the registers from the first on. Returns the one
 * behind them. */
static uint32_t add_destination(struct building *building, const struct layout *layout)
{
	uint32_t slot = layout->size / 4;

	add_payload(building, NFT_PAYLOAD_NETWORK_HEADER, layout->daddr, layout->size, 0);
	add_meta(building, NFT_META_L4PROTO, slot);
	add_payload(building, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT_OFFSET, 2, slot + 1);
	return slot + 2;
}

/* Of what stands in the registers from the first on. A packet that is not in the set ends the rule;
 * where a map's data goes the caller says. NULL: out of memory. */
static struct nftnl_expr *add_lookup(struct building *building, const char *set)
{
	struct nftnl_expr *expr = expr_new(building, "lookup");

	if (!expr)
		return NULL;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, REGISTER(0));
	if (nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set) < 0)
		building->err = -ENOMEM;
	return expr;
}

/* A number below n: drawn, or out of the client's address, which is the same number for the same
 * client as long as n is. */
static void add_number(struct building *building, const struct layout *layout, uint32_t n,
		       bool affinity, uint32_t slot)
{
	struct nftnl_expr *expr;

	if (affinity)
		add_payload(building, NFT_PAYLOAD_NETWORK_HEADER, layout->saddr, layout->size,
			    slot + 1);
	expr = expr_new(building, affinity ? "hash" : "numgen");
	if (!expr)
		return;
	if (affinity) {
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SREG, REGISTER(slot + 1));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_LEN, layout->size);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_DREG, REGISTER(slot));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_MODULUS, n);
		/* The kernel would draw one otherwise, with each rule. */
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SEED, 1);
		return;
	}
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_TYPE, NFT_NG_RANDOM);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_DREG, REGISTER(slot));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_MODULUS, n);
}

/* The map's data takes the place of its key: an address, and the port behind it. */
static void add_dnat(struct building *building, const struct layout *layout)
{
	struct nftnl_expr *expr = add_lookup(building, layout->backends);

	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, REGISTER(0));
	expr = expr_new(building, "nat");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, layout->family);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, REGISTER(layout->size / 4));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
}

/* An ICMP error that comes while connect(2) still has the socket is forgotten, and the next try is
 * a second later (tcp_v4_err); a reset waits until the socket is let go. */
static void add_reject(struct building *building, bool tcp)
{
	struct nftnl_expr *expr;

	if (tcp)
		add_meta_test(building, NFT_META_L4PROTO, IPPROTO_TCP);
	expr = expr_new(building, "reject");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE,
			   tcp ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, tcp ? 0 : NFT_REJECT_ICMPX_PORT_UNREACH);
}

/* Appends the rule to the chain, of which a copy of the name is in the message. */
static void append_rule(struct nft_batch *batch, struct building *building, const char *chain)
{
	struct nlmsghdr *nlh = NULL;

	if (building->rule &&
	    (nftnl_rule_set_str(building->rule, NFTNL_RULE_TABLE, NFT_SERVICES_TABLE) < 0 ||
	     nftnl_rule_set_str(building->rule, NFTNL_RULE_CHAIN, chain) < 0))
		building->err = -ENOMEM;
	if (building->err < 0 && batch->err == 0)
		batch->err = building->err;
	if (building->err == 0)
		nlh = nft_batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
				    NFPROTO_INET, ROOM, "a rule of table", NFT_SERVICES_TABLE);
	if (nlh)
		nftnl_rule_nlmsg_build_payload(nlh, building->rule);
}

static struct nftnl_rule *rule_new(struct building *building)
{
	building->rule = nftnl_rule_alloc();
	building->err = building->rule ? 0 : -ENOMEM;
	return building->rule;
}

/* --- the table -------------------------------------------------------------------------------- */

static void append_table(struct nft_batch *batch, uint32_t flags)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET,
					     ROOM, "table", NFT_SERVICES_TABLE);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, NFT_SERVICES_TABLE);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
}

/* type NULL: it is only jumped to. */
static void append_chain(struct nft_batch *batch, const char *name, const char *type,
			 int32_t priority)
{
	_cleanup_(chain_freep) struct nftnl_chain *chain = nftnl_chain_alloc();
	struct nlmsghdr *nlh;

	if (!chain || nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, NFT_SERVICES_TABLE) < 0 ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name) < 0 ||
	    (type && nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, type) < 0)) {
		batch->err = -ENOMEM;
		return;
	}
	if (type) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_OUT);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nlh = nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, ROOM,
			    "a chain of table", NFT_SERVICES_TABLE);
	if (nlh)
		nftnl_chain_nlmsg_build_payload(nlh, chain);
}

/* Chains are flushed before their rule is added: with the first use of a number, and each other. */
static void append_flush(struct nft_batch *batch, const char *chain)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELRULE, 0, NFPROTO_INET, ROOM,
					     "a chain of table", NFT_SERVICES_TABLE);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, NFT_SERVICES_TABLE);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
}

/* key_type has six bits for each field. data_type 0: no map; NFT_DATA_VERDICT: of verdicts. */
static void append_set(struct nft_batch *batch, const char *name, uint32_t id, uint32_t key_type,
		       uint32_t key_len, uint32_t data_type, uint32_t data_len)
{
	_cleanup_(set_freep) struct nftnl_set *set = nftnl_set_alloc();
	struct nlmsghdr *nlh;

	if (!set || nftnl_set_set_str(set, NFTNL_SET_TABLE, NFT_SERVICES_TABLE) < 0 ||
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
	nlh = nft_batch_add(batch, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET, ROOM,
			    "a set of table", NFT_SERVICES_TABLE);
	if (nlh)
		nftnl_set_nlmsg_build_payload(nlh, set);
}

/* What is for a service leads to the chain of its number. */
static void append_choose(struct nft_batch *batch, const struct layout *layout)
{
	struct building building;
	_cleanup_(rule_freep) struct nftnl_rule *rule = rule_new(&building);
	struct nftnl_expr *expr;

	add_family(&building, layout);
	(void)add_destination(&building, layout);
	expr = add_lookup(&building, layout->spread);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	append_rule(batch, &building, CHAIN_CHOOSE);
	(void)rule; /* freed here */
}

/* What is still for a service. */
static void append_refuse(struct nft_batch *batch, const struct layout *layout, bool tcp)
{
	struct building building;
	_cleanup_(rule_freep) struct nftnl_rule *rule = rule_new(&building);

	add_family(&building, layout);
	add_payload(&building, NFT_PAYLOAD_NETWORK_HEADER, layout->daddr, layout->size, 0);
	(void)add_lookup(&building, layout->addresses);
	add_reject(&building, tcp);
	append_rule(batch, &building, CHAIN_REFUSE);
	(void)rule; /* freed here */
}

/* Sets, and the rules that look them up, of one family. */
static void append_family(struct nft_batch *batch, enum family family)
{
	const struct layout *layout = &layouts[family];
	uint32_t service = layout->type << 12 | TYPE_PROTO << 6 | TYPE_SERVICE;
	uint32_t id = family * 3 + 1;

	append_set(batch, layout->spread, id, service, layout->size + 8, NFT_DATA_VERDICT, 0);
	append_set(batch, layout->backends, id + 1, service << 6 | TYPE_MARK, layout->size + 12,
		   layout->type << 6 | TYPE_SERVICE, layout->size + 4);
	append_set(batch, layout->addresses, id + 2, layout->type, layout->size, 0, 0);
	append_choose(batch, layout);
	append_refuse(batch, layout, true);
	append_refuse(batch, layout, false);
}

static void append_constant(struct nft_batch *batch, uint32_t flags)
{
	append_table(batch, flags);
	append_chain(batch, CHAIN_CHOOSE, "nat", PRIORITY_DSTNAT);
	append_chain(batch, CHAIN_REFUSE, "filter", 0);
	for (enum family family = 0; family < FAMILY_N; family++)
		append_family(batch, family);
}

/* --- elements --------------------------------------------------------------------------------- */

static void chain_name(char name[static CHAIN_NAME_SIZE], size_t n, bool affinity)
{
	(void)snprintf(name, CHAIN_NAME_SIZE, "one-of-%zu%s", n, affinity ? "-by-client" : "");
}

/* The chain that chooses one of n, for both families. It may be there. */
static void append_choice(struct nft_batch *batch, size_t n, bool affinity)
{
	char name[CHAIN_NAME_SIZE];

	chain_name(name, n, affinity);
	append_chain(batch, name, NULL, 0);
	append_flush(batch, name);
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct building building;
		_cleanup_(rule_freep) struct nftnl_rule *rule = rule_new(&building);
		uint32_t slot;

		add_family(&building, &layouts[family]);
		slot = add_destination(&building, &layouts[family]);
		add_number(&building, &layouts[family], (uint32_t)n, affinity, slot);
		add_dnat(&building, &layouts[family]);
		append_rule(batch, &building, name);
		(void)rule; /* freed here */
	}
}

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

/* An element of a set. Data or a chain for maps; neither where it is taken away. */
struct elem {
	uint8_t key[KEY_SIZE], data[DATA_SIZE];
	size_t key_len, data_len;
	const char *chain;
};

static void append_elem(struct nft_batch *batch, const char *set, const struct elem *elem, bool add)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
					     add ? NLM_F_CREATE : 0, NFPROTO_INET, ROOM,
					     "an element of", set);
	struct nlattr *list, *item;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, NFT_SERVICES_TABLE);
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

/* Address, protocol and port, each in whole words, as the rules load them. */
static void set_key(struct elem *elem, const struct addr *addr, const struct service_port *port)
{
	uint16_t number = htons(port->port);
	size_t len = addr_size(addr);

	memcpy(elem->key, addr->bytes, len);
	elem->key[len] = port->protocol;
	memcpy(elem->key + len + 4, &number, sizeof(number));
	elem->key_len = len + 8;
}

/* Number i of those who stand behind a port: there, or not any more. */
static void append_backend(struct nft_batch *batch, const struct nft_service *service,
			   const struct service_port *port, uint32_t i, const struct addr *to,
			   bool add)
{
	struct elem elem = { 0 };
	uint16_t target = htons(port->target);
	size_t len = addr_size(to);

	set_key(&elem, &service->addr, port);
	/* As the kernel has a number that it has drawn: in the host's order. */
	memcpy(elem.key + elem.key_len, &i, sizeof(i));
	elem.key_len += sizeof(i);
	memcpy(elem.data, to->bytes, len);
	memcpy(elem.data + len, &target, sizeof(target));
	elem.data_len = len + 4;
	append_elem(batch, layouts[family_of(to->family)].backends, &elem, add);
}

/* From the containers of before to those of now: whoever has another number goes and comes. */
static void append_backends(struct nft_batch *batch, const struct nft_service *service,
			    const struct service_port *port)
{
	size_t n = service->n_was > service->n_now ? service->n_was : service->n_now;

	for (size_t i = 0; i < n; i++) {
		bool was = i < service->n_was, is = i < service->n_now;

		if (was && is && addr_equal(&service->was[i], &service->now[i]))
			continue;
		if (was)
			append_backend(batch, service, port, (uint32_t)i, &service->was[i], false);
		if (is)
			append_backend(batch, service, port, (uint32_t)i, &service->now[i], true);
	}
}

/* A service of nobody has no element here, and what is for it goes on to be refused. */
static void append_spread(struct nft_batch *batch, const struct nft_service *service,
			  const struct service_port *port)
{
	const char *set = layouts[family_of(service->addr.family)].spread;
	char chain[CHAIN_NAME_SIZE];
	struct elem elem = { .chain = chain };

	if (service->n_was == service->n_now)
		return;
	set_key(&elem, &service->addr, port);
	chain_name(chain, service->n_now, service->affinity);
	if (service->n_was > 0)
		append_elem(batch, set, &elem, false);
	if (service->n_now > 0)
		append_elem(batch, set, &elem, true);
}

static void append_service(struct nft_batch *batch, const struct nft_service *service)
{
	struct elem elem = { .key_len = addr_size(&service->addr) };

	if (service->n_now > 0 && service->n_now != service->n_was)
		append_choice(batch, service->n_now, service->affinity);
	for (size_t i = 0; i < service->n_ports; i++) {
		append_backends(batch, service, &service->ports[i]);
		append_spread(batch, service, &service->ports[i]);
	}
	if (service->was_there == service->is_there)
		return;
	memcpy(elem.key, service->addr.bytes, elem.key_len);
	append_elem(batch, layouts[family_of(service->addr.family)].addresses, &elem,
		    service->is_there);
}

void nft_services_append(struct nft_batch *batch, const struct nft_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++)
		append_service(batch, &services[i]);
}

/* --- what is done ----------------------------------------------------------------------------- */

/* is_there: that a table is there is certain. Otherwise one is made first where there is none, so
 * that it can be removed. */
static int try_make(struct nft *inside, const struct nft_service *services, size_t n, bool is_there,
		    struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	if (!is_there)
		append_table(&batch, inside->table_flags);
	nft_table_append_delete(&batch, NFPROTO_INET, NFT_SERVICES_TABLE);
	append_constant(&batch, inside->table_flags);
	nft_services_append(&batch, services, n);
	err = nft_batch_commit_patient(inside, &batch, &refusal);
	return err == 0
		       ? 0
		       : nft_refused(&batch, &refusal, error,
				     "making table inet " NFT_SERVICES_TABLE " inside a container");
}

int nft_services_make(struct nft *inside, const struct nft_service *services, size_t n,
		      struct error *error)
{
	int err = try_make(inside, services, n, false, error);

	/* A table made without an owner cannot get one, nor the other way round: so one is there.
	 */
	return err == -EOPNOTSUPP ? try_make(inside, services, n, true, error) : err;
}

int nft_services_change(struct nft *inside, const struct nft_service *services, size_t n,
			struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	nft_services_append(&batch, services, n);
	if (batch.n_notes == 0 && batch.err == 0)
		return 0;
	err = nft_batch_commit(inside, &batch, false, &refusal);
	return err == 0 ? 0
			: nft_refused(&batch, &refusal, error,
				      "changing table inet " NFT_SERVICES_TABLE
				      " inside a container");
}

int nft_services_remove(struct nft *inside, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	nft_table_append_delete(&batch, NFPROTO_INET, NFT_SERVICES_TABLE);
	err = nft_batch_commit_patient(inside, &batch, &refusal);
	if (err == 0 || err == -ENOENT)
		return 0;
	return nft_refused(&batch, &refusal, error, "removing table inet " NFT_SERVICES_TABLE);
}
