// SPDX-License-Identifier: GPL-2.0-or-later
// nft_ingress.c - the host's table that leads connections to published ports of services
#include "kernel/nft_ingress.h"

#include "base/cleanup.h"
#include "kernel/nft_build.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

/* Theory of operation. What is for a published port of a service, at any address of the host, is
 * led to one of those who stand behind it, from outside and from the host itself. As nft(8) would
 * write it, for IPv4:
 *
 *   chain arriving { type nat hook prerouting priority -100; fib daddr type local jump choose }
 *   chain leaving  { type nat hook output priority -100;     fib daddr type local jump choose }
 *   chain choose   { meta l4proto . th dport vmap @spread4           port -> jump one-of-N }
 *   chain one-of-3 {
 *     dnat ip to meta l4proto . th dport . numgen random mod 3 map @backends4
 *   }
 *   chain back {
 *     type nat hook postrouting priority 99
 *     ct status dnat snat ip to meta l4proto . ct original proto-dst . ip daddr map @away4
 *     ct status dnat meta l4proto . ct original proto-dst . ip saddr . ip daddr @own4 masquerade
 *   }
 *   chain refuse {
 *     type filter hook input priority -300
 *     ct state new meta l4proto . th dport @ports4 reject
 *   }
 *
 * The choice is that of containers' tables (nft_services.c). Whoever is on this host sees who asks.
 * Who is on another one would answer by the gateway of his own host, so he sees an address by which
 * others find this host (away), and his answer comes back here. The chain stands before that of
 * netd's table, which would masquerade with the gateway's address. A container that is led to
 * itself sees the host (own). What still comes to the host itself at such a port was led nowhere,
 * and is refused: nobody stands behind the service, or it is ::1, which cannot be translated.
 *
 * The table is made anew with each change: 2.4 us an element, and no second way to the same. */

#define CHAIN_ARRIVING "arriving"
#define CHAIN_LEAVING "leaving"
#define CHAIN_CHOOSE "choose"
#define CHAIN_BACK "back"
#define CHAIN_REFUSE "refuse"
#define PRIORITY_RAW (-300)    /* NF_IP_PRI_RAW */
#define PRIORITY_DSTNAT (-100) /* NF_IP_PRI_NAT_DST */
#define PRIORITY_BACK 99       /* before NF_IP_PRI_NAT_SRC, where netd's own is */

static const struct names {
	const char *spread, *backends, *ports, *away, *own;
} names[FAMILY_N] = {
	[FAMILY_4] = { "spread4", "backends4", "ports4", "away4", "own4" },
	[FAMILY_6] = { "spread6", "backends6", "ports6", "away6", "own6" },
};

/* --- rules ------------------------------------------------------------------------------------ */

static void append(struct nft_batch *batch, struct nft_building *building, const char *chain)
{
	nft_build_append_rule(batch, building, NFT_INGRESS_TABLE, chain);
}

/* chain NULL: none. */
static void add_verdict(struct nft_building *building, int verdict, const char *chain)
{
	struct nftnl_expr *expr = nft_build_expr(building, "immediate");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain && nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain) < 0)
		building->err = -ENOMEM;
}

/* What is left of the first register is compared by the caller, or is not 0. */
static void add_mask(struct nft_building *building, const void *mask, size_t len)
{
	static const uint8_t none[4];
	struct nftnl_expr *expr = nft_build_expr(building, "bitwise");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_BUILD_REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_BUILD_REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, (uint32_t)len);
	if (nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)len) < 0 ||
	    nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, (uint32_t)len) < 0)
		building->err = -ENOMEM;
}

/* dir < 0: the key has none. */
static void add_ct(struct nft_building *building, uint32_t key, int dir, uint32_t slot)
{
	struct nftnl_expr *expr = nft_build_expr(building, "ct");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, NFT_BUILD_REGISTER(slot));
	if (dir >= 0)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, (uint8_t)dir);
}

/* One of the bits is set in what conntrack knows. */
static void add_ct_bit(struct nft_building *building, uint32_t key, uint32_t bits)
{
	const uint32_t zero = 0;
	struct nftnl_expr *expr;

	add_ct(building, key, -1, 0);
	add_mask(building, &bits, sizeof(bits));
	expr = nft_build_expr(building, "cmp");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_BUILD_REGISTER(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_NEQ);
	if (nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, &zero, sizeof(zero)) < 0)
		building->err = -ENOMEM;
}

/* What is for an address of this host. */
static void append_local(struct nft_batch *batch, const char *chain)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
	const uint32_t local = RTN_LOCAL;
	struct nftnl_expr *expr = nft_build_expr(&building, "fib");

	if (expr) {
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_BUILD_REGISTER(0));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	}
	nft_build_compare(&building, &local, sizeof(local));
	add_verdict(&building, NFT_JUMP, CHAIN_CHOOSE);
	append(batch, &building, chain);
}

/* ::1 cannot leave the host (RFC 4291, 2.5.3), and a link-local source means nothing on another
 * link. */
static void append_left_alone(struct nft_batch *batch)
{
	static const uint8_t loopback[16] = { [15] = 1 }, mask[2] = { 0xff, 0xc0 },
			     link_local[2] = { 0xfe, 0x80 };
	_cleanup_(nft_build_done) struct nft_building to = nft_build_rule();
	_cleanup_(nft_build_done) struct nft_building from = nft_build_rule();

	nft_build_of_family(&to, FAMILY_6);
	nft_build_daddr(&to, FAMILY_6, 0);
	nft_build_compare(&to, loopback, sizeof(loopback));
	add_verdict(&to, NFT_RETURN, NULL);
	append(batch, &to, CHAIN_CHOOSE);
	nft_build_of_family(&from, FAMILY_6);
	nft_build_payload(&from, NFT_PAYLOAD_NETWORK_HEADER, nft_build_families[FAMILY_6].saddr,
			  sizeof(mask), 0);
	add_mask(&from, mask, sizeof(mask));
	nft_build_compare(&from, link_local, sizeof(link_local));
	add_verdict(&from, NFT_RETURN, NULL);
	append(batch, &from, CHAIN_CHOOSE);
}

/* Protocol and port, in the first registers. */
static void add_port(struct nft_building *building)
{
	nft_build_meta(building, NFT_META_L4PROTO, 0);
	nft_build_dport(building, 1);
}

static void append_choose(struct nft_batch *batch, enum family family)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
	struct nftnl_expr *expr;

	nft_build_of_family(&building, family);
	add_port(&building);
	expr = nft_build_lookup(&building, names[family].spread);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	append(batch, &building, CHAIN_CHOOSE);
}

/* As which port it came, behind the translation of its destination. */
static void add_came(struct nft_building *building, enum family family)
{
	nft_build_of_family(building, family);
	add_ct_bit(building, NFT_CT_STATUS, IPS_DST_NAT);
	nft_build_meta(building, NFT_META_L4PROTO, 0);
	add_ct(building, NFT_CT_PROTO_DST, IP_CT_DIR_ORIGINAL, 1);
}

static void append_away(struct nft_batch *batch, enum family family)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
	struct nftnl_expr *expr;

	add_came(&building, family);
	nft_build_daddr(&building, family, 2);
	expr = nft_build_lookup(&building, names[family].away);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_BUILD_REGISTER(0));
	expr = nft_build_expr(&building, "nat");
	if (expr) {
		nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_SNAT);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, nft_build_families[family].nfproto);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_BUILD_REGISTER(0));
	}
	append(batch, &building, CHAIN_BACK);
}

static void append_own(struct nft_batch *batch, enum family family)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();

	add_came(&building, family);
	nft_build_saddr(&building, family, 2);
	nft_build_daddr(&building, family, 2 + nft_build_families[family].size / 4);
	(void)nft_build_lookup(&building, names[family].own);
	(void)nft_build_expr(&building, "masq");
	append(batch, &building, CHAIN_BACK);
}

static void append_refuse(struct nft_batch *batch, enum family family, bool tcp)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();

	nft_build_of_family(&building, family);
	add_ct_bit(&building, NFT_CT_STATE, NF_CT_STATE_BIT(IP_CT_NEW));
	add_port(&building);
	(void)nft_build_lookup(&building, names[family].ports);
	nft_build_reject(&building, tcp);
	append(batch, &building, CHAIN_REFUSE);
}

/* --- the table -------------------------------------------------------------------------------- */

static void append_set(struct nft_batch *batch, enum family family, const char *name, uint32_t id,
		       uint32_t key_type, uint32_t key_len, uint32_t data_type, uint32_t data_len)
{
	nft_build_append_set(batch, NFT_INGRESS_TABLE, name, family * 5 + id, key_type, key_len,
			     data_type, data_len);
}

/* Sets, and the rules that look them up, of one family. */
static void append_family(struct nft_batch *batch, enum family family)
{
	const struct nft_build_family *layout = &nft_build_families[family];
	const struct names *of = &names[family];
	uint32_t port = NFT_BUILD_PROTO << 6 | NFT_BUILD_SERVICE, size = layout->size;

	append_set(batch, family, of->spread, 1, port, 8, NFT_DATA_VERDICT, 0);
	append_set(batch, family, of->backends, 2, port << 6 | NFT_BUILD_MARK, 12,
		   layout->type << 6 | NFT_BUILD_SERVICE, size + 4);
	append_set(batch, family, of->ports, 3, port, 8, 0, 0);
	append_set(batch, family, of->away, 4, port << 6 | layout->type, 8 + size, layout->type,
		   size);
	append_set(batch, family, of->own, 5, port << 12 | layout->type << 6 | layout->type,
		   8 + 2 * size, 0, 0);
	append_choose(batch, family);
	append_away(batch, family);
	append_own(batch, family);
	append_refuse(batch, family, true);
	append_refuse(batch, family, false);
}

static void append_chain(struct nft_batch *batch, const char *name, const char *type, uint32_t hook,
			 int32_t priority)
{
	nft_build_append_chain(batch, NFT_INGRESS_TABLE, name, type, hook, priority);
}

static void append_constant(struct nft_batch *batch, uint32_t flags)
{
	nft_build_append_table(batch, NFT_INGRESS_TABLE, flags);
	append_chain(batch, CHAIN_CHOOSE, NULL, 0, 0);
	append_chain(batch, CHAIN_ARRIVING, "nat", NF_INET_PRE_ROUTING, PRIORITY_DSTNAT);
	append_chain(batch, CHAIN_LEAVING, "nat", NF_INET_LOCAL_OUT, PRIORITY_DSTNAT);
	append_chain(batch, CHAIN_BACK, "nat", NF_INET_POST_ROUTING, PRIORITY_BACK);
	append_chain(batch, CHAIN_REFUSE, "filter", NF_INET_LOCAL_IN, PRIORITY_RAW);
	append_local(batch, CHAIN_ARRIVING);
	append_local(batch, CHAIN_LEAVING);
	append_left_alone(batch);
	for (enum family family = 0; family < FAMILY_N; family++)
		append_family(batch, family);
}

/* --- ports ------------------------------------------------------------------------------------ */

/* The chain that chooses one of n, for both families. Called once for each. */
static void append_choice(struct nft_batch *batch, size_t n, bool affinity)
{
	char name[NFT_BUILD_CHAIN_SIZE];

	nft_build_choice(name, n, affinity);
	append_chain(batch, name, NULL, 0, 0);
	for (enum family family = 0; family < FAMILY_N; family++) {
		_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
		struct nftnl_expr *expr;

		nft_build_of_family(&building, family);
		add_port(&building);
		nft_build_number(&building, family, (uint32_t)n, affinity, 2);
		expr = nft_build_lookup(&building, names[family].backends);
		if (expr)
			nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_BUILD_REGISTER(0));
		nft_build_dnat(&building, family);
		append(batch, &building, name);
	}
}

static bool is_first(const struct nft_ingress *ports, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (ports[k].n == ports[i].n && ports[k].affinity == ports[i].affinity)
			return false;
	return true;
}

static struct nft_build_elem elem_of(const struct nft_ingress *port)
{
	struct nft_build_elem elem = { 0 };

	nft_build_put_protocol(elem.key, &elem.key_len, port->protocol);
	nft_build_put_port(elem.key, &elem.key_len, port->port);
	return elem;
}

static void append_elem(struct nft_batch *batch, const char *set, const struct nft_build_elem *elem)
{
	nft_build_append_elem(batch, NFT_INGRESS_TABLE, set, elem, true);
}

/* Number i of those behind the port, and what it is to see. */
static void append_backend(struct nft_batch *batch, const struct nft_ingress *port, uint32_t i)
{
	const struct nft_ingress_backend *backend = &port->backends[i];
	const struct names *of = &names[port->family];
	struct nft_build_elem to = elem_of(port), back = to;

	/* As the kernel has a number that it has drawn: in the host's order. */
	memcpy(to.key + to.key_len, &i, sizeof(i));
	to.key_len += sizeof(i);
	nft_build_put_addr(to.data, &to.data_len, &backend->addr);
	nft_build_put_port(to.data, &to.data_len, port->target);
	append_elem(batch, of->backends, &to);
	nft_build_put_addr(back.key, &back.key_len, &backend->addr);
	if (addr_is_set(&backend->source))
		nft_build_put_addr(back.data, &back.data_len, &backend->source);
	else
		nft_build_put_addr(back.key, &back.key_len, &backend->addr);
	append_elem(batch, addr_is_set(&backend->source) ? of->away : of->own, &back);
}

static void append_port(struct nft_batch *batch, const struct nft_ingress *port)
{
	char chain[NFT_BUILD_CHAIN_SIZE];
	struct nft_build_elem elem = elem_of(port);

	append_elem(batch, names[port->family].ports, &elem);
	for (size_t i = 0; i < port->n; i++)
		append_backend(batch, port, (uint32_t)i);
	if (port->n == 0)
		return;
	nft_build_choice(chain, port->n, port->affinity);
	elem.chain = chain;
	append_elem(batch, names[port->family].spread, &elem);
}

/* is_there: that a table is there is certain. Otherwise one is made first where there is none, so
 * that it can be removed. */
static int try_make(struct nft *nft, const struct nft_ingress *ports, size_t n, uint32_t flags,
		    bool is_there, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	if (!is_there)
		nft_build_append_table(&batch, NFT_INGRESS_TABLE, flags);
	nft_table_append_delete(&batch, NFPROTO_INET, NFT_INGRESS_TABLE);
	append_constant(&batch, flags);
	for (size_t i = 0; i < n; i++)
		if (ports[i].n > 0 && is_first(ports, i))
			append_choice(&batch, ports[i].n, ports[i].affinity);
	for (size_t i = 0; i < n; i++)
		append_port(&batch, &ports[i]);
	err = nft_batch_commit_patient(nft, &batch, &refusal);
	return err == 0 ? 0
			: nft_refused(&batch, &refusal, error,
				      "making table inet " NFT_INGRESS_TABLE);
}

int nft_ingress_make(struct nft *nft, const struct nft_ingress *ports, size_t n, bool owned,
		     struct error *error)
{
	uint32_t flags = owned ? nft->table_flags : 0;
	int err = try_make(nft, ports, n, flags, false, error);

	/* A table made without an owner cannot get one, nor the other way round: so one is
	 * there. */
	return err == -EOPNOTSUPP ? try_make(nft, ports, n, flags, true, error) : err;
}

int nft_ingress_remove(struct nft *nft, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	nft_table_append_delete(&batch, NFPROTO_INET, NFT_INGRESS_TABLE);
	err = nft_batch_commit_patient(nft, &batch, &refusal);
	if (err == 0 || err == -ENOENT)
		return 0;
	return nft_refused(&batch, &refusal, error, "removing table inet " NFT_INGRESS_TABLE);
}
