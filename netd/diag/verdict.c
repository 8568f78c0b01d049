// SPDX-License-Identifier: GPL-2.0-or-later
// verdict.c - a verdict as it grows: hops, the cause, what repairs it
#include "diag/verdict.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Lists have a fixed number of places: a way has a dozen hops, and a
 * person reads no more than a few of anything. What is added to a list that is full goes into
 * its last place, whose text is lost, and err says so. So whoever adds gets a pointer that is
 * always good, and asks for err once. Texts belong to the verdict and are freed by
 * verdict_done(). Codes, ids and keys are constants of the program and are only pointed at. */

/* The first error is kept: what follows is mostly a consequence. */
static void fail(struct diag_verdict *verdict, int err)
{
	if (verdict->err == 0)
		verdict->err = err;
}

/* A text takes the place of what was there. On failure the text is NULL, which every reader
 * takes for "not told". */
__attribute__((format(printf, 3, 0))) static void vset(struct diag_verdict *verdict, char **text,
						       const char *format, va_list list)
{
	if (verdict->is_terse)
		return;
	/* Before the new one is made: an old sentence beside a new state would mislead. */
	free(*text);
	if (vasprintf(text, format, list) >= 0)
		return;
	*text = NULL;
	fail(verdict, -ENOMEM);
}

/* The same for a list of arguments of its own. */
__attribute__((format(printf, 3, 4))) static void set(struct diag_verdict *verdict, char **text,
						      const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vset(verdict, text, format, list);
	va_end(list);
}

/* Index of the place that the next item of a list goes into. */
static size_t next_place(struct diag_verdict *verdict, size_t *n, size_t max)
{
	if (*n < max)
		return (*n)++;
	fail(verdict, -E2BIG);
	/* The last place is always there: no list has room for none. */
	return max - 1;
}

/* --- what is freed ---------------------------------------------------------------------------- */

/* The keys are constants; the texts were made here. */
static void done_facts(struct diag_hop *hop)
{
	for (size_t i = 0; i < hop->n_facts; i++)
		free(hop->facts[i].text);
	hop->n_facts = 0;
}

/* Leaves an empty hop, for a place that is given away again. */
static void done_hop(struct diag_hop *hop)
{
	done_facts(hop);
	free(hop->where);
	free(hop->say);
	*hop = (struct diag_hop) { 0 };
}

/* The same for a repair. Its words are those that verdict_add_word() has made. */
static void done_fix(struct diag_fix *fix)
{
	for (size_t i = 0; i < fix->n_argv; i++)
		free(fix->argv[i]);
	free(fix->say);
	*fix = (struct diag_fix) { 0 };
}

/* The ends are emptied by whoever zeroes the verdict. */
static void done_end(struct diag_end *end)
{
	free(end->name);
	free(end->space);
}

/* What a tracer met. All of its texts may be NULL. */
static void done_met(struct diag_met *met)
{
	free(met->where);
	free(met->family);
	free(met->table);
	free(met->chain);
	free(met->verdict);
	free(met->say);
}

/* The verdict is empty and valid afterwards, so it may be used again. */
void verdict_done(struct diag_verdict *verdict)
{
	for (size_t i = 0; i < verdict->n_hops; i++)
		done_hop(&verdict->hops[i]);
	for (size_t i = 0; i < verdict->n_fixes; i++)
		done_fix(&verdict->fixes[i]);
	for (size_t i = 0; i < verdict->n_also; i++)
		free(verdict->also[i].say);
	for (size_t i = 0; i < verdict->n_unknown; i++) {
		free(verdict->unknown[i].where);
		free(verdict->unknown[i].why);
	}
	done_end(&verdict->from);
	done_end(&verdict->to);
	free(verdict->cause);
	free(verdict->why);
	free(verdict->note);
	free(verdict->probe.by);
	free(verdict->probe.large_by);
	free(verdict->rule.table);
	free(verdict->rule.chain);
	free(verdict->trace.rules_lack);
	for (size_t i = 0; i < verdict->trace.n_met; i++)
		done_met(&verdict->trace.met[i]);
	for (size_t i = 0; i < verdict->trace.n; i++) {
		free(verdict->trace.lines[i].where);
		free(verdict->trace.lines[i].link);
		free(verdict->trace.lines[i].say);
	}
	free(verdict->trace.lacks);
	free(verdict->trace.end);
	*verdict = (struct diag_verdict) { 0 };
}

/* --- what is added ---------------------------------------------------------------------------- */

/* What is no sentence is there in any verdict. */
static void copy(struct diag_verdict *verdict, char **text, const char *from)
{
	free(*text);
	*text = strdup(from);
	if (!*text)
		fail(verdict, -ENOMEM);
}

/* end is one of the two of this verdict, so its text is freed with it. */
void verdict_set_name(struct diag_verdict *verdict, struct diag_end *end, const char *name)
{
	copy(verdict, &end->name, name);
}

/* The key of the picture that the end is in, for whoever looks there again. */
void verdict_set_space(struct diag_verdict *verdict, struct diag_end *end, const char *key)
{
	copy(verdict, &end->space, key);
}

/* id is a constant. The hop stays where it is, for its facts. The pointer is good until a list
 * that is full gives the same place away. */
struct diag_hop *verdict_add_hop(struct diag_verdict *verdict, const char *id,
				 enum diag_state state, const char *where, const char *say, ...)
{
	struct diag_hop *hop = &verdict->hops[next_place(verdict, &verdict->n_hops, DIAG_HOPS_MAX)];
	va_list list;

	done_hop(hop); /* of a list that is full */
	hop->id = id;
	hop->state = state;
	set(verdict, &hop->where, "%s", where);
	va_start(list, say);
	vset(verdict, &hop->say, say, list);
	va_end(list);
	return hop;
}

/* The judge says a thing better when it knows more; id and place stay. */
void verdict_change_hop(struct diag_verdict *verdict, struct diag_hop *hop, enum diag_state state,
			const char *say, ...)
{
	va_list list;

	hop->state = state;
	va_start(list, say);
	vset(verdict, &hop->say, say, list);
	va_end(list);
}

/* The key is a constant of the caller's. */
static struct diag_fact *add_fact(struct diag_verdict *verdict, struct diag_hop *hop,
				  const char *key)
{
	struct diag_fact *fact = &hop->facts[next_place(verdict, &hop->n_facts, DIAG_FACTS_MAX)];

	/* A list that is full gives its last place away. */
	free(fact->text);
	*fact = (struct diag_fact) { .key = key };
	return fact;
}

/* A fact is a text or a number; which of both says whether text is NULL. The number of a text
 * stays 0. */
void verdict_add_text(struct diag_verdict *verdict, struct diag_hop *hop, const char *key,
		      const char *text, ...)
{
	struct diag_fact *fact = add_fact(verdict, hop, key);
	va_list list;

	va_start(list, text);
	vset(verdict, &fact->text, text, list);
	va_end(list);
}

/* A number says what it counts by its key, unit included. */
void verdict_add_number(struct diag_verdict *verdict, struct diag_hop *hop, const char *key,
			int64_t number)
{
	add_fact(verdict, hop, key)->number = number;
}

/* The first hop with this id, for the judge to say more about it. NULL: there is no such hop. */
struct diag_hop *verdict_hop(struct diag_verdict *verdict, const char *id)
{
	for (size_t i = 0; i < verdict->n_hops; i++)
		if (strcmp(verdict->hops[i].id, id) == 0)
			return &verdict->hops[i];
	return NULL;
}

/* A finding that gave its place away has its text freed by the vset() that follows. */
static struct diag_finding *add_finding(struct diag_verdict *verdict, const char *code,
					const char *hop, enum diag_state state)
{
	struct diag_finding *finding =
		&verdict->also[next_place(verdict, &verdict->n_also, DIAG_LIST_MAX)];

	/* Constants, which are only pointed at. */
	finding->code = code;
	finding->hop = hop;
	finding->state = state;
	return finding;
}

/* The first cause is the cause. All others are listed beside it, as bad. true: it has become
 * the cause. The caller adds why and what repairs it only then. */
bool verdict_set_cause(struct diag_verdict *verdict, const char *code, const char *hop,
		       const char *cause, ...)
{
	/* A verdict has a cause from the moment that it has a code. */
	bool is_first = !verdict->code;
	char **text = is_first ? &verdict->cause : &add_finding(verdict, code, hop, DIAG_BAD)->say;
	va_list list;

	if (is_first) {
		verdict->code = code;
		verdict->hop = hop;
	}
	va_start(list, cause);
	vset(verdict, text, cause, list);
	va_end(list);
	return is_first;
}

/* The last why counts: there is one cause, and so one reason. */
void verdict_set_why(struct diag_verdict *verdict, const char *why, ...)
{
	va_list list;

	va_start(list, why);
	vset(verdict, &verdict->why, why, list);
	va_end(list);
}

/* What is worth knowing and is no reason. The last one counts. */
void verdict_set_note(struct diag_verdict *verdict, const char *note, ...)
{
	va_list list;

	va_start(list, note);
	vset(verdict, &verdict->note, note, list);
	va_end(list);
}

/* A repair: who is to do it, and what in a sentence. Words of a command may follow. The pointer
 * is good as a hop's is. */
struct diag_fix *verdict_add_fix(struct diag_verdict *verdict, enum diag_who who, const char *say,
				 ...)
{
	struct diag_fix *fix =
		&verdict->fixes[next_place(verdict, &verdict->n_fixes, DIAG_LIST_MAX)];
	va_list list;

	/* Only a place that was given away has something to free. */
	done_fix(fix);
	fix->who = who;
	va_start(list, say);
	vset(verdict, &fix->say, say, list);
	va_end(list);
	return fix;
}

/* A command that lost a word is no command: it must not be run. A fix keeps the words that it
 * has; err tells that it is not whole. */
void verdict_add_word(struct diag_verdict *verdict, struct diag_fix *fix, const char *word, ...)
{
	va_list list;

	if (fix->n_argv == DIAG_ARGV_MAX) {
		fail(verdict, -E2BIG);
		return;
	}
	va_start(list, word);
	vset(verdict, &fix->argv[fix->n_argv], word, list);
	va_end(list);
	/* A word that could not be made leaves no gap; err is set then. */
	if (fix->argv[fix->n_argv])
		fix->n_argv++;
}

/* Beside the cause, with a state of its own. */
void verdict_add_also(struct diag_verdict *verdict, const char *code, const char *hop,
		      enum diag_state state, const char *say, ...)
{
	struct diag_finding *finding = add_finding(verdict, code, hop, state);
	va_list list;

	va_start(list, say);
	vset(verdict, &finding->say, say, list);
	va_end(list);
}

/* Something that could not be looked at, with its place. A verdict that rests on it is told as
 * uncertain by whoever judges. */
void verdict_add_unknown(struct diag_verdict *verdict, const char *where, const char *why, ...)
{
	struct diag_gap *gap;
	va_list list;

	/* It cannot be told from those there are. That there is one the outcome says. */
	if (verdict->is_terse)
		return;
	gap = &verdict->unknown[next_place(verdict, &verdict->n_unknown, DIAG_LIST_MAX)];
	set(verdict, &gap->where, "%s", where);
	va_start(list, why);
	vset(verdict, &gap->why, why, list);
	va_end(list);
	/* There and back by the same place it is the same, and is told once. It is compared
	 * after it was written, since its text is only known then. */
	for (struct diag_gap *old = verdict->unknown; old < gap; old++)
		if (old->where && gap->where && old->why && gap->why &&
		    strcmp(old->where, gap->where) == 0 && strcmp(old->why, gap->why) == 0) {
			free(gap->where);
			free(gap->why);
			*gap = (struct diag_gap) { 0 };
			verdict->n_unknown--;
			return;
		}
}

/* As verdict_set_cause() has set it; the code and the hop stay. */
void verdict_change_cause(struct diag_verdict *verdict, const char *cause, ...)
{
	va_list list;

	va_start(list, cause);
	vset(verdict, &verdict->cause, cause, list);
	va_end(list);
}

/* --- what the tracer saw ---------------------------------------------------------------------- */

/* The trace is filled when the verdict has been judged, and never changes what was judged by
 * itself. */

/* Where and when, in the order of time. ms counts from the first packet. */
void verdict_add_seen(struct diag_verdict *verdict, double ms, const char *where, const char *link,
		      enum diag_state state, const char *say, ...)
{
	struct diag_trace *trace = &verdict->trace;
	struct diag_seen *seen;
	va_list list;

	/* What comes after so many is no news. */
	if (trace->n >= DIAG_SEEN_MAX) {
		trace->n_left_out++;
		return;
	}
	seen = &trace->lines[trace->n++];
	seen->ms = ms;
	seen->state = state;
	set(verdict, &seen->where, "%s", where);
	set(verdict, &seen->link, "%s", link);
	va_start(list, say);
	vset(verdict, &seen->say, say, list);
	va_end(list);
}

/* The last rule that was found to drop it, whatever becomes the cause. The tracer's rules are
 * compared with it. */
void verdict_set_rule(struct diag_verdict *verdict, uint8_t family, const char *table,
		      const char *chain, uint64_t handle)
{
	if (verdict->is_terse)
		return;
	/* Texts of before are freed by set(). */
	verdict->rule.family = family;
	verdict->rule.handle = handle;
	set(verdict, &verdict->rule.table, "%s", table);
	set(verdict, &verdict->rule.chain, "%s", chain);
}

/* NULL where there are enough; the caller need not fill what is not shown. */
struct diag_met *verdict_add_met(struct diag_verdict *verdict, const char *where,
				 const char *family, const char *table, const char *chain,
				 const char *does, const char *say)
{
	struct diag_trace *trace = &verdict->trace;
	struct diag_met *met;

	if (trace->n_met >= DIAG_MET_MAX) {
		trace->n_met_left_out++;
		return NULL;
	}
	met = &trace->met[trace->n_met++];
	set(verdict, &met->where, "%s", where);
	set(verdict, &met->family, "%s", family);
	set(verdict, &met->table, "%s", table);
	set(verdict, &met->chain, "%s", chain);
	set(verdict, &met->verdict, "%s", does);
	set(verdict, &met->say, "%s", say);
	return met;
}

/* Why there are no rules beside the lines; the lines may be there. */
void verdict_set_rules_lack(struct diag_verdict *verdict, const char *lacks, ...)
{
	va_list list;

	va_start(list, lacks);
	vset(verdict, &verdict->trace.rules_lack, lacks, list);
	va_end(list);
}

/* Why there is no trace at all, although one was asked for. */
void verdict_set_lacks(struct diag_verdict *verdict, const char *lacks, ...)
{
	va_list list;

	va_start(list, lacks);
	vset(verdict, &verdict->trace.lacks, lacks, list);
	va_end(list);
}

/* Where the packet was seen last, and what became of it there. */
void verdict_set_end(struct diag_verdict *verdict, const char *end, ...)
{
	va_list list;

	va_start(list, end);
	vset(verdict, &verdict->trace.end, end, list);
	va_end(list);
}
