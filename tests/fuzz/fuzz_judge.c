// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_judge.c - any document of facts is judged to an end, and twice the same
#include "diag/judge.h"
#include "tests/saved.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What whoever reads a verdict relies on. */
static void check(const struct diag_verdict *verdict)
{
	assert(verdict->outcome < DIAG_N_OUTCOMES);
	assert(verdict->err == 0);
	assert(verdict->outcome != DIAG_REACHABLE || !verdict->code);
	assert(verdict->outcome != DIAG_UNREACHABLE || verdict->code);
}

/* Whoever reads no sentence is told the same. */
static void check_terse(struct saved *saved)
{
	static struct diag_verdict terse; /* large, and one */
	struct question question;

	terse.is_terse = true;
	assert(question_parse(saved->from, saved->to, &question, NULL) == 0);
	assert(question_resolve(&question, &saved->facts, &terse, NULL) == 0);
	judge(&saved->facts, &terse);
	assert(terse.outcome == saved->verdict.outcome);
	assert(terse.code == saved->verdict.code);
	assert(!terse.code || strcmp(terse.hop, saved->verdict.hop) == 0);
	assert(!terse.cause && !terse.why);
	verdict_done(&terse);
}

static bool judged(const uint8_t *data, size_t size, struct buf *ret_text)
{
	static struct saved saved; /* large, and one */
	struct error error = { 0 };
	int err = saved_judge((const char *)data, size, &saved, &error);

	if (err < 0) {
		assert(error.text[0]);
	} else {
		check(&saved.verdict);
		check_terse(&saved);
		assert(verdict_write(&saved.verdict, ret_text) == 0);
	}
	saved_done(&saved);
	return err == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = { 0 }, second = { 0 };

	if (judged(data, size, &first)) {
		assert(judged(data, size, &second));
		assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	}
	buf_done(&first);
	buf_done(&second);
	return 0;
}
