// SPDX-License-Identifier: GPL-2.0-or-later
// test_rules.c - what networks and ports put into the table, and what is shared there
#include "../rig.h"

#define TWICE "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}, {\"HostPort\": \"8081\"}]}"

static void a_network_comes_with_its_elements_and_they_leave_with_it(void **state)
{
	struct rig *rig = *state;
	int before = fake_n_elems(RULESET_BRIDGES);

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Internal\": true}"));
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), before + 1);
	assert_int_equal(fake_n_elems(RULESET_INTERNAL), 1);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), before);
	assert_int_equal(fake_n_elems(RULESET_INTERNAL), 0);
}

static void what_two_ports_share_is_there_once_and_until_the_last_is_gone(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, TWICE));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 2);
	assert_int_equal(fake_n_elems(RULESET_OPEN4), 1);
	assert_int_equal(rules_n_shared(rig->engine, RULESET_OPEN4), 1);
	rig_done(rig, rig_ports_remove(rig, "web",
				       "{\"PortBindings\": {\"80/tcp\": "
				       "[{\"HostPort\": \"8080\"}]}}"));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 1);
	assert_int_equal(fake_n_elems(RULESET_OPEN4), 1);
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(fake_n_elems(RULESET_OPEN4), 0);
	assert_int_equal(rules_n_shared(rig->engine, RULESET_OPEN4), 0);
}

#define HELD(name, subnet)                                                                         \
	"{\"Name\": \"" name                                                                       \
	"\", \"Options\": {\"anti-spoof\": \"true\"}, \"IPAM\": {\"Config\": "                     \
	"[{\"Subnet\": \"" subnet "\"}]}}"

static void the_table_of_frames_comes_with_the_first_network_and_leaves_with_the_last(void **state)
{
	struct rig *rig = *state;

	fake_calls_clear();
	rig_done(rig, rig_network(rig, "{\"Name\": \"plain\"}"));
	assert_int_equal(fake_n_calls("rules.reset"), 0);
	assert_int_equal(fake_n_calls("rules.probe_guard"), 0);
	rig_done(rig, rig_network(rig, HELD("one", "10.91.0.0/24")));
	assert_int_equal(fake_n_calls("rules.probe_guard"), 1);
	assert_int_equal(fake_n_calls("rules.reset"), 1);
	rig_done(rig, rig_network(rig, HELD("two", "10.92.0.0/24")));
	assert_int_equal(fake_n_calls("rules.reset"), 1);
	assert_true(rig->engine->wire->guarded);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": {\"one\": {}}"));
	assert_int_equal(fake_n_elems(RULESET_GUARDED), 1);
	assert_int_equal(fake_n_elems(RULESET_SPEAKERS), 1);
	assert_int_equal(fake_n_elems(RULESET_SPEAKERS4), 1);
	assert_int_equal(fake_n_elems(RULESET_SPEAKERS6), 1);
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(fake_n_elems(RULESET_GUARDED), 0);
	assert_int_equal(fake_n_elems(RULESET_SPEAKERS6), 0);
	rig_done(rig, engine_network_remove(rig->engine, "one", &rig->error));
	assert_int_equal(fake_n_calls("rules.reset"), 1);
	rig_done(rig, engine_network_remove(rig->engine, "two", &rig->error));
	assert_int_equal(fake_n_calls("rules.reset"), 2);
	assert_false(rig->engine->wire->guarded);
}

static void a_kernel_without_frames_refuses_the_option_in_words(void **state)
{
	struct rig *rig = *state;

	fake_fail("rules.probe_guard", -EOPNOTSUPP);
	assert_int_equal(rig_network(rig, HELD("one", "10.91.0.0/24")), -EOPNOTSUPP);
	assert_string_equal(rig->error.text, "network one cannot have anti-spoof on this host: "
					     "nftables knows no frames");
	fake_fail(NULL, 0);
	assert_null(rig_net(rig, "one"));
}

static void elements_of_frames_that_are_lost_are_repaired(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, HELD("one", "10.91.0.0/24")));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": {\"one\": {}}"));
	fake_rules_flush();
	(void)rig_resync(rig);
	assert_int_equal(fake_n_elems(RULESET_GUARDED), 1);
	assert_int_equal(fake_n_elems(RULESET_SPEAKERS), 1);
}

static void a_change_that_finds_no_table_makes_it_anew_with_all_there_is(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, TWICE));
	fake_rules_flush();
	fake_calls_clear();
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	assert_int_equal(fake_n_calls("rules.reset"), 1);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 2);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 2);
}

static void what_cannot_be_taken_out_is_repaired_by_the_next_resync(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, TWICE));
	fake_fail("rules.take", -EIO);
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 2);
	fake_fail(NULL, 0);
	assert_true(rig->engine->wire->rules_drifted);
	(void)rig_resync(rig);
	assert_int_equal(fake_n_elems(RULESET_PUBLISH4), 0);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 0);
	assert_false(rig->engine->wire->rules_drifted);
}

static void a_table_of_another_owner_is_not_taken(void **state)
{
	struct rig *rig = *state;

	fake_rules_flush();
	fake_rules_seize();
	assert_int_equal(rules_reset(rig->engine, &rig->error), -EPERM);
	assert_non_null(strstr(rig->error.text, "is another netd running?"));
	fake_rules_flush();
	rig_done(rig, rules_reset(rig->engine, &rig->error));
}

static void a_segment_comes_and_goes_with_its_elements(void **state)
{
	struct rig *rig = *state;
	struct network *blue;
	int n_bridges, n_kin;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	blue = rig_net(rig, "blue");
	n_bridges = fake_n_elems(RULESET_BRIDGES);
	n_kin = fake_n_elems(RULESET_KIN);
	(void)strcpy(blue->segments[1].ifname, "br-blue.1");
	blue->last_segment = 1;
	rig_done(rig, rules_segment(rig->engine, blue, 1, true, &rig->error));
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), n_bridges + 1);
	assert_int_equal(fake_n_elems(RULESET_KIN), n_kin + 3); /* itself, to, and from */
	assert_int_equal(fake_n_elems(RULESET_PAIRS), n_kin + 3);
	rig_done(rig, rules_reset(rig->engine, &rig->error));
	assert_int_equal(fake_n_elems(RULESET_KIN), n_kin + 3);
	rig_done(rig, rules_segment(rig->engine, blue, 1, false, &rig->error));
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), n_bridges);
	assert_int_equal(fake_n_elems(RULESET_KIN), n_kin);
	blue->segments[1].ifname[0] = '\0';
	blue->last_segment = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_network_comes_with_its_elements_and_they_leave_with_it, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_two_ports_share_is_there_once_and_until_the_last_is_gone, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_change_that_finds_no_table_makes_it_anew_with_all_there_is, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_taken_out_is_repaired_by_the_next_resync, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_table_of_another_owner_is_not_taken, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_table_of_frames_comes_with_the_first_network_and_leaves_with_the_last,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_kernel_without_frames_refuses_the_option_in_words,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(elements_of_frames_that_are_lost_are_repaired,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_segment_comes_and_goes_with_its_elements,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
