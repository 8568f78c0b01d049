// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_link.c - which chain a jump leads to, which set a lookup looks into, and what follows
// from that
#include "diag/rules/ruleset.h"

#include "base/cleanup.h"

#include <string.h>

/* Theory of operation. Messages come chain by chain and set by set, and a rule may jump to a
 * chain or look into a set that comes behind it. So names are followed when all of them are
 * there. At the same time it is found out for each expression whether anything behind it in its
 * rule has an effect (is_used_up): where nothing has, it makes no difference whether it
 * matches, and no way has to be walked twice for it. */

/* A chain that is not there stays NULL, and following it makes the way lost. */
static void link_verdict(struct rules *rules, struct table *table, struct verdict *verdict)
{
	if (verdict->name)
		verdict->chain = ruleset_chain(rules, table, verdict->name);
}

/* What an object of a map does is known when the set is; one with an attribute that nobody knows is
 * opaque, and stays so. */
static void link_objref(struct expr *expr)
{
	if (strcmp(expr->name, "objref") != 0 || !expr->set_name || expr->kind != EXPR_STRANGE)
		return;
	expr->kind = EXPR_MAYBE;
	if (!expr->set || expr->set->obj_type == NFT_OBJECT_UNSPEC ||
	    expr->set->obj_type >= NFT_OBJECT_SYNPROXY)
		expr->kind = EXPR_OPAQUE;
}

/* Names become pointers, where there is something of that name. */
static void link_expr(struct rules *rules, struct table *table, struct expr *expr)
{
	if (expr->data && expr->data->is_verdict)
		link_verdict(rules, table, &expr->data->verdict);
	if (expr->set_name)
		expr->set = ruleset_set(rules, table, expr->set_name);
	link_objref(expr);
}

/* Whether it does more than to load, compare or count. */
static bool has_effect(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_META:
	case EXPR_PAYLOAD:
	case EXPR_CT:
	case EXPR_EXTHDR:
	case EXPR_FIB:
	case EXPR_RT:
	case EXPR_BITWISE:
	case EXPR_BYTEORDER:
	case EXPR_CMP:
	case EXPR_RANGE:
	case EXPR_MATCH:
	case EXPR_NOTHING:
	case EXPR_MAYBE:
	case EXPR_LOADS:
	case EXPR_STRANGE:
		return false;
	case EXPR_LOOKUP:
	case EXPR_IMMEDIATE:
		return expr->dreg == NFT_REG_VERDICT;
	case EXPR_META_SET:
	case EXPR_PAYLOAD_SET:
	case EXPR_CT_SET:
	case EXPR_NAT:
	case EXPR_MASQ:
	case EXPR_REDIR:
	case EXPR_REJECT:
	case EXPR_NOTRACK:
	case EXPR_QUEUE:
	case EXPR_TARGET:
	case EXPR_OPAQUE:
	case EXPR_N_KINDS:
		return true;
	}
	return true;
}

/* The last expression with an effect divides the rule. */
static void link_rule(struct rules *rules, struct rules_rule *rule)
{
	struct expr *last = NULL;

	for (struct expr *expr = rule->exprs; expr; expr = expr->next) {
		link_expr(rules, rule->chain->table, expr);
		if (has_effect(expr))
			last = expr;
	}
	/* What stands behind the last effect. Without any that is all. */
	for (struct expr *expr = last ? last->next : rule->exprs; expr; expr = expr->next)
		expr->is_used_up = true;
}

/* Verdicts of elements jump to chains as well. */
static void link_set(struct rules *rules, struct set *set)
{
	for (struct element *element = set->elements; element; element = element->next)
		link_verdict(rules, set->table, &element->data.verdict);
}

void ruleset_link(struct rules *rules)
{
	for (struct table *table = rules->tables; table; table = table->next) {
		for (struct set *set = table->sets; set; set = set->next)
			link_set(rules, set);
		for (struct chain *chain = table->chains; chain; chain = chain->next)
			for (struct rules_rule *rule = chain->rules; rule; rule = rule->next)
				link_rule(rules, rule);
	}
}
