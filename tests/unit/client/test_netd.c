// SPDX-License-Identifier: GPL-2.0-or-later
// test_netd.c - libnetd as a program sees it: answers as text, errors as code and sentence
#include "tests/unit/client/fake_daemon.h"

#include <netd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct netd_client *open_at(const struct fake_daemon *daemon)
{
	struct netd_client *client = NULL;

	assert_int_equal(netd_open(daemon->host, &client, NULL), 0);
	return client;
}

static void nobody_there_is_unavailable(void **state)
{
	struct netd_client *client = NULL;
	struct netd_error error;

	(void)state;
	assert_true(netd_open("unix:///nowhere/netd.sock", &client, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_UNAVAILABLE);
	assert_int_equal(error.status, 0);
	assert_non_null(strstr(error.message, "unix:///nowhere/netd.sock"));
	assert_true(netd_open("http://x", &client, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_INVALID);
	assert_null(client);
	netd_close(client);
}

static void answers_are_text_and_refusals_keep_codes_that_are_not_known(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /_ping ", NULL, FAKE_JSON("200 OK", "OK"), 0 },
		{ "DELETE /x ", NULL, FAKE_JSON("204 No Content", ""), 0 },
		{ "POST /x ", "{}",
		  FAKE_JSON("409 Conflict", "{\"message\":\"m\",\"code\":\"new\"}"), 0 },
		{ "GET /x ", NULL, FAKE_JSON("404 Not Found", "{\"message\":\"page not found\"}"),
		  0 },
		{ "GET /x ", NULL, NULL, 0 },
	};
	struct fake_daemon daemon;
	struct netd_client *client;
	struct netd_error error;
	char *answer = NULL;

	(void)state;
	fake_daemon_start(&daemon, exchanges, 5);
	client = open_at(&daemon);
	assert_int_equal(netd_call(client, "GET", "/_ping", NULL, &answer, &error), 0);
	assert_string_equal(answer, "OK");
	free(answer);
	assert_int_equal(netd_call(client, "DELETE", "/x", NULL, &answer, &error), 0);
	assert_string_equal(answer, "");
	free(answer);
	assert_true(netd_call(client, "POST", "/x", "{}", NULL, &error) < 0);
	assert_int_equal(error.status, 409);
	assert_string_equal(error.code, "new");
	assert_string_equal(error.message, "m");
	assert_true(netd_call(client, "GET", "/x", NULL, NULL, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_NOT_FOUND);
	assert_true(netd_call(client, "GET", "/x", NULL, NULL, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_UNAVAILABLE);
	assert_int_equal(error.status, 0);
	assert_true(netd_call(client, "GET", "no slash", NULL, NULL, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_INVALID);
	netd_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

static int take_first(const char *data, size_t len, void *user)
{
	(void)data;
	*(size_t *)user += len;
	return 7;
}

static int take_all(const char *data, size_t len, void *user)
{
	(void)take_first(data, len, user);
	return 0;
}

static void a_stream_ends_by_either_side_and_may_be_refused(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /events ", NULL, FAKE_JSON("200 OK", "abc"), 0 },
		{ "GET /events ", NULL, FAKE_JSON("200 OK", "abc"), 0 },
		{ "GET /events ", NULL,
		  FAKE_JSON("503 Service Unavailable", "{\"message\":\"full\"}"), 0 },
		{ "GET /events ", NULL,
		  FAKE_JSON("404 Not Found", "{\"message\":\"no such container: c\",\"code\":"
					     "\"container-not-found\"}"),
		  0 },
		{ "GET /events ", NULL,
		  FAKE_JSON("409 Conflict", "{\"message\":\"m\",\"code\":\"newer-than-this\"}"),
		  0 },
	};
	struct fake_daemon daemon;
	struct netd_client *client;
	struct netd_error error;
	size_t n = 0;

	(void)state;
	fake_daemon_start(&daemon, exchanges, 5);
	client = open_at(&daemon);
	assert_int_equal(netd_follow(client, "/events", take_all, &n, &error), 0);
	assert_int_equal(n, 3);
	assert_int_equal(netd_follow(client, "/events", take_first, &n, &error), 7);
	assert_true(netd_follow(client, "/events", take_all, &n, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_UNAVAILABLE);
	assert_string_equal(error.message, "full");
	assert_int_equal(error.status, 503);
	assert_true(netd_follow(client, "/events", take_all, &n, &error) < 0);
	assert_string_equal(error.code, NETD_CODE_CONTAINER_NOT_FOUND);
	assert_string_equal(error.message, "no such container: c");
	assert_int_equal(error.status, 404);
	assert_true(netd_follow(client, "/events", take_all, &n, &error) < 0);
	assert_string_equal(error.code, "newer-than-this");
	assert_int_equal(n, 6);
	netd_close(client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

static void what_is_quoted_is_one_segment(void **state)
{
	char *text = netd_quote("a/b c\xc3\xa9~"), *none = netd_quote("");

	(void)state;
	assert_string_equal(text, "a%2Fb%20c%C3%A9~");
	assert_string_equal(none, "");
	free(text);
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_there_is_unavailable),
		cmocka_unit_test(answers_are_text_and_refusals_keep_codes_that_are_not_known),
		cmocka_unit_test(a_stream_ends_by_either_side_and_may_be_refused),
		cmocka_unit_test(what_is_quoted_is_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
