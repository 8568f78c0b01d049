// SPDX-License-Identifier: GPL-2.0-or-later
// test_connection_limits.c - crowds: who waits makes room, who is served stays, and who is refused
// is told
#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/api/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PING "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
#define EVENTS "GET /events HTTP/1.1\r\nHost: d\r\n\r\n"
#define HALF "POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 99\r\n\r\n{"

static struct client many[API_STREAMS_MAX + 64];

static void close_many(size_t n)
{
	for (size_t i = 0; i < n; i++)
		client_close(&many[i]);
}

static int status_of(struct client *client, const char *request, const char *text)
{
	_cleanup_(reply_done) struct reply reply = { 0 };

	client_puts(client, request);
	reply = client_reply(client, false);
	if (text && !strstr(reply.body, text))
		fail_msg("no \"%s\" in: %s", text, reply.body);
	return reply.status;
}

static void open_many(struct api_rig *rig, size_t n, const char *request, const char *answer)
{
	for (size_t i = 0; i < n; i++) {
		many[i] = client_open(rig);
		client_puts(&many[i], request);
		if (answer)
			client_expect(&many[i], answer);
		else
			client_turn(&many[i]);
	}
}

/* Each has a look-up that is not answered. */
static void ask_many(struct api_rig *rig, size_t n)
{
	open_many(rig, n, "GET /netd/v1/dns/lookup?name=web HTTP/1.1\r\nHost: d\r\n\r\n", NULL);
	for (int i = 0; i < 100 && resolver_peer_n_questions(rig->resolver) < n; i++)
		client_turn(&many[0]);
	assert_int_equal(resolver_peer_n_questions(rig->resolver), n);
}

/* With no message at all, which is malformed. */
static void answer_one(struct api_rig *rig)
{
	resolver_peer_answer(rig->resolver, 0, (const uint8_t *)"", 0);
}

static void assert_counted(const struct api_rig *rig, enum guard_id id, uint64_t n)
{
	assert_int_equal(rig_counted(rig, id), n);
}

static void whoever_has_waited_longest_makes_room(void **state)
{
	struct client late;

	open_many(*state, API_CONNECTIONS_MAX, PING, "OK");
	buf_done(&many[0].in);
	assert_int_equal(status_of(&many[0], PING, "OK"), 200); /* now it is number 1 */
	late = client_open(*state);
	assert_int_equal(status_of(&late, PING, "OK"), 200);
	client_expect_end(&many[1]);
	assert_counted(*state, GUARD_DROPPED_CONNECTIONS, 1);
	client_turn(&many[0]);
	assert_false(many[0].ended);
	client_close(&late);
	close_many(API_CONNECTIONS_MAX);
}

static void half_sent_requests_lock_nobody_out(void **state)
{
	struct client late;

	open_many(*state, API_CONNECTIONS_MAX, HALF, NULL);
	for (int i = 0; i < 20; i++) {
		late = client_open(*state);
		assert_int_equal(status_of(&late, PING, "OK"), 200);
		client_close(&late);
	}
	close_many(API_CONNECTIONS_MAX);
}

static void answers_that_are_not_taken_lock_nobody_out(void **state)
{
	struct client late;
	/* more than the socket's buffer holds, from a client that does not read */
	char request[] = PING;

	for (size_t i = 0; i < API_CONNECTIONS_MAX; i++) {
		many[i] = client_open(*state);
		for (int k = 0; k < 2000; k++)
			if (send(many[i].fd, request, sizeof(request) - 1,
				 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
				break;
		client_turn(&many[i]);
	}
	late = client_open(*state);
	assert_int_equal(status_of(&late, PING, "OK"), 200);
	client_close(&late);
	close_many(API_CONNECTIONS_MAX);
}

static void streams_have_a_bound_of_their_own(void **state)
{
	struct client call = client_open(*state), stream;
	char who[64];

	open_many(*state, API_STREAMS_MAX, EVENTS, "\r\n\r\n");
	(void)snprintf(who, sizeof(who), "%d of them of process %d of user %u: end some of them",
		       API_STREAMS_MAX, getpid(), getuid());
	for (int i = 0; i < 3; i++) {
		stream = client_open(*state);
		assert_int_equal(status_of(&stream, EVENTS, who), 503);
		/* it is no stream, so its connection goes on */
		assert_int_equal(status_of(&stream, PING, "OK"), 200);
		client_close(&stream);
	}
	assert_counted(*state, GUARD_REFUSED_STREAMS, 3);
	assert_int_equal(status_of(&call, PING, "OK"), 200);
	client_close(&many[5]);
	many[5] = client_open(*state);
	client_puts(&many[5], EVENTS);
	client_expect(&many[5], "200 OK");
	client_close(&call);
	close_many(API_STREAMS_MAX);
}

static void calls_in_progress_stay_and_the_next_is_told_who_makes_them(void **state)
{
	struct api_rig *rig = *state;
	struct client late[3];
	char who[64];

	ask_many(rig, API_CONNECTIONS_MAX);
	(void)snprintf(who, sizeof(who), "%d of them of process %d of user %u: try again",
		       API_CONNECTIONS_MAX, getpid(), getuid());
	for (int i = 0; i < 3; i++) {
		late[i] = client_open(rig);
		assert_int_equal(status_of(&late[i], i == 1 ? HALF : PING, who), 503);
		client_expect_end(&late[i]);
		client_close(&late[i]);
	}
	assert_counted(rig, GUARD_REFUSED_CALLS, 3);
	answer_one(rig);
	client_expect(&many[0], "500"); /* that of the look-up, and an end of the crowd */
	late[0] = client_open(rig);
	assert_int_equal(status_of(&late[0], PING, "OK"), 200);
	for (int i = 1; i < API_CONNECTIONS_MAX; i++)
		answer_one(rig);
	client_close(&late[0]);
	close_many(API_CONNECTIONS_MAX);
}

/* Whoever is refused and says nothing does not keep others from being told. */
static void silent_ones_that_are_refused_make_room_for_those_who_ask(void **state)
{
	struct api_rig *rig = *state;
	struct client silent[3 * API_REFUSED_MAX], asks;

	ask_many(rig, API_CONNECTIONS_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i] = client_open(rig);
		client_turn(&silent[i]);
	}
	asks = client_open(rig);
	assert_int_equal(status_of(&asks, PING, "try again"), 503);
	client_close(&asks);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		client_close(&silent[i]);
	for (int i = 0; i < API_CONNECTIONS_MAX; i++)
		answer_one(rig);
	close_many(API_CONNECTIONS_MAX);
}

/* --- no descriptors ------------------------------------------------------------------------- */

static rlim_t lowest_free(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	(void)close(fd);
	return (rlim_t)fd;
}

static void limit_fds(struct rlimit *ret_old, rlim_t max)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, ret_old), 0);
	limit = *ret_old;
	limit.rlim_cur = max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void out_of_descriptors_each_caller_is_told(void **state)
{
	struct client late[8];
	struct rlimit old;

	/* Streams are not ended for others, so there is nothing to make free. */
	open_many(*state, 10, EVENTS, "\r\n\r\n");
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		late[i] = client_open(*state);
	limit_fds(&old, lowest_free());
	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		assert_int_equal(status_of(&late[i], PING, "no file descriptor left"), 503);
		client_expect_end(&late[i]);
	}
	assert_counted(*state, GUARD_REFUSED_DESCRIPTORS, ARRAY_SIZE(late));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		client_close(&late[i]);
	late[0] = client_open(*state);
	assert_int_equal(status_of(&late[0], PING, "OK"), 200);
	client_close(&late[0]);
	close_many(10);
}

static void out_of_descriptors_whoever_waits_makes_room(void **state)
{
	struct client late[3];
	struct rlimit old;

	open_many(*state, 10, PING, "OK");
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		late[i] = client_open(*state);
	limit_fds(&old, lowest_free());
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		assert_int_equal(status_of(&late[i], PING, "OK"), 200);
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		client_expect_end(&many[i]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		client_close(&late[i]);
	close_many(10);
}

/* Nobody closes, and nobody comes: a timer finds that there are descriptors again. */
static void out_of_descriptors_a_silent_caller_holds_nobody_up(void **state)
{
	struct client silent, late;
	struct rlimit old;

	open_many(*state, 4, EVENTS, "\r\n\r\n");
	silent = client_open(*state);
	late = client_open(*state);
	limit_fds(&old, lowest_free());
	client_puts(&late, PING);
	client_expect(&late, "503");
	client_expect_end(&silent);
	assert_int_equal(silent.in.len, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	client_close(&silent);
	client_close(&late);
	close_many(4);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, api_rig_setup, api_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(whoever_has_waited_longest_makes_room),
		RIG_TEST(half_sent_requests_lock_nobody_out),
		RIG_TEST(answers_that_are_not_taken_lock_nobody_out),
		RIG_TEST(streams_have_a_bound_of_their_own),
		RIG_TEST(calls_in_progress_stay_and_the_next_is_told_who_makes_them),
		RIG_TEST(silent_ones_that_are_refused_make_room_for_those_who_ask),
		RIG_TEST(out_of_descriptors_each_caller_is_told),
		RIG_TEST(out_of_descriptors_whoever_waits_makes_room),
		RIG_TEST(out_of_descriptors_a_silent_caller_holds_nobody_up),
	};

	return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
