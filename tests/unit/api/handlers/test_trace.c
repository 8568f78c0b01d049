// SPDX-License-Identifier: GPL-2.0-or-later
// test_trace.c - who looks at packets: a program of its own answers, four of them at a time
#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/api/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Who starts the program: it keeps what that would be given, and the test writes what it would. */
static struct started {
	size_t n;
	int refuses;	 /* negative errno */
	char words[160]; /* the last one's, with a space between */
	int client_fd[TRACE_AT_ONCE_MAX + 1], pipe_fd[TRACE_AT_ONCE_MAX + 1];
} started;

static void add(const char *word)
{
	size_t len = strlen(started.words);

	(void)snprintf(started.words + len, sizeof(started.words) - len, "%s%s", len ? " " : "",
		       word);
}

static int fake_watch(const struct api_watch *asked, int client_fd, int pipe_fd, void *data)
{
	(void)data;
	if (started.refuses < 0)
		return started.refuses;
	assert_true(started.n < ARRAY_SIZE(started.client_fd));
	started.words[0] = '\0';
	add(asked->drops ? "drops" : "trace");
	add(asked->name ? asked->name : "-");
	for (size_t i = 0; i < asked->n_words; i++)
		add(asked->words[i]);
	if (asked->no_rules)
		add("norules");
	if (asked->seconds)
		add(asked->seconds);
	started.client_fd[started.n] = fcntl(client_fd, F_DUPFD_CLOEXEC, 0);
	started.pipe_fd[started.n] = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 0);
	assert_true(started.client_fd[started.n] >= 0 && started.pipe_fd[started.n] >= 0);
	started.n++;
	return 0;
}

static int setup(void **state)
{
	started = (struct started) { 0 };
	return api_rig_setup_with(state, &(struct api_explainer) { .watch = fake_watch });
}

/* As a process ends: all of its descriptors at once. */
static void ends(void)
{
	while (started.n > 0) {
		started.n--;
		(void)close(started.client_fd[started.n]);
		(void)close(started.pipe_fd[started.n]);
	}
}

static int teardown(void **state)
{
	ends();
	return api_rig_teardown(state);
}

static struct client ask(struct api_rig *rig, const char *path)
{
	struct client client = client_open(rig);
	char request[160];

	(void)snprintf(request, sizeof(request), "GET /netd/v1/%s HTTP/1.1\r\nHost: d\r\n\r\n",
		       path);
	client_puts(&client, request);
	for (int i = 0; i < 5; i++)
		client_turn(&client);
	return client;
}

static void what_the_program_writes_is_the_whole_reply(void **state)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\n\r\n{\"Ready\":true}\n";
	struct client client = ask(*state, "drops?name=blue&seconds=7");

	assert_int_equal(started.n, 1);
	assert_string_equal(started.words, "drops blue 7");
	/* Others are answered meanwhile. */
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	assert_int_equal(write(started.client_fd[0], reply, sizeof(reply) - 1), sizeof(reply) - 1);
	client_expect(&client, "true}\n");
	assert_false(client.ended);
	ends();
	client_expect_end(&client);
	assert_string_equal(client.in.data, reply);
	client_close(&client);
}

static void nonsense_starts_nobody(void **state)
{
	static const struct {
		const char *path, *says;
		int status;
	} cases[] = {
		{ "/netd/v1/trace", "name is missing", 400 },
		{ "/netd/v1/trace?name=nobody", "No such container", 404 },
		{ "/netd/v1/trace?name=x&filter=a%20b%20c%20d%20e%20f%20g%20h",
		  "7 words at the most", 400 },
		{ "/netd/v1/drops?seconds=ever", "seconds is a number", 400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		rig_expect(*state, "GET", cases[i].path, NULL, cases[i].status, cases[i].says);
	assert_int_equal(started.n, 0);
	started.refuses = -ENOENT;
	rig_expect(*state, "GET", "/netd/v1/drops", NULL, 501, "netd-explain is not installed");
}

static void only_so_many_look_at_once(void **state)
{
	struct client clients[TRACE_AT_ONCE_MAX];

	for (size_t i = 0; i < TRACE_AT_ONCE_MAX; i++)
		clients[i] = ask(*state, "drops");
	assert_int_equal(started.n, TRACE_AT_ONCE_MAX);
	assert_string_equal(started.words, "drops -");
	rig_expect(*state, "GET", "/netd/v1/drops", NULL, 503, "look at packets already");
	ends();
	for (size_t i = 0; i < TRACE_AT_ONCE_MAX; i++) {
		client_expect_end(&clients[i]);
		client_close(&clients[i]);
	}
	clients[0] = ask(*state, "drops");
	assert_int_equal(started.n, 1);
	ends();
	client_expect_end(&clients[0]);
	client_close(&clients[0]);
}

/* The program's end of the pipe has no other any more. */
static void a_client_that_goes_takes_the_program_along(void **state)
{
	struct client client = ask(*state, "drops");
	struct pollfd pipe = { .fd = started.pipe_fd[0] };

	assert_int_equal(poll(&pipe, 1, 0), 0);
	/* netd hears of it from the program, which has the client's socket. */
	client_close(&client);
	ends();
	for (int i = 0; i < 20; i++)
		rig_round(*state);
	client = ask(*state, "drops");
	assert_int_equal(started.n, 1);
	client_close(&client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_the_program_writes_is_the_whole_reply),
		TEST(nonsense_starts_nobody),
		TEST(only_so_many_look_at_once),
		TEST(a_client_that_goes_takes_the_program_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
