// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_traced.c - any bytes as lines of the tracer become a verdict that can be written
#include "diag/traced.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct facts facts = { .source = "file" };
	static struct diag_verdict verdict; /* large */
	struct traced traced = { 0 };
	struct buf out = { 0 };
	char *text = malloc(size ? size : 1); /* of its exact size: one byte too far is seen */
	size_t taken;

	assert(text);
	memcpy(text, data, size);
	verdict_set_name(&verdict, &verdict.from, "web");
	verdict_set_name(&verdict, &verdict.to, "db");
	verdict.source = facts.source;
	verdict.outcome = DIAG_UNREACHABLE;
	assert(traced_read(&traced, text, size, &taken) == 0);
	assert(taken <= size && (taken == 0 || text[taken - 1] == '\n'));
	assert(!memchr(text + taken, '\n', size - taken));
	traced_tell(&traced, &facts, 40200, &verdict);
	assert(verdict.trace.is_there && verdict.trace.n <= traced.n);
	assert(verdict_write(&verdict, &out) == 0);
	buf_done(&out);
	verdict_done(&verdict);
	traced_done(&traced);
	free(text);
	return 0;
}
