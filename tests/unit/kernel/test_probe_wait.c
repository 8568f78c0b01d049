// SPDX-License-Identifier: GPL-2.0-or-later
// test_probe_wait.c - a probe waits for its answer, or until who watches has seen the end
#include "base/deadline.h"
#include "base/limits.h"
#include "kernel/probe_parts.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	int answer[2], watch[2]; /* pipes */
	int n_looks;		 /* of who watches */
	bool has_seen;
	struct probe_asked asked;
	struct probe_waiting waiting;
};

static bool look(void *data)
{
	struct scene *scene = data;
	char byte;

	scene->n_looks++;
	return read(scene->watch[0], &byte, 1) == 1 && scene->has_seen;
}

static void scene_new(struct scene *scene, unsigned int patience_ms)
{
	*scene = (struct scene) { 0 };
	assert_return_code(pipe2(scene->answer, O_CLOEXEC), 0);
	assert_return_code(pipe2(scene->watch, O_CLOEXEC), 0);
	scene->asked = (struct probe_asked) { .patience_ms = patience_ms,
					      .is_seen = look,
					      .watch_fd = scene->watch[0],
					      .data = scene };
	probe_wait_begin(&scene->waiting, &scene->asked, scene->answer[0], POLLIN);
}

static void scene_done(struct scene *scene)
{
	for (int i = 0; i < 2; i++) {
		if (scene->answer[i] >= 0)
			(void)close(scene->answer[i]);
		if (scene->watch[i] >= 0)
			(void)close(scene->watch[i]);
	}
}

static void an_answer_ends_it_and_silence_does_in_time(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene, 20);
	assert_false(probe_wait(&scene.waiting));
	scene_done(&scene);
	scene_new(&scene, 60000);
	assert_int_equal(write(scene.answer[1], "x", 1), 1);
	assert_true(probe_wait(&scene.waiting));
	assert_true(probe_wait(&scene.waiting)); /* as long as it is there */
	assert_int_equal(scene.n_looks, 0);
	scene_done(&scene);
}

static void what_was_seen_to_end_is_not_waited_for(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene, 60000);
	scene.has_seen = true;
	assert_int_equal(write(scene.watch[1], "x", 1), 1);
	assert_false(probe_wait(&scene.waiting));
	assert_int_equal(scene.n_looks, 1);
	scene_done(&scene);
}

static void a_tracer_that_has_ended_is_not_asked_again(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene, 20);
	(void)close(scene.watch[1]);
	scene.watch[1] = -1;
	assert_false(probe_wait(&scene.waiting));
	assert_int_equal(scene.n_looks, 1);
	scene_done(&scene);
}

static void without_anybody_who_watches_there_is_nobody_to_ask(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene, 20);
	scene.asked.is_seen = NULL;
	probe_wait_begin(&scene.waiting, &scene.asked, scene.answer[0], POLLIN);
	assert_int_equal(write(scene.watch[1], "x", 1), 1);
	assert_false(probe_wait(&scene.waiting));
	scene_done(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_ends_it_and_silence_does_in_time),
		cmocka_unit_test(what_was_seen_to_end_is_not_waited_for),
		cmocka_unit_test(a_tracer_that_has_ended_is_not_asked_again),
		cmocka_unit_test(without_anybody_who_watches_there_is_nobody_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
