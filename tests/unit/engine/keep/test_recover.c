// SPDX-License-Identifier: GPL-2.0-or-later
// test_recover.c - a start on the records of a netd before: what runs goes on, what is lost is made
// again
#include "../rig.h"

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig,
		 rig_attach(rig, "web", rig->netns_a,
			    "\"Networks\": [{\"Name\": \"bridge\"}, {\"Name\": \"blue\"}], " PORT));
	rig_turn(rig);
}

static void a_start_takes_over_what_runs_as_it_is(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	rig_stop(rig);
	fake_calls_clear();
	rig_start(rig);
	assert_int_equal(fake_n_calls("veths.create"), 0);
	assert_int_equal(fake_n_calls("inside.setup"), 0);
	ports_rebind(rig_container(rig, "web"), false); /* when there is a resolver */
	rig_expect_same(rig, before);
	assert_int_equal(rig_container(rig, "web")->n_endpoints, 2);
	assert_int_equal(rig_resync(rig), 0);
}

static void a_link_that_went_meanwhile_is_made_again(void **state)
{
	struct rig *rig = *state;
	char host_ifname[IFNAME_LEN_MAX + 1];
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	memcpy(host_ifname, rig_container(rig, "web")->endpoints[1]->host_ifname,
	       sizeof(host_ifname));
	rig_stop(rig);
	fake_link_take(NULL, host_ifname);
	rig_start(rig);
	assert_non_null(fake_link(NULL, host_ifname));
	ports_rebind(rig_container(rig, "web"), false);
	assert_true(fake_has_addr(rig->netns_a, "eth1", "172.18.0.2/24"));
	rig_expect_same(rig, before);
}

static void a_redirect_of_the_netd_before_is_taken_over(void **state)
{
	struct rig *rig = *state;
	uint16_t port;

	attach_web(rig);
	port = fake_redirect(rig->netns_a);
	assert_int_not_equal(port, 0);
	rig_restart(rig);
	assert_int_equal(fake_redirect(rig->netns_a), port);
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(fake_redirect(rig->netns_a), 0);
}

static void who_ended_meanwhile_is_forgotten_with_all_that_was_its(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	rig_stop(rig);
	fake_netns_remove(rig->netns_a);
	rig_start(rig);
	assert_null(rig_container(rig, "web"));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 0);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 0);
	assert_int_equal(fake_n_reserved(), 0);
	rig_done(rig, rig_attach(rig, "web", rig->netns_b, PORT));
}

static void another_namespace_at_the_path_is_not_the_containers(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	rig_stop(rig);
	fake_netns_remove(rig->netns_a);
	fake_netns_add(rig->netns_a, 0);
	rig_start(rig);
	assert_null(rig_container(rig, "web"));
	assert_int_equal(fake_n_links(rig->netns_a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_start_takes_over_what_runs_as_it_is, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_that_went_meanwhile_is_made_again, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_redirect_of_the_netd_before_is_taken_over,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_ended_meanwhile_is_forgotten_with_all_that_was_its, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(another_namespace_at_the_path_is_not_the_containers,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
