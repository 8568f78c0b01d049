// SPDX-License-Identifier: GPL-2.0-or-later
// test_attach.c - a container comes and goes: in order, wholly or not at all
#include <netinet/in.h>

#include "../rig.h"

#include <stdio.h>

#define PORT "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"
#define TWO "\"Networks\": [{\"Name\": \"bridge\"}, {\"Name\": \"blue\"}]"

static void an_attach_makes_link_inside_and_names_in_this_order(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	fake_expect_changes("rules.add", "veths.create", "addrs.moved", "inside.setup",
			    "dns_sockets.open", "rules.redirect", NULL);
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.17.0.2/16"));
	assert_int_not_equal(fake_redirect(rig->netns_a), 0);
}

static void a_detach_leaves_the_kernel_as_it_was(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, PORT));
	assert_true(fake_port_is_reserved(IPPROTO_TCP, "0.0.0.0", 8080));
	rig_done(rig, rig_detach(rig, "web"));
	rig_turn(rig);
	rig_expect_same(rig, before);
	assert_null(rig_container(rig, "web"));
}

static int attach(struct rig *rig)
{
	return rig_attach(rig, "web", rig->netns_a, TWO ", " PORT);
}

static int detach(struct rig *rig)
{
	return rig_detach(rig, "web");
}

static void whatever_is_refused_an_attach_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	assert_true(rig_fail_each(rig, attach, detach, -EIO) >= 9);
	assert_int_equal(rig_container(rig, "web")->n_endpoints, 2);
}

static void the_same_again_changes_nothing_and_another_way_is_a_conflict(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	fake_calls_clear();
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	assert_int_equal(rig_attach(rig, "web", rig->netns_b, ""), -EEXIST);
	assert_int_equal(rig->error.reason, ERROR_REASON_CONTAINER_IN_USE);
	assert_int_equal(rig_attach(rig, "other", rig->netns_a, ""), -EEXIST);
	assert_int_equal(rig->error.reason, ERROR_REASON_NETNS_IN_USE);
	assert_int_equal(fake_n_changes(), 0);
}

static void a_namespace_that_is_not_there_or_the_hosts_is_refused(void **state)
{
	struct rig *rig = *state;
	char path[96];

	fake_netns_remove(rig->netns_b);
	assert_int_equal(rig_attach(rig, "web", rig->netns_b, ""), -ENOENT);
	assert_int_equal(rig->error.reason, ERROR_REASON_NETNS_NOT_FOUND);
	(void)snprintf(path, sizeof(path), "%s/host", rig->dir);
	fake_netns_name_host(path);
	assert_int_equal(rig_attach(rig, "web", path, ""), -EINVAL);
	assert_non_null(strstr(rig->error.text,
			       "network namespace is the host's own: only the network host"));
	assert_int_equal(fake_n_changes(), 0);
}

static void who_is_dead_makes_room_for_his_name(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, PORT));
	fake_netns_remove(rig->netns_a);
	rig_done(rig, rig_attach(rig, "web", rig->netns_b, PORT));
	assert_string_equal(rig_container(rig, "web")->spec.netns_path, rig->netns_b);
	assert_int_equal(fake_n_links(rig->netns_b), 1);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_attach_makes_link_inside_and_names_in_this_order,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_detach_leaves_the_kernel_as_it_was, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(whatever_is_refused_an_attach_leaves_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_same_again_changes_nothing_and_another_way_is_a_conflict, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_namespace_that_is_not_there_or_the_hosts_is_refused, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(who_is_dead_makes_room_for_his_name, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
