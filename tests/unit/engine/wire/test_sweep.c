// SPDX-License-Identifier: GPL-2.0-or-later
// test_sweep.c - links that are doomed now and deleted with others later
#include "../rig.h"

static void a_detached_link_is_doomed_at_once_and_deleted_with_the_sweep(void **state)
{
	struct rig *rig = *state;
	char host_ifname[IFNAME_LEN_MAX + 1];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	memcpy(host_ifname, rig_container(rig, "web")->endpoints[0]->host_ifname,
	       sizeof(host_ifname));
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(fake_link(NULL, host_ifname)->group, RTNL_GROUP_DYING);
	sweep_now(rig->engine);
	assert_null(fake_link(NULL, host_ifname));
	assert_null(fake_link(rig->netns_a, "eth0"));
}

static void who_comes_to_a_namespace_does_not_meet_what_left_it(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_detach(rig, "web"));
	assert_non_null(fake_link(rig->netns_a, "eth0"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	assert_true(fake_n_calls("links.sweep") >= 1);
	assert_int_equal(fake_n_links(rig->netns_a), 1);
}

static void a_link_that_could_not_be_doomed_is_looked_for_again(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	fake_fail("links.doom", -EIO);
	rig_done(rig, rig_detach(rig, "web"));
	assert_true(rig->engine->wire->has_strays);
	assert_non_null(fake_link(rig->netns_a, "eth0"));
	fake_fail(NULL, 0);
	sweep_now(rig->engine);
	rig_done(rig, sweep_netns(rig->engine, fake_netns_inode(rig->netns_a), &rig->error));
	assert_null(fake_link(rig->netns_a, "eth0"));
	assert_false(rig->engine->wire->has_strays);
}

static void links_of_ours_are_known_by_name_and_alias(void **state)
{
	struct rtnl_link link = { .name = "nd0123456789ab", .alias = "web on bridge" };

	(void)state;
	assert_true(sweep_has_our_name(&link));
	assert_true(sweep_has_our_alias(&link));
	memcpy(link.name, "eth0", 5);
	link.alias[0] = '\0';
	assert_false(sweep_has_our_name(&link));
	assert_false(sweep_has_our_alias(&link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_detached_link_is_doomed_at_once_and_deleted_with_the_sweep, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(who_comes_to_a_namespace_does_not_meet_what_left_it,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_that_could_not_be_doomed_is_looked_for_again,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(links_of_ours_are_known_by_name_and_alias,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
