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

static struct client follow(struct api_rig *rig, const char *query, const char *headers)
{
	_cleanup_free_ char *request = NULL;
	struct client client = client_open(rig);

	assert_true(asprintf(&request, "GET %s HTTP/1.1\r\nHost: d\r\n%s\r\n", query, headers) > 0);
	client_puts(&client, request);
	client_expect(&client, "\r\n\r\n");
	return client;
}

/* A network comes, which is an event. */
static void create(struct api_rig *rig, const char *name)
{
	char body[64];

	(void)snprintf(body, sizeof(body), "{\"Name\": \"%s\"}", name);
	rig_done(rig->below, rig_network(rig->below, body));
}

/* What the moment is called in a query, later than all that has happened. */
static void now_as(char ret_text[static 32])
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(ret_text, 32, "%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
}

static void settle(struct client *client)
{
	for (int i = 0; i < 5; i++)
		client_turn(client);
}

static void headers_come_at_once_and_events_as_they_happen(void **state)
{
	struct api_rig *rig = *state;
	struct client client = follow(rig, "/events", "");
	char want[512];

	assert_non_null(strstr(client.in.data, "HTTP/1.1 200 OK"));
	assert_non_null(strstr(client.in.data, "Content-Type: application/jsonl\r\n"));
	for (int i = 0; i < 5; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "net%d", i);
		create(rig, name);
		client_expect(&client, name);
	}
	(void)snprintf(want, sizeof(want),
		       "{\"Type\":\"network\",\"Action\":\"create\",\"Actor\":{\"ID\":\"%s\","
		       "\"Attributes\":{\"name\":\"net0\",\"type\":\"bridge\"}},"
		       "\"scope\":\"local\",\"time\":",
		       rig_net(rig->below, "net0")->spec.id);
	assert_non_null(strstr(client.in.data, want));
	assert_non_null(strstr(strstr(client.in.data, want), ",\"timeNano\":"));
	assert_non_null(strstr(strstr(client.in.data, want), "}\n"));
	client_close(&client);
	assert_int_equal(rig_n_subscribers(rig), 0);
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
	struct api_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client client = follow(rig, cases[i].path, cases[i].accept);
		char name[16];

		assert_non_null(strstr(client.in.data, cases[i].type));
		(void)snprintf(name, sizeof(name), "net%zu", i);
		create(rig, name);
		client_expect(&client, strstr(cases[i].type, "seq") ? "\x1e{\"Type" : "\n{\"Type");
		client_close(&client);
	}
}

static struct client follow_between(struct api_rig *rig, const char *since, const char *until,
				    const char *headers)
{
	char query[128];

	(void)snprintf(query, sizeof(query), "/events?%s%s%s%s", *since ? "since=" : "", since,
		       *until ? "&until=" : "", until);
	return follow(rig, query, headers);
}

static void past_events_are_told_from_since_to_until(void **state)
{
	struct api_rig *rig = *state;
	char after_first[32], after_second[32];
	struct client client;

	create(rig, "first");
	now_as(after_first);
	create(rig, "second");
	now_as(after_second);
	create(rig, "third");
	client = follow_between(rig, after_first, after_second, "Connection: close\r\n");
	client_expect_end(&client);
	assert_null(strstr(client.in.data, "first"));
	assert_non_null(strstr(client.in.data, "second"));
	assert_null(strstr(client.in.data, "third"));
	client_close(&client);

	client = follow_between(rig, "", after_first, "Connection: close\r\n");
	client_expect_end(&client);
	assert_non_null(strstr(client.in.data, "first"));
	assert_null(strstr(client.in.data, "second"));
	client_close(&client);

	client = follow_between(rig, after_second, "", "");
	client_expect(&client, "third");
	create(rig, "fourth");
	client_expect(&client, "fourth");
	assert_null(strstr(client.in.data, "second"));
	client_close(&client);
}

static void until_in_the_future_ends_the_stream_then(void **state)
{
	struct api_rig *rig = *state;
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
	struct api_rig *rig = *state;
	struct client client;

	create(rig, "good");
	client = follow(
		rig, "/events?filters={%22network%22:[%22good%22],%22event%22:[%22create%22]}", "");
	create(rig, "bad");
	rig_done(rig->below, engine_network_remove(rig->below->engine, "good", &rig->below->error));
	rig_done(rig->below, rig_attach(rig->below, "good", rig->below->netns_a, ""));
	create(rig, "good");
	client_expect(&client, "good");
	assert_null(strstr(client.in.data, "bad"));
	assert_null(strstr(client.in.data, "destroy"));
	assert_null(strstr(client.in.data, "\"container\""));
	client_close(&client);
}

static void bad_parameters_are_errors(void **state)
{
	rig_expect(*state, "GET", "/events?since=yesterday", NULL, 400,
		   "invalid value for since: \\\"yesterday\\\"");
	rig_expect(*state, "GET", "/events?since=20&until=10", NULL, 400,
		   "until time is before since time");
	rig_expect(*state, "GET", "/events?filters={%22x%22:[]}", NULL, 400, "invalid filter 'x'");
	assert_int_equal(rig_n_subscribers(*state), 0);
}

static void a_client_that_goes_away_is_noticed_in_a_quiet_hour(void **state)
{
	struct api_rig *rig = *state;
	struct client stays = follow(rig, "/events", ""), leaves = follow(rig, "/events", "");

	assert_int_equal(rig_n_subscribers(rig), 2);
	client_close(&leaves);
	settle(&stays);
	assert_int_equal(rig_n_subscribers(rig), 1);
	create(rig, "still");
	client_expect(&stays, "still");
	client_close(&stays);
}

static void a_client_that_ends_its_way_ends_the_stream(void **state)
{
	struct api_rig *rig = *state;
	struct client client = follow(rig, "/events", "");

	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	settle(&client);
	assert_int_equal(rig_n_subscribers(rig), 0);
	client_close(&client);
}

static void what_a_client_says_meanwhile_waits_for_the_end(void **state)
{
	struct api_rig *rig = *state;
	struct client client = follow(rig, "/events", "");

	client_puts(&client, "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
	settle(&client);
	create(rig, "later");
	client_expect(&client, "later");
	assert_null(strstr(client.in.data, "\r\n\r\nOK"));
	client_close(&client);
	settle(&client);
}

/* A container whose events have 32,000 characters, for its labels are told with each. */
static void attach_talker(struct api_rig *rig)
{
	json_t *labels = json_object();
	_cleanup_free_ char *more = NULL, *text = NULL;
	char key[2] = "a", value[4000];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 8; i++, key[0]++)
		(void)json_object_set_new(labels, key, json_string(value));
	text = json_dumps(labels, JSON_COMPACT);
	assert_true(asprintf(&more, "\"Labels\": %s", text) > 0);
	rig_done(rig->below, rig_attach(rig->below, "talker", rig->below->netns_a, more));
	json_decref(labels);
}

/* Each time it gets another name that is an event. */
static void rename_talker(struct api_rig *rig, int nth)
{
	const struct container *talker = engine_containers(rig->below->engine, &(size_t) { 0 })[0];
	struct container_names names = { 0 };

	(void)snprintf(names.name, sizeof(names.name), "talker%d", nth);
	rig_done(rig->below,
		 engine_names(rig->below->engine, talker->spec.id, &names, &rig->below->error));
}

static void a_client_that_does_not_read_is_cut_off_and_delays_nobody(void **state)
{
	struct api_rig *rig = *state;
	struct client deaf;

	attach_talker(rig);
	deaf = follow(rig, "/events", "");
	/* the socket's buffer takes some, then the stream's */
	for (int i = 0; i < 64; i++) {
		rename_talker(rig, i);
		rig_round(rig);
	}
	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
	client_expect(&deaf, "\r\n0\r\n\r\n");
	assert_true(deaf.in.len > API_STREAM_MAX);
	assert_true(deaf.in.len < (size_t)4 * API_STREAM_MAX);
	assert_int_equal(rig_counted(rig, GUARD_DROPPED_STREAMS), 1);
	client_close(&deaf);
	assert_int_equal(rig_n_subscribers(rig), 0);
}

static void shutting_down_ends_open_streams(void **state)
{
	struct api_rig *rig = *state;
	struct client client = follow(rig, "/events", "");
	char end[512] = "";

	api_server_free(rig->server);
	rig->server = NULL;
	assert_true(recv(client.fd, end, sizeof(end) - 1, 0) > 0);
	assert_non_null(strstr(end, "0\r\n\r\n"));
	assert_int_equal(recv(client.fd, end, sizeof(end), 0), 0);
	assert_int_equal(rig_n_subscribers(rig), 0);
	client_close(&client);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, api_rig_setup, api_rig_teardown)

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
