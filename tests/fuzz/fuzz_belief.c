// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_belief.c - any bytes as netd's snapshot: what is taken can be written as facts and read
// again
#include "diag/belief.h"
#include "diag/facts_json.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* of its exact size: one byte too far is seen */
	struct facts facts = { .source = "netd" }, again = { 0 };
	struct error error = { 0 };
	struct buf first = { 0 }, second = { 0 };

	assert(text);
	memcpy(text, data, size);
	if (belief_read(text, size, &facts, &error) < 0) {
		assert(error.code < 0 && error.text[0]);
		assert(facts.n_networks == 0 && facts.n_containers == 0);
	} else {
		facts_write(&facts, &first);
		assert(first.err == 0 && facts_read(first.data, first.len, &again, &error) == 0);
		facts_write(&again, &second);
		assert(second.len == first.len && memcmp(second.data, first.data, first.len) == 0);
		facts_done(&again);
	}
	buf_done(&first);
	buf_done(&second);
	facts_done(&facts);
	free(text);
	return 0;
}
