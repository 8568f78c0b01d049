// SPDX-License-Identifier: GPL-2.0-or-later
// saved.h - what `netctl explain --save` wrote is judged within a test's own process
#pragma once

#include "base/cleanup.h"
#include "base/json_write.h"
#include "diag/facts_json.h"
#include "diag/judge.h"
#include "diag/question.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct saved {
	char *from, *to;
	struct facts facts;
	struct diag_verdict verdict;
};

static inline void saved_done(struct saved *saved)
{
	verdict_done(&saved->verdict);
	facts_done(&saved->facts);
	free(saved->from);
	free(saved->to);
}

static inline const char *saved_text(const json_t *document, const char *key)
{
	const char *text = json_string_value(json_object_get(document, key));

	return text ? text : "";
}

/* The verdict is there on 0; saved_done() in any case. */
static inline int saved_judge(const char *text, size_t len, struct saved *saved,
			      struct error *error)
{
	json_auto_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	_cleanup_free_ char *facts = NULL;
	struct question question;
	int err;

	memset(saved, 0, sizeof(*saved));
	saved->from = strdup(saved_text(document, "From"));
	saved->to = strdup(saved_text(document, "To"));
	facts = json_write(json_object_get(document, "Facts"), JSON_COMPACT);
	if (!saved->from || !saved->to || !facts)
		return error_set(error, ERROR_INVALID, "no document that was saved");
	err = question_parse(saved->from, saved->to, &question, error);
	if (err == 0)
		err = facts_read(facts, strlen(facts), &saved->facts, error);
	if (err == 0)
		err = question_resolve(&question, &saved->facts, &saved->verdict, error);
	if (err < 0)
		return err;
	judge(&saved->facts, &saved->verdict);
	saved->verdict.source = "file";
	return 0;
}
