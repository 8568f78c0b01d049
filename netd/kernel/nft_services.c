// SPDX-License-Identifier: GPL-2.0-or-later
// nft_services.c - the table inside a container that leads connections to services
#include "kernel/nft_services.h"

#include "base/cleanup.h"
#include "kernel/nft_build.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
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
#define PRIORITY_DSTNAT (-100) /* NF_IP_PRI_NAT_DST */

static const struct names {
	const char *spread, *backends, *addresses;
} names[FAMILY_N] = {
	[FAMILY_4] = { "spread4", "backends4", "addresses4" },
	[FAMILY_6] = { "spread6", "backends6", "addresses6" },
};

/* --- the table -------------------------------------------------------------------------------- */

/* Where it goes to: address, protocol and port, in the registers from the first on. Returns the one
 * behind them. */
static uint32_t add_destination(struct nft_building *building, enum family family)
{
	uint32_t slot = nft_build_families[family].size / 4;

	nft_build_daddr(building, family, 0);
	nft_build_meta(building, NFT_META_L4PROTO, slot);
	nft_build_dport(building, slot + 1);
	return slot + 2;
}

/* Chains are flushed before their rule is added: with the first use of a number, and each other. */
static void append_flush(struct nft_batch *batch, const char *chain)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELRULE, 0, NFPROTO_INET,
					     NFT_BUILD_ROOM, "a chain of table",
					     NFT_SERVICES_TABLE);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, NFT_SERVICES_TABLE);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
}

/* What is for a service leads to the chain of its number. */
static void append_choose(struct nft_batch *batch, enum family family)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
	struct nftnl_expr *expr;

	nft_build_of_family(&building, family);
	(void)add_destination(&building, family);
	expr = nft_build_lookup(&building, names[family].spread);
	if (expr)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nft_build_append_rule(batch, &building, NFT_SERVICES_TABLE, CHAIN_CHOOSE);
}

/* What is still for a service. */
static void append_refuse(struct nft_batch *batch, enum family family, bool tcp)
{
	_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();

	nft_build_of_family(&building, family);
	nft_build_daddr(&building, family, 0);
	(void)nft_build_lookup(&building, names[family].addresses);
	nft_build_reject(&building, tcp);
	nft_build_append_rule(batch, &building, NFT_SERVICES_TABLE, CHAIN_REFUSE);
}

/* Sets, and the rules that look them up, of one family. */
static void append_family(struct nft_batch *batch, enum family family)
{
	const struct nft_build_family *layout = &nft_build_families[family];
	uint32_t service = layout->type << 12 | NFT_BUILD_PROTO << 6 | NFT_BUILD_SERVICE;
	uint32_t id = family * 3 + 1;

	nft_build_append_set(batch, NFT_SERVICES_TABLE, names[family].spread, id, service,
			     layout->size + 8, NFT_DATA_VERDICT, 0);
	nft_build_append_set(batch, NFT_SERVICES_TABLE, names[family].backends, id + 1,
			     service << 6 | NFT_BUILD_MARK, layout->size + 12,
			     layout->type << 6 | NFT_BUILD_SERVICE, layout->size + 4);
	nft_build_append_set(batch, NFT_SERVICES_TABLE, names[family].addresses, id + 2,
			     layout->type, layout->size, 0, 0);
	append_choose(batch, family);
	append_refuse(batch, family, true);
	append_refuse(batch, family, false);
}

static void append_constant(struct nft_batch *batch, uint32_t flags)
{
	nft_build_append_table(batch, NFT_SERVICES_TABLE, flags);
	nft_build_append_chain(batch, NFT_SERVICES_TABLE, CHAIN_CHOOSE, "nat", NF_INET_LOCAL_OUT,
			       PRIORITY_DSTNAT);
	nft_build_append_chain(batch, NFT_SERVICES_TABLE, CHAIN_REFUSE, "filter", NF_INET_LOCAL_OUT,
			       0);
	for (enum family family = 0; family < FAMILY_N; family++)
		append_family(batch, family);
}

/* --- elements --------------------------------------------------------------------------------- */

/* The chain that chooses one of n, for both families. It may be there. */
static void append_choice(struct nft_batch *batch, size_t n, bool affinity)
{
	char name[NFT_BUILD_CHAIN_SIZE];

	nft_build_choice(name, n, affinity);
	nft_build_append_chain(batch, NFT_SERVICES_TABLE, name, NULL, 0, 0);
	append_flush(batch, name);
	for (enum family family = 0; family < FAMILY_N; family++) {
		_cleanup_(nft_build_done) struct nft_building building = nft_build_rule();
		struct nftnl_expr *expr;
		uint32_t slot;

		nft_build_of_family(&building, family);
		slot = add_destination(&building, family);
		nft_build_number(&building, family, (uint32_t)n, affinity, slot);
		/* The map's data takes the place of its key: an address, and the port behind
		 * it. */
		expr = nft_build_lookup(&building, names[family].backends);
		if (expr)
			nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_BUILD_REGISTER(0));
		nft_build_dnat(&building, family);
		nft_build_append_rule(batch, &building, NFT_SERVICES_TABLE, name);
	}
}

/* Address, protocol and port, each in whole words, as the rules load them. */
static void set_key(struct nft_build_elem *elem, const struct addr *addr,
		    const struct service_port *port)
{
	nft_build_put_addr(elem->key, &elem->key_len, addr);
	nft_build_put_protocol(elem->key, &elem->key_len, port->protocol);
	nft_build_put_port(elem->key, &elem->key_len, port->port);
}

/* Number i of those who stand behind a port: there, or not any more. */
static void append_backend(struct nft_batch *batch, const struct nft_service *service,
			   const struct service_port *port, uint32_t i, const struct addr *to,
			   bool add)
{
	struct nft_build_elem elem = { 0 };

	set_key(&elem, &service->addr, port);
	/* As the kernel has a number that it has drawn: in the host's order. */
	memcpy(elem.key + elem.key_len, &i, sizeof(i));
	elem.key_len += sizeof(i);
	nft_build_put_addr(elem.data, &elem.data_len, to);
	nft_build_put_port(elem.data, &elem.data_len, port->target);
	nft_build_append_elem(batch, NFT_SERVICES_TABLE, names[family_of(to->family)].backends,
			      &elem, add);
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
	const char *set = names[family_of(service->addr.family)].spread;
	char chain[NFT_BUILD_CHAIN_SIZE];
	struct nft_build_elem elem = { .chain = chain };

	if (service->n_was == service->n_now)
		return;
	set_key(&elem, &service->addr, port);
	nft_build_choice(chain, service->n_now, service->affinity);
	if (service->n_was > 0)
		nft_build_append_elem(batch, NFT_SERVICES_TABLE, set, &elem, false);
	if (service->n_now > 0)
		nft_build_append_elem(batch, NFT_SERVICES_TABLE, set, &elem, true);
}

static void append_service(struct nft_batch *batch, const struct nft_service *service)
{
	struct nft_build_elem elem = { .key_len = addr_size(&service->addr) };

	if (service->n_now > 0 && service->n_now != service->n_was)
		append_choice(batch, service->n_now, service->affinity);
	for (size_t i = 0; i < service->n_ports; i++) {
		append_backends(batch, service, &service->ports[i]);
		append_spread(batch, service, &service->ports[i]);
	}
	if (service->was_there == service->is_there)
		return;
	memcpy(elem.key, service->addr.bytes, elem.key_len);
	nft_build_append_elem(batch, NFT_SERVICES_TABLE,
			      names[family_of(service->addr.family)].addresses, &elem,
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
		nft_build_append_table(&batch, NFT_SERVICES_TABLE, inside->table_flags);
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
