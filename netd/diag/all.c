// SPDX-License-Identifier: GPL-2.0-or-later
// all.c - does A reach each listener of B: all of them judged, and one document of the answers
#include "diag/all.h"

#include "base/cleanup.h"
#include "base/json_write.h"
#include "diag/pairs.h"
#include "diag/verdict_json.h"

#include <errno.h>
#include <string.h>

#define ALL_VERSION 1

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
		return -ENOMEM;
	out->len--;
	buf_printf(out, ",\"Listener\":%s}", text);
	return out->err;
}

static int judge_one(struct facts *facts, const struct diag_target *target, struct diag_all *all)
{
	static struct diag_verdict verdict; /* large, and one */
	int err;

	pairs_judge(facts, all->asked, target, &verdict);
	all->n[verdict.outcome]++;
	if (all->answers.len > 0)
		buf_puts(&all->answers, ",");
	err = verdict.err == -ENOMEM ? verdict.err : verdict_write(&verdict, &all->answers);
	verdict_done(&verdict);
	return err < 0 ? err : write_listener(target, &all->answers);
}

/* A list that is not whole must not look as if it were. */
static void note_gaps(const struct facts_space *space, const struct diag_all *all)
{
	struct diag_verdict *asked = all->asked;

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
	int err;

	*ret_all = (struct diag_all) { .asked = asked };
	if (asked->to.kind == DIAG_NOBODY)
		return error_set(error, ERROR_NOT_FOUND, "there is no container called %s",
				 asked->to.name);
	err = pairs_targets(facts, asked, &ret_all->targets);
	if (err == -ENOENT)
		return error_set(error, ERROR_INVALID,
				 "nobody can look into %s for what listens there: ask for a port, "
				 "%s:PORT",
				 asked->to.name, asked->to.name);
	for (size_t i = 0; err == 0 && i < ret_all->targets.n; i++)
		err = judge_one(facts, &ret_all->targets.items[i], ret_all);
	if (err == 0)
		note_gaps(facts_space(facts, asked->to.space), ret_all);
	return err < 0 ? error_system(error, err, "cannot judge what listens in %s", asked->to.name)
		       : 0;
}

enum diag_outcome all_outcome(const struct diag_all *all)
{
	size_t n_well = all->n[DIAG_REACHABLE], n_ill = all->targets.n - n_well;

	n_ill -= all->n[DIAG_UNDECIDED];
	if (n_ill > 0)
		return n_well > 0 || all->n[DIAG_PARTLY] > 0 ? DIAG_PARTLY : DIAG_UNREACHABLE;
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
