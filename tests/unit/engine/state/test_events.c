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

/* "publish 0.0.0.0 8000-8002>80-82/tcp". */
struct ports_heard {
	char lines[64][80];
	size_t n;
};

static const char *attribute(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(
		json_object_get(json_object_get(event, "Actor"), "Attributes"), key));
}

static void hear_ports(const json_t *event, void *data)
{
	struct ports_heard *heard = data;
	const char *more = attribute(event, "more");

	if (!attribute(event, "hostPort"))
		return;
	assert_string_equal(json_string_value(json_object_get(event, "Type")), "container");
	assert_string_equal(attribute(event, "name"), "web");
	assert_true(heard->n < 64);
	(void)snprintf(heard->lines[heard->n++], sizeof(heard->lines[0]), "%s %s %s>%s/%s%s%s",
		       json_string_value(json_object_get(event, "Action")),
		       attribute(event, "hostIp"), attribute(event, "hostPort"),
		       attribute(event, "containerPort"), attribute(event, "protocol"),
		       more ? " and " : "", more ? more : "");
}

#define BOUND(port, host_port)                                                                     \
	"\"" port "\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"" host_port "\"}]"

static void ports_are_told_in_runs(void **state)
{
	struct engine_subscriber *subscriber;
	static struct ports_heard heard;
	struct rig *rig = *state;

	heard.n = 0;
	assert_int_equal(engine_subscribe(rig->engine, hear_ports, &heard, &subscriber), 0);
	rig_done(rig,
		 rig_attach(rig, "web", rig->netns_a,
			    "\"PortBindings\": {" BOUND("80/tcp", "8000") ", " BOUND(
				    "81/tcp", "8001") ", " BOUND("82/tcp",
								 "8002") ", " BOUND("90/udp",
										    "9000") "}"));
	rig_done(rig, rig_detach(rig, "web"));
	engine_unsubscribe(subscriber);
	assert_int_equal(heard.n, 4);
	assert_string_equal(heard.lines[0], "publish 127.0.0.1 8000-8002>80-82/tcp");
	assert_string_equal(heard.lines[1], "publish 127.0.0.1 9000>90/udp");
	assert_string_equal(heard.lines[2], "unpublish 127.0.0.1 8000-8002>80-82/tcp");
	assert_string_equal(heard.lines[3], "unpublish 127.0.0.1 9000>90/udp");
}

static void of_many_ports_the_last_says_how_many_there_are_beside(void **state)
{
	struct engine_subscriber *subscriber;
	static struct ports_heard heard;
	struct rig *rig = *state;
	struct buf ports = { 0 };

	heard.n = 0;
	for (int i = 0; i < EVENTS_PORTS_MAX + 5; i++) /* each a run of its own */
		buf_printf(&ports,
			   "%s\"%d/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"%d\"}]",
			   i ? ", " : "\"PortBindings\": {", 80 + i, 8000 + 2 * i);
	buf_puts(&ports, "}");
	assert_int_equal(engine_subscribe(rig->engine, hear_ports, &heard, &subscriber), 0);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ports.data));
	engine_unsubscribe(subscriber);
	buf_done(&ports);
	assert_int_equal(heard.n, EVENTS_PORTS_MAX);
	assert_string_equal(heard.lines[0], "publish 127.0.0.1 8000>80/tcp");
	assert_string_equal(heard.lines[EVENTS_PORTS_MAX - 1],
			    "publish 127.0.0.1 8062>111/tcp and 5");
}

static void an_attach_that_fails_has_published_nothing(void **state)
{
	struct engine_subscriber *subscriber;
	static struct ports_heard heard;
	struct rig *rig = *state;

	heard.n = 0;
	assert_int_equal(engine_subscribe(rig->engine, hear_ports, &heard, &subscriber), 0);
	fake_fail("veths.create", -EIO);
	assert_true(rig_attach(rig, "web", rig->netns_a,
			       "\"PortBindings\": {" BOUND("80/tcp", "80") "}") < 0);
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
		cmocka_unit_test_setup_teardown(ports_are_told_in_runs, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			of_many_ports_the_last_says_how_many_there_are_beside, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(an_attach_that_fails_has_published_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_past_is_told_oldest_first, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
