// SPDX-License-Identifier: GPL-2.0-or-later
// test_watcher.c - descriptors that epoll(7) does not take at first
#include "base/watcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LATE_S 30. /* nothing else wakes the loop before */

static int refused_fd = -1, n_refusals, n_asked;

/* libev's, too. */
int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	static __typeof__(epoll_ctl) *real;

	if (!real)
		real = (__typeof__(epoll_ctl) *)dlsym(RTLD_NEXT, "epoll_ctl");
	if (fd == refused_fd && n_asked++ < n_refusals) {
		errno = ENOSPC;
		return -1;
	}
	return real(epfd, op, fd, event);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	if (!watcher_again(loop, io, revents))
		ev_break(loop, EVBREAK_ALL);
}

static void on_late(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)revents;
	*(bool *)timer->data = true;
	ev_break(loop, EVBREAK_ALL);
}

/* Whether only the late timer ended the wait for a descriptor that can be read all along. */
static bool is_late(int refusals)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
	struct watcher_loop state;
	bool late = false;
	ev_timer timer;
	int ends[2];
	ev_io io;

	assert_non_null(loop);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	watcher_prepare(loop, &state);
	refused_fd = ends[0];
	n_refusals = refusals;
	n_asked = 0;
	ev_io_init(&io, on_readable, ends[0], EV_READ);
	ev_io_start(loop, &io);
	ev_timer_init(&timer, on_late, LATE_S, 0.);
	timer.data = &late;
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	refused_fd = -1;
	ev_loop_destroy(loop);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return late;
}

static void one_that_is_taken_is_heard_of(void **state)
{
	(void)state;
	assert_false(is_late(0));
	assert_int_equal(n_asked, 1);
}

static void one_that_is_refused_is_tried_again_at_once(void **state)
{
	(void)state;
	assert_false(is_late(1));
	assert_int_equal(n_asked, 2);
}

static void one_that_is_refused_often_is_tried_until_it_is_taken(void **state)
{
	(void)state;
	assert_false(is_late(12));
	assert_int_equal(n_asked, 13);
}

/* Two tries a rest, and not as many as a processor can make. */
static void one_that_is_always_refused_costs_little(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
	struct watcher_loop watchers;
	bool late = false;
	ev_timer timer;
	int ends[2];
	ev_io io;

	(void)state;
	assert_non_null(loop);
	assert_int_equal(pipe(ends), 0);
	watcher_prepare(loop, &watchers);
	refused_fd = ends[0];
	n_refusals = INT32_MAX;
	n_asked = 0;
	ev_io_init(&io, on_readable, ends[0], EV_READ);
	ev_io_start(loop, &io);
	ev_timer_init(&timer, on_late, 0.3, 0.);
	timer.data = &late;
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	refused_fd = -1;
	assert_true(late);
	assert_in_range(n_asked, 2, 200);
	ev_loop_destroy(loop);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_taken_is_heard_of),
		cmocka_unit_test(one_that_is_refused_is_tried_again_at_once),
		cmocka_unit_test(one_that_is_refused_often_is_tried_until_it_is_taken),
		cmocka_unit_test(one_that_is_always_refused_costs_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
