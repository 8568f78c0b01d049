// SPDX-License-Identifier: GPL-2.0-or-later
// test_http.c - the transport: what clients send well, badly, slowly, and in pieces
#include "base/cleanup.h"
#include "tests/unit/api/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PING "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"

static void one_connection_serves_many_requests(void **state)
{
	struct client client = client_open(*state);

	for (int i = 0; i < 50; i++) {
		struct reply reply;

		client_puts(&client, PING);
		reply = client_reply(&client, false);
		assert_int_equal(reply.status, 200);
		assert_string_equal(reply.body, "OK");
		reply_done(&reply);
	}
	assert_false(client.ended);
	client_close(&client);
}

static void a_reply_is_sent_in_the_turn_that_read_its_request(void **state)
{
	struct client client = client_open(*state);

	client_puts(&client, PING); /* one turn to accept it */
	for (int i = 0; i < 3 && client.in.len == 0; i++)
		client_turn(&client);
	buf_consume(&client.in, client.in.len);
	assert_int_equal(send(client.fd, PING, strlen(PING), 0), strlen(PING));
	client_turn(&client);
	assert_non_null(strstr(client.in.data, "\r\n\r\nOK"));
	client_close(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct client client = client_open(*state);
	struct reply reply;

	client_puts(&client,
		    PING "GET /nope HTTP/1.1\r\nHost: d\r\n\r\n"
			 "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 13\r\n"
			 "Content-Type: application/json\r\n\r\n{\"Name\":\"p1\"}" PING);
	for (int i = 0; i < 4; i++) {
		static const int want[] = { 200, 404, 201, 200 };

		reply = client_reply(&client, false);
		assert_int_equal(reply.status, want[i]);
		reply_done(&reply);
	}
	client_close(&client);
}

static void a_request_may_come_byte_by_byte_while_others_are_served(void **state)
{
	static const char request[] =
		"POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 15\r\n"
		"Content-Type: application/json\r\n\r\n{\"Name\":\"slow\"}";
	struct client slow = client_open(*state);
	struct reply reply;

	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		client_send(&slow, &request[i], 1);
		if (i % 20 == 0)
			rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	}
	reply = client_reply(&slow, false);
	assert_int_equal(reply.status, 201);
	reply_done(&reply);
	client_close(&slow);
}

static void a_chunked_body_is_put_together(void **state)
{
	struct client client = client_open(*state);
	struct reply reply;

	client_puts(&client, "POST /networks/create HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: "
			     "chunked\r\nContent-Type: application/json\r\n\r\n"
			     "8\r\n{\"Name\":\r\n7\r\n\"chunk\"\r\n1\r\n}\r\n0\r\n\r\n");
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 201);
	reply_done(&reply);
	client_close(&client);
}

static void expect_100_continue_is_answered_before_the_body_comes(void **state)
{
	struct client client = client_open(*state);
	struct reply reply;

	client_puts(&client, "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 15\r\n"
			     "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n");
	client_expect(&client, "100 Continue\r\n\r\n");
	buf_consume(&client.in, client.in.len);
	client_puts(&client, "{\"Name\":\"cont\"}");
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 201);
	reply_done(&reply);
	client_close(&client);
}

static void http_1_0_gets_its_answer_and_the_end(void **state)
{
	struct client client = client_open(*state);

	client_puts(&client, "GET /_ping HTTP/1.0\r\n\r\n");
	client_expect(&client, "200 OK");
	client_expect_end(&client);
	assert_non_null(strstr(client.in.data, "\r\n\r\nOK"));
	client_close(&client);
}

static void a_client_that_closed_its_way_still_gets_the_reply(void **state)
{
	struct client client = client_open(*state);

	client_puts(&client, PING);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	client_expect(&client, "\r\n\r\nOK");
	client_expect_end(&client);
	client_close(&client);
}

static uint64_t refused_requests(const struct api_rig *rig)
{
	return rig_counted(rig, GUARD_REFUSED_REQUESTS);
}

static void garbage_ends_its_connection_and_no_other(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
	} cases[] = {
		{ "zeroes", "\0\0\0\0\r\n\r\n", 8 },
		{ "no HTTP", "\x16\x03\x01\x02\r\n\r\n\r\n", 10 },
		{ "no version", "GET /_ping\r\n\r\n", 14 },
		{ "bad length", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: -4\r\n\r\n", 49 },
		{ "bad chunk",
		  "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 60 },
		{ "header without colon", "GET / HTTP/1.1\r\nHost d\r\n\r\n", 26 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client client = client_open(*state);

		client_send(&client, cases[i].bytes, cases[i].len);
		for (int turn = 0; turn < 4; turn++)
			client_turn(&client);
		(void)shutdown(client.fd, SHUT_WR);
		client_expect_end(&client);
		if (client.in.data && strstr(client.in.data, " 200 "))
			fail_msg("%s: %s", cases[i].what, client.in.data);
		client_close(&client);
		rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	}
	/* two of them are closed without an answer by some versions of libmicrohttpd */
	assert_true(refused_requests(*state) >= ARRAY_SIZE(cases) - 2);
}

static void headers_beyond_the_limit_are_refused(void **state)
{
	struct client client = client_open(*state);
	char line[1024];

	client_puts(&client, "GET /_ping HTTP/1.1\r\nHost: d\r\n");
	memset(line, 'a', sizeof(line));
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (int i = 0; i < 2 * API_HEADER_MAX / (int)sizeof(line); i++)
		client_send(&client, line, sizeof(line));
	client_expect(&client, "HTTP/1.1 4");
	client_expect_end(&client);
	assert_int_equal(refused_requests(*state), 1);
	client_close(&client);
}

static char *body_of(size_t len)
{
	char *body = malloc(len + 1);

	assert_non_null(body);
	memset(body, ' ', len);
	memcpy(body, "{\"Name\":\"big\"}", 14);
	body[len] = '\0';
	return body;
}

static void a_body_may_have_the_limit_and_not_one_byte_more(void **state)
{
	_cleanup_free_ char *most = body_of(API_BODY_MAX), *more = body_of(API_BODY_MAX + 1);

	rig_expect(*state, "POST", "/networks/create", most, 201, "Id");
	rig_expect(*state, "POST", "/networks/create", more, 413, "has more than 1048576 bytes");
	assert_int_equal(refused_requests(*state), 1);
}

static void a_chunked_body_too_long_is_refused_and_an_endless_one_cut_off(void **state)
{
	static const char head[] = "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Type: "
				   "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
	static char chunk[0x10000 + 9] = "10000\r\n";
	struct client client = client_open(*state);
	struct reply reply;

	memset(chunk + 7, ' ', 0x10000);
	memcpy(chunk + 7 + 0x10000, "\r\n", 2);
	client_puts(&client, head);
	for (int i = 0; i < 17; i++)
		client_send(&client, chunk, sizeof(chunk));
	client_puts(&client, "0\r\n\r\n");
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 413);
	reply_done(&reply);

	client_puts(&client, head);
	for (int i = 0; i < 80; i++)
		client_send(&client, chunk, sizeof(chunk));
	client_expect_end(&client);
	client_close(&client);
}

#define RESTORE "POST /netd/v1/restore HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"

/* A long body with its length: whether it may be sent. */
static void expect_large(struct api_rig *rig, const char *want)
{
	struct client client = client_open(rig);

	client_puts(&client, RESTORE "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
	client_expect(&client, want);
	client_close(&client);
}

static void one_long_body_is_read_at_a_time_and_short_ones_beside_it(void **state)
{
	static char piece[0x10000];
	struct client client = client_open(*state);

	memset(piece, ' ', sizeof(piece));
	expect_large(*state, "100 Continue");
	expect_large(*state, "100 Continue"); /* the one before has gone */
	client_puts(&client, RESTORE "Content-Length: 2097152\r\n\r\n");
	client_send(&client, piece, sizeof(piece));
	expect_large(*state, "is read one at a time, and another is being read");
	expect_large(*state, "HTTP/1.1 503");
	assert_int_equal(refused_requests(*state), 2);
	rig_expect(*state, "POST", "/netd/v1/restore", "{\"Backup\":\"x\"}", 400,
		   "does not begin as a journal");
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"beside\"}", 201, "Id");
	for (int i = 1; i < 32; i++)
		client_send(&client, piece, sizeof(piece));
	client_expect(&client, "HTTP/1.1 400"); /* all of it was read */
	expect_large(*state, "100 Continue");
	client_close(&client);
}

/* Sends 17 chunks of 64 KiB. */
static struct client send_chunked(struct api_rig *rig)
{
	static char chunk[0x10000 + 9] = "10000\r\n";
	struct client client = client_open(rig);

	memset(chunk + 7, ' ', 0x10000);
	memcpy(chunk + 7 + 0x10000, "\r\n", 2);
	client_puts(&client, RESTORE "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 17; i++)
		client_send(&client, chunk, sizeof(chunk));
	return client;
}

static void a_body_that_turns_out_long_waits_for_its_turn_like_one_that_says_so(void **state)
{
	struct client first = send_chunked(*state), second = send_chunked(*state);

	expect_large(*state, "HTTP/1.1 503");
	client_puts(&second, "0\r\n\r\n");
	client_expect(&second, "another is being read");
	client_close(&second);
	client_close(&first); /* in the middle of it */
	expect_large(*state, "100 Continue");
}

static void who_asks_whether_to_send_a_body_too_long_is_told_no(void **state)
{
	struct client client = client_open(*state);

	client_puts(&client,
		    "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 1048577\r\n"
		    "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n");
	client_expect(&client, "HTTP/1.1 413");
	client_expect_end(&client);
	assert_int_equal(refused_requests(*state), 1);
	client_close(&client);
}

static void head_on_whatever_can_be_got_has_its_status_and_no_body(void **state)
{
	static const char *const paths[] = {
		"/_ping",
		"/v1.41/version",
		"/info",
		"/networks",
		"/networks/nosuch",
		"/containers/json",
		"/containers/no/json",
		"/netd/v1/info",
		"/netd/v1/containers",
		"/netd/v1/dns/lookup",
		"/nope",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct client client = client_open(*state);
		struct reply got, head;
		char text[128];

		(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: d\r\n\r\n", paths[i]);
		client_puts(&client, text);
		got = client_reply(&client, false);
		(void)snprintf(text, sizeof(text), "HEAD %s HTTP/1.1\r\nHost: d\r\n\r\n", paths[i]);
		client_puts(&client, text);
		head = client_reply(&client, true);
		assert_int_equal(head.status, got.status);
		assert_string_equal(head.body, "");
		reply_done(&got);
		reply_done(&head);
		client_puts(&client, PING); /* the connection is of use: nothing came behind */
		got = client_reply(&client, false);
		assert_string_equal(got.body, "OK");
		reply_done(&got);
		client_close(&client);
	}
}

static void head_on_the_events_ends(void **state)
{
	struct client client = client_open(*state);
	struct reply reply;

	client_puts(&client, "HEAD /events HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
	reply = client_reply(&client, true);
	assert_int_equal(reply.status, 200);
	reply_done(&reply);
	client_expect_end(&client);
	client_close(&client);
}

static void every_reply_has_dockers_headers(void **state)
{
	static const char *const paths[] = { "/_ping", "/version", "/nope", "/networks/nope" };
	static const char *const ping[] = { "Swarm: inactive", "Docker-Experimental: false",
					    "Cache-Control: no-cache, no-store, must-revalidate",
					    "Pragma: no-cache",
					    "Content-Type: text/plain; charset=utf-8" };
	struct reply reply;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		reply = rig_call(*state, "GET", paths[i], NULL);
		assert_non_null(strstr(reply.head, "\r\nApi-Version: 1.52\r\n"));
		assert_non_null(strstr(reply.head, "\r\nOstype: linux\r\n"));
		assert_non_null(strstr(reply.head, "\r\nServer: netd/"));
		reply_done(&reply);
	}
	reply = rig_call(*state, "HEAD", "/_ping", NULL);
	assert_int_equal(reply.status, 200);
	for (size_t i = 0; i < ARRAY_SIZE(ping); i++)
		assert_non_null(strstr(reply.head, ping[i]));
	reply_done(&reply);
	reply = rig_call(*state, "GET", "/networks", NULL);
	assert_non_null(strstr(reply.head, "\r\nContent-Type: application/json\r\n"));
	assert_int_equal(reply.body[strlen(reply.body) - 1], '\n');
	reply_done(&reply);
}

static void versions_out_of_range_are_refused_in_dockers_words(void **state)
{
	rig_expect(*state, "GET", "/v1.24/networks", NULL, 200, NULL);
	rig_expect(*state, "GET", "/v1.52/networks", NULL, 200, NULL);
	rig_expect(
		*state, "GET", "/v1.23/networks", NULL, 400,
		"{\"message\":\"client version 1.23 is too old. Minimum supported API version is "
		"1.24, please upgrade your client to a newer version\",\"code\":\"invalid\"}\n");
	rig_expect(
		*state, "GET", "/v1.53/networks", NULL, 400,
		"{\"message\":\"client version 1.53 is too new. Maximum supported API version is "
		"1.52\",\"code\":\"invalid\"}\n");
	rig_expect(*state, "GET", "/v2.0/networks", NULL, 400, "too new");
	rig_expect(*state, "GET", "/v0.99/networks", NULL, 400, "too old");
}

static void unknown_paths_and_methods_are_page_not_found(void **state)
{
	static const char *const calls[][2] = {
		{ "GET", "/" },
		{ "GET", "/nope" },
		{ "PUT", "/networks" },
		{ "POST", "/networks" },
		{ "HEAD", "/nope" },
		{ "DELETE", "/networks" },
		{ "GET", "/images/x/json" },
		{ "GET", "/networks/a/b/c/d/e/f/g/h" },
		{ "GET", "/v1.44" },
		{ "GET", "/vX/networks" },
		{ "OPTIONS", "/networks" },
		{ "GET", "/netd/v2/containers" },
		{ "BREW", "/netd/v1/coffee" },
		{ "GET", "/containers/a%2fjson" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		rig_expect(*state, calls[i][0], calls[i][1], NULL, 404,
			   strcmp(calls[i][0], "HEAD") == 0 ? NULL
							    : "{\"message\":\"page not found\","
							      "\"code\":\"not-found\"}\n");
}

static void a_slash_at_the_end_does_not_matter(void **state)
{
	rig_expect(*state, "GET", "/networks/", NULL, 200, "bridge");
	rig_expect(*state, "GET", "/v1.44/networks//bridge/", NULL, 200, "bridge");
}

static void escapes_are_decoded_within_their_segment(void **state)
{
	rig_expect(*state, "GET", "/networks/%62ridge", NULL, 200, "bridge");
	rig_expect(*state, "GET", "/networks/a%2Fb", NULL, 404, "network a/b not found");
	rig_expect(*state, "GET", "/networks/%zz", NULL, 400, "invalid URL escape");
	rig_expect(*state, "GET", "/networks/a%00b", NULL, 400, "invalid URL escape");
	rig_expect(*state, "GET", "/networks/%ff", NULL, 404, "network ? not found");
}

static void send_typed(struct api_rig *rig, const char *type, int status, const char *text)
{
	_cleanup_free_ char *request = NULL;
	struct client client = client_open(rig);
	struct reply reply;

	assert_true(asprintf(&request,
			     "POST /networks/create HTTP/1.1\r\nHost: d\r\n%sContent-Length: "
			     "2\r\n\r\n{}",
			     type) > 0);
	client_puts(&client, request);
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, status);
	if (!strstr(reply.body, text))
		fail_msg("%s", reply.body);
	reply_done(&reply);
	client_close(&client);
}

static void a_body_must_be_declared_as_json(void **state)
{
	send_typed(*state, "Content-Type: application/json\r\n", 400, "name is empty");
	send_typed(*state, "content-type: Application/JSON; charset=utf-8\r\n", 400,
		   "name is empty");
	send_typed(*state, "Content-Type: text/plain\r\n", 400,
		   "unsupported Content-Type header (text/plain): must be 'application/json'");
	send_typed(*state, "Content-Type: application/jsonp\r\n", 400, "unsupported Content-Type");
	send_typed(*state, "", 400, "malformed Content-Type header ()");
	rig_expect(*state, "POST", "/networks/create", NULL, 400, "name is empty");
}

static void bad_json_is_named(void **state)
{
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":", 400, "invalid JSON: ");
	rig_expect(*state, "POST", "/networks/create", "{} {}", 400,
		   "{\"message\":\"unexpected content after JSON\",\"code\":\"invalid\"}\n");
	rig_expect(*state, "POST", "/networks/create", "[]", 400, "an object is wanted");
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":7}", 400,
		   "{\"message\":\"Name must be a string\",\"code\":\"invalid\"}\n");
	rig_expect(*state, "POST", "/networks/create", "{\"Name\":\"\xff\"}", 400,
		   "invalid JSON: ");
}

static void a_client_that_leaves_in_the_middle_is_forgotten(void **state)
{
	for (int i = 0; i < 2 * API_CONNECTIONS_MAX; i++) {
		struct client client = client_open(*state);

		client_puts(&client, "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Type: "
				     "application/json\r\nContent-Length: 100\r\n\r\n{");
		client_close(&client);
	}
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, api_rig_setup, api_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(one_connection_serves_many_requests),
		RIG_TEST(a_reply_is_sent_in_the_turn_that_read_its_request),
		RIG_TEST(pipelined_requests_are_answered_in_order),
		RIG_TEST(a_request_may_come_byte_by_byte_while_others_are_served),
		RIG_TEST(a_chunked_body_is_put_together),
		RIG_TEST(expect_100_continue_is_answered_before_the_body_comes),
		RIG_TEST(http_1_0_gets_its_answer_and_the_end),
		RIG_TEST(a_client_that_closed_its_way_still_gets_the_reply),
		RIG_TEST(garbage_ends_its_connection_and_no_other),
		RIG_TEST(headers_beyond_the_limit_are_refused),
		RIG_TEST(a_body_may_have_the_limit_and_not_one_byte_more),
		RIG_TEST(a_chunked_body_too_long_is_refused_and_an_endless_one_cut_off),
		RIG_TEST(one_long_body_is_read_at_a_time_and_short_ones_beside_it),
		RIG_TEST(a_body_that_turns_out_long_waits_for_its_turn_like_one_that_says_so),
		RIG_TEST(who_asks_whether_to_send_a_body_too_long_is_told_no),
		RIG_TEST(head_on_whatever_can_be_got_has_its_status_and_no_body),
		RIG_TEST(head_on_the_events_ends),
		RIG_TEST(every_reply_has_dockers_headers),
		RIG_TEST(versions_out_of_range_are_refused_in_dockers_words),
		RIG_TEST(unknown_paths_and_methods_are_page_not_found),
		RIG_TEST(a_slash_at_the_end_does_not_matter),
		RIG_TEST(escapes_are_decoded_within_their_segment),
		RIG_TEST(a_body_must_be_declared_as_json),
		RIG_TEST(bad_json_is_named),
		RIG_TEST(a_client_that_leaves_in_the_middle_is_forgotten),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
