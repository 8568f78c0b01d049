// SPDX-License-Identifier: GPL-2.0-or-later
// nft_services_look.c - whether a table that leads connections to services is as netd left it
#include "kernel/nft_ingress.h"
#include "kernel/nft_services.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/limits.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The kernel counts transactions in each namespace, so two numbers that are
 * equal say in one question that nobody has changed anything. Where they differ the table is read,
 * and what it does becomes one number: of each element, chain and rule a hash, and their sum, for
 * elements come in no order. Rules have one, and their place in it counts. Handles, and a set's
 * size, are other ones each time a table is made, and do not. Nor do chains that choose among a
 * number of containers that no service has: these stay behind, and nobody meets them. */

#define REQUEST_ROOM 256 /* two names */
#define CHOICE "one-of-" /* as nft_services.c names the chains that are jumped to */
#define CHAIN_ROOM 256	 /* of any name in nf_tables */

/* A table and its sets, with NULL behind the last. */
struct place {
	const char *table;
	const char *sets[11];
};

static const struct place inside_place = { NFT_SERVICES_TABLE,
					   { "spread4", "backends4", "addresses4", "spread6",
					     "backends6", "addresses6" } };
static const struct place host_place = { NFT_INGRESS_TABLE,
					 { "spread4", "backends4", "ports4", "away4", "own4",
					   "spread6", "backends6", "ports6", "away6", "own6" } };

/* What is read of the table. */
struct look {
	const struct place *place;
	uint64_t sum;
	const char *set;	    /* whose elements are read */
	char (*chains)[CHAIN_ROOM]; /* that elements lead to */
	size_t n_chains, size_chains;
	char chain[CHAIN_ROOM]; /* of the rule that was read last, … */
	size_t n_rules;		/* … and how many of that chain were */
};

/* Parts of one thing, each with its type and length in front, so that no two things hash alike by
 * being cut elsewhere. */
struct parts {
	uint8_t data[4096];
	size_t len;
	uint64_t hash; /* of those that had no room any more */
};

static void add_part(struct parts *parts, uint16_t type, const void *data, size_t len)
{
	const uint16_t head[] = { type, (uint16_t)len };

	if (parts->len + sizeof(head) + len > sizeof(parts->data)) {
		parts->hash = parts->hash * 31 + hash_stable(parts->data, parts->len);
		parts->len = 0;
	}
	if (sizeof(head) + len > sizeof(parts->data)) {
		parts->hash = parts->hash * 31 + hash_stable(data, len);
		return;
	}
	memcpy(parts->data + parts->len, head, sizeof(head));
	memcpy(parts->data + parts->len + sizeof(head), data, len);
	parts->len += sizeof(head) + len;
}

static void add_attr(struct parts *parts, const struct nlattr *attr)
{
	add_part(parts, mnl_attr_get_type(attr), mnl_attr_get_payload(attr),
		 mnl_attr_get_payload_len(attr));
}

static void add_to_sum(struct look *look, const struct parts *parts)
{
	look->sum += parts->hash * 31 + hash_stable(parts->data, parts->len);
}

/* The text of an attribute; "" for one that is none. */
static const char *text_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(attr) : "";
}

/* --- elements --------------------------------------------------------------------------------- */

static int note_chain(struct look *look, const char *name)
{
	char(*chains)[CHAIN_ROOM];

	for (size_t i = 0; i < look->n_chains; i++)
		if (strcmp(look->chains[i], name) == 0)
			return 0;
	chains = grow(look->chains, &look->size_chains, look->n_chains + 1, sizeof(*chains));
	if (!chains)
		return -ENOMEM;
	look->chains = chains;
	(void)snprintf(chains[look->n_chains++], CHAIN_ROOM, "%s", name);
	return 0;
}

/* NFTA_SET_ELEM_DATA { NFTA_DATA_VERDICT { NFTA_VERDICT_CHAIN } } */
static int note_jump(struct look *look, const struct nlattr *data)
{
	const struct nlattr *verdict, *attr;
	int err = 0;

	mnl_attr_for_each_nested(verdict, data)
	{
		if (mnl_attr_get_type(verdict) != NFTA_DATA_VERDICT)
			continue;
		mnl_attr_for_each_nested(attr, verdict) if (err == 0 && mnl_attr_get_type(attr) ==
										NFTA_VERDICT_CHAIN)
			err = note_chain(look, text_of(attr));
	}
	return err;
}

static int take_elem(struct look *look, const struct nlattr *elem)
{
	struct parts parts;
	const struct nlattr *attr;
	int err = 0;

	parts.len = 0;
	parts.hash = 0;
	add_part(&parts, NFT_MSG_NEWSETELEM, look->set, strlen(look->set));
	mnl_attr_for_each_nested(attr, elem)
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == NFTA_SET_ELEM_KEY || type == NFTA_SET_ELEM_DATA)
			add_attr(&parts, attr);
		if (type == NFTA_SET_ELEM_DATA && err == 0)
			err = note_jump(look, attr);
	}
	add_to_sum(look, &parts);
	return err;
}

static int take_elems(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *elem;
	int err = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(elem, attr) if (err == 0) err = take_elem(data, elem);
	}
	return err;
}

/* --- chains and rules ------------------------------------------------------------------------- */

/* One that chooses for a number of containers that no service has is met by nobody. */
static bool counts(const struct look *look, const char *chain)
{
	if (strncmp(chain, CHOICE, strlen(CHOICE)) != 0)
		return true;
	for (size_t i = 0; i < look->n_chains; i++)
		if (strcmp(look->chains[i], chain) == 0)
			return true;
	return false;
}

/* The dump is of all tables of the namespace. */
static int take_chain(const struct nlmsghdr *nlh, void *data)
{
	const char *table = "", *name = "";
	struct look *look = data;
	const struct nlattr *attr;
	struct parts parts;

	parts.len = 0;
	parts.hash = 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_CHAIN_TABLE:
			table = text_of(attr);
			break;
		case NFTA_CHAIN_NAME:
			name = text_of(attr);
			add_attr(&parts, attr);
			break;
		case NFTA_CHAIN_HOOK:
		case NFTA_CHAIN_POLICY:
		case NFTA_CHAIN_TYPE:
			add_attr(&parts, attr);
			break;
		default:
			break;
		}
	}
	if (strcmp(table, look->place->table) == 0 && counts(look, name))
		add_to_sum(look, &parts);
	return 0;
}

/* Chain by chain, and in each the rules in their order. */
static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *exprs = NULL;
	const char *table = "", *chain = "";
	struct look *look = data;
	struct parts parts;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_RULE_TABLE)
			table = text_of(attr);
		else if (mnl_attr_get_type(attr) == NFTA_RULE_CHAIN)
			chain = text_of(attr);
		else if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			exprs = attr;
	}
	if (strcmp(table, look->place->table) != 0 || !counts(look, chain))
		return 0;
	if (strcmp(chain, look->chain) != 0)
		look->n_rules = 0;
	(void)snprintf(look->chain, sizeof(look->chain), "%s", chain);
	parts.len = 0;
	parts.hash = 0;
	add_part(&parts, NFT_MSG_NEWRULE, chain, strlen(chain));
	add_part(&parts, NFT_MSG_NEWRULE, &look->n_rules, sizeof(look->n_rules));
	if (exprs)
		add_attr(&parts, exprs);
	add_to_sum(look, &parts);
	look->n_rules++;
	return 0;
}

/* Of one that is dormant nothing happens. */
static int take_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct look *look = data;
	struct parts parts;

	parts.len = 0;
	parts.hash = 0;
	mnl_attr_for_each(attr, nlh,
			  sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS)
		add_attr(&parts, attr);
	add_to_sum(look, &parts);
	return 0;
}

/* --- questions -------------------------------------------------------------------------------- */

/* set NULL: of the table. What is not there is -ENOENT. */
static int ask(struct nft *inside, uint16_t type, uint16_t flags, const char *set,
	       int (*each)(const struct nlmsghdr *nlh, void *data), struct look *look)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	struct nlmsghdr *nlh = nft_batch_add(&request, type, 0, NFPROTO_INET, REQUEST_ROOM, "table",
					     look->place->table);

	if (!nlh)
		return -ENOMEM;
	/* Of a chain the first attribute is its table's name, too, and so is that of a rule. */
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, look->place->table);
	if (set)
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	look->set = set;
	return nft_batch_ask(inside, &request, flags, each, look);
}

static int read_all(struct nft *inside, struct look *look)
{
	int err = ask(inside, NFT_MSG_GETTABLE, NLM_F_ACK, NULL, take_table, look);

	for (const char *const *set = look->place->sets; *set && err == 0; set++) {
		err = ask(inside, NFT_MSG_GETSETELEM, NLM_F_DUMP, *set, take_elems, look);
		if (err == -ENOENT) /* a set that is gone has no elements */
			err = 0;
	}
	if (err == 0)
		err = ask(inside, NFT_MSG_GETCHAIN, NLM_F_DUMP, NULL, take_chain, look);
	if (err == 0)
		err = ask(inside, NFT_MSG_GETRULE, NLM_F_DUMP, NULL, take_rule, look);
	return err;
}

static int digest(struct nft *inside, const struct place *place, uint64_t *ret_digest)
{
	int err = -EINTR;

	for (int i = 0; i < NFT_DUMP_TRIES && err == -EINTR; i++) {
		struct look look = { .place = place, .sum = 1 };

		err = read_all(inside, &look);
		free(look.chains);
		*ret_digest = look.sum;
	}
	if (err == -ENOENT)
		*ret_digest = 0;
	return err == -ENOENT ? 0 : err;
}

int nft_services_digest(struct nft *inside, uint64_t *ret_digest)
{
	return digest(inside, &inside_place, ret_digest);
}

int nft_ingress_digest(struct nft *nft, uint64_t *ret_digest)
{
	return digest(nft, &host_place, ret_digest);
}

/* --- the number of transactions --------------------------------------------------------------- */

static int take_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh,
			  sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == NFTA_GEN_ID &&
						       mnl_attr_get_payload_len(attr) ==
							       sizeof(uint32_t)) *
		(uint32_t *)data = ntohl(mnl_attr_get_u32(attr));
	return 0;
}

int nft_services_generation(struct nft *inside, uint32_t *ret_generation)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };

	*ret_generation = 0;
	if (!nft_batch_add(&request, NFT_MSG_GETGEN, 0, NFPROTO_UNSPEC, 0, "generation", NULL))
		return -ENOMEM;
	return nft_batch_ask(inside, &request, NLM_F_ACK, take_generation, ret_generation);
}
