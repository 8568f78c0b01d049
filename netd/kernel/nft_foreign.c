// SPDX-License-Identifier: GPL-2.0-or-later
// nft_foreign.c - what other people's rulesets do to traffic that ours lets through
#include "kernel/nft_foreign.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/map.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Every base chain at the hook forward has a veto. Whether one uses it against
 * a bridge of ours is found out by walking its rules as a packet would, with two kinds of condition
 * only: "from this bridge, to that one" and "something else". A rule under something else is passed
 * by, for nobody can say for which packets it holds: what accepts a part of the traffic
 * (established flows, DNAT) does not let new connections through, and what drops a part (an
 * address, an invalid state) is meant to. So what is said is about the traffic that nothing else
 * was said about.
 *
 * Chains of netd's own table are left out. */

#define CHAINS_DEEP_MAX 16 /* the kernel's NFT_JUMP_STACK_SIZE */

/* Of a rule: what is in the register, and what the rule does. GOES_ON: it has no verdict. */
enum loaded { NOTHING, FROM_NAME, TO_NAME, SOMETHING_ELSE };
enum verdict { GOES_ON, ACCEPTS, REFUSES, JUMPS, GOES_TO, RETURNS };

/* What an interface's name is compared with, and how much of it; len 0: with nothing. */
struct compared {
	char name[IFNAMSIZ];
	size_t len;
};

/* Rules of a chain are a list, in their order. */
struct rule {
	struct rule *next;
	struct compared from, to;
	bool something_else; /* is asked, too */
	enum verdict verdict;
	char target[NFT_CHAIN_MAXNAMELEN]; /* JUMPS, GOES_TO */
};

/* at_forward and policy_drops are of base chains. at_forward: packets that are forwarded begin
 * here. */
struct chain {
	struct nft_foreign_chain shown;
	uint8_t family;
	bool at_forward, policy_drops;
	struct rule *first, *last;
};

/* The chains live until nft_foreign_free(); a pointer from by_name is into the same objects. */
struct nft_foreign {
	struct chain **chains;
	size_t n, size;
	struct map *by_name; /* family, table, chain -> struct chain */
};

/* A rule on its way in. Lives as long as one rule is read. */
struct reading {
	struct rule *rule;
	enum loaded loaded; /* what the register holds that is compared next */
};

/* A packet's way: the bridges it comes from and goes to; "": an interface nobody has named. Names
 * and not numbers, since rules of others compare names. */
struct way {
	const struct nft_foreign *foreign;
	char from[IFNAMSIZ], to[IFNAMSIZ];
};

/* Only families that see packets which are forwarded. */
static const char *table_family_name(uint8_t family)
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

/* --- reading ---------------------------------------------------------------------------------- */

/* Chains are read first and rules then, in two dumps. Somebody may change the ruleset between them.
 * A rule without its chain is passed over, and a chain without its rules decides by its policy. */

struct chain_key {
	char bytes[1 + NFT_TABLE_MAXNAMELEN + NFT_CHAIN_MAXNAMELEN];
	size_t len;
};

/* Names hold no slash, as nft(8) has it. One that does would be another chain at the worst. */
static struct chain_key key_of(uint8_t family, const char *table, const char *name)
{
	/* A letter for the family keeps the same names in two families apart. */
	struct chain_key key;

	key.len = (size_t)snprintf(key.bytes, sizeof(key.bytes), "%c%s/%s", 'a' + family, table,
				   name);
	if (key.len >= sizeof(key.bytes))
		key.len = sizeof(key.bytes) - 1;
	return key;
}

/* NULL: no such chain in that table. */
static struct chain *find_chain(const struct nft_foreign *foreign, uint8_t family,
				const char *table, const char *name)
{
	struct chain_key key = key_of(family, table, name);

	return map_get(foreign->by_name, key.bytes, key.len);
}

/* The chain belongs to foreign. NULL: out of memory. */
static struct chain *add_chain(struct nft_foreign *foreign, uint8_t family, const char *table,
			       const char *name)
{
	struct chain_key key = key_of(family, table, name);
	/* Two allocations that may fail, looked at together. */
	struct chain *chain = calloc(1, sizeof(*chain));

	struct chain **chains = (struct chain **)grow((void *)foreign->chains, &foreign->size,
						      foreign->n + 1, sizeof(*chains));

	if (chains)
		foreign->chains = chains;
	if (!chain || !chains || map_set(foreign->by_name, key.bytes, key.len, chain) < 0) {
		/* What has grown stays in the list; only the chain is given up. */
		free(chain);
		return NULL;
	}
	chain->family = family;
	chain->shown.family = table_family_name(family);
	(void)snprintf(chain->shown.table, sizeof(chain->shown.table), "%s", table);
	(void)snprintf(chain->shown.chain, sizeof(chain->shown.chain), "%s", name);
	return foreign->chains[foreign->n++] = chain;
}

/* One chain of the dump. A chain that libnftnl cannot read is passed over. */
static int read_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct nftnl_chain *seen = nftnl_chain_alloc();
	struct nft_foreign *foreign = data;
	const char *table, *name;
	struct chain *chain;
	int err = 0;

	if (!seen)
		return -ENOMEM;
	/* Ours is judged by nobody. */
	if (table_family_name(nfg->nfgen_family) && nftnl_chain_nlmsg_parse(nlh, seen) == 0 &&
	    (table = nftnl_chain_get_str(seen, NFTNL_CHAIN_TABLE)) != NULL &&
	    (name = nftnl_chain_get_str(seen, NFTNL_CHAIN_NAME)) != NULL &&
	    strcmp(table, RULESET_TABLE) != 0) {
		chain = add_chain(foreign, nfg->nfgen_family, table, name);
		err = chain ? 0 : -ENOMEM;
		/* A chain without a hook is one that others jump to. */
		if (chain && nftnl_chain_is_set(seen, NFTNL_CHAIN_HOOKNUM)) {
			chain->at_forward = nftnl_chain_get_u32(seen, NFTNL_CHAIN_HOOKNUM) ==
					    NF_INET_FORWARD;
			chain->policy_drops = nftnl_chain_get_u32(seen, NFTNL_CHAIN_POLICY) ==
					      NF_DROP;
		}
	}
	nftnl_chain_free(seen);
	return err;
}

/* The comparison belongs to what was loaded last. libnftnl gives one expression at a time, so the
 * reading remembers that. *loaded stays what it is over comparisons: nft(8) loads anew before
 * each. */
static void read_condition(const struct nftnl_expr *expr, const char *kind, struct rule *rule,
			   enum loaded *loaded)
{
	struct compared *compared = *loaded == FROM_NAME ? &rule->from
				    : *loaded == TO_NAME ? &rule->to
							 : NULL;
	uint32_t len = 0;
	const void *value;

	/* meta with a destination register loads. With a source register it sets, and is something
	 * else. */
	if (strcmp(kind, "meta") == 0 && nftnl_expr_is_set(expr, NFTNL_EXPR_META_DREG)) {
		uint32_t key = nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY);

		*loaded = key == NFT_META_IIFNAME   ? FROM_NAME
			  : key == NFT_META_OIFNAME ? TO_NAME
						    : SOMETHING_ELSE;
		return;
	}
	/* Both names may be asked, as for what goes from one segment of a network to another. */
	/* Only "equal". "Not equal" says something about all others, so it counts as something
	 * else. */
	if (strcmp(kind, "cmp") == 0 && compared && compared->len == 0 &&
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ) {
		value = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &len);
		if (value && len > 0 && len <= sizeof(compared->name)) {
			/* The length of the comparison tells a name with a star from a whole one:
			 * it leaves the end out. */
			memcpy(compared->name, value, len);
			compared->len = len;
			return;
		}
	}
	/* Any other condition. */
	rule->something_else = true;
}

/* A verdict map has its verdict elsewhere (lookup); it is read as a condition. An immediate without
 * a verdict loads a constant, as for NAT. */
static void read_verdict(const struct nftnl_expr *expr, struct rule *rule)
{
	const char *target;

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_IMM_VERDICT))
		return; /* a value for another expression */
	switch ((int)nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT)) {
	case NF_ACCEPT:
		rule->verdict = ACCEPTS;
		break;
	case NF_DROP:
		rule->verdict = REFUSES;
		break;
	case NFT_JUMP:
		rule->verdict = JUMPS;
		break;
	case NFT_GOTO:
		rule->verdict = GOES_TO;
		break;
	case NFT_RETURN:
		rule->verdict = RETURNS;
		break;
	}
	/* The chain of a jump is one of the same table. */
	target = nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN);
	if (target)
		(void)snprintf(rule->target, sizeof(rule->target), "%s", target);
}

/* A rule of iptables-nft has its parts as "match" and "target", which are read by their names.
 * "target" is one of xtables. MARK and others without a verdict go on. */
static int read_expr(struct nftnl_expr *expr, void *data)
{
	/* Without any effect on a packet's way. */
	static const char *const quiet[] = { "counter", "log", "notrack", "objref" };
	struct reading *reading = data;
	const char *kind = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	struct rule *rule = reading->rule;

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (strcmp(kind, quiet[i]) == 0)
			return 0;
	if (strcmp(kind, "immediate") == 0) {
		read_verdict(expr, rule);
	} else if (strcmp(kind, "reject") == 0) {
		rule->verdict = REFUSES;
	} else if (strcmp(kind, "target") == 0) { /* of iptables-nft */
		const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);

		if (name && strcmp(name, "REJECT") == 0)
			rule->verdict = REFUSES;
	} else if (strcmp(kind, "match") == 0) {
		const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME);

		/* A comment is a match of iptables-nft that always holds. */
		if (!name || strcmp(name, "comment") != 0)
			rule->something_else = true;
	} else {
		read_condition(expr, kind, rule, &reading->loaded);
	}
	return 0;
}

/* An expression that libnftnl does not know makes the whole parse fail; the rule is passed over
 * then, which says nothing about the traffic. The expressions are read one by one, and reading has
 * what they have in common. */
static int read_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct nftnl_rule *seen = nftnl_rule_alloc();
	struct nft_foreign *foreign = data;
	struct reading reading = { .loaded = NOTHING };
	struct chain *chain = NULL;

	if (!seen)
		return -ENOMEM;
	/* A rule of a family that netd does not forward in is passed over. */
	if (table_family_name(nfg->nfgen_family) && nftnl_rule_nlmsg_parse(nlh, seen) == 0)
		chain = find_chain(foreign, nfg->nfgen_family,
				   nftnl_rule_get_str(seen, NFTNL_RULE_TABLE),
				   nftnl_rule_get_str(seen, NFTNL_RULE_CHAIN));
	if (!chain) { /* ours, or one that came after the chains were read */
		nftnl_rule_free(seen);
		return 0;
	}
	/* Zero is "no condition, no verdict". */
	reading.rule = calloc(1, sizeof(*reading.rule));
	if (reading.rule) {
		(void)nftnl_expr_foreach(seen, read_expr, &reading); /* read_expr gives 0 */
		/* In their order, for a packet meets them in it. */
		*(chain->last ? &chain->last->next : &chain->first) = reading.rule;
		chain->last = reading.rule;
	}
	nftnl_rule_free(seen);
	return reading.rule ? 0 : -ENOMEM;
}

/* One dump of all families. */
static int read_all(struct nft *nft, uint16_t type,
		    int (*each)(const struct nlmsghdr *nlh, void *data),
		    struct nft_foreign *foreign)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	int err;

	if (!nft_batch_add(&request, type, 0, NFPROTO_UNSPEC, 0, "ruleset", NULL))
		return -ENOMEM;
	err = nft_batch_ask(nft, &request, NLM_F_DUMP, each, foreign);
	return err == -EINTR ? 0
			     : err; /* somebody's change cut it short: what was seen was there */
}

static bool has_forward(const struct nft_foreign *foreign)
{
	for (size_t i = 0; i < foreign->n; i++)
		if (foreign->chains[i]->at_forward)
			return true;
	return false;
}

/* *ret_foreign is the caller's, for as long as he asks about it. It is what was there at one
 * moment. 0, or a negative errno with nothing to free. */
int nft_foreign_read(struct nft *nft, struct nft_foreign **ret_foreign)
{
	struct nft_foreign *foreign = calloc(1, sizeof(*foreign));
	int err;

	if (!foreign)
		return -ENOMEM;
	foreign->by_name = map_new();
	if (!foreign->by_name) {
		nft_foreign_free(foreign);
		return -ENOMEM;
	}
	err = read_all(nft, NFT_MSG_GETCHAIN, read_chain, foreign);
	/* Without a chain at the hook nobody stands in the way, and a host may have very many
	 * rules. The second dump is the expensive one. */
	if (err == 0 && has_forward(foreign))
		err = read_all(nft, NFT_MSG_GETRULE, read_rule, foreign);
	if (err < 0) {
		nft_foreign_free(foreign);
		return err;
	}
	*ret_foreign = foreign;
	return 0;
}

/* Takes NULL. */
void nft_foreign_free(struct nft_foreign *foreign)
{
	if (!foreign)
		return;
	for (size_t i = 0; i < foreign->n; i++) {
		struct chain *chain = foreign->chains[i];

		while (chain->first) {
			struct rule *rule = chain->first;

			chain->first = rule->next;
			free(rule);
		}
		free(chain);
	}
	free(foreign->chains);
	map_free(foreign->by_name);
	free(foreign);
}

/* --- walking ---------------------------------------------------------------------------------- */

/* A condition on a name that is not known ("") never holds. len 0 is "no condition". */
static bool fits(const struct compared *compared, const char *bridge)
{
	/* The name in the rule may be the beginning of one, with a star behind it. */
	return compared->len == 0 ||
	       (*bridge && memcmp(compared->name, bridge, compared->len) == 0);
}

/* Both conditions of a rule must hold. */
static bool holds(const struct rule *rule, const struct way *way)
{
	return !rule->something_else && fits(&rule->from, way->from) && fits(&rule->to, way->to);
}

/* GOES_ON: to the chain it was called from. NFT_JUMP comes back to the rule behind it, NFT_GOTO to
 * the one behind the jump that led here. The kernel refuses loops when rules are loaded; the depth
 * is bounded all the same. depth: jumps so far. */
static enum verdict walk(const struct way *way, const struct chain *chain, int depth)
{
	for (const struct rule *rule = chain->first; rule; rule = rule->next) {
		enum verdict verdict = rule->verdict;

		/* No verdict, or a condition nobody can judge: it goes on to the next rule. */
		if (verdict == GOES_ON || !holds(rule, way))
			continue;
		if (verdict == RETURNS)
			return GOES_ON;
		if (verdict == ACCEPTS || verdict == REFUSES)
			return verdict;
		const struct chain *target = find_chain(way->foreign, chain->family,
							chain->shown.table, rule->target);
		enum verdict there = target && depth < CHAINS_DEEP_MAX
					     ? walk(way, target, depth + 1)
					     : GOES_ON;

		if (there != GOES_ON || verdict == GOES_TO)
			return there;
	}
	return GOES_ON;
}

/* Of all chains; nft_foreign_chain() tells which are shown. */
size_t nft_foreign_n(const struct nft_foreign *foreign)
{
	return foreign->n;
}

/* NULL: this chain is not one at the hook forward. The index goes over all chains. */
const struct nft_foreign_chain *nft_foreign_chain(const struct nft_foreign *foreign, size_t i)
{
	return foreign->chains[i]->at_forward ? &foreign->chains[i]->shown : NULL;
}

/* Whether that chain lets new traffic from one bridge to another. NULL stands for an interface that
 * is not a bridge of netd's. i: of a chain that nft_foreign_chain() gave. Others have no policy. */
bool nft_foreign_refuses(const struct nft_foreign *foreign, size_t i, const char *from,
			 const char *to)
{
	const struct chain *base = foreign->chains[i];
	struct way way = { .foreign = foreign };
	enum verdict verdict;

	(void)snprintf(way.from, sizeof(way.from), "%s", from ? from : "");
	(void)snprintf(way.to, sizeof(way.to), "%s", to ? to : "");
	verdict = walk(&way, base, 0);
	/* No rule decided: the policy of the chain does. GOES_ON from the base chain is its end. */
	return verdict == REFUSES || (verdict == GOES_ON && base->policy_drops);
}

/* Programs that manage rules are known by the chains that they have. Of the same table as chain
 * i. */
bool nft_foreign_has_chain(const struct nft_foreign *foreign, size_t i, const char *name)
{
	const struct chain *base = foreign->chains[i];

	return find_chain(foreign, base->family, base->shown.table, name) != NULL;
}
