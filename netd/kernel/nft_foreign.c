// SPDX-License-Identifier: GPL-2.0-or-later
// nft_foreign.c - what other people's rulesets do to traffic that ours lets through
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

struct looking {
	struct nft_drop *drops;
	size_t n, max;
};

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	}
	return NULL; /* bridges, netdev: not where netd's traffic is forwarded */
}

static bool is_at_forward(const struct nlattr *hook)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, hook)
	{
		if (mnl_attr_get_type(attr) == NFTA_HOOK_HOOKNUM)
			return ntohl(mnl_attr_get_u32(attr)) == NF_INET_FORWARD;
	}
	return false;
}

static int look_at_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = NULL, *name = NULL, *family = family_name(nfg->nfgen_family);
	bool drops = false, forward = false;
	struct looking *looking = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(attr) == NFTA_CHAIN_TABLE)
			table = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_CHAIN_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_CHAIN_HOOK)
			forward = is_at_forward(attr);
		else if (mnl_attr_get_type(attr) == NFTA_CHAIN_POLICY)
			drops = ntohl(mnl_attr_get_u32(attr)) == NF_DROP;
	}
	if (!family || !table || !name || !forward || !drops || looking->n == looking->max ||
	    strcmp(table, RULESET_TABLE) == 0)
		return 0;
	struct nft_drop *drop = &looking->drops[looking->n++];

	drop->family = family;
	(void)snprintf(drop->table, sizeof(drop->table), "%s", table);
	(void)snprintf(drop->chain, sizeof(drop->chain), "%s", name);
	return 0;
}

int nft_forward_drops(struct nft *nft, struct nft_drop *drops, size_t max, size_t *ret_n)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	struct looking looking = { .drops = drops, .max = max };
	int err;

	if (!nft_batch_add(&request, NFT_MSG_GETCHAIN, 0, NFPROTO_UNSPEC, 0, "chain", NULL))
		return -ENOMEM;
	err = nft_ask(nft, &request, NLM_F_DUMP, look_at_chain, &looking);
	if (err < 0 && err != -EINTR) /* somebody's change cut it short: what was seen was there */
		return err;
	*ret_n = looking.n;
	return 0;
}
