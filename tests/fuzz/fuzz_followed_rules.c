// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_followed_rules.c - any bytes as the kernel's trace of rules: each rule that is taken is told
// once, whatever event is beside it, and its object can be made
#include "diag/followed.h"
#include "diag/followed_rules.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct facts facts;

static int tell(void *data, const struct followed_rule *rule, const struct traced_line *beside)
{
	json_t *json = followed_rule_json(&facts, rule, beside ? beside->us : 0);

	assert(json);
	json_decref(json);
	++*(size_t *)data;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct followed_reading reading; /* large */
	struct followed_rules *rules = calloc(1, sizeof(*rules));
	struct traced_line line = { .netns = 1 };
	size_t n, n_told = 0;
	int err;

	assert(rules);
	reading = (struct followed_reading) { .rules = rules, .netns = 1 };
	err = followed_rules_read(&reading, data, size);
	assert(err == 0 || err == -EBADMSG);
	n = rules->n;
	assert(n <= FOLLOWED_RULES_MAX);
	if (n > 0) {
		line.key = rules->rules[n / 2].of.key;
		line.index = rules->rules[n / 2].of.in;
		line.event = size % TRACED_N_EVENTS;
	}
	assert(followed_rules_before(rules, &line, tell, &n_told) == 0);
	assert(followed_rules_behind(rules, &line, tell, &n_told) == 0);
	assert(followed_rules_rest(rules, true, tell, &n_told) == 0);
	assert(n_told == n && rules->n == 0);
	followed_rules_done(rules);
	free(rules);
	return 0;
}
