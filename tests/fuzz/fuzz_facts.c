// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_facts.c - a document of facts is read whole, and then written and read the same, or refused
// with its place
#include "base/cleanup.h"
#include "diag/facts_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What those who judge rely on without looking again. */
static void check_space(const struct facts *facts, const struct facts_space *space)
{
	int64_t value;

	assert(space->key[0] && facts_space(facts, space->key) == space);
	assert(memchr(space->hosts, '\0', sizeof(space->hosts)));
	for (size_t i = 0; i < space->n_links; i++) {
		const struct facts_link *link = &space->links[i];

		assert(memchr(link->name, '\0', sizeof(link->name)));
		assert(facts_link(space, link->ifindex) && facts_link_named(space, link->name));
	}
	for (size_t i = 0; i < space->n_values; i++)
		assert(facts_value(space, space->values[i].name, &value));
	for (size_t i = 0; i < space->n_missing; i++)
		assert(space->missing[i]);
}

static void check_again(const struct facts *facts)
{
	struct buf first = { 0 }, second = { 0 };
	struct facts again = { 0 };

	facts_write(facts, &first);
	assert(first.err == 0);
	assert(facts_read(first.data, first.len, &again, NULL) == 0);
	facts_write(&again, &second);
	assert(second.len == first.len && memcmp(second.data, first.data, first.len) == 0);
	facts_done(&again);
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size ? size : 1);
	struct error error = { 0 };
	struct facts facts = { 0 };
	int err;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	err = facts_read(text, size, &facts, &error);
	if (err < 0) {
		assert(error.code < 0 && error.text[0] && facts.n_spaces == 0 && !facts.answers);
		return 0;
	}
	for (size_t i = 0; i < facts.n_spaces; i++)
		check_space(&facts, facts.spaces[i]);
	check_again(&facts);
	facts_done(&facts);
	return 0;
}
