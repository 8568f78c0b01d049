// SPDX-License-Identifier: GPL-2.0-or-later
// hook.c - all base chains of one hook, with conntrack and NAT at their places, on every way
#include "diag/rules/load.h"
#include "diag/rules/nat.h"
#include "diag/rules/outcome.h"
#include "diag/rules/run.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 64 chains of one hook would make each packet slow long before. */
#define STAGES 64 /* base chains of one hook; more than anyone has */

/* Theory of operation. Netfilter calls what is registered at a hook one after the other, by
 * priority, until somebody takes the packet. Base chains are registered one by one, but for
 * those of NAT: all of them are behind one registration, with the priority of NAT itself, which
 * walks them by their own priorities. So a NAT chain at -110 comes before one at -100, and yet
 * behind a filter at -105. Conntrack is one more of those who are called, and only in
 * namespaces whose rules want it. Hooks are therefore planned as a list of stages first, then
 * walked once for each way. Each way is one set of answers to what is not known (way.c); if all
 * of them end alike, that is the verdict. */

/* What happens at a hook, in its order. order is the registration's number, by which equal
 * priorities are sorted. */
struct stage {
	const struct chain *chain; /* NULL: conntrack, or all NAT chains together */
	bool is_nat;
	int32_t priority;
	uint32_t order;
};

/* nat has the chains behind the one NAT stage. */
struct stages {
	struct stage at[STAGES];
	size_t n;
	const struct chain *nat[STAGES]; /* in the order in which they are asked */
	size_t n_nat;
	bool has_nat; /* of this family, at any hook */
	bool is_tied; /* a chain has the very priority of NAT */
	bool is_full;
};

/* NAT and conntrack exist for these two. Tables of the bridge and of devices have neither. */
static bool is_ip(uint8_t pf)
{
	return pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6;
}

/* A table of inet has its chains at the hooks of both families. *hook becomes inet's own number
 * where that differs. A hook of netdev has the same meaning for inet as ingress. */
static bool is_of_family(const struct chain *chain, uint8_t pf, unsigned int *hook)
{
	uint8_t family = chain->table->family;

	if (family == pf)
		return true;
	if (family != NFPROTO_INET)
		return false;
	if (is_ip(pf))
		return *hook != NF_INET_INGRESS;
	/* inet's own number for what family netdev calls ingress */
	if (pf == NFPROTO_NETDEV && *hook == NF_NETDEV_INGRESS) {
		*hook = NF_INET_INGRESS;
		return true;
	}
	return false;
}

/* What is bound to a link sees that link's frames only. A prefix is what ends in an asterisk in
 * nft(8). */
static bool is_on_device(const struct chain *chain, const char *name)
{
	for (size_t i = 0; i < chain->n_devices; i++) {
		size_t len = chain->device_is_prefix[i] ? strlen(chain->devices[i]) : FACTS_IFNAME;

		if (strncmp(chain->devices[i], name, len) == 0)
			return true;
	}
	return false;
}

/* A dormant table is not registered. packet NULL: any link counts. A chain that is bound to a
 * link asks for the packet's link: which one depends on the direction. */
static bool is_at(const struct chain *chain, uint8_t pf, unsigned int hook,
		  const struct rules_packet *packet)
{
	unsigned int number = hook;

	if (!chain->is_base || chain->table->flags & NFT_TABLE_F_DORMANT ||
	    !is_of_family(chain, pf, &number) || chain->hook != number)
		return false;
	/* Only chains at a device ask which device it is. */
	if (pf != NFPROTO_NETDEV || !packet)
		return true;
	return is_on_device(chain, hook == NF_NETDEV_INGRESS ? packet->iif.name : packet->oif.name);
}

/* By priority; of equal ones, what was registered last comes first. nf_hook_entries_grow() puts
 * a new one before those of its priority. */
static bool is_before(int32_t priority, uint32_t order, const struct stage *other)
{
	if (priority != other->priority)
		return priority < other->priority;
	return order > other->order;
}

/* Insertion keeps the list sorted; it is short. When it is full a chain is left out, which the
 * caller must not overlook. */
static void insert(struct stages *stages, struct stage stage)
{
	size_t at = stages->n;

	if (stages->n == STAGES) {
		stages->is_full = true;
		return;
	}
	while (at > 0 && is_before(stage.priority, stage.order, &stages->at[at - 1])) {
		stages->at[at] = stages->at[at - 1];
		at--;
	}
	stages->at[at] = stage;
	stages->n++;
}

/* Their own order, of which the priority of NAT as a whole knows nothing. They are called by
 * NAT, as long as none has chosen. */
static void insert_nat(struct stages *stages, const struct chain *chain)
{
	size_t at = stages->n_nat;

	if (stages->n_nat == STAGES) {
		stages->is_full = true;
		return;
	}
	while (at > 0 && (chain->priority < stages->nat[at - 1]->priority ||
			  (chain->priority == stages->nat[at - 1]->priority &&
			   chain->order > stages->nat[at - 1]->order))) {
		stages->nat[at] = stages->nat[at - 1];
		at--;
	}
	stages->nat[at] = chain;
	stages->n_nat++;
}

/* Sources are changed where packets end or leave, destinations where they start or come in. */
static bool is_source_hook(unsigned int hook)
{
	return hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN;
}

/* NAT is one stage for all its chains, at a place of its own whatever their priorities are; it is
 * registered with the first chain of that family at whichever hook. */
static void add_nat(struct stages *stages, const struct rules *rules, uint8_t pf, unsigned int hook)
{
	/* UINT32_MAX: no NAT chain of this family anywhere. */
	uint32_t order = UINT32_MAX;

	/* There is no NAT at forward, and none at ingress. */
	if (!is_ip(pf) || hook == NF_INET_FORWARD || hook > NF_INET_POST_ROUTING)
		return;
	for (const struct chain *chain = rules->bases; chain; chain = chain->next_base) {
		unsigned int any = chain->hook;

		if (chain->is_nat && is_of_family(chain, pf, &any) && chain->order < order)
			order = chain->order;
	}
	stages->has_nat = order != UINT32_MAX;
	/* The stage is there without chains, too: packets of a flow with NAT are changed by it. */
	insert(stages,
	       (struct stage) {
		       .is_nat = true,
		       .priority = is_source_hook(hook) ? NF_IP_PRI_NAT_SRC : NF_IP_PRI_NAT_DST,
		       .order = order == UINT32_MAX ? 0 : order,
	       });
}

/* The bridge has a conntrack of its own, for tables of its family. It runs at the first hook
 * that a packet meets. Its priority is below that of all but raw chains. */
static void add_conntrack(struct stages *stages, const struct rules *rules, uint8_t pf,
			  unsigned int hook)
{
	bool is_here = is_ip(pf) ? hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT
				 : pf == NFPROTO_BRIDGE && hook == NF_BR_PRE_ROUTING;

	if (is_here && rules_uses_conntrack(rules, pf))
		insert(stages, (struct stage) { .priority = NF_IP_PRI_CONNTRACK });
}

/* NAT stays registered while its chains are replaced by others, so which came first the ruleset
 * does not say. If its priority is also a filter chain's, both orders are walked. A chain of
 * NAT itself cannot tie with it. */
static void note_tie(struct stages *stages)
{
	int32_t priority = INT32_MIN;

	for (size_t i = 0; i < stages->n; i++)
		if (stages->at[i].is_nat)
			priority = stages->at[i].priority;
	for (size_t i = 0; i < stages->n && stages->n_nat > 0; i++)
		stages->is_tied |= stages->at[i].chain && stages->at[i].priority == priority;
}

/* NAT in front of the chains of its priority, or behind them. way_choose() has asked for both
 * orders. */
static void turn_tie(struct stages *stages, bool is_first)
{
	struct stage nat = { 0 };
	size_t to = 0;

	for (size_t i = 0; i < stages->n; i++)
		if (stages->at[i].is_nat)
			nat = stages->at[i];
	/* Without NAT the rest keeps its order. */
	nat.order = is_first ? UINT32_MAX : 0;
	for (size_t i = 0; i < stages->n; i++)
		if (!stages->at[i].is_nat)
			stages->at[to++] = stages->at[i];
	stages->n = to;
	/* 0 is the order of the first chain, too: behind it all the same, for it goes in last. */
	insert(stages, nat);
}

/* The list of stages, in the order of the kernel. Conntrack and NAT go in first, so that chains
 * of their priority are sorted around them. */
static void plan(const struct rules *rules, uint8_t pf, unsigned int hook,
		 const struct rules_packet *packet, struct stages *ret_stages)
{
	memset(ret_stages, 0, sizeof(*ret_stages));
	add_conntrack(ret_stages, rules, pf, hook);
	add_nat(ret_stages, rules, pf, hook);
	for (const struct chain *chain = rules->bases; chain; chain = chain->next_base) {
		if (!is_at(chain, pf, hook, packet))
			continue;
		if (chain->is_nat)
			insert_nat(ret_stages, chain);
		else
			insert(ret_stages, (struct stage) { .chain = chain,
							    .priority = chain->priority,
							    .order = chain->order });
	}
	note_tie(ret_stages);
}

/* The first packet asks the chains, until one has chosen. Later ones, and answers, are changed
 * by what the flow has. A reply never asks. */
static enum run_end walk_nat(struct way *way, const struct stages *stages)
{
	bool is_src = is_source_hook(way->ways->hook);

	if (!load_has_flow(way))
		return RUN_ACCEPT;
	if (way->packet.ct.state != RULES_CT_NEW || nat_is_settled(way, is_src) ||
	    way->packet.ct.is_reply) {
		nat_apply(way, is_src);
		return RUN_ACCEPT;
	}
	/* Only while this is set a NAT rule chooses something. */
	way->is_new_nat = true;
	for (size_t i = 0; i < stages->n_nat && !nat_is_settled(way, is_src); i++)
		if (run_chain(way, stages->nat[i]) == RUN_DROP)
			return RUN_DROP;
	way->is_new_nat = false;
	/* A flow that no chain has changed is settled, too. */
	if (stages->has_nat)
		nat_settle(way, is_src);
	return RUN_ACCEPT;
}

/* A stage without a chain is conntrack. A verdict other than a drop goes on to the next stage. */
static enum run_end walk_stage(struct way *way, const struct stages *stages,
			       const struct stage *stage)
{
	if (stage->is_nat)
		return walk_nat(way, stages);
	if (stage->chain)
		return run_chain(way, stage->chain);
	nat_track(way);
	return RUN_ACCEPT;
}

/* One way, from the first stage to the last. A queue takes the packet away, and nobody knows
 * what becomes of it. */
static enum rules_verdict walk(struct way *way, const struct stages *planned)
{
	/* A copy, because a tie is turned for this way alone. */
	struct stages stages[1] = { *planned };

	if (stages->is_tied)
		turn_tie(stages,
			 way_choose(way, NULL,
				    "whether NAT is before or behind a chain of its priority"));
	for (size_t i = 0; i < stages->n; i++) {
		if (walk_stage(way, stages, &stages->at[i]) == RUN_DROP)
			return way->is_rejected ? RULES_REJECT : RULES_DROP;
		if (way->ways->is_lost || way->ways->err < 0)
			return RULES_UNKNOWN;
	}
	return way->is_queued ? RULES_QUEUE : RULES_ACCEPT;
}

/* Ways begin alike: what a way leaves behind in its packet is of that way alone. result is
 * cleared here, and filled at the end. */
static void start(struct ways *ways, const struct rules_packet *packet, struct rules_result *result,
		  struct way *ret_way)
{
	memset(ret_way, 0, sizeof(*ret_way));
	memset(result, 0, sizeof(*result));
	ret_way->ways = ways;
	ret_way->packet = *packet;
	ret_way->result = result;
	image_of(packet, &ret_way->image);
	/* What stood in registers before is the kernel's business. */
	bits_forget(&ret_way->regs, 0, RULES_BYTES);
}

/* Headers are read back into the fields: what rules have written counts. way->packet itself is
 * left for the result. */
static void finish(struct way *way, enum rules_verdict verdict)
{
	struct rules_result *result = way->result;

	image_to(&way->image, &way->packet);
	result->verdict = verdict;
	result->packet = way->packet;
}

/* Steps are each way's own memory. */
static void free_steps(struct rules_result *result)
{
	free(result->steps);
	result->steps = NULL;
	result->n_steps = 0;
}

/* Every way; the first is the one that is told of. true: they end differently. Steps of the
 * others are thrown away. The number of ways is bounded by way_next(). */
static bool walk_all(struct ways *ways, const struct stages *stages,
		     const struct rules_packet *packet, struct rules_result *ret_first)
{
	struct outcome outcome;
	struct rules_result other;
	struct way way;

	outcome.n_kinds = outcome.n_ways = 0;
	start(ways, packet, ret_first, &way);
	finish(&way, walk(&way, stages));
	ways->n_ways = 1;
	outcome_add(&outcome, &way);
	/* Each further way differs in at least one turn. */
	while (!ways->is_lost && ways->err == 0 && way_next(&way)) {
		start(ways, packet, &other, &way);
		finish(&way, walk(&way, stages));
		ways->n_ways++;
		outcome_add(&outcome, &way);
		free_steps(&other);
	}
	return outcome_judge(&outcome, ways);
}

/* Those that decide nothing are told too, for whoever asks how sure a verdict is. They point
 * into the ruleset. The list is the caller's. */
static int give_doubts(struct ways *ways, struct rules_result *result)
{
	if (ways->n_doubts == 0)
		return 0;
	result->doubts = calloc(ways->n_doubts, sizeof(*result->doubts));
	if (!result->doubts)
		return -ENOMEM;
	for (size_t i = 0; i < ways->n_doubts; i++)
		result->doubts[result->n_doubts++] = ways->doubts[i].shown;
	return 0;
}

/* The one entry for everything that runs rules. -E2BIG or -ENOMEM: there is no result. */
int rules_hook(const struct rules *rules, uint8_t pf, unsigned int hook,
	       const struct rules_packet *packet, const struct rules_ask *ask,
	       struct rules_result *ret_result)
{
	struct ways ways = { .rules = rules, .ask = ask, .pf = pf, .hook = hook };
	struct stages stages;
	int err;

	plan(rules, pf, hook, packet, &stages);
	/* A list that is cut would leave out a chain that drops. */
	if (stages.is_full)
		return -E2BIG;
	/* Lost: a bound was reached, so nothing is certain. */
	if (walk_all(&ways, &stages, packet, ret_result) || ways.is_lost)
		ret_result->verdict = RULES_UNKNOWN;
	err = ways.err < 0 ? ways.err : give_doubts(&ways, ret_result);
	free(ways.doubts);
	if (err < 0)
		rules_result_done(ret_result);
	return err;
}

/* The steps are freed here, and the rules that they point to are the ruleset's. */
void rules_result_done(struct rules_result *result)
{
	free_steps(result);
	free(result->doubts);
	result->doubts = NULL;
	result->n_doubts = 0;
}

/* Whether a trace has to name that link. */
bool rules_has_link(const struct rules *rules, const char *link)
{
	/* Only the name of the link matters here. */
	struct rules_packet packet = { 0 };

	(void)snprintf(packet.iif.name, sizeof(packet.iif.name), "%s", link);
	for (const struct chain *chain = rules->bases; chain; chain = chain->next_base)
		if (is_at(chain, NFPROTO_NETDEV, NF_NETDEV_INGRESS, &packet))
			return true;
	return false;
}

/* A family without a chain at a hook needs no walk. */
bool rules_has_hook(const struct rules *rules, uint8_t pf, unsigned int hook)
{
	for (const struct chain *chain = rules->bases; chain; chain = chain->next_base)
		if (is_at(chain, pf, hook, NULL))
			return true;
	return false;
}
