// SPDX-License-Identifier: GPL-2.0-or-later
// run.c - a packet's way through the rules of a base chain
#include "diag/rules/run.h"

#include "diag/rules/act.h"
#include "diag/rules/load.h"
#include "diag/rules/lookup.h"
#include "diag/rules/nat.h"
#include "diag/rules/xt.h"

#include <string.h>

#define JUMPS_DEEP 16 /* the kernel's NFT_JUMP_STACK_SIZE */

/* Theory of operation. This is nft_do_chain() of the kernel with a third value: expressions run
 * until one does not match or gives a verdict, a rule that matched is a step, and a verdict ends
 * the base chain, goes on, or changes the chain. Chains of a real ruleset form no circle and are no
 * deeper than the kernel's stack; those of a file may be anything, so both are bounded (way.h). */

/* A comparison with a register that does not exist is a file's, and may go either way. */
static bool run_cmp(struct way *way, const struct expr *expr)
{
	size_t at;
	/* What it stays when the register is none. */
	enum maybe is_so = MAYBE;

	if (bits_register(expr->sreg, expr->data->len, &at))
		is_so = bits_compare(&way->regs, at, expr->op, expr->data->bytes, expr->data->len);
	return way_decide(way, expr, is_so, NULL);
}

/* As run_cmp(), with both ends. */
static bool run_range(struct way *way, const struct expr *expr)
{
	size_t at;
	enum maybe is_so = MAYBE;

	if (bits_register(expr->sreg, expr->from->len, &at))
		is_so = bits_between(&way->regs, at, expr->from->bytes, expr->to->bytes,
				     expr->from->len);
	if (expr->op == NFT_RANGE_NEQ)
		is_so = maybe_not(is_so);
	return way_decide(way, expr, is_so, NULL);
}

/* Registers that are not there are a file's: what would have been written is then anything. */
static void run_bitwise(struct way *way, const struct expr *expr)
{
	size_t from, to;
	uint32_t by;

	/* A length that is no whole word still uses the word. */
	if (!bits_register(expr->sreg, (expr->len + 3) / 4 * 4, &from) ||
	    !bits_register(expr->dreg, (expr->len + 3) / 4 * 4, &to)) {
		bits_forget(&way->regs, 0, RULES_BYTES);
		return;
	}
	if (expr->op == NFT_BITWISE_BOOL) {
		bits_mask(&way->regs, to, from, expr->mask->bytes, expr->xor->bytes, expr->len);
		return;
	}
	/* The distance of a shift is a number of the host. */
	memcpy(&by, expr->data->bytes, sizeof(by));
	bits_shift(&way->regs, to, from, expr->len, by, expr->op == NFT_BITWISE_LSHIFT);
}

/* Both operations are the same: to swap, or to do nothing on a host whose order is the wire's. */
static void run_byteorder(struct way *way, const struct expr *expr)
{
	size_t from, to;

	/* As in run_bitwise(). */
	if (!bits_register(expr->sreg, expr->len, &from) ||
	    !bits_register(expr->dreg, expr->len, &to))
		bits_forget(&way->regs, 0, RULES_BYTES);
	else if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		bits_swap(&way->regs, to, from, expr->len, expr->size);
	else
		bits_copy(&way->regs, to, &way->regs, from, expr->len);
}

/* What stands for something that is not understood, but cannot do more than this. */
static bool run_strange(struct way *way, const struct expr *expr)
{
	bits_forget(&way->regs, 0, RULES_BYTES);
	return way_decide(way, expr, MAYBE, expr->doubt);
}

/* What looks and compares. true: go on with the rule. */
static bool run_look(struct way *way, const struct expr *expr)
{
	switch (expr->kind) {
	/* Each of these writes a register, or ends the rule where the kernel does. */
	case EXPR_META:
		return load_meta(way, expr);
	case EXPR_PAYLOAD:
		return load_payload(way, expr);
	case EXPR_CT:
		return load_ct(way, expr);
	case EXPR_EXTHDR:
		return load_exthdr(way, expr);
	case EXPR_FIB:
		return load_fib(way, expr);
	case EXPR_BITWISE:
		run_bitwise(way, expr);
		return true;
	case EXPR_BYTEORDER:
		run_byteorder(way, expr);
		return true;
	case EXPR_CMP:
		return run_cmp(way, expr);
	case EXPR_RANGE:
		return run_range(way, expr);
	case EXPR_LOOKUP:
		return lookup_run(way, expr);
	case EXPR_MATCH:
		return xt_match(way, expr);
	default: /* the realm and the next hop of a route */
		return load_unknown(way, expr, 0);
	}
}

/* What does something, whatever it was that matched before. None of these keeps a rule from
 * matching. */
static void run_act(struct way *way, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_IMMEDIATE:
		act_immediate(way, expr);
		break;
	case EXPR_META_SET:
		act_meta_set(way, expr);
		break;
	case EXPR_PAYLOAD_SET:
		act_payload_set(way, expr);
		break;
	case EXPR_CT_SET:
		act_ct_set(way, expr);
		break;
	case EXPR_NAT:
	case EXPR_MASQ:
	case EXPR_REDIR:
		nat_run(way, expr);
		break;
	case EXPR_REJECT:
		act_reject(way, expr);
		break;
	case EXPR_NOTRACK:
		act_notrack(way);
		break;
	/* A program decides, which nobody can ask: run_one() notes that there was one. */
	case EXPR_QUEUE:
		way->verdict = (struct verdict) { .code = NF_QUEUE };
		break;
	default:
		break;
	}
}

/* false: the rule does not match. */
static bool run_expr(struct way *way, const struct expr *expr)
{
	/* The kinds are sorted: what only looks comes first in the enum. */
	if (expr->kind < EXPR_IMMEDIATE)
		return run_look(way, expr);
	switch (expr->kind) {
	case EXPR_TARGET:
		return xt_target(way, expr);
	case EXPR_MAYBE:
		/* A limit or a quota: either way. */
		return way_decide(way, expr, MAYBE, expr->doubt);
	case EXPR_LOADS:
		return load_number(way, expr);
	case EXPR_STRANGE:
		return run_strange(way, expr);
	/* What is not understood at all may do anything. */
	case EXPR_OPAQUE:
	case EXPR_N_KINDS:
		return act_opaque(way, expr, expr->doubt);
	default:
		run_act(way, expr);
		return true;
	}
}

/* A verdict that is not known may be to go on, to accept, or to drop. Two turns make three ways. */
static void settle_verdict(struct way *way, const struct expr *expr)
{
	if (way->verdict.code != WAY_ANYTHING)
		return;
	way_blur(way);
	if (!way_choose(way, expr, NULL))
		way->verdict = (struct verdict) { .code = NFT_CONTINUE };
	else if (!way_choose(way, expr, NULL))
		way->verdict = (struct verdict) { .code = NF_ACCEPT };
	else
		way->verdict = (struct verdict) { .code = NF_DROP };
}

/* false: it does not match. A step is noted for each rule that matched, as the kernel's trace
 * has it. */
static bool run_rule(struct way *way, const struct rules_rule *rule)
{
	/* For sentences and doubts that come up in the middle of it. */
	way->rule = rule;
	way->verdict = (struct verdict) { .code = NFT_CONTINUE };
	/* What was told of the rule before is over. */
	way->unknown[0] = way->element[0] = '\0';
	way->did_nat = way->did_notrack = false;
	for (const struct expr *expr = rule->exprs; expr; expr = expr->next) {
		if (!run_expr(way, expr))
			return false;
		/* After each expression, for the next one depends on the verdict. */
		settle_verdict(way, expr);
		/* A verdict that ends only this rule. */
		if (way->verdict.code == NFT_BREAK)
			return false;
		if (way->verdict.code != NFT_CONTINUE)
			break;
	}
	/* The trace shows a rule without a verdict as "continue". */
	way_step(way, rule, &way->verdict);
	return true;
}

/* Rules to come back to. A goto leaves nothing to come back to. */
struct jumps {
	/* each the rule behind a jump; NULL where the jump was the last rule */
	const struct rules_rule *rules[JUMPS_DEEP];
	size_t n;
};

#define ODD_CHAIN "an attribute of the chain that nobody knows"

/* Where a jump goes; *ret_rule is NULL when there is nothing. A chain that is too deep or not
 * there makes the way lost: nothing behind it is known. */
static void follow(struct way *way, struct jumps *jumps, const struct rules_rule *rule,
		   const struct rules_rule **ret_rule)
{
	const struct chain *chain = way->verdict.chain;

	if (!chain || (way->verdict.code == NFT_JUMP && jumps->n == JUMPS_DEEP)) {
		way_lose(way, "a jump to a chain that is not there, or too deep");
		*ret_rule = NULL;
		return;
	}
	/* The chain has something that nobody knows. */
	if (chain->is_odd)
		way_lose(way, ODD_CHAIN);
	if (way->verdict.code == NFT_JUMP)
		jumps->rules[jumps->n++] = rule->next;
	*ret_rule = chain->rules;
}

/* A policy is a verdict like others. A queue goes on here, for the program may let the packet pass:
 * what comes behind it decides as well. */
static enum run_end end_of(const struct verdict *verdict)
{
	return verdict->code == NF_DROP ? RUN_DROP : RUN_ACCEPT;
}

/* true: a verdict for the base chain is there. Otherwise *rule is where it goes on. n_rules
 * counts the rules of all ways, which bounds the whole. */
static bool run_one(struct way *way, struct jumps *jumps, const struct rules_rule **rule)
{
	const struct rules_rule *now = *rule;

	/* Set ahead: a rule that does not match, or only continues, goes on there. */
	*rule = now->next;
	if (++way->ways->n_rules > WAY_RULES) {
		way_lose(way, "more rules than are followed");
		return true;
	}
	if (!run_rule(way, now))
		return false;
	switch (way->verdict.code) {
	case NFT_CONTINUE:
		return false;
	/* Back to the rule behind the jump. */
	case NFT_RETURN:
		*rule = NULL;
		return false;
	case NFT_JUMP:
	case NFT_GOTO:
		follow(way, jumps, now, rule);
		return false;
	default:
		break;
	}
	/* The number of the queue stands above the verdict. */
	way->is_queued |= (way->verdict.code & NF_VERDICT_MASK) == NF_QUEUE;
	return true;
}

/* A base chain from its first rule to its policy. */
enum run_end run_chain(struct way *way, const struct chain *base)
{
	const struct rules_rule *rule = base->rules;
	struct jumps jumps = { 0 };
	/* The end of the base chain, when no rule gives a verdict. */
	struct verdict policy = { .code = (int32_t)base->policy };

	way->base = base;
	way->rule = NULL;
	/* It may drop everything, do nothing at all, or be what it looks like. */
	if (base->is_odd && way_choose(way, NULL, ODD_CHAIN))
		return RUN_DROP;
	if (base->is_odd && way_choose(way, NULL, ODD_CHAIN))
		return RUN_ACCEPT;
	for (;;) {
		/* The end of a chain goes back to where it was jumped to. */
		while (!rule && jumps.n > 0)
			rule = jumps.rules[--jumps.n];
		if (!rule)
			break;
		if (run_one(way, &jumps, &rule))
			return end_of(&way->verdict);
		if (way->ways->is_lost || way->ways->err < 0)
			/* The caller looks at is_lost and err. */
			return RUN_ACCEPT;
	}
	/* The policy is a step without a rule. */
	way->rule = NULL;
	way->element[0] = '\0';
	way->did_nat = way->did_notrack = false;
	way_step(way, NULL, &policy);
	return end_of(&policy);
}
