// SPDX-License-Identifier: GPL-2.0-or-later
// test_later.c - when a resync that failed is tried again
#include "engine/keep/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIRST_S 0.25
#define SLACK_S 0.02

static bool came;

static void on_resync(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)timer, (void)revents;
	came = true;
	ev_break(loop, EVBREAK_ALL);
}

static const struct engine_above above = { .resync = on_resync };

static int set_up(void **state)
{
	static struct engine engine;

	engine = (struct engine) { .loop = ev_loop_new(EVBACKEND_EPOLL), .above = &above };
	later_start(&engine);
	*state = &engine;
	return engine.loop ? 0 : -1;
}

static int take_down(void **state)
{
	struct engine *engine = *state;

	later_stop(engine);
	ev_loop_destroy(engine->loop);
	return 0;
}

/* As a resync does: its timer is over. Returns how long until the next. */
static double fail_once(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->resync_timer);
	later_resynced(engine, true, true);
	assert_true(ev_is_active(&engine->resync_timer));
	return ev_timer_remaining(engine->loop, &engine->resync_timer);
}

static void failures_of_one_moment_put_off_the_next_try_once(void **state)
{
	for (int i = 0; i < 100; i++)
		assert_true(fail_once(*state) <= FIRST_S + SLACK_S);
}

static void a_try_that_was_waited_for_and_fails_doubles_the_wait(void **state)
{
	struct engine *engine = *state;

	(void)fail_once(engine);
	came = false;
	ev_run(engine->loop, 0);
	assert_true(came);
	ev_now_update(engine->loop);
	assert_true(fail_once(engine) > 2 * FIRST_S - SLACK_S);
}

static void a_try_that_succeeds_ends_it(void **state)
{
	struct engine *engine = *state;

	(void)fail_once(engine);
	ev_timer_stop(engine->loop, &engine->resync_timer);
	later_resynced(engine, false, true);
	assert_false(ev_is_active(&engine->resync_timer));
	assert_true(fail_once(engine) <= FIRST_S + SLACK_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(failures_of_one_moment_put_off_the_next_try_once,
						set_up, take_down),
		cmocka_unit_test_setup_teardown(
			a_try_that_was_waited_for_and_fails_doubles_the_wait, set_up, take_down),
		cmocka_unit_test_setup_teardown(a_try_that_succeeds_ends_it, set_up, take_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
