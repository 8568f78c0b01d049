// SPDX-License-Identifier: GPL-2.0-or-later
// traced_legacy.c - rules of iptables-legacy, beside what the tracer saw and the rules that it did
// not see
#include "base/buf.h"
#include "diag/codes.h"
#include "diag/traced.h"

#include <linux/netfilter.h>
#include <string.h>

/* Theory of operation. The kernel traces rules of nftables, those of iptables-nft among them. It
 * would trace those of iptables-legacy where one of their own rules (TRACE) asks for it, which is
 * somebody else's table to change. But every hook ends in one function, whoever dropped the packet:
 * where that was so and nftables has told of no drop, only legacy rules are left. */

/* Tables are called "ip filter" and "ip6 nat" in the facts. */
static bool is_of_family(const char *table, const struct addr *addr)
{
	const char *family = addr->family == AF_INET6 ? "ip6 " : "ip ";

	return strncmp(table, family, strlen(family)) == 0;
}

static bool has_legacy(const struct facts_space *space, const struct addr *addr)
{
	for (size_t i = 0; i < space->n_legacy; i++)
		if (is_of_family(space->legacy[i], addr))
			return true;
	return false;
}

/* Several may be pictures of one namespace. */
static bool is_first(const struct facts *facts, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (facts->spaces[i]->netns == facts->spaces[at]->netns)
			return false;
	return true;
}

/* The sentence joins what else is lacking. */
static void tell_tables(const struct traced_rules *rules, const struct facts *facts,
			struct diag_verdict *verdict)
{
	/* Of a family that the packet does not have no table counts. */
	const struct addr *to = &verdict->to.addr;
	struct buf text = { 0 };

	if (rules->lacks[0])
		buf_printf(&text, "%s; and ", rules->lacks);
	buf_puts(&text, "the kernel does not trace those of iptables-legacy, and there are some "
			"in");
	for (size_t i = 0, n = 0; i < facts->n_spaces; i++)
		if (has_legacy(facts->spaces[i], to) && is_first(facts, i))
			buf_printf(&text, "%s %s", n++ > 0 ? "," : "",
				   traced_place(facts, verdict, facts->spaces[i]->netns));
	verdict_set_rules_lack(verdict, "%s", text.data ? text.data : "");
	buf_done(&text);
}

/* NETFILTER_DROP is the reason since 5.17; before, the function is all that is told. */
static bool is_by_hook(const struct traced_line *line)
{
	return strcmp(line->reason, "NETFILTER_DROP") == 0 ||
	       strncmp(line->function, "nf_hook_slow", strlen("nf_hook_slow")) == 0;
}

/* NULL: the first loss was another. */
static const struct traced_line *dropped_by_hook(const struct traced *traced)
{
	for (size_t i = 0; i < traced->n; i++)
		if (traced_is_loss(&traced->lines[i]))
			return is_by_hook(&traced->lines[i]) ? &traced->lines[i] : NULL;
	return NULL;
}

/* A trace of rules that is not whole may have missed the drop: then nobody can conclude
 * anything. */
static bool has_drop(const struct traced_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rules[i].verdict == NF_DROP)
			return true;
	return rules->lacks[0]; /* or may have */
}

/* The code stays: only its sentence becomes certain. */
static void decide(const struct traced_line *loss, const struct facts *facts,
		   struct diag_verdict *verdict)
{
	const char *place = traced_place(facts, verdict, loss->netns);
	struct diag_hop *hop;

	verdict_change_cause(verdict, "a rule of iptables-legacy in %s drops it", place);
	hop = verdict_hop(verdict, verdict->hop);
	if (hop)
		verdict_change_hop(verdict, hop, DIAG_BAD, "%s", verdict->cause);
}

static bool has_legacy_at(const struct facts *facts, uint64_t netns, const struct addr *to)
{
	for (size_t i = 0; i < facts->n_spaces; i++)
		if (facts->spaces[i]->netns == netns && has_legacy(facts->spaces[i], to))
			return true;
	return false;
}

/* All of these must hold: the kernel dropped it at a hook, nftables told of no drop, a legacy
 * table is there, and the judge had nothing better. */
int traced_legacy_tell(const struct traced *traced, const struct traced_rules *rules,
		       const struct facts *facts, struct diag_verdict *verdict)
{
	const struct traced_line *loss = dropped_by_hook(traced);
	const struct addr *to = &verdict->to.addr;
	bool is_there = false;

	for (size_t i = 0; i < facts->n_spaces; i++)
		is_there = is_there || has_legacy(facts->spaces[i], to);
	if (!is_there)
		return verdict->err;
	tell_tables(rules, facts, verdict);
	if (loss && verdict->outcome == DIAG_UNREACHABLE && verdict->code &&
	    strcmp(verdict->code, codes[CODE_LEGACY_IPTABLES].word) == 0 && !has_drop(rules) &&
	    has_legacy_at(facts, loss->netns, to))
		decide(loss, facts, verdict);
	return verdict->err;
}
