// SPDX-License-Identifier: GPL-2.0-or-later
// test_forwarding.c - the host forwards while a network needs it, and is what it was afterwards
#include "../rig.h"

static void a_start_makes_the_host_forward_and_keeps_strangers_out(void **state)
{
	struct rig *rig = *state;

	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
	assert_true(forwarding_is_ours(rig->engine, AF_INET));
	assert_int_equal(fake_n_elems(RULESET_STRANGERS), 1);
}

static void ipv6_is_forwarded_with_the_first_network_that_has_it_and_no_longer(void **state)
{
	struct rig *rig = *state;

	assert_string_equal(fake_setting(NULL, "net/ipv6/conf/all/forwarding"), "0");
	rig_done(rig, rig_network(rig, "{\"Name\": \"six\", \"EnableIPv6\": true, \"IPAM\": "
				       "{\"Config\": [{\"Subnet\": \"fd00:6::/64\"}]}}"));
	assert_string_equal(fake_setting(NULL, "net/ipv6/conf/all/forwarding"), "1");
	assert_int_equal(fake_n_elems(RULESET_STRANGERS), 2);
	rig_done(rig, engine_network_remove(rig->engine, "six", &rig->error));
	assert_string_equal(fake_setting(NULL, "net/ipv6/conf/all/forwarding"), "0");
	assert_int_equal(fake_n_elems(RULESET_STRANGERS), 1);
}

static void somebody_who_switches_it_off_is_overruled_once_a_resync_sees_it(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
	assert_int_equal(rig_resync(rig), 0);
}

static void forwarding_that_reads_1_and_is_not_in_force_is_switched_again(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	fake_forwarding_races(2);
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/default/forwarding"), "1");
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/lo/forwarding"), "1");
	assert_int_equal(rig_resync(rig), 0);
}

static void two_others_who_leave_it_on_for_nobody_are_seen(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	fake_forwarding_races(1);
	fake_setting_write(NULL, "net/ipv4/ip_forward", "1");
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/lo/forwarding"), "0");
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/lo/forwarding"), "1");
	assert_int_equal(rig_resync(rig), 0);
}

/* Links that were set one by one are somebody's wish. */
static void what_is_off_for_links_to_come_alone_stays_so(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/conf/default/forwarding", "0");
	assert_int_equal(rig_resync(rig), 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/default/forwarding"), "0");
}

static void somebody_who_races_for_ever_does_not_hold_netd(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	fake_forwarding_races(1000);
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "0");
	fake_forwarding_races(0); /* and when he is gone it is on again */
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/conf/lo/forwarding"), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_start_makes_the_host_forward_and_keeps_strangers_out, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			ipv6_is_forwarded_with_the_first_network_that_has_it_and_no_longer,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			somebody_who_switches_it_off_is_overruled_once_a_resync_sees_it, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			forwarding_that_reads_1_and_is_not_in_force_is_switched_again, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(two_others_who_leave_it_on_for_nobody_are_seen,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_off_for_links_to_come_alone_stays_so,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(somebody_who_races_for_ever_does_not_hold_netd,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
