// SPDX-License-Identifier: GPL-2.0-or-later
// test_ports_change.c - ports come to a container that is attached, and leave it
#include "../rig.h"

#define BIND "{\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}"

static int add(struct rig *rig)
{
	return rig_ports_add(rig, "web", BIND);
}

static int take(struct rig *rig)
{
	return rig_ports_remove(rig, "web", BIND);
}

static void whatever_is_refused_a_port_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	fake_fail("host_ports.reserve", -EIO);
	assert_true(add(rig) < 0);
	assert_int_equal(rig_container(rig, "web")->n_ports, 0);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 0);
	assert_int_equal(fake_n_reserved(), 0);
	fake_fail("rules.add", -EIO);
	assert_true(add(rig) < 0);
	fake_fail(NULL, 0);
	rig_turn(rig);
	assert_int_equal(fake_n_reserved(), 0);
	assert_int_equal(rig_container(rig, "web")->n_ports, 0);
	/* That it reaches itself by its port is not worth a refusal: it is put right later. */
	fake_fail("veths.set_modes", -EIO);
	rig_done(rig, add(rig));
	assert_true(fake_has_failed());
	fake_fail(NULL, 0);
	rig_done(rig, take(rig));
}

static void one_that_is_removed_leaves_the_kernel_as_it_was(void **state)
{
	struct rig *rig = *state;
	char *before;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	before = rig_picture(rig);
	rig_done(rig, add(rig));
	assert_int_equal(fake_n_reserved(), 2);
	rig_done(rig, take(rig));
	rig_turn(rig);
	rig_expect_same(rig, before);
}

static void the_same_port_again_is_nothing_new(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, add(rig));
	(void)add(rig);
	assert_int_equal(rig_container(rig, "web")->n_ports, 2);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_is_refused_a_port_leaves_nothing,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(one_that_is_removed_leaves_the_kernel_as_it_was,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_same_port_again_is_nothing_new, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
