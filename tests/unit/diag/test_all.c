// SPDX-License-Identifier: GPL-2.0-or-later
// test_all.c - each listener of B is judged, and what it comes to together
#include "diag/all.h"

#include "base/cleanup.h"
#include "diag/question.h"
#include "tests/unit/diag/judge_world.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_verdict asked; /* large */

static int judged(struct world *world, const char *from, const char *to, struct diag_all *all,
		  struct error *error)
{
	struct question question;

	asked = (struct diag_verdict) { 0 };
	*all = (struct diag_all) { 0 };
	assert_int_equal(question_parse(from, to, &question, NULL), 0);
	assert_int_equal(question_resolve(&question, &world->facts, &asked, NULL), 0);
	return all_judge(&world->facts, &asked, all, error);
}

static enum diag_outcome outcome(struct world *world, const char *from, const char *to)
{
	enum diag_outcome outcome;
	struct diag_all all;

	assert_int_equal(judged(world, from, to, &all, NULL), 0);
	outcome = all_outcome(&all);
	all_done(&all);
	verdict_done(&asked);
	return outcome;
}

static void together_it_is_what_each_comes_to(void **state)
{
	struct world world;

	(void)state;
	world_new(&world);
	assert_int_equal(outcome(&world, "web", "db"), DIAG_REACHABLE);
	assert_int_equal(outcome(&world, "outside:2001:db8::9", "db"), DIAG_UNREACHABLE);
	assert_int_equal(outcome(&world, "host", "db"), DIAG_PARTLY);
	/* Nobody listens in x. */
	assert_int_equal(outcome(&world, "web", "x"), DIAG_UNREACHABLE);
	world_add_socket(world.db, IPPROTO_TCP, "127.0.0.1", 5432, 1);
	assert_int_equal(outcome(&world, "web", "db"), DIAG_PARTLY);
	world_del_sockets(world.db);
	assert_int_equal(facts_missing(world.db, "sockets", -EPERM), 0);
	assert_int_equal(outcome(&world, "web", "db"), DIAG_UNDECIDED);
	world_done(&world);
}

static void the_document_has_an_answer_for_each(void **state)
{
	json_auto_t *json = NULL;
	const json_t *answers, *first, *last;
	struct buf out = { 0 };
	struct diag_all all;
	struct world world;

	(void)state;
	world_new(&world);
	assert_int_equal(judged(&world, "host", "db", &all, NULL), 0);
	all.took_ms = 1.25;
	assert_int_equal(all_write(&all, "netd", &out), 0);
	json = json_loadb(out.data, out.len, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "Verdict")), "partly");
	assert_string_equal(json_string_value(json_object_get(json, "Source")), "netd");
	answers = json_object_get(json, "Answers");
	assert_int_equal(json_array_size(answers), 5);
	first = json_array_get(answers, 0);
	last = json_array_get(answers, 4);
	assert_string_equal(json_string_value(json_object_get(first, "Verdict")), "reachable");
	assert_string_equal(json_string_value(json_object_get(last, "Code")), "not-published");
	assert_true(json_is_true(json_object_get(json_object_get(last, "Listener"), "Published")));
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(last, "Listener"), "Port")), 98);
	all_done(&all);
	verdict_done(&asked);
	buf_done(&out);
	world_done(&world);
}

static void a_list_that_is_not_whole_says_so(void **state)
{
	struct diag_all all;
	struct world world;

	(void)state;
	world_new(&world);
	world.db->has_many_sockets = true; /* and nobody can be asked for the rest */
	assert_int_equal(judged(&world, "web", "db", &all, NULL), 0);
	assert_int_equal(asked.n_unknown, 1);
	assert_int_equal(all_outcome(&all), DIAG_UNDECIDED);
	all_done(&all);
	verdict_done(&asked);
	world_done(&world);
}

static void who_is_not_there_is_an_error(void **state)
{
	struct error error = { 0 };
	struct diag_all all;
	struct world world;

	(void)state;
	world_new(&world);
	assert_true(judged(&world, "web", "nobody", &all, &error) < 0);
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	all_done(&all);
	verdict_done(&asked);
	assert_true(judged(&world, "web", "203.0.113.9", &all, &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
	all_done(&all);
	verdict_done(&asked);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_it_is_what_each_comes_to),
		cmocka_unit_test(the_document_has_an_answer_for_each),
		cmocka_unit_test(a_list_that_is_not_whole_says_so),
		cmocka_unit_test(who_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
