// SPDX-License-Identifier: GPL-2.0-or-later
// test_connect.c - networks come to a container that is attached, and leave it
#include "../rig.h"

static int connect_blue(struct rig *rig)
{
	return rig_connect(rig, "web", "blue");
}

static int disconnect_blue(struct rig *rig)
{
	return rig_disconnect(rig, "web", "blue");
}

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	fake_calls_clear();
}

static void whatever_is_refused_a_connect_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	assert_true(rig_fail_each(rig, connect_blue, disconnect_blue, -EIO) >= 4);
	assert_int_equal(rig_container(rig, "web")->n_endpoints, 2);
	assert_non_null(fake_link(rig->netns_a, "eth1"));
}

static void a_disconnect_takes_back_all_that_a_connect_made(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	rig_done(rig, connect_blue(rig));
	rig_done(rig, disconnect_blue(rig));
	rig_expect_same(rig, before);
}

static void twice_on_a_network_is_refused_before_anything_is_done(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	assert_int_equal(rig_connect(rig, "web", "bridge"), -EPERM);
	assert_int_equal(rig->error.reason, ERROR_REASON_CONNECTED);
	assert_int_equal(fake_n_calls("veths.create"), 0);
	assert_int_equal(fake_n_calls("rules.add"), 0);
	assert_int_equal(rig_connect(rig, "web", "red"), -ENOENT);
	assert_int_equal(rig_disconnect(rig, "web", "blue"), -EIO);
	assert_int_equal(rig_connect(rig, "web", "host"), -EINVAL);
}

static void the_default_route_leaves_with_the_network_it_was_by(void **state)
{
	struct rig *rig = *state;
	char *text;

	attach_web(rig);
	rig_done(rig, connect_blue(rig));
	rig_done(rig, rig_disconnect(rig, "web", "bridge"));
	text = rig_picture(rig);
	assert_null(strstr(text, "via 172.17.0.1"));
	assert_non_null(strstr(text, "route 0.0.0.0/0 via 172.18.0.1"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_is_refused_a_connect_leaves_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_disconnect_takes_back_all_that_a_connect_made,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			twice_on_a_network_is_refused_before_anything_is_done, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(the_default_route_leaves_with_the_network_it_was_by,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
