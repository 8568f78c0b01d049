// SPDX-License-Identifier: GPL-2.0-or-later
// nft_table_msg.c - the constant table: its sets, chains and rules to messages, and what is there
// now
#include "kernel/nft_batch.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* libnftnl does not check the room. */
#define OBJECT_ROOM 512 /* a chain or set: names and a dozen numbers */

/* Numbers of nft(8)'s datatypes, by which it prints sets (include/datatype.h of nftables: they are
 * part of what it stores in the kernel and do not change). A concatenation has 6 bits for each. */
#define NFT_DATATYPE_BITS 6
static const uint32_t nft_datatype[] = {
	[RULESET_FIELD_NONE] = 0,
	[RULESET_FIELD_IFNAME] = 41,
	[RULESET_FIELD_IPV4] = 7,
	[RULESET_FIELD_IPV6] = 8,
	[RULESET_FIELD_PROTO] = 12,
	[RULESET_FIELD_SERVICE] = 13,
	[RULESET_FIELD_VERDICT] = NFT_DATA_VERDICT,
	[RULESET_FIELD_FAMILY] = 2,
	[RULESET_FIELD_ETHER] = 9,
};

/* For _cleanup_: the objects of libnftnl are freed on every way out. */
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

/* Theory of operation. The table is constant: its chains, sets and rules are in
 * model/rules/ruleset.c, and only elements change. So making it and repairing it are one and the
 * same list of messages: create what is missing, flush the rules, and add them again. The user's
 * chain is not flushed, and neither are sets that packets fill, for what they counted is still
 * true.
 *
 * What this file makes are messages in a batch. nft_table.c sends them, and knows what the kernel's
 * refusals mean. */

/* A concatenation's number has the first field at the top. As nft(8) computes it, which prints the
 * set by it. */
static uint32_t datatype(const enum ruleset_field *fields, size_t n_fields)
{
	uint32_t type = 0;

	for (size_t i = 0; i < n_fields && fields[i] != RULESET_FIELD_NONE; i++)
		type = type << NFT_DATATYPE_BITS | nft_datatype[fields[i]];
	return type;
}

/* The two tables of one name, and where their sets and chains stand in the lists of the model. */
struct tabled {
	uint8_t family;
	const char *name;
	enum ruleset_set set, end_set;
	enum ruleset_chain_id chain, end_chain;
	const struct ruleset_rule *rules;
	size_t n_rules;
};

/* NLM_F_CREATE without NLM_F_EXCL: a table that is there is taken as it is. */
static void append_table(struct nft_batch *batch, const struct tabled *of, uint32_t flags)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, of->family,
					     OBJECT_ROOM, "table", of->name);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, of->name);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
}

/* A table that is not there makes the kernel refuse the transaction (ENOENT). */
void nft_table_append_delete(struct nft_batch *batch, uint8_t family, const char *table)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELTABLE, 0, family, OBJECT_ROOM,
					     "table", table);

	if (nlh)
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
}

/* Sets without data are plain sets. */
static void set_data_type(struct nftnl_set *set, enum ruleset_set id)
{
	const enum ruleset_field *data = ruleset_set_info[id].data;

	if (data[0] == RULESET_FIELD_NONE)
		return;
	nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, datatype(data, 2));
	/* A verdict has no length of its own. */
	if (data[0] != RULESET_FIELD_VERDICT)
		nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, ruleset_data_size(id));
}

/* nft(8) wants to be told in which byte order it stored a key (enum byteorder of its datatype.h);
 * without it a set of names prints as one of empty strings. Concatenations go by the types of their
 * fields. The kernel keeps this as userdata and does not look at it. */
static int set_byteorder(struct nftnl_set *set, const enum ruleset_field *key)
{
	enum { NFT_HOST_ENDIAN = 1, NFT_BIG_ENDIAN = 2 };
	bool host = key[0] == RULESET_FIELD_IFNAME || key[0] == RULESET_FIELD_FAMILY;
	uint32_t order = host ? NFT_HOST_ENDIAN : NFT_BIG_ENDIAN;
	struct nftnl_udata_buf *udata;
	int err = -ENOMEM;

	/* For a concatenation nft(8) knows the order of each field by its type. */
	if (key[1] != RULESET_FIELD_NONE)
		return 0;
	udata = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	if (udata && nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_KEYBYTEORDER, order) &&
	    nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(udata),
			       nftnl_udata_buf_len(udata)) == 0)
		err = 0;
	if (udata)
		nftnl_udata_buf_free(udata);
	return err;
}

/* nftables 0.9.4 and Linux 5.6 call it NFT_SET_CONCAT: an interval that is one field of several.
 * Without the flag the kernel would take the whole key for an interval. */
static bool is_concatenated(const struct ruleset_set_info *info)
{
	return info->interval && info->key[1] != RULESET_FIELD_NONE;
}

/* Where one of the fields is an interval the kernel wants to know where each begins. Lengths are in
 * bytes, without padding. The kernel pads each field to 4 bytes by itself. */
static int set_fields(struct nftnl_set *set, const struct ruleset_set_info *info)
{
	uint8_t lengths[3];
	uint32_t n = 0;

	if (!is_concatenated(info))
		return 0;
	while (n < 3 && info->key[n] != RULESET_FIELD_NONE) {
		lengths[n] = ruleset_field_size(info->key[n]);
		n++;
	}
	return nftnl_set_set_data(set, NFTNL_SET_DESC_CONCAT, lengths, n);
}

/* EVAL lets rules add elements, TIMEOUT lets elements go by themselves. A MAP has data for each
 * key. */
static uint32_t set_flags(const struct ruleset_set_info *info)
{
	return (info->interval ? (uint32_t)NFT_SET_INTERVAL : 0) |
	       (is_concatenated(info) ? (uint32_t)NFT_SET_CONCAT : 0) |
	       (info->n_counted > 0 ? (uint32_t)(NFT_SET_EVAL | NFT_SET_TIMEOUT) : 0) |
	       (info->data[0] != RULESET_FIELD_NONE ? (uint32_t)NFT_SET_MAP : 0);
}

/* A set that is there must have the same type, or the transaction is refused (EEXIST, EBUSY or
 * another); then the table is made anew (nft_reset()). 0 or -ENOMEM: refusals come when the batch
 * is sent. */
static int append_set(struct nft_batch *batch, const struct tabled *of, enum ruleset_set id)
{
	_cleanup_(set_freep) struct nftnl_set *set = nftnl_set_alloc();
	const struct ruleset_set_info *info = &ruleset_set_info[id];
	struct nlmsghdr *nlh;

	if (!set || nftnl_set_set_str(set, NFTNL_SET_TABLE, of->name) < 0 ||
	    nftnl_set_set_str(set, NFTNL_SET_NAME, info->name) < 0 ||
	    set_byteorder(set, info->key) < 0 || set_fields(set, info) < 0)
		return -ENOMEM;
	/* A number within this transaction, by which rules refer to a set that is not there yet.
	 * 0 would mean none. */
	nftnl_set_set_u32(set, NFTNL_SET_ID, (uint32_t)id + 1);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, set_flags(info));
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, datatype(info->key, 3));
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, ruleset_key_size(id));
	set_data_type(set, id);
	/* The kernel lets go an element some time after its last packet. */
	if (info->n_counted > 0) {
		/* A bound for each, since containers decide what comes in. */
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, info->n_counted);
		nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT, RULESET_COUNTED_S * 1000ULL);
	}
	nlh = nft_batch_add(batch, NFT_MSG_NEWSET, NLM_F_CREATE, of->family, OBJECT_ROOM, "set",
			    info->name);
	if (!nlh)
		return -ENOMEM;
	nftnl_set_nlmsg_build_payload(nlh, set);
	return 0;
}

/* NFT_MSG_DELSETELEM without elements takes all. In the same transaction as what is added behind
 * it: no packet meets the set without elements. */
static void append_flush_set(struct nft_batch *batch, const struct tabled *of, enum ruleset_set id)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELSETELEM, 0, of->family, OBJECT_ROOM,
					     "set", ruleset_set_info[id].name);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, of->name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, ruleset_set_info[id].name);
}

/* A chain that is there keeps its rules. A base chain whose hook differs is refused. The policy of
 * a chain that is there is set again with this message. */
static int append_chain(struct nft_batch *batch, const struct tabled *of,
			const struct ruleset_chain *chain)
{
	_cleanup_(chain_freep) struct nftnl_chain *out = nftnl_chain_alloc();
	struct nlmsghdr *nlh;

	if (!out || nftnl_chain_set_str(out, NFTNL_CHAIN_TABLE, of->name) < 0 ||
	    nftnl_chain_set_str(out, NFTNL_CHAIN_NAME, chain->name) < 0)
		return -ENOMEM;
	if (chain->type) {
		/* A chain without a type is only jumped to, and has no hook. */
		nftnl_chain_set_u32(out, NFTNL_CHAIN_HOOKNUM, (uint32_t)chain->hook);
		nftnl_chain_set_s32(out, NFTNL_CHAIN_PRIO, chain->priority);
		/* Accept: netd adds rules to a host's firewall and is not the host's firewall. */
		nftnl_chain_set_u32(out, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		if (nftnl_chain_set_str(out, NFTNL_CHAIN_TYPE, chain->type) < 0)
			return -ENOMEM;
	}
	nlh = nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, of->family, OBJECT_ROOM, "chain",
			    chain->name);
	if (!nlh)
		return -ENOMEM;
	nftnl_chain_nlmsg_build_payload(nlh, out);
	return 0;
}

/* NFT_MSG_DELRULE without a handle takes all rules of the chain. The rules are gone for packets
 * only when the transaction is done, with the new ones in their place. */
static void append_flush_chain(struct nft_batch *batch, const struct tabled *of, const char *chain)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_DELRULE, 0, of->family, OBJECT_ROOM,
					     "chain", chain);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, of->name);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
}

/* fresh: the table was just removed, so there is nothing to flush. */
static int append_chains(struct nft_batch *batch, const struct tabled *of, bool fresh)
{
	for (size_t i = of->chain; i < of->end_chain; i++) {
		/* Before its rules, and jumped to by rules that come last: the order of chains in
		 * the batch does not matter. */
		int err = append_chain(batch, of, &ruleset_chains[i]);

		if (err < 0)
			return err;
		/* The administrator's chain keeps its rules: they are loaded by nft_user.c
		 * alone. */
		if (!fresh && !ruleset_chains[i].keep_rules)
			append_flush_chain(batch, of, ruleset_chains[i].name);
	}
	return 0;
}

/* Chains come first, since elements of maps may lead to them. */
static int append_sets(struct nft_batch *batch, const struct tabled *of, bool fresh)
{
	for (size_t i = of->set; i < of->end_set; i++) {
		int err = append_set(batch, of, (enum ruleset_set)i);

		if (err < 0)
			return err;
		if (!fresh && ruleset_set_info[i].n_counted == 0) /* what was counted stays */
			append_flush_set(batch, of, (enum ruleset_set)i);
	}
	return 0;
}

/* The order is chains, sets, rules: a rule may refer to any chain and any set. 0, or a negative
 * errno. fresh: see append_chains(). */
static int append_whole(struct nft_batch *batch, const struct tabled *of, uint32_t flags,
			bool fresh)
{
	int err;

	append_table(batch, of, flags);
	err = append_chains(batch, of, fresh);
	if (err == 0)
		err = append_sets(batch, of, fresh);
	/* The kernel refuses a rule of an unknown chain or set. */
	for (size_t i = 0; i < of->n_rules && err == 0; i++)
		err = nft_expr_append_rule(batch, of->name, &of->rules[i]);
	return err < 0 ? err : batch->err;
}

int nft_table_append(struct nft_batch *batch, const char *table, uint32_t flags, bool fresh)
{
	const struct tabled of = {
		.family = NFPROTO_INET,
		.name = table,
		.end_set = RULESET_N_INET_SETS,
		.chain = RULESET_CHAIN_NONE + 1,
		.end_chain = RULESET_N_INET_CHAINS,
		.rules = ruleset_rules,
		.n_rules = ruleset_n_rules,
	};

	return append_whole(batch, &of, flags, fresh);
}

int nft_table_append_guard(struct nft_batch *batch, const char *table, uint32_t flags, bool fresh)
{
	const struct tabled of = {
		.family = NFPROTO_BRIDGE,
		.name = table,
		.set = RULESET_N_INET_SETS,
		.end_set = RULESET_N_SETS,
		.chain = RULESET_N_INET_CHAINS,
		.end_chain = RULESET_N_CHAINS,
		.rules = ruleset_guard_rules,
		.n_rules = ruleset_n_guard_rules,
	};

	return append_whole(batch, &of, flags, fresh);
}

/* A chain of the model's table. */
static bool is_ours(const char *chain)
{
	for (size_t i = RULESET_CHAIN_NONE + 1; i < ruleset_n_chains; i++) {
		if (strcmp(ruleset_chains[i].name, chain) == 0)
			return true;
	}
	return false;
}

/* found: a base chain that is not in the model; guarded: a chain of the family bridge. Of
 * look_at_chain(); table is the one that is asked about. */
struct foreign {
	const char *table;
	bool found, guarded;
};

/* Names come from the kernel, with their NUL. data is the struct foreign. */
static int look_at_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = NULL, *name = NULL;
	struct foreign *foreign = data;
	const struct nlattr *attr;
	bool base = false;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_CHAIN_TABLE)
			table = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_CHAIN_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_CHAIN_HOOK)
			base = true;
	}
	if (!table || strcmp(table, foreign->table) != 0 ||
	    (nfg->nfgen_family != NFPROTO_INET && nfg->nfgen_family != NFPROTO_BRIDGE))
		return 0;
	foreign->guarded |= nfg->nfgen_family == NFPROTO_BRIDGE;
	/* Only base chains count. One that nobody jumps to, at no hook, does nothing. */
	if (name && base && !is_ours(name))
		foreign->found = true;
	return 0;
}

/* 1: the table has a base chain of somebody else's, or of another version of netd. 0: it has none,
 * or there is no table. */
int nft_table_foreign(struct nft *nft, const char *table, bool *ret_guarded)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	struct foreign foreign = { .table = table };
	int err;

	if (!nft_batch_add(&request, NFT_MSG_GETCHAIN, 0, NFPROTO_UNSPEC, 0, "chain", NULL))
		return -ENOMEM;
	/* Of all families. */
	err = nft_batch_ask(nft, &request, NLM_F_DUMP, look_at_chain, &foreign);
	*ret_guarded = foreign.guarded;
	/* Interrupted by somebody's change: what was seen was there, and the rest is up to the
	 * transaction. */
	return err < 0 && err != -EINTR ? err : foreign.found;
}
