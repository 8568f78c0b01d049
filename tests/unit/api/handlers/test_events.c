// SPDX-License-Identifier: GPL-2.0-or-later
// test_events.c - the event stream: what is sent, when it ends, and clients that are bad at reading
// it
#include "base/cleanup.h"
#include "tests/unit/api/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

static struct client follow(struct rig *rig, const char *query, const char *headers)
{
	_cleanup_free_ char *request = NULL;
	struct client client = client_open(rig);

	assert_true(asprintf(&request, "GET %s HTTP/1.1\r\nHost: d\r\n%s\r\n", query, headers) > 0);
	client_puts(&client, request);
	client_expect(&client, "\r\n\r\n");
	return client;
}

static void tell(struct rig *rig, const char *name, time_t when)
{
	fake_engine_event(rig->engine, "network", "create", "feed", name, when);
}

static void settle(struct client *client)
{
	for (int i = 0; i < 5; i++)
		client_turn(client);
}

static void headers_come_at_once_and_events_as_they_happen(void **state)
{
	struct rig *rig = *state;
	struct client client = follow(rig, "/events", "");

	assert_non_null(strstr(client.in.data, "HTTP/1.1 200 OK"));
	assert_non_null(strstr(client.in.data, "Content-Type: application/jsonl\r\n"));
	for (int i = 0; i < 5; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "net%d", i);
		tell(rig, name, 1700000000);
		client_expect(&client, name);
	}
	assert_non_null(
		strstr(client.in.data,
		       "{\"Type\":\"network\",\"Action\":\"create\",\"Actor\":{\"ID\":\"feed\","
		       "\"Attributes\":{\"name\":\"net0\"}},\"scope\":\"local\","
		       "\"time\":1700000000,\"timeNano\":1700000000000000000}\n"));
	client_close(&client);
	assert_int_equal(fake_engine_n_subscribers(rig->engine), 0);
}

static void the_type_follows_version_and_accept(void **state)
{
	static const struct {
		const char *path, *accept, *type;
	} cases[] = {
		{ "/v1.51/events", "Accept: application/jsonl\r\n", "application/json\r\n" },
		{ "/v1.52/events", "", "application/jsonl\r\n" },
		{ "/events", "Accept: application/x-ndjson\r\n", "application/x-ndjson\r\n" },
		{ "/events", "Accept: application/json-seq\r\n", "application/json-seq\r\n" },
		{ "/events", "Accept: */*\r\n", "application/jsonl\r\n" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client client = follow(rig, cases[i].path, cases[i].accept);

		assert_non_null(strstr(client.in.data, cases[i].type));
		tell(rig, "x", 1700000000);
		client_expect(&client, strstr(cases[i].type, "seq") ? "\x1e{\"Type" : "\n{\"Type");
		client_close(&client);
	}
}

static void past_events_are_told_from_since_to_until(void **state)
{
	struct rig *rig = *state;
	struct client client;

	tell(rig, "first", 1000);
	tell(rig, "second", 2000);
	tell(rig, "third", 3000);
	client = follow(rig, "/events?since=2000&until=2999.5", "Connection: close\r\n");
	client_expect_end(&client);
	assert_null(strstr(client.in.data, "first"));
	assert_non_null(strstr(client.in.data, "second"));
	assert_null(strstr(client.in.data, "third"));
	client_close(&client);

	client = follow(rig, "/events?until=1500", "Connection: close\r\n");
	client_expect_end(&client);
	assert_non_null(strstr(client.in.data, "first"));
	assert_null(strstr(client.in.data, "second"));
	client_close(&client);

	client = follow(rig, "/events?since=2500", "");
	client_expect(&client, "third");
	tell(rig, "fourth", 4000);
	client_expect(&client, "fourth");
	assert_null(strstr(client.in.data, "second"));
	client_close(&client);
}

static void until_in_the_future_ends_the_stream_then(void **state)
{
	struct rig *rig = *state;
	struct timespec now;
	char path[64];
	struct client client;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(path, sizeof(path), "/events?until=%lld.%09ld", (long long)now.tv_sec + 1,
		       now.tv_nsec);
	client = follow(rig, path, "Connection: close\r\n");
	settle(&client);
	assert_false(client.ended);
	client_expect_end(&client);
	assert_non_null(strstr(client.in.data, "\r\n0\r\n\r\n"));
	client_close(&client);
}

static void filters_choose_events(void **state)
{
	struct rig *rig = *state;
	struct client client = follow(
		rig, "/events?filters={%22network%22:[%22good%22],%22event%22:[%22create%22]}", "");

	tell(rig, "bad", 1);
	fake_engine_event(rig->engine, "network", "destroy", "id", "good", 2);
	fake_engine_event(rig->engine, "container", "create", "id", "good", 3);
	tell(rig, "good", 4);
	client_expect(&client, "good");
	assert_null(strstr(client.in.data, "bad"));
	assert_null(strstr(client.in.data, "destroy"));
	assert_null(strstr(client.in.data, "container"));
	client_close(&client);
}

static void bad_parameters_are_errors(void **state)
{
	rig_expect(*state, "GET", "/events?since=yesterday", NULL, 400,
		   "invalid value for since: \\\"yesterday\\\"");
	rig_expect(*state, "GET", "/events?since=20&until=10", NULL, 400,
		   "until time is before since time");
	rig_expect(*state, "GET", "/events?filters={%22x%22:[]}", NULL, 400, "invalid filter 'x'");
	assert_int_equal(fake_engine_n_subscribers(((struct rig *)*state)->engine), 0);
}

static void a_client_that_goes_away_is_noticed_in_a_quiet_hour(void **state)
{
	struct rig *rig = *state;
	struct client stays = follow(rig, "/events", ""), leaves = follow(rig, "/events", "");

	assert_int_equal(fake_engine_n_subscribers(rig->engine), 2);
	client_close(&leaves);
	settle(&stays);
	assert_int_equal(fake_engine_n_subscribers(rig->engine), 1);
	tell(rig, "still", 1);
	client_expect(&stays, "still");
	client_close(&stays);
}

static void a_client_that_ends_its_way_ends_the_stream(void **state)
{
	struct rig *rig = *state;
	struct client client = follow(rig, "/events", "");

	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	settle(&client);
	assert_int_equal(fake_engine_n_subscribers(rig->engine), 0);
	client_close(&client);
}

static void what_a_client_says_meanwhile_waits_for_the_end(void **state)
{
	struct rig *rig = *state;
	struct client client = follow(rig, "/events", "");

	client_puts(&client, "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
	settle(&client);
	tell(rig, "later", 1);
	client_expect(&client, "later");
	assert_null(strstr(client.in.data, "\r\n\r\nOK"));
	client_close(&client);
	settle(&client);
}

static void a_client_that_does_not_read_is_cut_off_and_delays_nobody(void **state)
{
	struct rig *rig = *state;
	struct client deaf = follow(rig, "/events", "");
	char name[2048];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	/* the socket's buffer takes some, then the stream's */
	for (int i = 0; i < 1000; i++) {
		tell(rig, name, i);
		ev_run(rig->loop, EVRUN_NOWAIT);
	}
	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
	client_expect(&deaf, "\r\n0\r\n\r\n");
	assert_true(deaf.in.len > API_STREAM_MAX);
	assert_true(deaf.in.len < (size_t)4 * API_STREAM_MAX);
	assert_int_equal(fake_engine_counted(rig->engine, GUARD_DROPPED_STREAMS), 1);
	client_close(&deaf);
	assert_int_equal(fake_engine_n_subscribers(rig->engine), 0);
}

static void shutting_down_ends_open_streams(void **state)
{
	struct rig *rig = *state;
	struct client client = follow(rig, "/events", "");
	char end[512] = "";

	api_server_free(rig->server);
	rig->server = NULL;
	assert_true(recv(client.fd, end, sizeof(end) - 1, 0) > 0);
	assert_non_null(strstr(end, "0\r\n\r\n"));
	assert_int_equal(recv(client.fd, end, sizeof(end), 0), 0);
	assert_int_equal(fake_engine_n_subscribers(rig->engine), 0);
	client_close(&client);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(headers_come_at_once_and_events_as_they_happen),
		RIG_TEST(the_type_follows_version_and_accept),
		RIG_TEST(past_events_are_told_from_since_to_until),
		RIG_TEST(until_in_the_future_ends_the_stream_then),
		RIG_TEST(filters_choose_events),
		RIG_TEST(bad_parameters_are_errors),
		RIG_TEST(a_client_that_goes_away_is_noticed_in_a_quiet_hour),
		RIG_TEST(a_client_that_ends_its_way_ends_the_stream),
		RIG_TEST(what_a_client_says_meanwhile_waits_for_the_end),
		RIG_TEST(a_client_that_does_not_read_is_cut_off_and_delays_nobody),
		RIG_TEST(shutting_down_ends_open_streams),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
