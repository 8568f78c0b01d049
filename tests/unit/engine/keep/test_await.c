// SPDX-License-Identifier: GPL-2.0-or-later
// test_await.c - an attach before its namespace is there, and what is done when it comes
#include "../rig.h"

#include <stdio.h>

#define WAIT                                                                                       \
	"\"NetnsWait\": true, "                                                                    \
	"\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"

static char later[96]; /* where the namespace will be */

static void attach_ahead(struct rig *rig)
{
	(void)snprintf(later, sizeof(later), "%s/later", rig->dir);
	rig_done(rig, rig_attach(rig, "web", later, WAIT));
	assert_true(ev_is_active(&rig->engine->look_timer));
}

static void look(struct rig *rig)
{
	ev_invoke(rig->loop, &rig->engine->look_timer, EV_TIMER);
}

static void addresses_and_ports_are_its_own_at_once_and_links_are_not_made(void **state)
{
	struct rig *rig = *state;

	attach_ahead(rig);
	assert_int_equal(fake_n_calls("veths.create"), 0);
	assert_int_equal(fake_n_calls("dns_sockets.open"), 0);
	assert_true(fake_port_is_reserved(IPPROTO_TCP, "0.0.0.0", 8080));
	assert_true(addr_is_set(&rig_container(rig, "web")->endpoints[0]->ip[FAMILY_4]));
	rig_done(rig, rig_attach(rig, "db", rig->netns_a, ""));
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.17.0.3/16"));
}

static void the_rest_is_done_when_the_namespace_comes(void **state)
{
	struct rig *rig = *state;

	attach_ahead(rig);
	look(rig);
	assert_int_equal(fake_n_calls("veths.create"), 0);
	assert_true(ev_is_active(&rig->engine->look_timer));
	fake_netns_add(later, 0);
	look(rig);
	assert_true(fake_has_addr(later, "eth0", "172.17.0.2/16"));
	assert_int_not_equal(fake_redirect(later), 0);
	assert_int_equal(rig_container(rig, "web")->netns_inode, fake_netns_inode(later));
	look(rig);
	assert_false(ev_is_active(&rig->engine->look_timer));
	assert_int_equal(rig_resync(rig), 0);
	rig_restart(rig);
	assert_non_null(rig_container(rig, "web"));
}

static void one_that_is_anothers_takes_the_attach_down(void **state)
{
	struct rig *rig = *state;

	attach_ahead(rig);
	fake_netns_name_host(later);
	look(rig);
	assert_null(rig_container(rig, "web"));
	rig_turn(rig);
	assert_int_equal(fake_n_reserved(), 0);
}

static void what_cannot_be_completed_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	attach_ahead(rig);
	fake_netns_add(later, 0);
	fake_fail("veths.create", -EIO);
	look(rig);
	fake_fail(NULL, 0);
	assert_null(rig_container(rig, "web"));
	rig_turn(rig);
	assert_int_equal(fake_n_links(later), 0);
	assert_int_equal(fake_n_reserved(), 0);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 0);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 0);
}

static void a_detach_before_it_comes_gives_all_back(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	attach_ahead(rig);
	rig_done(rig, rig_detach(rig, "web"));
	rig_turn(rig);
	rig_expect_same(rig, before);
	look(rig);
	assert_false(ev_is_active(&rig->engine->look_timer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			addresses_and_ports_are_its_own_at_once_and_links_are_not_made, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(the_rest_is_done_when_the_namespace_comes,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(one_that_is_anothers_takes_the_attach_down,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_completed_leaves_nothing, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_detach_before_it_comes_gives_all_back, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
