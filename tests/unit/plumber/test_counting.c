// SPDX-License-Identifier: GPL-2.0-or-later
// test_counting.c - who counts drops is started when both ends are there, and again when he ends
#include "plumber/counting.h"

#include "base/limits.h"
#include "ipc/chan.h"
#include "ipc/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* In the place of netd-explain: it has the two descriptors that one would have. */
struct counter {
	int n_started, tell_fd, pipe_fd, err;
	bool is_right; /* what was asked */
};

struct world {
	struct ev_loop *loop;
	int role; /* of who serves metrics */
	int channel;
	struct counter counter;
	struct api_explainer explainer;
	struct counting counting;
};

static int watch(const struct api_watch *asked, int client_fd, int pipe_fd, void *data)
{
	struct counter *counter = data;

	counter->n_started++;
	counter->is_right = asked->drops && asked->for_metrics && !asked->name;
	if (counter->err < 0)
		return counter->err;
	counter->tell_fd = fcntl(client_fd, F_DUPFD_CLOEXEC, 0);
	counter->pipe_fd = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 0);
	assert_true(counter->tell_fd >= 0 && counter->pipe_fd >= 0);
	return 0;
}

static void counter_ends(struct counter *counter)
{
	if (counter->tell_fd >= 0)
		(void)close(counter->tell_fd);
	if (counter->pipe_fd >= 0)
		(void)close(counter->pipe_fd);
	counter->tell_fd = counter->pipe_fd = -1;
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	int ends[2];

	assert_non_null(world);
	(void)signal(SIGPIPE, SIG_IGN);
	world->loop = ev_loop_new(0);
	assert_non_null(world->loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	world->channel = ends[0];
	world->role = ends[1];
	world->counter = (struct counter) { .tell_fd = -1, .pipe_fd = -1 };
	world->explainer = (struct api_explainer) { .watch = watch, .data = &world->counter };
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	counting_end(&world->counting);
	counter_ends(&world->counter);
	(void)close(world->channel);
	(void)close(world->role);
	ev_loop_destroy(world->loop);
	free(world);
	return 0;
}

/* The end by which the role hears, which it is handed; -1: nothing has come. */
static int handed(const struct world *world)
{
	uint8_t head[OBSERVE_HEAD_LEN];
	enum observe_type type;
	uint32_t number;
	size_t n_fds = 1;
	int fd = -1;
	int len = chan_receive(world->role, head, sizeof(head), &fd, &n_fds);

	if (len == -EAGAIN)
		return -1;
	assert_int_equal(len, OBSERVE_HEAD_LEN);
	assert_true(observe_get_head(head, sizeof(head), &type, &number));
	assert_int_equal(type, OBSERVE_DROPS);
	assert_int_equal(n_fds, 1);
	return fd;
}

static void begin(struct world *world)
{
	counting_look(&world->counting, &world->explainer, "there is none");
	assert_int_equal(world->counter.n_started, 0);
	counting_begin(&world->counting, world->loop, world->channel);
	assert_int_equal(world->counter.n_started, 1);
	assert_true(world->counter.is_right);
}

/* Until he was started n times; the loop's own timer is waited for. */
static void until_started(struct world *world, int n)
{
	while (world->counter.n_started < n)
		(void)ev_run(world->loop, EVRUN_ONCE);
	assert_int_equal(world->counter.n_started, n);
}

static void what_he_tells_comes_to_the_role_and_not_to_netd(void **state)
{
	struct world *world = *state;
	char text[8] = "";
	int fd;

	begin(world);
	fd = handed(world);
	assert_true(fd >= 0);
	assert_int_equal(write(world->counter.tell_fd, "line\n", 5), 5);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	assert_string_equal(text, "line\n");
	/* he alone has the other end */
	counter_ends(&world->counter);
	assert_int_equal(read(fd, text, sizeof(text)), 0);
	(void)close(fd);
}

static void who_is_to_count_may_be_known_after_who_is_told(void **state)
{
	struct world *world = *state;
	int fd;

	counting_begin(&world->counting, world->loop, world->channel);
	assert_int_equal(world->counter.n_started, 0);
	counting_look(&world->counting, &world->explainer, "there is none");
	assert_int_equal(world->counter.n_started, 1);
	fd = handed(world);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void nobody_is_started_who_is_not_wanted(void **state)
{
	struct world *world = *state;

	counting_begin(&world->counting, world->loop, world->channel);
	assert_int_equal(handed(world), -1);
	assert_false(ev_is_active(&world->counting.again));
}

static void one_that_ends_is_followed_by_another_ever_later(void **state)
{
	struct world *world = *state;
	int fd;

	begin(world);
	fd = handed(world);
	(void)close(fd);
	counter_ends(&world->counter);
	until_started(world, 2);
	fd = handed(world); /* a new one each time */
	assert_true(fd >= 0);
	(void)close(fd);
	assert_true(world->counting.wait_s > METRICS_DROPS_AGAIN_S);
	/* as often as it takes: it has an end */
	for (int i = 0; i < 20; i++) {
		counter_ends(&world->counter);
		while (!ev_is_active(&world->counting.again))
			(void)ev_run(world->loop, EVRUN_ONCE);
		assert_true(world->counting.wait_s <= METRICS_DROPS_AGAIN_MAX_S);
		/* his time has come */
		ev_timer_stop(world->loop, &world->counting.again);
		ev_timer_set(&world->counting.again, 0., 0.);
		ev_timer_start(world->loop, &world->counting.again);
		until_started(world, 3 + i);
		fd = handed(world);
		assert_true(fd >= 0);
		(void)close(fd);
	}
	assert_true(world->counting.wait_s >= METRICS_DROPS_AGAIN_MAX_S);
	/* one that has counted for long is followed at once */
	world->counting.began_s -= METRICS_DROPS_AGAIN_MAX_S;
	counter_ends(&world->counter);
	until_started(world, 23);
}

static void one_that_cannot_be_started_is_tried_again(void **state)
{
	struct world *world = *state;

	world->counter.err = -ENOMEM;
	begin(world);
	assert_false(world->counting.is_running);
	world->counter.err = 0;
	until_started(world, 2);
	assert_true(world->counting.is_running);
}

static void without_a_tracer_none_is_tried_again(void **state)
{
	struct world *world = *state;
	int fd;
	char byte;

	world->counter.err = -EOPNOTSUPP;
	begin(world);
	assert_false(ev_is_active(&world->counting.again));
	/* the role knows that it was to be so, and that nobody is there */
	fd = handed(world);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	(void)close(fd);
}

/* He sees that nobody has the other end of the pipe, and ends. */
static void with_the_role_he_ends(void **state)
{
	struct world *world = *state;

	begin(world);
	assert_int_equal(write(world->counter.pipe_fd, "", 0), 0);
	counting_end(&world->counting);
	assert_int_equal(write(world->counter.pipe_fd, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	counting_end(&world->counting);
	/* and the next role has one of its own */
	counter_ends(&world->counter);
	counting_begin(&world->counting, world->loop, world->channel);
	assert_int_equal(world->counter.n_started, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_he_tells_comes_to_the_role_and_not_to_netd,
						setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_to_count_may_be_known_after_who_is_told,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_is_started_who_is_not_wanted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_ends_is_followed_by_another_ever_later,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_started_is_tried_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(without_a_tracer_none_is_tried_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(with_the_role_he_ends, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
