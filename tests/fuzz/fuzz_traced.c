// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_traced.c - any bytes as lines of the tracer become a verdict that can be written, and
// numbers
#include "diag/thrown.h"
#include "diag/traced.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *data, json_t *json)
{
	assert(json);
	assert(json_integer_value(json_object_get(json, "Packets")) != 0);
	json_decref(json);
	++*(size_t *)data;
	return 0;
}

/* What was told once is no news when it is told again; a list of links is any text, too. */
static void throw_away(const struct facts *facts, struct traced *traced, const char *text,
		       size_t size)
{
	struct thrown thrown = { .facts = facts, .host_netns = 1 };
	struct traced again = { 0 };
	size_t n = 0, n_before, taken;

	assert(traced->n_drops <= TRACE_DROPS_MAX);
	assert(thrown_take(&thrown, traced, count, &n) == 0);
	n_before = n;
	assert(traced_read(&again, text, size, &taken) == 0);
	assert(thrown_take(&thrown, &again, count, &n) == 0);
	assert(n == n_before);
	thrown_done(&thrown);
	traced_done(&again);
}

static void read_links(const char *text, size_t size)
{
	struct traced traced = { 0 };
	char *end = malloc(size + 1);

	assert(end);
	memcpy(end, text, size);
	end[size] = '\0';
	assert(thrown_read_links(end, 1, &traced) == 0);
	traced_done(&traced);
	free(end);
}

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
	throw_away(&facts, &traced, text, size);
	read_links(text, size);
	traced_tell(&traced, &facts, 40200, &verdict);
	assert(verdict.trace.is_there && verdict.trace.n <= traced.n);
	assert(verdict_write(&verdict, &out) == 0);
	buf_done(&out);
	verdict_done(&verdict);
	traced_done(&traced);
	free(text);
	return 0;
}
