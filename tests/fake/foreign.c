// SPDX-License-Identifier: GPL-2.0-or-later
// foreign.c - the kernel in memory: chains of others in the way of what netd forwards
#include "world.h"

#define CHAIN_RULES_MAX 8

struct fake_chain {
	struct nft_foreign_chain shown;
	bool at_forward, drops;
	struct {
		char ifname[IFNAME_LEN_MAX + 1];
		bool from, accepts;
	} rules[CHAIN_RULES_MAX];
	size_t n_rules;
};

/* A picture of them as they are when it is taken. */
struct nft_foreign {
	struct fake_chain *chains;
	size_t n;
};

void fake_chain_put(const char *family, const char *table, const char *chain, bool at_forward,
		    bool drops)
{
	struct fake_chain *fresh = fake_push(fake_world->chains, fake_world->n_chains);

	fresh->shown.family = family;
	(void)snprintf(fresh->shown.table, sizeof(fresh->shown.table), "%s", table);
	(void)snprintf(fresh->shown.chain, sizeof(fresh->shown.chain), "%s", chain);
	fresh->at_forward = at_forward;
	fresh->drops = drops;
}

void fake_chain_rule(const char *table, const char *chain, const char *ifname, bool from,
		     bool accepts)
{
	for (size_t i = 0; i < fake_world->n_chains; i++) {
		struct fake_chain *it = &fake_world->chains[i];
		size_t n = it->n_rules;

		if (strcmp(it->shown.table, table) != 0 || strcmp(it->shown.chain, chain) != 0)
			continue;
		(void)snprintf(it->rules[n].ifname, sizeof(it->rules[n].ifname), "%s", ifname);
		it->rules[n].from = from;
		it->rules[n].accepts = accepts;
		it->n_rules++;
	}
}

static int foreign_read(struct nft *nft, struct nft_foreign **ret_foreign)
{
	int err = fake_enter("foreign.read", FAKE_LOOK, " ");
	struct nft_foreign *foreign;

	(void)nft;
	if (err < 0)
		return err;
	foreign = calloc(1, sizeof(*foreign));
	foreign->n = fake_world->n_chains;
	foreign->chains = calloc(foreign->n + 1, sizeof(*foreign->chains));
	if (foreign->n > 0)
		memcpy(foreign->chains, fake_world->chains, foreign->n * sizeof(*foreign->chains));
	*ret_foreign = foreign;
	fake_world->n_open++;
	return 0;
}

static void foreign_free(struct nft_foreign *foreign)
{
	if (!foreign)
		return;
	free(foreign->chains);
	free(foreign);
	fake_world->n_open--;
}

static size_t foreign_n(const struct nft_foreign *foreign)
{
	return foreign->n;
}

static const struct nft_foreign_chain *foreign_chain(const struct nft_foreign *foreign, size_t i)
{
	return foreign->chains[i].at_forward ? &foreign->chains[i].shown : NULL;
}

static bool foreign_refuses(const struct nft_foreign *foreign, size_t i, const char *from,
			    const char *to)
{
	const struct fake_chain *chain = &foreign->chains[i];

	for (size_t k = 0; k < chain->n_rules; k++) {
		const char *end = chain->rules[k].from ? from : to;

		if (end && strcmp(chain->rules[k].ifname, end) == 0)
			return !chain->rules[k].accepts;
	}
	return chain->drops;
}

static bool foreign_has_chain(const struct nft_foreign *foreign, size_t i, const char *name)
{
	const struct nft_foreign_chain *base = &foreign->chains[i].shown;

	for (size_t k = 0; k < foreign->n; k++)
		if (strcmp(foreign->chains[k].shown.family, base->family) == 0 &&
		    strcmp(foreign->chains[k].shown.table, base->table) == 0 &&
		    strcmp(foreign->chains[k].shown.chain, name) == 0)
			return true;
	return false;
}

const struct door_foreign fake_foreign = {
	.read = foreign_read,
	.free = foreign_free,
	.n = foreign_n,
	.chain = foreign_chain,
	.refuses = foreign_refuses,
	.has_chain = foreign_has_chain,
};
