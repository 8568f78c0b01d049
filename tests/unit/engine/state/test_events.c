// SPDX-License-Identifier: GPL-2.0-or-later
// test_events.c - subscribers hear what changes, and the ring keeps it
#include "../rig.h"

struct heard {
	char actions[8][32];
	size_t n;
};

static void hear(const json_t *event, void *data)
{
	struct heard *heard = data;

	if (heard->n < 8 &&
	    strcmp(json_string_value(json_object_get(event, "Type")), "network") == 0)
		(void)snprintf(heard->actions[heard->n++], sizeof(heard->actions[0]), "%s",
			       json_string_value(json_object_get(event, "Action")));
}

static void a_subscriber_hears_in_order_until_it_leaves(void **state)
{
	struct engine_subscriber *subscriber;
	struct heard heard = { .n = 0 };
	struct rig *rig = *state;

	assert_int_equal(engine_subscribe(rig->engine, hear, &heard, &subscriber), 0);
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	rig_done(rig, rig_detach(rig, "web"));
	engine_unsubscribe(subscriber);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	assert_int_equal(heard.n, 3);
	assert_string_equal(heard.actions[0], "create");
	assert_string_equal(heard.actions[1], "connect");
	assert_string_equal(heard.actions[2], "disconnect");
}

static void a_change_that_fails_is_nobodys_news(void **state)
{
	struct engine_subscriber *subscriber;
	struct heard heard = { .n = 0 };
	struct rig *rig = *state;

	assert_int_equal(engine_subscribe(rig->engine, hear, &heard, &subscriber), 0);
	fake_fail("veths.create", -EIO);
	assert_true(rig_attach(rig, "web", rig->netns_a, "") < 0);
	fake_fail("bridges.ensure", -EIO);
	assert_true(rig_network(rig, "{\"Name\": \"blue\"}") < 0);
	engine_unsubscribe(subscriber);
	assert_int_equal(heard.n, 0);
}

static void the_past_is_told_oldest_first(void **state)
{
	struct heard heard = { .n = 0 };
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	engine_events_replay(rig->engine, hear, &heard);
	assert_true(heard.n >= 2);
	assert_string_equal(heard.actions[heard.n - 2], "create");
	assert_string_equal(heard.actions[heard.n - 1], "destroy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_subscriber_hears_in_order_until_it_leaves,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_change_that_fails_is_nobodys_news, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(the_past_is_told_oldest_first, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
