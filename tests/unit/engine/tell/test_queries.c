// SPDX-License-Identifier: GPL-2.0-or-later
// test_queries.c - look-ups: each ends once, with its answer or with why there is none
#include "../resolver_peer.h"

#include "engine/tell/tell.h"

#define BLUE "\"Networks\": {\"blue\": {}}"

static struct resolver_peer *peer;

static int setup(void **state)
{
	int err = rig_setup(state);

	peer = resolver_peer_start(*state);
	return err;
}

static int teardown(void **state)
{
	resolver_peer_end(peer);
	return rig_teardown(state);
}

struct heard {
	size_t n;
	char answer[16];
	struct error error;
};

static void on_done(int status, const uint8_t *answer, size_t len, void *data)
{
	struct heard *heard = data;

	heard->n++;
	assert_true(len < sizeof(heard->answer));
	if (status == 0)
		memcpy(heard->answer, answer, len);
	else
		assert_true(engine_dns_why(status, &heard->error) < 0);
}

static int ask(struct rig *rig, const char *container, struct heard *heard)
{
	static const uint8_t question[] = "who is web?";
	int err = engine_dns_query(rig->engine, container, question, sizeof(question), on_done,
				   heard, &rig->error);

	rig_turn(rig);
	return err;
}

static void say(struct rig *rig, size_t nth, const char *answer)
{
	resolver_peer_answer(peer, nth, (const uint8_t *)answer, strlen(answer));
	rig_turn(rig);
}

static void an_answer_reaches_who_asked_once(void **state)
{
	struct rig *rig = *state;
	struct heard heard[3] = { 0 };

	for (size_t i = 0; i < 3; i++)
		rig_done(rig, ask(rig, NULL, &heard[i]));
	say(rig, 1, "second");
	say(rig, 0, "first");
	assert_string_equal(heard[0].answer, "first");
	assert_string_equal(heard[1].answer, "second");
	for (uint32_t id = 0; id < 3; id++) /* those of the two, and one that nobody has */
		resolver_peer_make_up(peer, id, (const uint8_t *)"again", 5);
	rig_turn(rig);
	assert_int_equal(heard[0].n, 1);
	assert_int_equal(heard[1].n, 1);
	assert_int_equal(heard[2].n, 0);
	say(rig, 0, "third");
	assert_string_equal(heard[2].answer, "third");
}

static void a_container_asks_in_its_own_view(void **state)
{
	struct rig *rig = *state;
	static struct heard heard; /* two still wait, and are told in the teardown */

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, BLUE));
	rig_done(rig, rig_attach(rig, "bare", rig->netns_b, "\"Networks\": {\"none\": {}}"));
	rig_done(rig, ask(rig, "web", &heard));
	assert_int_equal(resolver_peer_view(peer, 0), rig_container(rig, "web")->number);
	rig_done(rig, ask(rig, NULL, &heard));
	assert_int_equal(resolver_peer_view(peer, 1), 0);
	assert_int_equal(ask(rig, "bare", &heard), -EINVAL);
	assert_string_equal(rig->error.text,
			    "container bare has no resolver: it is on the network host or none");
	assert_int_equal(ask(rig, "nobody", &heard), -ENOENT);
	assert_int_equal(heard.n, 0);
}

static void when_the_resolver_ends_all_are_told_and_the_next_is_refused(void **state)
{
	struct rig *rig = *state;
	struct heard heard[3] = { 0 };

	for (size_t i = 0; i < 2; i++)
		rig_done(rig, ask(rig, NULL, &heard[i]));
	resolver_peer_end(peer);
	peer = NULL;
	rig_turn(rig);
	assert_int_equal(rig->n_resolvers_lost, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(heard[i].n, 1);
		assert_int_equal(heard[i].error.kind, ERROR_UNAVAILABLE);
		assert_string_equal(heard[i].error.text,
				    "the resolver process ended; another takes over");
	}
	assert_true(ask(rig, NULL, &heard[2]) < 0);
	assert_string_equal(rig->error.text,
			    "the resolver process is not running; it is being started again");
	peer = resolver_peer_start(rig);
	rig_done(rig, ask(rig, NULL, &heard[2]));
	say(rig, 0, "yes");
	assert_string_equal(heard[2].answer, "yes");
}

static void a_question_that_is_forgotten_ends_at_its_time(void **state)
{
	struct rig *rig = *state;
	struct heard early = { 0 }, late = { 0 };
	int64_t before = deadline_now_ms(), asked;

	rig_done(rig, ask(rig, NULL, &early));
	asked = deadline_now_ms();
	queries_expire(rig->engine, before + QUERIES_WAIT_MS - 1);
	assert_int_equal(early.n, 0);
	queries_expire(rig->engine, asked + QUERIES_WAIT_MS);
	assert_int_equal(early.n, 1);
	assert_string_equal(early.error.text, "the resolver process did not answer within 30 s");
	rig_done(rig, ask(rig, NULL, &late));
	say(rig, 0, "to the first"); /* which is over */
	assert_int_equal(early.n, 1);
	assert_int_equal(late.n, 0);
	say(rig, 0, "to the second");
	assert_string_equal(late.answer, "to the second");
}

static void there_may_be_so_many_and_no_more(void **state)
{
	struct rig *rig = *state;
	struct heard heard = { 0 };

	for (size_t i = 0; i < QUERIES_MAX; i++)
		rig_done(rig, ask(rig, NULL, &heard));
	assert_true(ask(rig, NULL, &heard) < 0);
	assert_string_equal(rig->error.text, "256 look-ups are under way already");
	say(rig, QUERIES_MAX - 1, "one");
	rig_done(rig, ask(rig, NULL, &heard));
	assert_int_equal(heard.n, 1);
	rig_stop(rig);
	assert_int_equal(heard.n, 1 + QUERIES_MAX);
	assert_string_equal(heard.error.text, "netd is stopping");
}

#define QUERY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUERY_TEST(an_answer_reaches_who_asked_once),
		QUERY_TEST(a_container_asks_in_its_own_view),
		QUERY_TEST(when_the_resolver_ends_all_are_told_and_the_next_is_refused),
		QUERY_TEST(a_question_that_is_forgotten_ends_at_its_time),
		QUERY_TEST(there_may_be_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
