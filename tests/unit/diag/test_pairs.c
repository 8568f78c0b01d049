// SPDX-License-Identifier: GPL-2.0-or-later
// test_pairs.c - what of B there is to ask for depends on who asks, and each is judged as if it had
// been asked for alone
#include "diag/pairs.h"

#include "diag/question.h"
#include "tests/unit/diag/judge_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_verdict verdict; /* large */

static void ask(struct world *world, const char *from, const char *to, struct diag_verdict *asked)
{
	struct question question;

	*asked = (struct diag_verdict) { 0 };
	assert_int_equal(question_parse(from, to, &question, NULL), 0);
	assert_int_equal(question_resolve(&question, &world->facts, asked, NULL), 0);
}

/* "10.61.0.3:80 ok, 10.61.0.3:90 ok", or the code. */
static const char *all_of(const char *from, const char *to)
{
	static struct diag_verdict asked;
	static char text[1024];
	struct diag_targets targets = { 0 };
	struct world world;

	world_new(&world);
	ask(&world, from, to, &asked);
	text[0] = '\0';
	assert_int_equal(pairs_targets(&world.facts, &asked, &targets), 0);
	for (size_t i = 0; i < targets.n; i++) {
		pairs_judge(&world.facts, &asked, &targets.items[i], &verdict);
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s:%u %s",
			       i > 0 ? ", " : "", ADDR_STR(&targets.items[i].addr),
			       targets.items[i].port, verdict.code ? verdict.code : "ok");
		verdict_done(&verdict);
	}
	targets_done(&targets);
	verdict_done(&asked);
	world_done(&world);
	return text;
}

static void a_neighbour_asks_at_the_addresses(void **state)
{
	(void)state;
	assert_string_equal(all_of("web", "db"), "10.61.0.3:80 ok, 10.61.0.3:90 ok");
	assert_string_equal(all_of("web", "10.61.0.3"), "10.61.0.3:80 ok, 10.61.0.3:90 ok");
	assert_string_equal(all_of("web", "c"), "10.62.0.2:80 ok");
}

/* This world has no rules that lead published ports anywhere. */
static void the_host_and_the_outside_use_published_ports_too(void **state)
{
	(void)state;
	assert_string_equal(all_of("host", "db"),
			    "10.61.0.3:80 ok, 10.61.0.3:90 ok, 127.0.0.1:8081 not-published, "
			    "127.0.0.1:8090 published-loopback-only, 127.0.0.1:8098 "
			    "not-published");
	assert_string_equal(all_of("outside:192.0.2.1", "10.61.0.3"),
			    "10.61.0.3:80 ok, 10.61.0.3:90 ok, 192.0.2.10:8081 not-published, "
			    "192.0.2.10:8090 published-loopback-only, 192.0.2.10:8098 "
			    "not-published");
}

static void nobody_looks_into_what_is_not_here(void **state)
{
	static struct diag_verdict asked;
	struct diag_targets targets = { 0 };
	struct world world;

	(void)state;
	world_new(&world);
	ask(&world, "web", "203.0.113.9", &asked);
	assert_int_equal(pairs_targets(&world.facts, &asked, &targets), -ENOENT);
	targets_done(&targets);
	verdict_done(&asked);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_neighbour_asks_at_the_addresses),
		cmocka_unit_test(the_host_and_the_outside_use_published_ports_too),
		cmocka_unit_test(nobody_looks_into_what_is_not_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
