// SPDX-License-Identifier: GPL-2.0-or-later
// test_capture.c - captures: a connection that changes hands, refusals, and processes that end
// early
#include "base/cleanup.h"
#include "base/limits.h"
#include "capture/asked.h"
#include "tests/unit/api/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CAPTURES_MAX 64

/* Who captures: it does nothing but keep the sockets, and the test does what the process would. */
static struct capturer {
	int control_fd[CAPTURES_MAX];
	struct capture_asked asked; /* the last */
	size_t n;
	int refuses; /* negative errno */
} capturer;

static int fake_capture(const struct capture_asked *asked, int control_fd, void *data)
{
	struct capturer *all = data;

	if (all->refuses < 0)
		return all->refuses;
	assert_true(all->n < CAPTURES_MAX);
	all->asked = *asked;
	all->control_fd[all->n] = fcntl(control_fd, F_DUPFD_CLOEXEC, 0);
	assert_true(all->control_fd[all->n++] >= 0);
	return 0;
}

static int setup(void **state)
{
	capturer = (struct capturer) { 0 };
	return api_rig_setup_with(
		state, &(struct api_explainer) { .capture = fake_capture, .data = &capturer });
}

static void ends(size_t i)
{
	if (capturer.control_fd[i] >= 0)
		assert_int_equal(close(capturer.control_fd[i]), 0);
	capturer.control_fd[i] = -1;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < capturer.n; i++)
		ends(i);
	return api_rig_teardown(state);
}

static void says(size_t i, const char *text)
{
	assert_int_equal(send(capturer.control_fd[i], text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void says_pid(size_t i, pid_t pid)
{
	assert_int_equal(send(capturer.control_fd[i], &pid, sizeof(pid), MSG_NOSIGNAL),
			 sizeof(pid));
}

/* A process of ours, which nothing but a signal ends. */
static pid_t a_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

/* libev may have heard of its end first. */
static void is_killed(pid_t pid)
{
	for (int i = 0; i < 30000 && kill(pid, 0) == 0; i++) {
		(void)waitpid(pid, NULL, WNOHANG);
		(void)usleep(1000);
	}
	assert_int_equal(kill(pid, 0), -1);
}

static struct client ask(struct api_rig *rig, const char *query)
{
	struct client client = client_open(rig);
	char request[256];

	(void)snprintf(request, sizeof(request),
		       "GET /netd/v1/capture?%s HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\n"
		       "Upgrade: netd-capture\r\n\r\n",
		       query);
	client_puts(&client, request);
	for (int i = 0; i < 5; i++)
		client_turn(&client);
	return client;
}

static void is_refused(struct client *client, int status, const char *body)
{
	struct reply reply = client_reply(client, false);

	assert_int_equal(reply.status, status);
	if (!strstr(reply.body, body))
		fail_msg("\"%s\" is not in %s", body, reply.body);
	reply_done(&reply);
	client_close(client);
}

/* The connection that is handed over; -1: none has come yet. */
static int take_connection(size_t i)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.data,
				  .msg_controllen = sizeof(control.data) };
	int fd;

	if (recvmsg(capturer.control_fd[i], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* It has begun, and its client was told; returns what it writes to. */
static int begins(struct client *client, size_t i)
{
	int fd = -1;

	says_pid(i, getpid());
	says(i, "101\n");
	client_expect(client, "101 Switching Protocols\r\n");
	client_expect(client, "\r\n\r\n");
	for (int round = 0; round < 2000 && fd < 0; round++) {
		client_turn(client);
		fd = take_connection(i);
	}
	assert_true(fd >= 0);
	return fd;
}

static void a_process_that_has_begun_gets_the_connection(void **state)
{
	struct client client = ask(*state, "name=web&both=1&count=5&filter=udp%20port%2053");
	int fd;

	assert_int_equal(capturer.n, 1);
	assert_string_equal(capturer.asked.name, "web");
	assert_string_equal(capturer.asked.filter, "udp port 53");
	assert_true(capturer.asked.both && !capturer.asked.loopback && capturer.asked.count == 5);
	/* The loop is free meanwhile. */
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	assert_int_equal(client.in.len, 0);
	fd = begins(&client, 0);
	assert_non_null(strcasestr(client.in.data, "\r\nUpgrade: netd-capture\r\n"));
	assert_int_equal(write(fd, "packets", 7), 7);
	client_expect(&client, "\r\n\r\npackets");
	/* netd has it no more: its end is the process'. */
	assert_false(client.ended);
	(void)close(fd);
	client_expect_end(&client);
	client_close(&client);
}

static void a_refusal_of_the_process_has_its_status(void **state)
{
	struct client client = ask(*state, "name=nope");

	says_pid(0, getpid());
	says(0, "40");
	client_turn(&client);
	says(0, "4\n{\"message\":\"there is no ");
	client_turn(&client);
	says(0, "container called nope\"}\n");
	ends(0);
	is_refused(&client, 404, "there is no container called nope");
}

static void half_a_refusal_is_an_error(void **state)
{
	static const char *const halves[] = { "",	   "40",	"404\n",    "404\n{",
					      "abc\n{}\n", "200\n{}\n", "099\n{}\n" };

	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		struct client client = ask(*state, "name=web");

		says_pid(i, getpid());
		if (halves[i][0])
			says(i, halves[i]);
		ends(i);
		is_refused(&client, 500, "ended before it had begun");
	}
}

static void nonsense_starts_nobody(void **state)
{
	static const struct {
		const char *query, *says;
	} bad[] = {
		{ "both=1", "name is missing" },
		{ "name=", "name is empty" },
		{ "name=web&count=x", "count is a number of packets" },
		{ "name=web&both=2", "both is 1 or 0" },
		{ "name=web&snaplen=1", "snaplen is a number of bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct client client = ask(*state, bad[i].query);

		is_refused(&client, 400, bad[i].says);
	}
	rig_expect(*state, "GET", "/netd/v1/capture?name=web", NULL, 400,
		   "packets do not come as an answer of HTTP");
	assert_int_equal(capturer.n, 0);
}

static void who_cannot_be_started_is_said(void **state)
{
	struct client client;

	capturer.refuses = -ENOENT;
	client = ask(*state, "name=web");
	is_refused(&client, 501, "netd-capture is not installed");
	capturer.refuses = -EAGAIN;
	client = ask(*state, "name=web");
	is_refused(&client, 500, "cannot capture");
}

/* How many run is known to whoever starts them: some may be of a netd before this one. */
static void only_so_many_run_at_once(void **state)
{
	struct client late, client;

	capturer.refuses = -EUSERS;
	late = ask(*state, "name=web");
	is_refused(&late, 503, "16 captures run already: end one of them first");
	capturer.refuses = 0;
	client = ask(*state, "name=web");
	assert_int_equal(capturer.n, 1);
	(void)close(begins(&client, 0));
	client_close(&client);
}

static void many_run_at_once(void **state)
{
	struct client clients[CAPTURE_AT_ONCE_MAX];
	int fds[CAPTURE_AT_ONCE_MAX];

	for (size_t i = 0; i < CAPTURE_AT_ONCE_MAX; i++) {
		clients[i] = ask(*state, "name=web");
		fds[i] = begins(&clients[i], i);
	}
	for (size_t i = 0; i < CAPTURE_AT_ONCE_MAX; i++) {
		ends(i);
		(void)close(fds[i]);
		client_expect_end(&clients[i]);
		client_close(&clients[i]);
	}
}

/* It dies when its client is told that it has begun: there is nobody to hand the connection to. */
static void those_that_die_at_once_end_their_connections(void **state)
{
	for (size_t i = 0; i <= CAPTURE_AT_ONCE_MAX; i++) {
		pid_t pid = a_process(); /* first, or it would keep the sockets, too */
		struct client client = ask(*state, "name=web");

		assert_int_equal(capturer.n, i + 1);
		says_pid(i, pid);
		says(i, "101\n");
		ends(i);
		client_expect(&client, "101 Switching Protocols\r\n");
		client_expect_end(&client);
		client_close(&client);
		(void)kill(pid, SIGKILL);
		is_killed(pid);
	}
}

static void a_server_that_ends_leaves_those_that_run(void **state)
{
	struct api_rig *rig = *state;
	struct client runs = ask(rig, "name=web"), waits = ask(rig, "name=web");
	int fd = begins(&runs, 0);
	pid_t pid = a_process();

	says_pid(1, pid);
	client_turn(&waits);
	api_server_free(rig->server);
	rig->server = NULL;
	is_killed(pid);
	assert_int_equal(write(fd, "packets", 7), 7);
	client_expect(&runs, "packets");
	(void)close(fd);
	client_close(&runs);
	client_close(&waits);
}

#define CAPTURE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(a_process_that_has_begun_gets_the_connection),
		CAPTURE_TEST(a_refusal_of_the_process_has_its_status),
		CAPTURE_TEST(half_a_refusal_is_an_error),
		CAPTURE_TEST(nonsense_starts_nobody),
		CAPTURE_TEST(who_cannot_be_started_is_said),
		CAPTURE_TEST(only_so_many_run_at_once),
		CAPTURE_TEST(many_run_at_once),
		CAPTURE_TEST(those_that_die_at_once_end_their_connections),
		CAPTURE_TEST(a_server_that_ends_leaves_those_that_run),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
