// SPDX-License-Identifier: GPL-2.0-or-later
// test_dns_log.c - the log of questions, which a program of its own writes to the client's socket
#include "base/cleanup.h"
#include "dns/log.h"
#include "tests/unit/api/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Who starts programs: it keeps what one would be given, and the test writes what it would. */
static struct started {
	size_t n;
	int refuses;	/* negative errno */
	char words[96]; /* the last one's, with a space between */
	int socket_fd, pipe_fd;
	off_t ring_size;
} started;

static int fake_start(const char *program, const char *const *argv, const int *fds, size_t n_fds)
{
	struct stat status;

	if (started.refuses < 0)
		return started.refuses;
	assert_string_equal(program, "netd-dns-log");
	assert_int_equal(n_fds, 3);
	assert_int_equal(fstat(fds[0], &status), 0);
	started.words[0] = '\0';
	for (size_t i = 0; argv[i]; i++)
		(void)snprintf(started.words + strlen(started.words),
			       sizeof(started.words) - strlen(started.words), "%s%s",
			       i > 0 ? " " : "", argv[i]);
	started.ring_size = status.st_size;
	started.socket_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, 0);
	started.pipe_fd = fcntl(fds[2], F_DUPFD_CLOEXEC, 0);
	assert_true(started.socket_fd >= 0 && started.pipe_fd >= 0);
	started.n++;
	return 0;
}

static int setup(void **state)
{
	started = (struct started) { .socket_fd = -1, .pipe_fd = -1 };
	return api_rig_setup_starting(state, &(struct api_starter) { fake_start });
}

/* As a process ends: all of its descriptors at once. */
static void ends(void)
{
	if (started.socket_fd >= 0)
		(void)close(started.socket_fd);
	if (started.pipe_fd >= 0)
		(void)close(started.pipe_fd);
	started.socket_fd = started.pipe_fd = -1;
}

static int teardown(void **state)
{
	ends();
	return api_rig_teardown(state);
}

static void writes(const char *text)
{
	assert_int_equal(write(started.socket_fd, text, strlen(text)), strlen(text));
}

/* Whether the program is told that nobody waits for it any more. */
static bool is_told(void)
{
	struct pollfd pipe = { .fd = started.pipe_fd };

	assert_true(poll(&pipe, 1, 0) >= 0);
	return pipe.revents != 0;
}

static struct client ask(struct api_rig *rig, const char *query)
{
	struct client client = client_open(rig);
	char request[160];

	(void)snprintf(request, sizeof(request),
		       "GET /netd/v1/dns/log%s HTTP/1.1\r\nHost: d\r\n\r\n", query);
	client_puts(&client, request);
	for (int i = 0; i < 5; i++)
		client_turn(&client);
	return client;
}

static void what_the_program_writes_is_the_whole_reply(void **state)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\n\r\n{\"Number\":1}\n";
	struct client client = ask(*state, "");

	assert_int_equal(started.n, 1);
	assert_int_equal(started.ring_size, sizeof(struct dns_log_ring));
	assert_false(is_told());
	/* Others are answered meanwhile. */
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	writes(reply);
	client_expect(&client, "1}\n");
	assert_false(client.ended);
	ends();
	client_expect_end(&client);
	assert_string_equal(client.in.data, reply);
	client_close(&client);
}

static void what_is_asked_are_its_words(void **state)
{
	static const struct {
		const char *query, *words;
	} cases[] = {
		{ "", "netd-dns-log " },
		{ "?follow=1", "netd-dns-log  --follow" },
		{ "?follow=0&failed=1&from=20", "netd-dns-log 20 --failed" },
		{ "?follow=1&failed=1&from=%2b7", "netd-dns-log +7 --follow --failed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client client = ask(*state, cases[i].query);

		assert_string_equal(started.words, cases[i].words);
		ends();
		client_expect_end(&client);
		client_close(&client);
	}
}

static void nonsense_starts_nobody(void **state)
{
	static const char *const bad[] = {
		"x", "", "%2b", "-1", "1x", "%2b%2b1", "00000000000000000001",
	};
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(path, sizeof(path), "/netd/v1/dns/log?from=%s", bad[i]);
		rig_expect(*state, "GET", path, NULL, 400, "from is a number");
	}
	rig_expect(*state, "GET", "/netd/v1/dns/log?name=nope", NULL, 404, "nope");
	assert_int_equal(started.n, 0);
}

static void of_head_there_is_nothing_to_write(void **state)
{
	rig_expect(*state, "HEAD", "/netd/v1/dns/log", NULL, 200, NULL);
	assert_int_equal(started.n, 0);
}

static void who_cannot_be_started_is_said(void **state)
{
	started.refuses = -ENOENT;
	rig_expect(*state, "GET", "/netd/v1/dns/log", NULL, 501, "netd-dns-log is not installed");
	started.refuses = -EAGAIN;
	rig_expect(*state, "GET", "/netd/v1/dns/log", NULL, 500, "cannot show questions");
}

/* It sees for itself that the client has gone; its end is the connection's. */
static void a_client_that_has_left_is_the_programs_matter(void **state)
{
	struct client client = ask(*state, "?follow=1");

	client_close(&client);
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	ends();
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	client = ask(*state, "?follow=1");
	assert_int_equal(started.n, 2);
	writes("HTTP/1.1 200 OK\r\n\r\n");
	client_expect(&client, "200 OK");
	client_close(&client);
}

static void a_server_that_ends_tells_the_program(void **state)
{
	struct api_rig *rig = *state;
	struct client client = ask(rig, "?follow=1");

	assert_false(is_told());
	api_server_free(rig->server);
	rig->server = NULL;
	assert_true(is_told());
	client_close(&client);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(what_the_program_writes_is_the_whole_reply),
		LOG_TEST(what_is_asked_are_its_words),
		LOG_TEST(nonsense_starts_nobody),
		LOG_TEST(of_head_there_is_nothing_to_write),
		LOG_TEST(who_cannot_be_started_is_said),
		LOG_TEST(a_client_that_has_left_is_the_programs_matter),
		LOG_TEST(a_server_that_ends_tells_the_program),
	};

	return cmocka_run_group_tests_name("dns_log", tests, NULL, NULL);
}
