// SPDX-License-Identifier: GPL-2.0-or-later
// test_traced_rules.c - which rules the kernel says the packets met, beside those that were read
#include "diag/codes.h"
#include "diag/traced.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WEB 101
#define HOST 102
#define DB 103

struct scene {
	struct facts facts;
	struct diag_verdict verdict;
	struct traced_rules rules;
};

static void scene_new(struct scene *scene)
{
	struct diag_verdict *verdict = &scene->verdict;

	memset(scene, 0, sizeof(*scene));
	verdict_set_name(verdict, &verdict->from, "web");
	verdict_set_name(verdict, &verdict->to, "db");
	verdict->from.netns = WEB;
	verdict->to.netns = DB;
	verdict->outcome = DIAG_UNREACHABLE;
	verdict->probe.outcome = DIAG_SILENT;
}

static void scene_done(struct scene *scene)
{
	traced_rules_done(&scene->rules);
	verdict_done(&scene->verdict);
}

static void met(struct scene *scene, uint64_t netns, bool is_answer, const char *chain,
		uint64_t handle, int32_t verdict)
{
	struct traced_rule rule = {
		.netns = netns,
		.handle = handle,
		.family = NFPROTO_INET,
		.is_policy = handle == 0,
		.is_answer = is_answer,
		.verdict = verdict,
		.table = "corp",
		.target = "next",
	};

	(void)snprintf(rule.chain, sizeof(rule.chain), "%s", chain);
	assert_int_equal(traced_rules_add(&scene->rules, &rule), 0);
}

/* Reading says that a rule of table inet corp drops it. */
static void blame(struct scene *scene, const char *code, const char *chain, uint64_t handle)
{
	(void)verdict_set_cause(&scene->verdict, code, "host.rules", "a rule drops it");
	verdict_set_rule(&scene->verdict, NFPROTO_INET, "corp", chain, handle);
}

static void tell(struct scene *scene)
{
	assert_int_equal(traced_rules_tell(&scene->rules, &scene->facts, &scene->verdict), 0);
}

static void they_stand_in_the_order_of_the_way_there_and_back(void **state)
{
	static const char *const order[] = { "a", "h", "b", "b-back", "h-back", "a-back" };
	struct scene scene;

	(void)state;
	scene_new(&scene);
	met(&scene, HOST, true, "h-back", 1, NF_ACCEPT);
	met(&scene, DB, true, "b-back", 1, NF_ACCEPT);
	met(&scene, DB, false, "b", 1, NF_ACCEPT);
	met(&scene, WEB, true, "a-back", 1, NF_ACCEPT);
	met(&scene, HOST, false, "h", 1, NF_ACCEPT);
	met(&scene, WEB, false, "a", 1, NF_ACCEPT);
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n_met, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(scene.verdict.trace.met[i].chain, order[i]);
	assert_string_equal(scene.verdict.trace.met[0].where, "web");
	assert_true(scene.verdict.trace.met[3].is_answer);
	scene_done(&scene);
}

static void verdicts_are_words_and_the_same_again_is_passed_over(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	for (int i = 0; i < 3; i++) {
		met(&scene, HOST, false, "f", 1, NFT_CONTINUE);
		met(&scene, HOST, false, "f", 2, NFT_JUMP);
		met(&scene, HOST, false, "f", 0, NF_DROP);
	}
	tell(&scene);
	assert_int_equal(scene.verdict.trace.n_met, 3);
	assert_string_equal(scene.verdict.trace.met[0].verdict, "goes on");
	assert_string_equal(scene.verdict.trace.met[1].verdict, "jump next");
	assert_string_equal(scene.verdict.trace.met[2].verdict, "drop");
	assert_string_equal(scene.verdict.trace.met[2].say, "policy");
	scene_done(&scene);
}

static void another_rule_than_the_one_that_is_blamed_is_a_disagreement(void **state)
{
	static const struct {
		const char *code, *chain;
		uint64_t handle;
		bool disagrees;
	} cases[] = {
		{ "rules-drop", "f", 2, false },    { "rules-drop", "f", 3, true },
		{ "rules-drop", "g", 2, true },	    { "rules-policy", "f", 0, true },
		{ "dnat-taken", "g", 7, false }, /* led astray, and dropped by no fault of the rule
						  */
		{ "not-listening", "g", 7, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;

		scene_new(&scene);
		blame(&scene, codes[code_find(cases[i].code) - codes].word, cases[i].chain,
		      cases[i].handle);
		met(&scene, HOST, false, "f", 2, NF_DROP);
		tell(&scene);
		if (scene.verdict.trace.disagrees != cases[i].disagrees)
			fail_msg("%s %s %d", cases[i].code, cases[i].chain, (int)cases[i].handle);
		if (cases[i].disagrees)
			assert_non_null(strstr(scene.verdict.trace.end,
					       " by inet corp, chain f, handle 2"));
		scene_done(&scene);
	}
}

static void where_reading_does_not_know_it_is_the_cause(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	met(&scene, DB, false, "f", 4, NF_DROP);
	tell(&scene);
	assert_string_equal(scene.verdict.cause, "dropped in db by inet corp, chain f, handle 4");
	scene_done(&scene);
	/* What came through all the same is no cause. */
	scene_new(&scene);
	scene.verdict.probe.outcome = DIAG_CONNECTED;
	met(&scene, DB, false, "f", 4, NF_DROP);
	tell(&scene);
	assert_null(scene.verdict.cause);
	scene_done(&scene);
	scene_new(&scene);
	(void)snprintf(scene.rules.lacks, sizeof(scene.rules.lacks), "it takes 5.12");
	tell(&scene);
	assert_string_equal(scene.verdict.trace.rules_lack, "it takes 5.12");
	assert_int_equal(scene.verdict.trace.n_met, 0);
	scene_done(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_stand_in_the_order_of_the_way_there_and_back),
		cmocka_unit_test(verdicts_are_words_and_the_same_again_is_passed_over),
		cmocka_unit_test(another_rule_than_the_one_that_is_blamed_is_a_disagreement),
		cmocka_unit_test(where_reading_does_not_know_it_is_the_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
