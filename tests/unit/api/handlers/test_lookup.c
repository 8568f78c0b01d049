// SPDX-License-Identifier: GPL-2.0-or-later
// test_lookup.c - look-ups whose answer comes later, never, or to nobody
#include "base/cleanup.h"
#include "tests/unit/api/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static const uint8_t answer[] = { 0,   1,   0x81, 0x80, 0, 1, 0, 1,  0,	   0,  0, 0, 3,
				  'w', 'e', 'b',  0,	0, 1, 0, 1,  0xc0, 12, 0, 1, 0,
				  1,   0,   0,	  0,	5, 0, 4, 10, 1,	   0,  2 };

static struct client ask(struct api_rig *rig, const char *query)
{
	struct client client = client_open(rig);
	char request[256];
	size_t before = resolver_peer_n_questions(rig->resolver);

	(void)snprintf(request, sizeof(request),
		       "GET /netd/v1/dns/lookup?%s HTTP/1.1\r\nHost: d\r\n\r\n", query);
	client_puts(&client, request);
	for (int i = 0; i < 100 && resolver_peer_n_questions(rig->resolver) == before; i++)
		client_turn(&client);
	assert_int_equal(resolver_peer_n_questions(rig->resolver), before + 1);
	return client;
}

static void the_reply_waits_for_the_answer(void **state)
{
	struct api_rig *rig = *state;
	struct client client = ask(rig, "name=web");
	struct reply reply;

	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
	assert_int_equal(client.in.len, 0);
	resolver_peer_answer(rig->resolver, 0, answer, sizeof(answer));
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 200);
	assert_string_equal(
		reply.body,
		"{\"Question\":{\"Name\":\"web\",\"Type\":\"A\"},\"Status\":\"NOERROR\","
		"\"Answers\":[{\"Name\":\"web\",\"Type\":\"A\",\"TTL\":5,\"Data\":"
		"\"10.1.0.2\"}]}\n");
	reply_done(&reply);
	/* and the connection goes on */
	client_puts(&client, "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 200);
	reply_done(&reply);
	client_close(&client);
}

/* The same behind one step: kind 9, after 2 us, value 1, no address, "web" and "blue". */
static void how_it_is_decided_comes_before_the_answer(void **state)
{
	static const uint8_t steps[] = { 0, 23, 9, 0,	0,   0,	  2, 0, 0,   0,	  1,   0,  0,
					 0, 0,	3, 'w', 'e', 'b', 0, 4, 'b', 'l', 'u', 'e' };
	struct api_rig *rig = *state;
	struct client client = ask(rig, "name=web&trace=1");
	uint8_t message[sizeof(steps) + sizeof(answer)];
	struct reply reply;

	memcpy(message, steps, sizeof(steps));
	memcpy(message + sizeof(steps), answer, sizeof(answer));
	resolver_peer_answer(rig->resolver, 0, message, sizeof(message));
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 200);
	assert_string_equal(
		reply.body,
		"{\"Question\":{\"Name\":\"web\",\"Type\":\"A\"},\"Status\":\"NOERROR\","
		"\"Answers\":[{\"Name\":\"web\",\"Type\":\"A\",\"TTL\":5,\"Data\":"
		"\"10.1.0.2\"}],\"Steps\":[{\"Step\":\"in-network\",\"Microseconds\":2,\"Text\":"
		"\"network blue has web\",\"Name\":\"web\",\"Network\":\"blue\",\"Addresses\":1}]}"
		"\n");
	reply_done(&reply);
	client_close(&client);
	client = ask(rig, "name=web&trace=1");
	message[2] = 0xff;
	resolver_peer_answer(rig->resolver, 0, message, sizeof(message));
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 500);
	assert_non_null(strstr(reply.body, "malformed"));
	reply_done(&reply);
	client_close(&client);
}

/* What stands in the files that netd has written for it. */
static void a_container_learns_what_its_programs_do(void **state)
{
	struct api_rig *rig = *state;
	struct client client;
	struct reply reply;
	uint8_t message[2 + sizeof(answer)] = { 0 };

	rig_done(rig->below, rig_network(rig->below, "{\"Name\": \"blue\"}"));
	rig_done(rig->below,
		 rig_attach(rig->below, "c1", rig->below->netns_a,
			    "\"Networks\": {\"blue\": {}}, \"DnsSearch\": [\"corp.test\"], "
			    "\"ExtraHosts\": [\"web:192.0.2.7\"]"));
	client = ask(rig, "name=web&from=c1&trace=1");
	memcpy(message + 2, answer, sizeof(answer));
	resolver_peer_answer(rig->resolver, 0, message, sizeof(message));
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(reply.body,
			       "\"Hosts\":[\"192.0.2.7\"],\"Search\":[\"web.netd.internal\","
			       "\"web.corp.test\",\"web\"],\"Steps\":[]"));
	reply_done(&reply);
	client_close(&client);
}

static void answers_find_their_questions(void **state)
{
	struct api_rig *rig = *state;
	struct client first = ask(rig, "name=web&type=a"), second = ask(rig, "name=web");
	struct reply reply;

	resolver_peer_answer(rig->resolver, 1, answer, sizeof(answer));
	reply = client_reply(&second, false);
	assert_int_equal(reply.status, 200);
	reply_done(&reply);
	assert_int_equal(first.in.len, 0);
	resolver_peer_end(rig->resolver);
	rig->resolver = NULL;
	reply = client_reply(&first, false);
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.body,
			    "{\"message\":\"the resolver process ended; another takes over\","
			    "\"code\":\"unavailable\"}\n");
	reply_done(&reply);
	client_close(&first);
	client_close(&second);
}

static void a_malformed_answer_is_an_error(void **state)
{
	struct api_rig *rig = *state;
	struct client client = ask(rig, "name=web");
	struct reply reply;

	resolver_peer_answer(rig->resolver, 0, answer, sizeof(answer) - 1);
	reply = client_reply(&client, false);
	assert_int_equal(reply.status, 500);
	assert_non_null(strstr(reply.body, "malformed"));
	reply_done(&reply);
	client_close(&client);
}

static void one_who_left_is_not_missed(void **state)
{
	struct api_rig *rig = *state;
	struct client client = ask(rig, "name=web");

	client_close(&client);
	resolver_peer_answer(rig->resolver, 0, answer, sizeof(answer));
	rig_turn(rig->below);
	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
}

static void a_question_from_a_container_is_put_in_its_name(void **state)
{
	struct api_rig *rig = *state;
	struct client client;

	rig_done(rig->below, rig_network(rig->below, "{\"Name\": \"blue\"}"));
	rig_done(rig->below,
		 rig_attach(rig->below, "c1", rig->below->netns_a, "\"Networks\": {\"blue\": {}}"));
	client = ask(rig, "name=web&from=c1");
	assert_int_equal(resolver_peer_view(rig->resolver, 0),
			 rig_container(rig->below, "c1")->number);
	client_close(&client);
	client = ask(rig, "name=web");
	assert_int_equal(resolver_peer_view(rig->resolver, 1), 0); /* the host's */
	client_close(&client);
}

static void bad_questions_are_refused_at_once(void **state)
{
	rig_expect(*state, "GET", "/netd/v1/dns/lookup", NULL, 400, "name is required");
	rig_expect(*state, "GET", "/netd/v1/dns/lookup?name=a&type=x", NULL, 400,
		   "unknown record type x");
	rig_expect(*state, "GET", "/netd/v1/dns/lookup?name=a&from=nope", NULL, 404,
		   "No such container: nope");
	rig_expect(*state, "GET", "/netd/v1/dns/lookup?name=a&from=nope&trace=1", NULL, 404,
		   "No such container: nope");
}

static void shutting_down_answers_what_is_out(void **state)
{
	struct api_rig *rig = *state;
	struct client client = ask(rig, "name=web");
	char reply[1024] = "";

	api_server_free(rig->server);
	rig->server = NULL;
	assert_true(recv(client.fd, reply, sizeof(reply) - 1, 0) > 0);
	assert_non_null(strstr(reply, "503 "));
	assert_non_null(strstr(reply, "netd is shutting down"));
	client_close(&client);
	/* the engine's answer comes after the server is gone */
	resolver_peer_answer(rig->resolver, 0, answer, sizeof(answer));
	rig_turn(rig->below);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, api_rig_setup, api_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(the_reply_waits_for_the_answer),
		RIG_TEST(how_it_is_decided_comes_before_the_answer),
		RIG_TEST(a_container_learns_what_its_programs_do),
		RIG_TEST(answers_find_their_questions),
		RIG_TEST(a_malformed_answer_is_an_error),
		RIG_TEST(one_who_left_is_not_missed),
		RIG_TEST(a_question_from_a_container_is_put_in_its_name),
		RIG_TEST(bad_questions_are_refused_at_once),
		RIG_TEST(shutting_down_answers_what_is_out),
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
