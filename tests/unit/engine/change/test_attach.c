// SPDX-License-Identifier: GPL-2.0-or-later
// test_attach.c - a container comes and goes: in order, wholly or not at all
#include "../rig.h"

static void an_attach_makes_link_inside_and_names_in_this_order(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	fake_expect_changes("rules.add", "veths.create", "addrs.moved", "inside.setup",
			    "dns_sockets.open", "rules.redirect", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_attach_makes_link_inside_and_names_in_this_order,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
