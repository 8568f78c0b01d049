// SPDX-License-Identifier: GPL-2.0-or-later
// judge_rules.c - the packet at one hook of one namespace: what the rules there make of it, and
// which of them
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. diag/rules runs the rules of one hook on one packet. This file stands
 * between it and the walk: it says what the packet is, asks the facts for what the rules ask
 * (elements of large sets, routes, addresses for masquerade), takes over what NAT has changed,
 * and finds the rule to name.
 *
 * Each namespace has its own conntrack. What a namespace saw of the first packet when it left
 * is kept (judge_leave()), for the first and for the last time, because a packet to one's own
 * published port passes the host twice. The answer gets its state from there (judge_enter()).
 *
 * A verdict that hangs on something unknown is "unknown", and the doubt is told. One doubt is
 * settled first: the port that the kernel will choose (settle_port()). */

/* --- what the evaluator asks ------------------------------------------------------------------ */

/* What the callbacks below need to know: in which namespace the rules run. */
struct asking {
	struct judge_walk *walk;
	const struct facts_space *space;
};

/* Elements that came with the picture are not asked for; the evaluator knows those. */
static const struct facts_element *ask_element(void *data, const struct facts_element_asked *asked)
{
	struct asking *asking = data;

	return facts_ask_element(asking->walk->facts, asking->space, asked);
}

/* Broadcast is the last address of each subnet, and that of all. Prefixes of 31 and 32 bits
 * have none (RFC 3021). */
static bool is_broadcast(const struct facts_space *space, const struct addr *addr)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	if (addr->family != AF_INET)
		return false;
	if (memcmp(addr->bytes, all, sizeof(all)) == 0)
		return true;
	facts_ask_addrs(space, 0, AF_INET);
	for (size_t i = 0; i < space->n_addrs; i++) {
		struct addr last = prefix_last(&space->addrs[i].prefix);

		if (space->addrs[i].prefix.len < 31 && addr_equal(&last, addr))
			return true;
	}
	return false;
}

/* Answers for the expression fib. The type of an address is known from the picture; only the
 * way to it needs the kernel. false: it is not known, and the rule is undecided. */
static bool ask_fib(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	struct asking *asking = data;
	const struct facts_space *space = asking->space;
	struct facts_way_asked way = { .dst = asked->addr, .mark = asked->mark };
	/* The mark is a part of the question, for policy rules look at it. */
	const struct facts_link *link;
	const struct facts_way *found;

	*ret_fib = (struct rules_fib) { .type = RTN_UNICAST };
	/* "type": is it the host's own, for all, or somebody else's. */
	if (asked->wants_type) {
		const struct facts_addr *own = judge_find_addr(space, &asked->addr);

		if (facts_is_missing(space, "addrs"))
			return false;
		if (addr_is_loopback(&asked->addr) ||
		    (own && (!asked->ifindex || own->ifindex == asked->ifindex)))
			ret_fib->type = RTN_LOCAL;
		else if (addr_is_multicast(&asked->addr))
			ret_fib->type = RTN_MULTICAST;
		else if (is_broadcast(space, &asked->addr))
			ret_fib->type = RTN_BROADCAST;
		return true;
	}
	/* "oif": by which link is it reached. A refusal is an answer: there is none. */
	found = facts_ask_way(asking->walk->facts, space, &way);
	if (found->err == -ENODATA)
		return false;
	link = found->err ? NULL : facts_link(space, found->oif);
	if (link && (!asked->ifindex || asked->ifindex == link->ifindex)) {
		ret_fib->type = found->type;
		ret_fib->oif = link->ifindex;
		(void)snprintf(ret_fib->oifname, sizeof(ret_fib->oifname), "%s", link->name);
	}
	return true;
}

/* 127.0.0.1 and its like are not lent, nor is a second address of a subnet. */
static bool is_lent(const struct facts_addr *item, uint8_t family)
{
	return item->prefix.addr.family == family && !addr_is_link_local(&item->prefix.addr) &&
	       !addr_is_loopback(&item->prefix.addr) &&
	       (family == AF_INET6 || !(item->flags & IFA_F_SECONDARY));
}

/* The first of the link: what comes in by it is redirected there (nf_nat_redirect_ipv4). */
static const struct facts_addr *first_of(const struct facts_space *space, int ifindex,
					 uint8_t family)
{
	facts_ask_addrs(space, ifindex, family);
	for (size_t i = 0; i < space->n_addrs; i++)
		if (space->addrs[i].ifindex == ifindex &&
		    space->addrs[i].prefix.addr.family == family &&
		    !addr_is_link_local(&space->addrs[i].prefix.addr))
			return &space->addrs[i];
	return NULL;
}

/* What the kernel lends to masquerade: the first address of the link whose subnet the next hop is
 * in, else the first (inet_select_addr). A link without any, as lo mostly is, lends that of the
 * first link that has one; IPv6 chooses by many more rules then. */
static const struct facts_addr *lent_by(const struct facts_space *space, int ifindex,
					const struct addr *next)
{
	const struct facts_addr *best = NULL, *other = NULL;

	/* Of IPv4 another link's may be taken. */
	facts_ask_addrs(space, next->family == AF_INET ? 0 : ifindex, next->family);
	for (size_t i = 0; i < space->n_addrs; i++) {
		const struct facts_addr *item = &space->addrs[i];

		if (!is_lent(item, next->family))
			continue;
		if (!other || item->ifindex < other->ifindex)
			other = item;
		if (item->ifindex != ifindex)
			continue;
		if (!best ||
		    (!prefix_contains(&best->prefix, next) && prefix_contains(&item->prefix, next)))
			best = item;
	}
	return best || next->family == AF_INET6 ? best : other;
}

/* Which address masquerade or redirect would take. to is "any" for a redirect, which takes one
 * of the link that the packet came in by. false: there is none, and the address stays unknown. */
static bool ask_address(void *data, const struct rules_link *link, const struct addr *to,
			struct addr *ret_addr)
{
	struct asking *asking = data;
	/* A next hop chooses among several addresses of the link. */
	bool is_via = addr_is_set(&asking->walk->next) && asking->walk->next.family == to->family;
	const struct facts_addr *found = !addr_is_any(to)
						 ? lent_by(asking->space, link->index,
							   is_via ? &asking->walk->next : to)
						 : first_of(asking->space, link->index, to->family);

	if (!found)
		return false;
	*ret_addr = found->prefix.addr;
	return true;
}

static bool ask_draw(void *data, const void *which, uint32_t below, uint32_t *ret_number)
{
	struct asking *asking = data;

	return judge_draw(asking->walk, which, below, ret_number);
}

/* --- what each namespace has ------------------------------------------------------------------ */

/* A place for each namespace on the way. NULL: there are more than a way can have. */
static struct judge_seen *find_seen(struct judge_walk *walk, const struct facts_space *space)
{
	struct judge_seen *seen;

	for (size_t i = 0; i < walk->n_seen; i++)
		if (walk->seen[i].space == space)
			return &walk->seen[i];
	if (walk->n_seen == JUDGE_SPACES)
		return NULL;
	seen = &walk->seen[walk->n_seen++];
	*seen = (struct judge_seen) { .space = space };
	return seen;
}

/* Rules are decoded once for all walks (facts_rules()), and looked up once for each walk. */
static struct judge_seen *decode(struct judge_walk *walk, const struct facts_space *space)
{
	struct judge_seen *seen = find_seen(walk, space);
	int err;

	if (!seen || seen->is_decoded)
		return seen;
	seen->is_decoded = true;
	seen->rules = facts_rules(walk->facts, space, &err);
	seen->is_unreadable = err < 0;
	return seen;
}

uint8_t judge_pf(const struct judge_walk *walk)
{
	return walk->packet.dst.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* What conntrack says of the answer, which belongs to one of two flows where both came by here.
 * The reply tuple of a flow says which. */
static struct rules_ct ct_of_answer(const struct judge_seen *seen,
				    const struct rules_packet *packet)
{
	struct rules_packet first, last;

	rules_answer(&seen->first, &first);
	rules_answer(&seen->last, &last);
	if (addr_equal(&first.src, &packet->src) && addr_equal(&first.dst, &packet->dst) &&
	    first.sport == packet->sport)
		return first.ct;
	return last.ct;
}

/* A link as rules see it. No link is the zeroed one: a rule about a name then does not match. */
static void fill_link(struct rules_link *out, const struct facts_link *link)
{
	*out = (struct rules_link) { 0 };
	if (!link)
		return;
	out->index = link->ifindex;
	out->group = link->group;
	out->type = link->flags & IFF_LOOPBACK ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	memcpy(out->name, link->name, sizeof(out->name));
	memcpy(out->kind, link->kind, sizeof(out->kind));
}

void judge_ports(struct judge_walk *walk, const struct facts_link *in, const struct facts_link *out)
{
	fill_link(&walk->packet.physin, in);
	fill_link(&walk->packet.physout, out);
}

/* Also called where the walk starts in the middle, for the message of judge_size.c. */
void judge_enter(struct judge_walk *walk, const struct facts_space *space)
{
	struct judge_seen *seen = find_seen(walk, space);

	walk->space = space;
	/* Each namespace has its own conntrack and its own marks. */
	walk->packet.ct = (struct rules_ct) { 0 };
	walk->packet.mark = 0;
	walk->packet.has_socket = false;
	walk->packet.has_macs = false;
	walk->packet.known &= ~(uint32_t)RULES_KNOWS_MACS;
	judge_ports(walk, NULL, NULL);
	/* Where the flow was not seen here the answer is a packet without a state, as after a
	 * route that is not symmetric. */
	if (walk->is_back && seen && seen->has_first)
		walk->packet.ct = ct_of_answer(seen, &walk->packet);
}

/* On the way back nothing is kept: no further answer comes. */
void judge_leave(struct judge_walk *walk)
{
	struct judge_seen *seen = walk->space ? find_seen(walk, walk->space) : NULL;

	if (walk->is_back || !seen)
		return;
	if (!seen->has_first)
		seen->first = walk->packet;
	seen->last = walk->packet;
	seen->has_first = true;
}

/* --- which rule ------------------------------------------------------------------------------- */

/* Of a table and a chain together. With longer names a command would be cut, and might be
 * another one. */
#define COMMAND_NAMES 130

/* The command that takes the rule away, and the one that lets this traffic through before it. */
static void fill_commands(struct judge_walk *walk, const struct rules *rules,
			  const struct rules_step *step, const struct facts_link *iif,
			  const struct facts_link *oif)
{
	const char *family = rules_family_name(step->family);
	char at[200];
	bool is_bridged = iif && oif && iif == oif;

	/* Words of an earlier rule must not fill this one's command. */
	code_word_drop(&walk->words, "unrule");
	code_word_drop(&walk->words, "accept");
	/* Nobody but its owner may change an owned table. */
	if (rules_table_owner(rules, step->family, step->table) || !judge_is_plain(step->table) ||
	    !judge_is_plain(step->chain) ||
	    strlen(step->table) + strlen(step->chain) > COMMAND_NAMES)
		return;
	/* A policy has no handle, and cannot be deleted. */
	if (step->rule)
		code_word(&walk->words, "unrule", "nft delete rule %s %s %s handle %llu", family,
			  step->table, step->chain, (unsigned long long)step->handle);
	(void)snprintf(at, sizeof(at), "nft insert rule %s %s %s", family, step->table,
		       step->chain);
	/* A rule that lets the traffic in is only given for the host, and only with names that
	 * need no quotes. */
	if (!walk->host || walk->space != walk->host || (!iif && !oif) ||
	    (iif && !judge_is_plain(iif->name)) || (oif && !judge_is_plain(oif->name)))
		return;
	/* Of what is routed both directions must pass: the answer comes the other way round.
	 * The bridge's name is enough for both directions. */
	if (iif && oif && !is_bridged) {
		const char *link = strcmp(iif->kind, "bridge") == 0 ? iif->name : oif->name;

		code_word(&walk->words, "accept",
			  "sh -c '%s iifname %s accept; %s oifname %s accept'", at, link, at, link);
		return;
	}
	code_word(&walk->words, "accept", "%s %s %s accept", at, iif ? "iifname" : "oifname",
		  iif ? iif->name : oif->name);
}

/* A policy has no rule: step->rule is NULL. */
static void fill_met(const struct rules_step *step, struct judge_met *met)
{
	met->is_policy = !step->rule;
	/* Only the name is looked at: who calls his table netd is taken for netd. */
	met->is_netd = strcmp(step->table, JUDGE_NETD_TABLE) == 0;
	met->is_services = strcmp(step->table, JUDGE_SERVICES_TABLE) == 0;
	met->is_ingress = strcmp(step->table, JUDGE_INGRESS_TABLE) == 0;
	met->is_user = met->is_netd && strcmp(step->chain, "user-forward") == 0;
	(void)snprintf(met->comment, sizeof(met->comment), "%s",
		       step->comment ? step->comment : step->element);
}

/* Fills the words {table}, {chain}, {what} and {rule}. */
static void fill_rule(struct judge_walk *walk, const struct rules *rules,
		      const struct rules_step *step, const struct facts_link *iif,
		      const struct facts_link *oif, const struct judge_met *met)
{
	char text[160] = "policy drop";
	const char *family = rules_family_name(step->family);

	if (step->rule)
		(void)rules_print(step->rule, text, sizeof(text));
	/* The tracer compares with this one (traced_rules.c). */
	verdict_set_rule(walk->verdict, step->family, step->table, step->chain,
			 step->rule ? step->handle : 0);
	code_word(&walk->words, "table", "table %s %s", family, step->table);
	code_word(&walk->words, "chain", "%s", step->chain);
	/* A comment says more to a person than the rule. */
	if (met->comment[0])
		code_word(&walk->words, "what", "\"%s\"", met->comment);
	else
		code_word(&walk->words, "what", "%s", text);
	if (step->rule)
		code_word(&walk->words, "rule", "%s %s, chain %s, handle %llu: %s", family,
			  step->table, step->chain, (unsigned long long)step->handle, text);
	else
		code_word(&walk->words, "rule", "the policy of %s %s, chain %s", family,
			  step->table, step->chain);
	fill_commands(walk, rules, step, iif, oif);
}

/* A rate cannot be read: what is known of it is that there is one. So it is a rule that may
 * drop. */
static void tell_limit(struct judge_walk *walk, const struct rules *rules,
		       const struct rules_doubt *doubt, const char *hop, const char *where)
{
	const struct rules_step step = {
		.family = doubt->family,
		.table = doubt->table,
		.chain = doubt->chain,
		.handle = doubt->handle,
		.rule = doubt->rule,
		.comment = doubt->comment,
	};
	struct judge_met met;

	fill_met(&step, &met);
	fill_rule(walk, rules, &step, NULL, NULL, &met);
	verdict_add_unknown(walk->verdict, where, "%s", code_word_get(&walk->words, "rule"));
	(void)judge_bad(walk, CODE_RATE_LIMIT, hop, where, JUDGE_LOST);
}

/* Only doubts that made the difference are told: the evaluator has marked them. */
static void tell_doubts(struct judge_walk *walk, const struct rules *rules,
			const struct rules_result *result, const char *hop, const char *where)
{
	for (size_t i = 0; i < result->n_doubts; i++) {
		const struct rules_doubt *doubt = &result->doubts[i];

		if (doubt->decides && strncmp(doubt->what, "limit", 5) == 0)
			tell_limit(walk, rules, doubt, hop, where);
		else if (doubt->decides)
			judge_unknown(walk, hop, where, "%s %s, chain %s, handle %llu: %s",
				      rules_family_name(doubt->family), doubt->table, doubt->chain,
				      (unsigned long long)doubt->handle, doubt->what);
	}
	/* A queue's program may accept or drop. */
	if (result->verdict == RULES_QUEUE)
		judge_unknown(walk, hop, where, "a rule hands it to a program, which decides");
}

/* --- one hook --------------------------------------------------------------------------------- */

/* Rules see links by number, name and kind. Those of the family bridge also see the bridge that
 * a port is on. */
static void fill_links(struct judge_walk *walk, const struct facts_space *space, uint8_t pf,
		       const struct facts_link *iif, const struct facts_link *oif)
{
	struct rules_packet *packet = &walk->packet;

	fill_link(&packet->iif, iif);
	fill_link(&packet->oif, oif);
	fill_link(&packet->ibr, NULL);
	fill_link(&packet->obr, NULL);
	/* judge_ports() said which, and where it was not asked there are none. */
	packet->known |= RULES_KNOWS_PHYS;
	if (pf != NFPROTO_BRIDGE)
		return;
	fill_link(&packet->ibr, iif && iif->master ? facts_link(space, iif->master) : NULL);
	fill_link(&packet->obr, oif && oif->master ? facts_link(space, oif->master) : NULL);
}

/* Where there is no chain conntrack may be all the same: it looks at packets where they come in,
 * and changes addresses back wherever NAT has its hooks. */
static bool is_worth_it(const struct rules *rules, uint8_t pf, unsigned int hook)
{
	return pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6 || rules_has_hook(rules, pf, hook);
}

/* The range of the source port, which the kernel chooses. Programs elsewhere take any port for
 * their own but those below 1024, which are for servers. */
static bool port_range(const struct judge_walk *walk, int64_t *ret_from, int64_t *ret_to)
{
	*ret_from = 1024;
	*ret_to = UINT16_MAX;
	if (walk->a.is_outside)
		return true;
	return walk->a.space &&
	       facts_value(walk->a.space, "net.ipv4.ip_local_port_range.from", ret_from) &&
	       facts_value(walk->a.space, "net.ipv4.ip_local_port_range.to", ret_to);
}

/* The port that the kernel chooses for A's socket is not known, but its range is: a rule about a
 * port outside of it decides nothing. Both ends of the range are tried, and if they come to the
 * same the packet's port is told as the first. False: they do not, or there is no such range. */
static bool settle_port(const struct judge_walk *walk, const struct rules *rules, uint8_t pf,
			unsigned int hook, const struct rules_ask *ask,
			struct rules_result *ret_result)
{
	uint32_t unknown = walk->is_back ? RULES_KNOWS_DPORT : RULES_KNOWS_SPORT;
	struct rules_packet packet = walk->packet;
	uint16_t *port = walk->is_back ? &packet.dport : &packet.sport;
	struct rules_result first, last;
	int64_t from, to;
	bool is_same;

	if ((packet.known & unknown) || walk->protocol == IPPROTO_ICMP ||
	    !port_range(walk, &from, &to))
		return false;
	packet.known |= unknown;
	*port = (uint16_t)from;
	/* Both ends of the range, with everything else the same. */
	if (rules_hook(rules, pf, hook, &packet, ask, &first) < 0)
		return false;
	*port = (uint16_t)to;
	if (rules_hook(rules, pf, hook, &packet, ask, &last) < 0) {
		rules_result_done(&first);
		return false;
	}
	is_same = first.verdict == last.verdict && first.n_steps == last.n_steps;
	/* The last run was only for comparison. */
	rules_result_done(&last);
	if (!is_same) {
		rules_result_done(&first);
		return false;
	}
	/* The port stays unknown for the next hook; NAT may have changed whether it is known. */
	first.packet.known = (first.packet.known & ~unknown) | (walk->packet.known & unknown);
	*ret_result = first;
	return true;
}

/* Why the host's NAT will do nothing, which shows much later: at the uplink, or at the answer. */
static void note_untracked(struct judge_walk *walk)
{
	const char *rule = code_word_get(&walk->words, "rule");
	const char *unrule = code_word_get(&walk->words, "unrule");

	(void)snprintf(walk->notrack_rule, CODE_WORD_LEN, "%s", rule ? rule : "");
	(void)snprintf(walk->notrack_unrule, CODE_WORD_LEN, "%s", unrule ? unrule : "");
}

void judge_rules(struct judge_walk *walk, const struct facts_space *space, uint8_t pf,
		 unsigned int hook, const struct facts_link *iif, const struct facts_link *oif,
		 const char *hop, const char *where, struct judge_met *ret_met)
{
	struct asking asking = { .walk = walk, .space = space };
	const struct rules_ask ask = {
		.element = ask_element,
		.fib = ask_fib,
		.address = ask_address,
		.draw = ask_draw,
		.data = &asking,
	};
	struct judge_seen *seen = decode(walk, space);
	struct rules_result result;
	const struct rules_step *step = NULL;
	bool is_aside = walk->is_asking && !walk->must_resolve; /* it decides nothing yet */

	*ret_met = (struct judge_met) { .verdict = RULES_ACCEPT };
	/* Said once for each hook that needs it; the list of unknowns tells it once. */
	if ((!seen || seen->is_unreadable) && !is_aside)
		judge_unknown(walk, hop, where, "the rules of %s could not be read",
			      judge_name_of(walk, space));
	/* No rules and no conntrack: the packet passes as it is. */
	if (!seen || !seen->rules || !is_worth_it(seen->rules, pf, hook))
		return;
	fill_links(walk, space, pf, iif, oif);
	if (rules_hook(seen->rules, pf, hook, &walk->packet, &ask, &result) < 0) {
		walk->verdict->err = walk->verdict->err ? walk->verdict->err : -ENOMEM;
		return;
	}
	/* Only a doubt needs the second and third run. */
	if (result.verdict == RULES_UNKNOWN) {
		struct rules_result settled;

		if (settle_port(walk, seen->rules, pf, hook, &ask, &settled)) {
			rules_result_done(&result);
			result = settled;
		}
	}
	/* NAT, marks and the state of the flow are the packet's from now on. */
	walk->packet = result.packet;
	ret_met->verdict = result.verdict;
	ret_met->is_reset = result.is_reset;
	ret_met->nat_src = result.nat_src;
	ret_met->nat_dst = result.nat_dst;
	/* Of a drop the last step is the rule. Else the rule that changed an address is worth
	 * naming, or the one that switched conntrack off. */
	if (result.verdict == RULES_DROP || result.verdict == RULES_REJECT)
		step = result.n_steps ? &result.steps[result.n_steps - 1] : NULL;
	else if (result.nat_step)
		step = &result.steps[result.nat_step - 1];
	else if (result.notrack_step)
		step = &result.steps[result.notrack_step - 1];
	if (step)
		fill_met(step, ret_met);
	/* What switches conntrack off decides later, and is known by its rule. */
	if (walk->words.is_terse && !result.is_notracked)
		step = NULL;
	/* Answers pass prerouting and postrouting as well, by links that are not known yet: there
	 * is no one link to accept, but a rule can be removed. */
	if (step && step->rule && (hook == NF_INET_PRE_ROUTING || hook == NF_INET_POST_ROUTING))
		fill_rule(walk, seen->rules, step, NULL, NULL, ret_met);
	else if (step)
		fill_rule(walk, seen->rules, step, iif, oif, ret_met);
	/* The question for a MAC has no flow, so it says nothing about the connection's. */
	if (result.is_notracked && space == walk->host && !walk->is_asking)
		note_untracked(walk);
	if (!is_aside && (result.verdict == RULES_UNKNOWN || result.verdict == RULES_QUEUE))
		tell_doubts(walk, seen->rules, &result, hop, where);
	rules_result_done(&result);
}

/* --- the host's rules ------------------------------------------------------------------------- */

/* netd's own rules are known by their comments, which netd wrote. */
static const struct {
	const char *comment; /* of netd's own rules */
	enum code_id code;
} own_rules[] = {
	{ "unpublished, or another network", CODE_OTHER_NETWORK },
	{ "out of an internal network", CODE_INTERNAL },
	{ "into an internal network", CODE_INTERNAL },
	{ "direct access to a container from outside", CODE_CLOSED_DIRECT },
	{ "a source that is no address of its container", CODE_SOURCE_FOREIGN },
	{ "a stranger's way through the host", CODE_NO_ROUTER },
};

static enum code_id code_of_own(const struct judge_walk *walk, const struct judge_met *met)
{
	for (size_t i = 0; i < sizeof(own_rules) / sizeof(own_rules[0]); i++) {
		if (strcmp(own_rules[i].comment, met->comment) != 0)
			continue;
		/* Who comes from outside is on no network. */
		if (own_rules[i].code == CODE_OTHER_NETWORK && !walk->near->container)
			return CODE_CLOSED_DIRECT;
		return own_rules[i].code;
	}
	/* The verdict for a pair of bridges is an element's. */
	return met->is_user ? CODE_RULES_DROP : CODE_ICC_OFF;
}

/* Whose rule it was decides the code: netd's say what is meant, others' what is in the way. */
enum code_id judge_code_of_drop(const struct judge_walk *walk, const struct judge_met *met)
{
	if (met->is_netd)
		return code_of_own(walk, met);
	if (met->verdict == RULES_REJECT)
		return CODE_RULES_REJECT;
	return met->is_policy ? CODE_RULES_POLICY : CODE_RULES_DROP;
}

enum judge_at judge_dropped(struct judge_walk *walk, const struct judge_met *met, const char *hop,
			    const char *where)
{
	return judge_bad(walk, judge_code_of_drop(walk, met), hop, where, JUDGE_LOST);
}
