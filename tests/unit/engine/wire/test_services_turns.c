// SPDX-License-Identifier: GPL-2.0-or-later
// test_services_turns.c - how services change is told to all containers of a network, later
#include "../rig.h"

#include "model/network/service.h"
#include "model/request/request.h"

#include <stdio.h>

#define ADDRESS "10.50.0.9"
#define ON_BLUE "\"Networks\": [{\"Name\": \"blue\"}]"
#define BEHIND ON_BLUE ", \"Labels\": {\"netd.service\": \"web\"}"
#define N_MORE 6

static void create_as(struct rig *rig, const char *name, const char *port, const char *more)
{
	struct service_spec spec;
	struct service *service;
	char body[256];
	json_t *json;

	(void)snprintf(body, sizeof(body),
		       "{\"Name\": \"%s\", \"Network\": \"blue\", \"Ports\": "
		       "[{\"Port\": %s, \"Target\": 8080}]%s}",
		       name, port, more);
	json = json_loads(body, 0, NULL);
	assert_non_null(json);
	rig_done(rig, request_service(json, &spec, &rig->error));
	json_decref(json);
	rig_done(rig, engine_service_create(rig->engine, &spec, &service, &rig->error));
}

static void create(struct rig *rig, const char *port)
{
	create_as(rig, "web", port, ", \"IPv4Address\": \"" ADDRESS "\"");
}

/* A network with a service that nobody stands behind, and a client, a. */
static void begin(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"IPAM\": {\"Config\": "
				       "[{\"Subnet\": \"10.50.0.0/24\"}]}}"));
	create(rig, "80");
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	rig_turn(rig);
}

static const char *more_netns(struct rig *rig, size_t i)
{
	static char path[N_MORE][96];

	(void)snprintf(path[i], sizeof(path[i]), "%s/netns-%zu", rig->dir, i);
	return path[i];
}

/* Containers that stand behind it. */
static void attach_more(struct rig *rig, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "n%zu", i);
		fake_netns_add(more_netns(rig, i), 0);
		rig_done(rig, rig_attach(rig, name, more_netns(rig, i), BEHIND));
	}
}

static void on_done(void *data)
{
	++*(int *)data;
}

static void who_waits_hears_when_all_have_it_and_nobody_before(void **state)
{
	struct rig *rig = *state;
	int n_done = 0;
	struct engine_waiter waiter = { .done = on_done, .data = &n_done };
	uint64_t n_left;

	begin(rig);
	n_left = engine_n_left(rig->engine);
	attach_more(rig, 0, 1);
	assert_true(engine_n_left(rig->engine) > n_left);
	engine_await_left(rig->engine, &waiter);
	assert_int_equal(fake_n_led(rig->netns_a), 1); /* the service, and nobody yet */
	assert_int_equal(n_done, 0);
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	assert_int_equal(fake_n_led(more_netns(rig, 0)), 2);
	assert_int_equal(n_done, 1);
}

static void several_changes_are_one_for_each_container(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	fake_calls_clear();
	attach_more(rig, 0, N_MORE);
	assert_int_equal(fake_n_calls("rules.change_services"), 0);
	rig_turn(rig);
	/* The client, and each of the new ones, who know those before them from the beginning. */
	assert_int_equal(fake_n_calls("rules.change_services"), 1 + N_MORE);
	assert_int_equal(fake_n_calls("rules.make_services"), N_MORE);
	assert_int_equal(fake_n_led(rig->netns_a), 1 + N_MORE);
	for (size_t i = 0; i < N_MORE; i++)
		assert_int_equal(fake_n_led(more_netns(rig, i)), 1 + N_MORE);
	/* One that goes leaves no gap, and one that comes and goes nothing. */
	rig_done(rig, rig_detach(rig, "n2"));
	rig_done(rig, rig_attach(rig, "n2", more_netns(rig, 2), BEHIND));
	rig_done(rig, rig_detach(rig, "n2"));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), N_MORE);
	assert_int_equal(fake_n_led(more_netns(rig, 0)), N_MORE);
	assert_int_equal(fake_n_calls("rules.make_services"), N_MORE + 1);
}

static void a_service_that_comes_back_otherwise_is_another(void **state)
{
	struct rig *rig = *state;
	char line[128];
	struct container *to;

	begin(rig);
	attach_more(rig, 0, 2);
	rig_turn(rig);
	rig_done(rig, engine_service_remove(rig->engine, "web", &rig->error));
	create(rig, "81");
	rig_turn(rig);
	to = rig_container(rig, "n1");
	assert_non_null(to);
	(void)snprintf(line, sizeof(line), ADDRESS " 81/6 1 %s:8080",
		       ADDR_STR(&to->endpoints[0]->ip[FAMILY_4]));
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	assert_true(fake_leads(rig->netns_a, line));
	assert_int_equal(fake_n_led(more_netns(rig, 1)), 3);
	assert_true(fake_leads(more_netns(rig, 1), line));
}

static void what_is_too_much_for_a_turn_takes_several(void **state)
{
	enum { N = SERVICES_AT_ONCE + 8 };
	struct rig *rig = *state;
	char names[N * 8] = "", more[N * 8 + 128];

	begin(rig);
	for (size_t i = 0; i < N; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "s%zu", i);
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			       i > 0 ? "," : "", name);
		create_as(rig, name, "80", "");
	}
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 1 + N);
	(void)snprintf(more, sizeof(more), "%s, \"Labels\": {\"netd.service\": \"%s\"}", ON_BLUE,
		       names);
	fake_calls_clear();
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, more));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 1 + 2 * N);
	assert_int_equal(fake_n_led(rig->netns_b), 1 + 2 * N);
	assert_int_equal(fake_n_calls("rules.change_services"), 4); /* two each */
}

/* As many services as fit into three transactions, and the first of begin(). */
static void create_many(struct rig *rig)
{
	for (size_t i = 0; i < 3 * SERVICES_AT_ONCE; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "s%zu", i);
		create_as(rig, name, "80", "");
	}
	rig_turn(rig);
}

static void who_comes_is_led_to_many_a_part_at_a_time(void **state)
{
	enum { N = 1 + 3 * SERVICES_AT_ONCE };
	struct rig *rig = *state;
	uint64_t n_left;

	begin(rig);
	create_many(rig);
	n_left = engine_n_left(rig->engine);
	fake_calls_clear();
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, ON_BLUE));
	assert_int_equal(fake_n_led(rig->netns_b), SERVICES_AT_ONCE);
	assert_true(engine_n_left(rig->engine) > n_left); /* its caller waits */
	/* What changes meanwhile is in it, too. */
	rig_done(rig, engine_service_remove(rig->engine, "s90", &rig->error));
	rig_turn(rig);
	assert_int_equal(fake_n_calls("rules.make_services"), 1);
	assert_int_equal(fake_n_led(rig->netns_b), N - 1);
	assert_int_equal(fake_n_led(rig->netns_a), N - 1);
	/* One that goes before it has all leaves nothing to anybody. */
	rig_done(rig, rig_detach(rig, "b"));
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, ON_BLUE));
	rig_done(rig, rig_detach(rig, "b"));
	fake_calls_clear();
	rig_turn(rig);
	assert_int_equal(fake_n_calls("rules.change_services"), 0);
	assert_int_equal(fake_n_led(rig->netns_b), 0);
}

static void one_that_goes_while_he_is_due_is_told_nothing(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	attach_more(rig, 0, 2);
	rig_done(rig, rig_detach(rig, "a"));
	fake_calls_clear();
	rig_turn(rig);
	assert_int_equal(fake_n_calls("rules.change_services"), 2);
	assert_int_equal(fake_n_led(rig->netns_a), 0);
	/* An engine that ends tells all before. */
	attach_more(rig, 2, 1);
	rig_stop(rig);
	assert_int_equal(fake_n_led(more_netns(rig, 0)), 4);
	rig_start(rig);
}

static void who_leaves_is_led_to_no_more_before_he_goes(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	attach_more(rig, 0, 2);
	rig_turn(rig);
	engine_services_part(rig->engine, "n0", "blue");
	engine_services_part(rig->engine, "n0", NULL); /* again, as who detaches then does */
	engine_services_part(rig->engine, "nobody", NULL);
	engine_services_part(rig->engine, "n1", "green");
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	engine_services_return(rig->engine, "n0", "blue"); /* he stays */
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	engine_services_part(rig->engine, "n0", NULL);
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	rig_done(rig, rig_detach(rig, "n0"));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_waits_hears_when_all_have_it_and_nobody_before),
		TEST(several_changes_are_one_for_each_container),
		TEST(a_service_that_comes_back_otherwise_is_another),
		TEST(what_is_too_much_for_a_turn_takes_several),
		TEST(who_comes_is_led_to_many_a_part_at_a_time),
		TEST(one_that_goes_while_he_is_due_is_told_nothing),
		TEST(who_leaves_is_led_to_no_more_before_he_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
