// SPDX-License-Identifier: GPL-2.0-or-later
// traced_rules.c - which rules the kernel says the packets met, beside those that were read
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"
#include "diag/codes.h"
#include "diag/rules/rules.h"
#include "diag/traced.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The kernel tells the rules of each namespace in their order, and nothing of
 * when: the packet there went through A, the host and B, and its answer the other way round, so
 * that is the order in which they are told. What a rule says is in the facts, which were read a
 * moment before.
 *
 * A packet that was led astray is dropped by a rule that is not the fault, so a cause that is no
 * drop stands whatever dropped the packet. A cause that is one names a rule, and then it has to be
 * that one. */

/* The packet's number does not count: another packet of the same flow is as good. */
static bool is_same(const struct traced_rule *a, const struct traced_rule *b)
{
	return a->netns == b->netns && a->handle == b->handle && a->family == b->family &&
	       a->is_answer == b->is_answer && a->verdict == b->verdict &&
	       strcmp(a->table, b->table) == 0 && strcmp(a->chain, b->chain) == 0;
}

/* Who gets no answer asks again, and meets the same rules. TRACED_RULES_MAX is more than a way
 * has; what is beyond it is not told. */
int traced_rules_add(struct traced_rules *rules, const struct traced_rule *rule)
{
	for (size_t i = 0; i < rules->n; i++)
		if (is_same(&rules->rules[i], rule))
			return 0;
	if (rules->n >= TRACED_RULES_MAX)
		return 0;
	if (rules->n == rules->size) {
		struct traced_rule *larger = grow(rules->rules, &rules->size, rules->n + 1,
						  sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		rules->rules = larger;
	}
	rules->rules[rules->n++] = *rule;
	return 0;
}

/* Empty afterwards, and may be filled again. */
void traced_rules_done(struct traced_rules *rules)
{
	free(rules->rules);
	*rules = (struct traced_rules) { 0 };
}

/* --- in words --------------------------------------------------------------------------------- */

/* A reject shows as a drop of its rule. */
static bool is_drop(const struct traced_rule *rule)
{
	return rule->verdict == NF_DROP;
}

/* What the rule did, in nft's words. */
void traced_rules_does(const struct traced_rule *rule, char *text, size_t size)
{
	switch (rule->verdict) {
	case NF_DROP:
		(void)snprintf(text, size, "drop");
		break;
	case NF_ACCEPT:
		(void)snprintf(text, size, "accept");
		break;
	/* By a program, or by something that goes on with it later. */
	case NF_STOLEN:
	case NF_QUEUE:
		(void)snprintf(text, size, "taken away");
		break;
	case NFT_RETURN:
		(void)snprintf(text, size, "return");
		break;
	case NFT_JUMP:
	case NFT_GOTO:
		(void)snprintf(text, size, "%s %s", rule->verdict == NFT_JUMP ? "jump" : "goto",
			       rule->target);
		break;
	default:
		(void)snprintf(text, size, "goes on");
		break;
	}
}

/* The picture of a namespace, by its number. NULL: none with a ruleset. */
static struct facts_space *space_of(const struct facts *facts, uint64_t netns)
{
	/* A picture without a ruleset cannot say what a rule says. Several may be pictures of
	 * one namespace. */
	for (size_t i = 0; i < facts->n_spaces; i++)
		if (facts->spaces[i]->netns == netns && facts->spaces[i]->ruleset_len > 0)
			return facts->spaces[i];
	return NULL;
}

/* NULL: no memory. "": the rule is not known, since it came after the picture. */
const char *traced_rules_say(const struct traced_rule *rule, struct facts *facts, char *text,
			     size_t size)
{
	const struct facts_space *space = space_of(facts, rule->netns);
	const struct rules *rules;
	int err = 0;

	*text = '\0';
	if (rule->is_policy) {
		(void)snprintf(text, size, "policy");
		return text;
	}
	rules = space ? facts_rules(facts, space, &err) : NULL;
	if (rules)
		(void)rules_print(
			rules_find(rules, rule->family, rule->table, rule->chain, rule->handle),
			text, size);
	return err == -ENOMEM ? NULL : text;
}

/* "inet corp, chain f, handle 2"; of a policy "the policy of inet corp, chain f". The same
 * words as in a verdict's sentence. */
static void print_rule(const struct traced_rule *rule, char *text, size_t size)
{
	if (rule->is_policy)
		(void)snprintf(text, size, "the policy of %s %s, chain %s",
			       rules_family_name(rule->family), rule->table, rule->chain);
	else
		(void)snprintf(text, size, "%s %s, chain %s, handle %llu",
			       rules_family_name(rule->family), rule->table, rule->chain,
			       (unsigned long long)rule->handle);
}

/* --- the order of the way --------------------------------------------------------------------- */

/* 0: A, 1: the host and whoever is between, 2: B, and the answer behind it. An answer passes
 * the places in the other order: 3 is B, 4 the host, 5 A. */
static int place_number(const struct traced_rule *rule, const struct diag_verdict *verdict)
{
	int number = rule->netns == verdict->from.netns ? 0
		     : rule->netns == verdict->to.netns ? 2
							: 1;

	return rule->is_answer ? 5 - number : number;
}

/* A ruleset of the namespace, decoded; NULL: there is none, or it was not read. */
static struct rules *ruleset_of(const struct facts *facts, uint64_t netns)
{
	const struct facts_space *space = space_of(facts, netns);
	struct rules *rules = NULL;

	if (!space || rules_decode(space->ruleset, space->ruleset_len, &rules) < 0)
		return NULL;
	return rules;
}

/* ruleset NULL: only the number of the rule can be told. */
static void tell_rule(const struct traced_rule *rule, const struct rules *ruleset,
		      const struct facts *facts, struct diag_verdict *verdict)
{
	char does[TRACED_NAME + 8], say[160] = "";
	/* NULL: the verdict has enough of them, and counts the rest. */
	struct diag_met *met;

	traced_rules_does(rule, does, sizeof(does));
	if (rule->is_policy)
		(void)snprintf(say, sizeof(say), "policy");
	else if (ruleset)
		(void)rules_print(
			rules_find(ruleset, rule->family, rule->table, rule->chain, rule->handle),
			say, sizeof(say));
	met = verdict_add_met(verdict, traced_place(facts, verdict, rule->netns),
			      rules_family_name(rule->family), rule->table, rule->chain, does, say);
	if (!met)
		return;
	met->handle = rule->handle;
	met->is_answer = rule->is_answer;
}

/* Six passes, one for each place. A ruleset is decoded once for a run of rules of the same
 * namespace. */
static void tell_all(const struct traced_rules *rules, const struct facts *facts,
		     struct diag_verdict *verdict)
{
	for (int number = 0; number <= 5; number++) {
		struct rules *ruleset = NULL;
		/* No namespace has this number, so the first rule decodes one. */
		uint64_t netns = 0;

		for (size_t i = 0; i < rules->n; i++) {
			const struct traced_rule *rule = &rules->rules[i];

			if (place_number(rule, verdict) != number)
				continue;
			if (rule->netns != netns) {
				rules_free(ruleset);
				ruleset = ruleset_of(facts, rule->netns);
				netns = rule->netns;
			}
			tell_rule(rule, ruleset, facts, verdict);
		}
		rules_free(ruleset);
	}
}

/* --- beside what was read --------------------------------------------------------------------- */

/* The first on the way that dropped it. NULL: none did. Of two drops the one that is nearer to
 * where the packet starts. */
static const struct traced_rule *dropped_by(const struct traced_rules *rules,
					    const struct diag_verdict *verdict)
{
	const struct traced_rule *first = NULL;

	for (size_t i = 0; i < rules->n; i++)
		if (is_drop(&rules->rules[i]) &&
		    (!first ||
		     place_number(&rules->rules[i], verdict) < place_number(first, verdict)))
			first = &rules->rules[i];
	return first;
}

/* What says that a rule drops or refuses it, and which. A rule that leads it astray is another
 * matter. */
static bool blames_a_rule(const struct diag_verdict *verdict)
{
	static const enum code_id by_rule[] = {
		CODE_OWN_RULES_OUT, CODE_OWN_RULES_IN, CODE_BRIDGE_RULES,    CODE_NETDEV_RULES,
		CODE_OTHER_NETWORK, CODE_RULES_DROP,   CODE_RULES_POLICY,    CODE_RULES_REJECT,
		CODE_CLOSED_DIRECT, CODE_RULES_OF_B,   CODE_RULES_OF_B_RESET
	};

	for (size_t i = 0; i < ARRAY_SIZE(by_rule); i++)
		if (verdict->code && strcmp(verdict->code, codes[by_rule[i]].word) == 0)
			return verdict->rule.family != 0;
	return false;
}

/* Names are compared as far as the trace keeps them. */
static bool is_blamed(const struct traced_rule *rule, const struct diag_rule *blamed)
{
	return rule->family == blamed->family &&
	       strncmp(rule->table, blamed->table, TRACED_NAME - 1) == 0 &&
	       strncmp(rule->chain, blamed->chain, TRACED_NAME - 1) == 0 &&
	       (rule->is_policy ? 0 : rule->handle) == blamed->handle;
}

/* After tell_all() the only question left is whether the drop is the rule that is blamed. */
int traced_rules_tell(const struct traced_rules *rules, const struct facts *facts,
		      struct diag_verdict *verdict)
{
	const struct traced_rule *drop = dropped_by(rules, verdict);
	/* A table and a chain, and the words around them. */
	char text[3 * TRACED_NAME];

	verdict->trace.is_there = true;
	if (rules->lacks[0])
		verdict_set_rules_lack(verdict, "%s", rules->lacks);
	tell_all(rules, facts, verdict);
	/* What got through was dropped by nobody who matters. */
	if (!drop || verdict->outcome != DIAG_UNREACHABLE ||
	    verdict->probe.outcome == DIAG_CONNECTED || verdict->probe.outcome == DIAG_ANSWERED)
		return verdict->err;
	print_rule(drop, text, sizeof(text));
	/* The trace is of a real packet: where the two differ it is told, and the cause stays. */
	if (blames_a_rule(verdict) && !is_blamed(drop, &verdict->rule)) {
		verdict->trace.disagrees = true;
		verdict_set_end(verdict, "dropped in %s by %s",
				traced_place(facts, verdict, drop->netns), text);
	} else if (!verdict->code) {
		verdict_change_cause(verdict, "dropped in %s by %s",
				     traced_place(facts, verdict, drop->netns), text);
		verdict_set_why(verdict, "The rules could not be read to the end, and the kernel's "
					 "trace of a real packet says which one it was.");
	}
	return verdict->err;
}
