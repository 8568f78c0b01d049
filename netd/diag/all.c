// SPDX-License-Identifier: GPL-2.0-or-later
// all.c - does A reach each listener of B: all of them judged, and one document of the answers
#include "diag/all.h"

#include "base/cleanup.h"
#include "base/json_write.h"
#include "diag/pairs.h"
#include "diag/verdict_json.h"

#include <errno.h>
#include <string.h>

/* The version of the document that all_write() makes. A reader compares it before it reads on. */
#define ALL_VERSION 1

/* Theory of operation. Who asks for B without a port asks about every listener of B.
 * pairs_targets() makes the list of them once, and each of them is judged as if it had been
 * asked for alone (pairs_judge()). So an answer is the same verdict that `explain A B:PORT`
 * gives, and no second judge can say something else.
 *
 * The answers are written one by one into a buffer, because a verdict is large and a container
 * may have many listeners. Only the counts of outcomes are kept beside the text: they are all
 * that the first line, all_outcome(), needs. */

/* What the answer is about besides the address and port that A asks for. Within the verdict's
 * object, whose last brace comes behind this. */
static int write_listener(const struct diag_target *target, struct buf *out)
{
	char address[ADDR_STR_MAX];
	json_auto_t *json = json_pack(
		"{s:o, s:i, s:b}", "Address",
		json_text(addr_is_set(&target->bound) ? addr_print(&target->bound, address) : NULL),
		"Port", target->bound_port, "Published", target->is_published);
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT);

	if (!text || out->len == 0)
		/* The brace goes and comes back: the verdict's writer knows nothing of
		 * listeners, and its object stays one object. */
		return -ENOMEM;
	out->len--;
	buf_printf(out, ",\"Listener\":%s}", text);
	return out->err;
}

/* Judges one listener and appends its verdict. 0 or -ENOMEM. Another error of the verdict
 * itself is no failure here: the verdict says it in its own words. */
static int judge_one(struct facts *facts, const struct diag_target *target, struct diag_all *all)
{
	static struct diag_verdict verdict; /* large, and one */
	int err;

	/* asked is the question that all of them share; the target gives address and port. */
	pairs_judge(facts, all->asked, target, &verdict);
	/* This counts before the text is written: the outcome is known even if there is no
	 * memory to say it. */
	all->n[verdict.outcome]++;
	if (all->answers.len > 0)
		buf_puts(&all->answers, ",");
	err = verdict.err == -ENOMEM ? verdict.err : verdict_write(&verdict, &all->answers);
	verdict_done(&verdict);
	return err < 0 ? err : write_listener(target, &all->answers);
}

/* A list that is not whole must not look as if it were. A part that was not read counts as
 * unknown, and all_outcome() then never says "reachable" of the whole. */
static void note_gaps(const struct facts_space *space, const struct diag_all *all)
{
	struct diag_verdict *asked = all->asked;

	/* Two reasons for a gap, and the first is the worse one. Many sockets: only those on
	 * ports that somebody asked about were listed (facts_ask_sockets()). */
	if (facts_is_missing(space, "sockets"))
		verdict_add_unknown(asked, asked->to.name, "not all that listens there was read");
	else if (space->has_many_sockets)
		verdict_add_unknown(asked, asked->to.name,
				    "only the listeners that were asked about are known");
	if (all->targets.n_left > 0)
		verdict_add_unknown(asked, asked->to.name,
				    "%zu listeners beyond the first %zu were not judged",
				    all->targets.n_left, all->targets.n);
}

int all_judge(struct facts *facts, struct diag_verdict *asked, struct diag_all *ret_all,
	      struct error *error)
{
	/* This is the caller's to use again: the struct is valid from here on, and all_done()
	 * may be called. */
	int err;

	*ret_all = (struct diag_all) { .asked = asked };
	/* Nobody is called so. This is checked first, because every other question would be
	 * about nothing. */
	if (asked->to.kind == DIAG_NOBODY)
		return error_set(error, ERROR_NOT_FOUND, "there is no container called %s",
				 asked->to.name);
	err = pairs_targets(facts, asked, &ret_all->targets);
	/* -ENOENT says that B has no picture: it is outside, or an address that nobody here
	 * has. Then only a port that is named can be judged. */
	if (err == -ENOENT)
		return error_set(error, ERROR_INVALID,
				 "nobody can look into %s for what listens there: ask for a port, "
				 "%s:PORT",
				 asked->to.name, asked->to.name);
	for (size_t i = 0; err == 0 && i < ret_all->targets.n; i++)
		err = judge_one(facts, &ret_all->targets.items[i], ret_all);
	/* The gaps are noted once, and last: they are B's, not those of one answer. */
	if (err == 0)
		note_gaps(facts_space(facts, asked->to.space), ret_all);
	return err < 0 ? error_system(error, err, "cannot judge what listens in %s", asked->to.name)
		       : 0;
}

enum diag_outcome all_outcome(const struct diag_all *all)
{
	/* Whoever is not reached well and not undecided is ill. "Partly" counts as ill here and
	 * as half well below. */
	size_t n_well = all->n[DIAG_REACHABLE], n_ill = all->targets.n - n_well;

	n_ill -= all->n[DIAG_UNDECIDED];
	if (n_ill > 0)
		return n_well > 0 || all->n[DIAG_PARTLY] > 0 ? DIAG_PARTLY : DIAG_UNREACHABLE;
	/* Nothing is ill, but something is not known: the whole cannot be called reachable. */
	if (all->n[DIAG_UNDECIDED] > 0 || all->asked->n_unknown > 0)
		return DIAG_UNDECIDED;
	/* Who waits for a server that has not started waits for this. */
	return n_well > 0 ? DIAG_REACHABLE : DIAG_UNREACHABLE;
}

int all_write(const struct diag_all *all, const char *source, struct buf *out)
{
	const struct diag_verdict *asked = all->asked;
	json_auto_t *head = json_pack(
		"{s:i, s:o, s:o, s:s, s:o, s:s, s:f}", "Version", ALL_VERSION, "From",
		verdict_json_end(&asked->from, false), "To", verdict_json_end(&asked->to, true),
		"Verdict", verdict_outcome_name[all_outcome(all)], "Unknown",
		verdict_json_unknown(asked->unknown, asked->n_unknown), "Source", source,
		"TookMilliseconds", verdict_json_ms(all->took_ms));
	_cleanup_free_ char *text = json_write(head, JSON_COMPACT | JSON_REAL_PRECISION(9));

	/* The head was written as an object of its own. Its last brace is left out, so that the
	 * answers, which are text already, stand in the same object. */
	if (!text || all->answers.err < 0)
		return -ENOMEM;
	buf_append(out, text, strlen(text) - 1);
	buf_puts(out, ",\"Answers\":[");
	buf_append(out, all->answers.data, all->answers.len);
	buf_puts(out, "]}");
	return out->err;
}

void all_done(struct diag_all *all)
{
	targets_done(&all->targets);
	buf_done(&all->answers);
}
