// SPDX-License-Identifier: GPL-2.0-or-later
// test_client.c - whole calls: unix socket, ssh, reuse of connections, and what goes wrong
#include "client/client.h"

#include "base/cleanup.h"
#include "client/stdio_pump.h"
#include "tests/unit/client/fake_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void call(struct client *client, const char *method, const char *path, const char *body,
		 int want_status, const char *want)
{
	struct buf answer = { 0 };
	struct error error = { 0 };
	int status;

	if (client_call(client, method, path, body, &status, &answer, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(status, want_status);
	assert_string_equal(answer.data ? answer.data : "", want);
	buf_done(&answer);
}

static void calls_share_a_connection_until_the_server_ends_it(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /a HTTP/1.1\r\n", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
		  0 },
		{ "POST /b HTTP/1.1\r\n", "{\"x\":1}",
		  "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\ntwo", 1 },
		{ "DELETE /c ", NULL, "HTTP/1.1 204 No Content\r\n\r\n", 0 },
		{ "POST /d ", NULL, FAKE_JSON("409 Conflict", "{\"message\":\"no\"}"), 0 },
	};
	struct fake_daemon daemon;
	struct client *client;
	struct error error;

	(void)state;
	fake_daemon_start(&daemon, exchanges, 4);
	assert_int_equal(client_open(daemon.host, &client, &error), 0);
	assert_string_equal(client_unix_path(client), daemon.path);
	call(client, "GET", "/a", NULL, 200, "one");
	call(client, "POST", "/b", "{\"x\":1}", 201, "two");
	(void)usleep(20000); /* the close has arrived when the next call looks */
	call(client, "DELETE", "/c", NULL, 204, "");
	call(client, "POST", "/d", NULL, 409, "{\"message\":\"no\"}");
	client_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

static void absent_daemon_and_refused_permission_say_what_to_look_at(void **state)
{
	struct client *client = NULL;
	struct error error = { 0 };
	char dir[] = "/tmp/netd-client-XXXXXX", path[64];
	pid_t pid;
	int status;

	(void)state;
	assert_int_not_equal(client_open("unix:///tmp/netd-no-such/sock", &client, &error), 0);
	assert_string_equal(error.text,
			    "cannot reach netd at unix:///tmp/netd-no-such/sock: No such "
			    "file or directory; is netd running?");
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "unix://%s/sock", dir);
	assert_int_equal(chmod(dir, 0), 0);
	pid = fork();
	if (pid == 0) { /* root may look into any directory */
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(2);
		(void)client_open(path, &client, &error); /* error is looked at */
		_exit(strstr(error.text,
			     "Permission denied; root and the members of the group netd")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)rmdir(dir);
}

static void connection_that_ends_early_is_an_error(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /nothing", NULL, NULL, 0 },
		{ "GET /half", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 1 },
		{ "GET /noise", NULL, "220 mail ready\r\n", 1 },
	};
	static const char *const paths[] = { "/nothing", "/half", "/noise" };
	static const char *const words[] = { "closed the connection without an answer",
					     "Connection reset", "does not speak HTTP" };
	struct fake_daemon daemon;
	struct client *client;
	struct error error;

	(void)state;
	fake_daemon_start(&daemon, exchanges, 3);
	assert_int_equal(client_open(daemon.host, &client, &error), 0);
	for (int i = 0; i < 3; i++) {
		struct buf answer = { 0 };
		int status = -1;

		assert_true(client_call(client, "GET", paths[i], NULL, &status, &answer, &error) <
			    0);
		if (!strstr(error.text, words[i]))
			fail_msg("%s", error.text);
		assert_int_equal(status, -1);
		assert_null(answer.data);
	}
	client_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

static void path_that_would_end_the_request_line_is_refused(void **state)
{
	struct fake_daemon daemon;
	struct client *client;
	struct buf answer = { 0 };
	struct error error;
	int status;

	(void)state;
	fake_daemon_start(&daemon, NULL, 0);
	assert_int_equal(client_open(daemon.host, &client, &error), 0);
	assert_int_equal(client_call(client, "GET", "/a b", NULL, &status, &answer, &error),
			 -EINVAL);
	assert_int_equal(client_call(client, "GET", "/a\r\nX: y", NULL, &status, &answer, &error),
			 -EINVAL);
	client_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

static int count(const char *data, size_t len, void *user)
{
	struct buf *seen = user;

	buf_append(seen, data, len);
	return strstr(seen->data, "stop") ? 7 : 0;
}

static void stream_ends_with_the_server_or_when_the_reader_says_so(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /events", NULL,
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1 },
		{ "GET /events", NULL,
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nstop\r\n", 1 },
		{ "GET /events", NULL, FAKE_JSON("400 Bad", "{\"message\":\"invalid filter 'x'\"}"),
		  0 },
	};
	struct buf seen = { 0 };
	struct fake_daemon daemon;
	struct client *client;
	struct error error;
	int status;

	(void)state;
	fake_daemon_start(&daemon, exchanges, 3);
	assert_int_equal(client_open(daemon.host, &client, &error), 0);
	assert_int_equal(client_stream(client, "/events", &status, NULL, count, &seen, &error), 0);
	assert_string_equal(seen.data, "{}");
	assert_int_equal(client_stream(client, "/events", &status, NULL, count, &seen, &error), 7);
	assert_true(client_stream(client, "/events", &status, NULL, count, &seen, &error) < 0);
	assert_int_equal(status, 400);
	assert_string_equal(error.text, "invalid filter 'x'");
	buf_done(&seen);
	client_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

/* Its kernel takes the request of a daemon that is stopped. */
static void a_stream_that_does_not_begin_is_given_up(void **state)
{
	struct buf seen = { 0 };
	struct fake_daemon daemon;
	struct client *client;
	struct error error;
	int status;

	(void)state;
	fake_daemon_start(&daemon, NULL, 0);
	assert_int_equal(client_open(daemon.host, &client, &error), 0);
	client_timeout(client, 1);
	assert_true(client_stream(client, "/events", &status, NULL, count, &seen, &error) < 0);
	assert_non_null(strstr(error.text, "did not answer for 1 seconds"));
	client_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

/* A directory first on the PATH with a program called ssh. */
static void fake_ssh(char dir[static 32], const char *script)
{
	char path[64], env[4096];
	FILE *file;

	(void)snprintf(dir, 32, "/tmp/netd-ssh-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/ssh", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	(void)snprintf(env, sizeof(env), "%s:%s", dir, getenv("PATH"));
	assert_int_equal(setenv("PATH", env, 1), 0);
}

static void remove_ssh(const char *dir)
{
	char path[64], env[4096];

	(void)snprintf(path, sizeof(path), "%s/ssh", dir);
	(void)unlink(path);
	(void)rmdir(dir);
	(void)snprintf(env, sizeof(env), "%s", strchr(getenv("PATH"), ':') + 1);
	assert_int_equal(setenv("PATH", env, 1), 0);
}

static void ssh_is_run_so_that_nothing_of_the_host_is_an_option_or_shell(void **state)
{
	struct client *client;
	struct error error;
	char dir[32];

	(void)state;
	fake_ssh(dir, "body=\"$*\"\nread line\nprintf 'HTTP/1.1 200 OK\\r\\nContent-Length: "
		      "%s\\r\\n\\r\\n%s' "
		      "${#body} \"$body\"");
	assert_int_equal(client_open("ssh://ann@box:2222/run/it's/s", &client, &error), 0);
	assert_null(client_unix_path(client));
	call(client, "GET", "/", NULL, 200,
	     "-l ann -p 2222 -T -- box netctl -H 'unix:///run/it'\\''s/s' system dial-stdio");
	client_close(client);
	remove_ssh(dir);
}

static void failing_ssh_is_told_with_its_status(void **state)
{
	struct client *client;
	struct buf answer = { 0 };
	struct error error;
	char dir[32];
	int status;

	(void)state;
	fake_ssh(dir, "exit 255");
	assert_int_equal(client_open("ssh://box", &client, &error), 0);
	assert_true(client_call(client, "GET", "/", NULL, &status, &answer, &error) < 0);
	assert_string_equal(error.text,
			    "cannot reach netd at ssh://box: ssh ended with status 255");
	client_close(client);
	remove_ssh(dir);
}

static void dial_copies_both_ways_and_passes_on_the_end_of_input(void **state)
{
	static char big[300000];
	struct error error;
	int pair[2], in[2], out[2], status;
	size_t got = 0;
	pid_t pump, echo;
	char data[8192];
	ssize_t n;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pump = fork();
	if (pump == 0) {
		close(pair[1]), close(in[1]), close(out[0]);
		_exit(stdio_pump_run(pair[0], in[0], out[1], &error) == 0 ? 0 : 1);
	}
	echo = fork();
	if (echo == 0) { /* answers only when all of the question is there */
		size_t len = 0;

		close(pair[0]), close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		while ((n = read(pair[1], data, sizeof(data))) > 0)
			len += (size_t)n;
		_exit(write(pair[1], big, len) == (ssize_t)len ? 0 : 1);
	}
	close(pair[0]), close(pair[1]), close(in[0]), close(out[1]);
	assert_int_equal(write(in[1], big, sizeof(big)), (ssize_t)sizeof(big));
	close(in[1]);
	while ((n = read(out[0], data, sizeof(data))) > 0)
		got += (size_t)n;
	close(out[0]);
	assert_int_equal(got, sizeof(big));
	assert_int_equal(waitpid(pump, &status, 0), pump);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(echo, &status, 0), echo);
	assert_int_equal(status, 0);
}

static void quoting_leaves_only_what_a_path_may_hold(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	client_quote(&buf, "a-B_1.~/?&=%\n\xc3\xa4 ");
	assert_string_equal(buf.data, "a-B_1.~%2F%3F%26%3D%25%0A%C3%A4%20");
	buf_done(&buf);
}

static void message_of_an_error_is_taken_from_json_or_as_it_is(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "{\"message\":\"network x not found\"}\n", "network x not found" },
		{ "plain words\r\n", "plain words" },
		{ "{\"other\":1}", "{\"other\":1}" },
		{ "", "netd gave no reason" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf body = { 0 };

		buf_puts(&body, cases[i].body);
		client_message(&body, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
		client_message(&body, text, 6);
		assert_int_equal(strlen(text), 5);
		buf_done(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_share_a_connection_until_the_server_ends_it),
		cmocka_unit_test(absent_daemon_and_refused_permission_say_what_to_look_at),
		cmocka_unit_test(connection_that_ends_early_is_an_error),
		cmocka_unit_test(path_that_would_end_the_request_line_is_refused),
		cmocka_unit_test(stream_ends_with_the_server_or_when_the_reader_says_so),
		cmocka_unit_test(a_stream_that_does_not_begin_is_given_up),
		cmocka_unit_test(ssh_is_run_so_that_nothing_of_the_host_is_an_option_or_shell),
		cmocka_unit_test(failing_ssh_is_told_with_its_status),
		cmocka_unit_test(dial_copies_both_ways_and_passes_on_the_end_of_input),
		cmocka_unit_test(quoting_leaves_only_what_a_path_may_hold),
		cmocka_unit_test(message_of_an_error_is_taken_from_json_or_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
