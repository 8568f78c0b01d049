// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_traced_messages.c - any bytes as the kernel's trace of rules: names end, and the verdict of
// them can be written
#include "diag/traced_messages.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT 40123

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct facts facts = { .source = "file" };
	static struct diag_verdict verdict; /* large */
	struct traced_rules rules = { 0 };
	struct traced_reading reading = {
		.rules = &rules,
		.netns = 1,
		.protocol = size % 2 ? IPPROTO_ICMP : IPPROTO_TCP,
		.port = PORT,
	};
	struct buf out = { 0 };
	int err = traced_messages_read(&reading, data, size);

	assert(err == 0 || err == -EBADMSG);
	assert(rules.n <= TRACED_RULES_MAX);
	for (size_t i = 0; i < rules.n; i++) {
		const struct traced_rule *rule = &rules.rules[i];

		assert(memchr(rule->table, '\0', sizeof(rule->table)));
		assert(memchr(rule->chain, '\0', sizeof(rule->chain)));
		assert(memchr(rule->target, '\0', sizeof(rule->target)));
		assert(strncmp(rule->table, TRACED_TABLE, strlen(TRACED_TABLE)) != 0);
	}
	verdict_set_name(&verdict, &verdict.from, "web");
	verdict_set_name(&verdict, &verdict.to, "db");
	verdict.source = facts.source;
	verdict.outcome = DIAG_UNREACHABLE;
	assert(traced_rules_tell(&rules, &facts, &verdict) == 0);
	assert(verdict_write(&verdict, &out) == 0);
	buf_done(&out);
	verdict_done(&verdict);
	traced_rules_done(&rules);
	return 0;
}
