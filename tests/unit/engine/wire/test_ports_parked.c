// SPDX-License-Identifier: GPL-2.0-or-later
// test_ports_parked.c - ports of a container that is on no network with a way in
#include "../rig.h"

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

/* On no network any more, and not publishing. */
static void attach_and_leave(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, PORT));
	assert_int_equal(fake_n_reserved(), 2);
	rig_done(rig, rig_disconnect(rig, "web", "bridge"));
	rig_turn(rig);
}

static void they_are_kept_with_it_and_free_for_others(void **state)
{
	struct rig *rig = *state;

	attach_and_leave(rig);
	assert_int_equal(rig_container(rig, "web")->n_ports, 0);
	assert_true(runtime_of(rig_container(rig, "web"))->n_parked > 0);
	assert_int_equal(fake_n_reserved(), 0);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 0);
	rig_done(rig, rig_attach(rig, "two", rig->netns_b, PORT));
	assert_int_equal(fake_n_reserved(), 2);
}

static void they_are_published_again_with_the_next_network(void **state)
{
	struct rig *rig = *state;

	attach_and_leave(rig);
	rig_done(rig, rig_connect(rig, "web", "bridge"));
	assert_int_equal(runtime_of(rig_container(rig, "web"))->n_parked, 0);
	assert_int_equal(rig_container(rig, "web")->n_ports, 2);
	assert_int_equal(fake_n_reserved(), 2);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
}

static void whose_place_is_taken_does_not_join_and_keeps_them(void **state)
{
	struct rig *rig = *state;
	size_t n_parked;

	attach_and_leave(rig);
	n_parked = runtime_of(rig_container(rig, "web"))->n_parked;
	rig_done(rig, rig_attach(rig, "two", rig->netns_b, PORT));
	assert_int_equal(rig_connect(rig, "web", "bridge"), -EEXIST);
	assert_non_null(strstr(rig->error.text, "container web cannot have its ports back"));
	assert_int_equal(rig_container(rig, "web")->n_endpoints, 0);
	assert_int_equal(runtime_of(rig_container(rig, "web"))->n_parked, n_parked);
	rig_done(rig, rig_detach(rig, "two"));
	rig_turn(rig);
	rig_done(rig, rig_connect(rig, "web", "bridge"));
	assert_int_equal(rig_container(rig, "web")->n_ports, 2);
}

static void they_outlive_the_netd_that_parked_them(void **state)
{
	struct rig *rig = *state;

	attach_and_leave(rig);
	rig_restart(rig);
	assert_true(runtime_of(rig_container(rig, "web"))->n_parked > 0);
	rig_done(rig, rig_connect(rig, "web", "bridge"));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_are_kept_with_it_and_free_for_others,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(they_are_published_again_with_the_next_network,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(whose_place_is_taken_does_not_join_and_keeps_them,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(they_outlive_the_netd_that_parked_them, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
