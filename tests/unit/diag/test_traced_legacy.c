// SPDX-License-Identifier: GPL-2.0-or-later
// test_traced_legacy.c - rules of iptables-legacy are named where the kernel traces none, and
// blamed where nobody else is left
#include "diag/codes.h"
#include "diag/traced.h"

#include "judge_world.h"

#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct scene {
	struct world world;
	struct diag_verdict verdict;
	struct traced traced;
	struct traced_line line;
	struct traced_rules rules;
};

static void set_legacy(struct facts_space *space, const char *table)
{
	space->legacy = calloc(1, sizeof(*space->legacy));
	assert_non_null(space->legacy);
	space->legacy[0] = strdup(table);
	assert_non_null(space->legacy[0]);
	space->n_legacy = 1;
}

/* The host has a table of it, and there a hook has dropped the packet. */
static void scene_new(struct scene *scene)
{
	struct diag_verdict *verdict = &scene->verdict;
	struct traced_line *line = &scene->line;

	memset(scene, 0, sizeof(*scene));
	world_new(&scene->world);
	scene->world.host->netns = 100;
	scene->world.web->netns = 101;
	scene->world.db->netns = 102;
	set_legacy(scene->world.host, "ip filter");
	verdict_set_name(verdict, &verdict->from, "web");
	verdict_set_name(verdict, &verdict->to, "db");
	verdict->from.netns = 101;
	verdict->to.netns = 102;
	assert_int_equal(addr_parse("10.61.0.3", &verdict->to.addr), 0);
	verdict->outcome = DIAG_UNREACHABLE;
	(void)verdict_set_cause(verdict, "legacy-iptables", "host.legacy", "the host has rules");
	*line = (struct traced_line) { .event = TRACED_DROPPED, .netns = 100, .icmp_type = -1 };
	(void)snprintf(line->reason, sizeof(line->reason), "NETFILTER_DROP");
	(void)snprintf(line->function, sizeof(line->function), "nf_hook_slow");
	scene->traced.lines = line;
	scene->traced.n = 1;
}

static void scene_done(struct scene *scene)
{
	traced_rules_done(&scene->rules);
	verdict_done(&scene->verdict);
	world_done(&scene->world);
}

static void tell(struct scene *scene)
{
	assert_int_equal(traced_legacy_tell(&scene->traced, &scene->rules, &scene->world.facts,
					    &scene->verdict),
			 0);
}

static void it_is_blamed_where_a_hook_dropped_it_and_no_other_rule(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	tell(&scene);
	assert_string_equal(scene.verdict.cause, "a rule of iptables-legacy in host drops it");
	assert_string_equal(scene.verdict.trace.rules_lack,
			    "the kernel does not trace those of iptables-legacy, and there are "
			    "some in host");
	scene_done(&scene);
}

/* Whatever is told, the cause stays what was read. */
static void stays(struct scene *scene)
{
	tell(scene);
	assert_string_equal(scene->verdict.cause, "the host has rules");
	scene_done(scene);
}

static void it_is_not_blamed_where_another_may_have_been(void **state)
{
	const struct traced_rule drop = { .netns = 100, .verdict = NF_DROP, .table = "corp" };
	struct scene scene;

	(void)state;
	scene_new(&scene);
	assert_int_equal(traced_rules_add(&scene.rules, &drop), 0);
	stays(&scene);
	scene_new(&scene);
	(void)snprintf(scene.rules.lacks, sizeof(scene.rules.lacks), "some are missing");
	stays(&scene);
	/* It was thrown away by somebody else, or elsewhere. */
	scene_new(&scene);
	(void)snprintf(scene.line.reason, sizeof(scene.line.reason), "NO_SOCKET");
	(void)snprintf(scene.line.function, sizeof(scene.line.function), "tcp_v4_rcv");
	stays(&scene);
	scene_new(&scene);
	scene.line.netns = 102;
	stays(&scene);
	scene_new(&scene);
	scene.verdict.outcome = DIAG_UNDECIDED;
	stays(&scene);
}

static void tables_of_the_other_family_are_not_named(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	assert_int_equal(addr_parse("2001:db8:61::3", &scene.verdict.to.addr), 0);
	tell(&scene);
	assert_null(scene.verdict.trace.rules_lack);
	set_legacy(scene.world.db, "ip6 filter");
	(void)snprintf(scene.rules.lacks, sizeof(scene.rules.lacks), "some are missing");
	tell(&scene);
	assert_string_equal(scene.verdict.trace.rules_lack,
			    "some are missing; and the kernel does not trace those of "
			    "iptables-legacy, and there are some in db");
	scene_done(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_blamed_where_a_hook_dropped_it_and_no_other_rule),
		cmocka_unit_test(it_is_not_blamed_where_another_may_have_been),
		cmocka_unit_test(tables_of_the_other_family_are_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
