// SPDX-License-Identifier: GPL-2.0-or-later
// test_reach_shares.c - a matrix is the same however many processes judge it, or there is none
#include "base/deadline.h"
#include "base/limits.h"
#include "diag/reach.h"
#include "explain/explain.h"
#include "tests/unit/diag/judge_world.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* No process goes on with its first asker before all have one, so that each has a share, whoever is
 * the first to run. They meet where a picture is asked for that is not there: each asker comes by
 * one. */
#define PATIENCE_MS 60000 /* of a machine that does a lot besides */
#define STEP_US 1000

enum fate { FATE_NONE, FATE_SEES_IT_MOVE, FATE_IS_KILLED, FATE_SAYS_NOTHING };

static struct {
	size_t n_met;	/* processes that have judged */
	bool was_alone; /* somebody waited in vain */
} * shared;

static struct diag_reach reach; /* large */
static size_t n_processors, n_wanted;
static enum fate fate; /* of each child, when all have met */
static pid_t parent, met_as;

/* In the place of the C library's, which tells of this machine. */
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	memset(set, 0, size);
	for (size_t i = 0; i < n_processors; i++)
		CPU_SET(i, set);
	return 0;
}

static void wait_for_all(void)
{
	int64_t deadline_ms = deadline_after(PATIENCE_MS);

	(void)__atomic_fetch_add(&shared->n_met, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&shared->n_met, __ATOMIC_SEQ_CST) < n_wanted)
		if (!deadline_pause(deadline_ms, STEP_US)) {
			shared->was_alone = true;
			return;
		}
}

static int ask_space(void *data, struct facts *facts, const char *key)
{
	(void)data;
	(void)key;
	if (met_as != getpid())
		wait_for_all();
	met_as = getpid();
	if (getpid() == parent)
		return -ENOENT;
	if (fate == FATE_SEES_IT_MOVE)
		facts->is_moving = true;
	else if (fate == FATE_IS_KILLED)
		(void)kill(getpid(), SIGKILL);
	else if (fate == FATE_SAYS_NOTHING)
		_exit(EXIT_SUCCESS); /* as if all were well */
	return -ENOENT;
}

/* Pictures of two are not there, each for a gap. */
static int setup(void **state)
{
	static struct facts_ask ask;
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world_new(world);
	(void)snprintf(world_container(world, "x")->space, FACTS_WORD, "gone");
	(void)snprintf(world_container(world, "i")->space, FACTS_WORD, "lost");
	ask = *world->facts.ask;
	ask.space = ask_space;
	world->facts.ask = &ask;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	parent = getpid();
	met_as = 0;
	fate = FATE_NONE;
	*state = world;
	return 0;
}

/* No child is left, whatever became of it. */
static int teardown(void **state)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	reach_done(&reach);
	world_done(*state);
	free(*state);
	(void)munmap(shared, sizeof(*shared));
	return 0;
}

static const struct reach_asked everybody = { NULL, NULL };

/* What is written, by as many processes; the caller's to free. */
static char *judged_by(struct world *world, size_t n)
{
	struct buf out = { 0 };

	n_processors = n;
	assert_int_equal(reach_find(&world->facts, &everybody, &reach, NULL), 0);
	n_wanted = n < reach.n_askers ? n : reach.n_askers;
	shared->n_met = 0;
	assert_int_equal(explain_reach_shares(&world->facts, NULL, &reach, NULL), 0);
	reach_end(&world->facts, &reach);
	assert_false(shared->was_alone);
	assert_int_equal(shared->n_met, n_wanted);
	assert_int_equal(reach_write(&reach, &everybody, "netd", &out), 0);
	reach_done(&reach);
	met_as = 0;
	return out.data;
}

/* As it is without any sharing. */
static char *judged_in_a_row(struct world *world)
{
	struct buf out = { 0 };

	n_wanted = 0;
	assert_int_equal(reach_find(&world->facts, &everybody, &reach, NULL), 0);
	assert_true(reach.n_askers > 4);
	for (size_t i = 0; i < reach.n_askers; i++)
		assert_int_equal(reach_judge_asker(&world->facts, &reach, i, NULL), 0);
	reach_end(&world->facts, &reach);
	assert_true(reach.n_pairs > 10);
	assert_int_equal(reach.gaps.n_unknown, 2);
	assert_int_equal(reach_write(&reach, &everybody, "netd", &out), 0);
	reach_done(&reach);
	met_as = 0;
	return out.data;
}

static void it_is_the_same_however_many_have_judged(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 4, REACH_JUDGES_MAX, 4 * REACH_JUDGES_MAX };
	struct world *world = *state;
	char *wanted = judged_in_a_row(world);

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char *got = judged_by(world, counts[i]);

		assert_string_equal(got, wanted);
		free(got);
	}
	free(wanted);
}

static void what_a_child_alone_saw_change_is_told(void **state)
{
	char *got;

	fate = FATE_SEES_IT_MOVE;
	got = judged_by(*state, 2);
	assert_non_null(strstr(got, "something changed while it was read"));
	free(got);
}

static void there_is_none_without(struct world *world, enum fate what)
{
	struct error error = { 0 };

	n_processors = n_wanted = 3;
	fate = what;
	assert_int_equal(reach_find(&world->facts, &everybody, &reach, NULL), 0);
	assert_true(explain_reach_shares(&world->facts, NULL, &reach, &error) < 0);
	assert_false(shared->was_alone);
	assert_int_equal(shared->n_met, 3);
	assert_non_null(strstr(error.text, "who judges a part of it does not answer"));
}

static void where_a_child_is_killed_there_is_no_answer(void **state)
{
	there_is_none_without(*state, FATE_IS_KILLED);
}

static void where_a_child_says_nothing_there_is_no_answer(void **state)
{
	there_is_none_without(*state, FATE_SAYS_NOTHING);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_the_same_however_many_have_judged),
		TEST(what_a_child_alone_saw_change_is_told),
		TEST(where_a_child_is_killed_there_is_no_answer),
		TEST(where_a_child_says_nothing_there_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
