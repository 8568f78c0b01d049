// SPDX-License-Identifier: GPL-2.0-or-later
// test_findings.c - a report is kept until a whole one has come, and nobody waits for it
#include "plumber/findings.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In the place of netd-explain: the test writes what it would. */
struct looker {
	int n_started, pipe_fd, err;
	bool asked_doctor;
};

static int start(const struct api_explain *asked, int pipe_fd, void *data)
{
	struct looker *looker = data;

	looker->n_started++;
	looker->asked_doctor = asked->doctor;
	if (looker->err < 0)
		return looker->err;
	looker->pipe_fd = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 0);
	assert_true(looker->pipe_fd >= 0);
	return 0;
}

struct world {
	struct ev_loop *loop;
	struct looker looker;
	struct api_explainer explainer;
	struct findings findings;
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	(void)signal(SIGPIPE, SIG_IGN);
	world->loop = ev_loop_new(0);
	assert_non_null(world->loop);
	world->looker.pipe_fd = -1;
	world->explainer = (struct api_explainer) { .start = start, .data = &world->looker };
	findings_init(&world->findings, world->loop, &world->explainer);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	findings_done(&world->findings);
	if (world->looker.pipe_fd >= 0)
		(void)close(world->looker.pipe_fd);
	ev_loop_destroy(world->loop);
	free(world);
	return 0;
}

/* A child that only waits: whoever hangs is ended by its number. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

static void say(struct world *world, const void *data, size_t len)
{
	assert_int_equal(write(world->looker.pipe_fd, data, len), (ssize_t)len);
	ev_run(world->loop, EVRUN_ONCE);
}

/* pid 0 would be this process's group: nobody is ended by a number that is not positive. */
static void say_report(struct world *world, const char *report)
{
	const pid_t nobody = -1;

	say(world, &nobody, sizeof(nobody));
	say(world, report, 4);
	if (strlen(report) > 4)
		say(world, report + 4, strlen(report) - 4);
}

static void end(struct world *world)
{
	assert_int_equal(close(world->looker.pipe_fd), 0);
	world->looker.pipe_fd = -1;
	ev_run(world->loop, EVRUN_ONCE);
}

/* The last report, or "". */
static const char *got(struct world *world)
{
	static char text[256];
	size_t len = 0;
	char *report = findings_get(&world->findings, &len);

	assert_true(len < sizeof(text));
	if (report)
		memcpy(text, report, len);
	text[len] = '\0';
	free(report);
	return text;
}

/* As if a minute had gone by. */
static void be_due(struct world *world)
{
	world->findings.asked_s = -2. * FINDINGS_EVERY_S;
}

static void nobody_is_started_before_somebody_asks(void **state)
{
	struct world *world = *state;

	assert_int_equal(world->looker.n_started, 0);
	assert_string_equal(got(world), "");
	assert_int_equal(world->looker.n_started, 1);
	assert_true(world->looker.asked_doctor);
	/* And no second one beside it, or right behind it. */
	assert_string_equal(got(world), "");
	assert_int_equal(world->looker.n_started, 1);
	say_report(world, "200\n{}\n");
	end(world);
	assert_string_equal(got(world), "{}\n");
	assert_int_equal(world->looker.n_started, 1);
}

static void a_report_that_is_not_whole_leaves_the_one_before(void **state)
{
	static const char *const broken[] = { "200\n{\"Cut\":", "503\n{}\n", "200\n", "20" };
	struct world *world = *state;

	(void)got(world);
	say_report(world, "200\n{\"First\":1}\n");
	end(world);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		be_due(world);
		assert_string_equal(got(world), "{\"First\":1}\n");
		assert_int_equal(world->looker.n_started, 2 + (int)i);
		if (strlen(broken[i]) >= 4)
			say_report(world, broken[i]);
		end(world);
		assert_string_equal(got(world), "{\"First\":1}\n");
	}
	be_due(world);
	(void)got(world);
	say_report(world, "200\n{\"Second\":1}\n");
	end(world);
	assert_string_equal(got(world), "{\"Second\":1}\n");
}

static void one_that_writes_without_end_is_ended(void **state)
{
	static char much[EXPLAIN_READ_MAX];
	const char status[] = "200\n";
	struct world *world = *state;
	pid_t pid = sleeper();
	int status_of;

	(void)got(world);
	say(world, &pid, sizeof(pid));
	say(world, status, 4);
	memset(much, ' ', sizeof(much));
	for (size_t told = 0; told <= EXPLAIN_VERDICT_MAX && world->findings.is_running;) {
		ssize_t n = write(world->looker.pipe_fd, much, sizeof(much));

		assert_true(n > 0);
		told += (size_t)n;
		ev_run(world->loop, EVRUN_ONCE);
	}
	assert_false(world->findings.is_running);
	assert_int_equal(waitpid(pid, &status_of, 0), pid);
	assert_true(WIFSIGNALED(status_of) && WTERMSIG(status_of) == SIGKILL);
	assert_string_equal(got(world), "");
}

static void one_that_hangs_is_ended(void **state)
{
	struct world *world = *state;
	pid_t pid = sleeper();
	int status;

	(void)got(world);
	say(world, &pid, sizeof(pid));
	ev_feed_event(world->loop, &world->findings.hung, EV_TIMER);
	ev_run(world->loop, EVRUN_NOWAIT);
	assert_false(world->findings.is_running);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void one_that_cannot_be_started_is_tried_later(void **state)
{
	struct world *world = *state;

	world->looker.err = -ENOENT;
	assert_string_equal(got(world), "");
	assert_false(world->findings.is_running);
	assert_string_equal(got(world), "");
	assert_int_equal(world->looker.n_started, 1);
	be_due(world);
	(void)got(world);
	assert_int_equal(world->looker.n_started, 2);
}

static void where_nobody_looks_there_is_no_report(void **state)
{
	struct world *world = *state;
	struct findings none;
	size_t len;

	findings_init(&none, world->loop, NULL);
	assert_null(findings_get(&none, &len));
	findings_done(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_is_started_before_somebody_asks, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_report_that_is_not_whole_leaves_the_one_before,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_writes_without_end_is_ended, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_hangs_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_started_is_tried_later, setup,
						teardown),
		cmocka_unit_test_setup_teardown(where_nobody_looks_there_is_no_report, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
