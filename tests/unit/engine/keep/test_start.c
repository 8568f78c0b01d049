// SPDX-License-Identifier: GPL-2.0-or-later
// test_start.c - what a start finds, and leaves when it fails
#include "../rig.h"

static void a_start_that_is_refused_anything_leaves_what_it_found(void **state)
{
	struct rig *rig = *state;
	size_t n_failed = 0;

	rig_stop(rig);
	rig_teardown_kernel(rig);
	for (size_t n = 1;; n++) {
		char *before, *after;
		int err;

		fake_kernel_start();
		before = fake_kernel_print();
		fake_fail_nth(n, -EIO);
		err = rig_try_start(rig);
		if (!fake_has_failed()) {
			rig_done(rig, err);
			free(before);
			break;
		}
		if (err == 0) { /* what it can do without */
			rig_stop(rig);
		} else {
			after = fake_kernel_print();
			assert_string_equal(before, after);
			free(after);
			n_failed++;
		}
		free(before);
		fake_kernel_stop();
	}
	assert_true(n_failed >= 2);
	fake_netns_add(rig->netns_a, 0);
	fake_netns_add(rig->netns_b, 0);
}

/* Bridges, table and forwarding of a netd before, and the way out of its containers. */
static void expect_in_use(struct rig *rig, const char *host_ifname)
{
	assert_true(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
	assert_true(fake_has_addr(NULL, "blue0", "172.18.0.1/24"));
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), 2);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
	assert_true(fake_has_addr(rig->netns_a, "eth0", "172.17.0.2/16"));
	assert_int_equal(fake_link(NULL, host_ifname)->master, fake_link(NULL, "netd0")->ifindex);
}

static void what_a_netd_before_left_is_in_use_and_stays(void **state)
{
	struct rig *rig = *state;
	char host_ifname[IFNAME_LEN_MAX + 1];
	bool has_failed = true;
	size_t n_failed = 0;
	int err;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"blue0\"}}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	memcpy(host_ifname, rig_container(rig, "web")->endpoints[0]->host_ifname,
	       sizeof(host_ifname));
	for (size_t n = 1; has_failed; n++) {
		rig_stop(rig);
		fake_fail_nth(n, -EIO);
		err = rig_try_start(rig);
		has_failed = fake_has_failed();
		fake_fail_nth(0, 0);
		if (err < 0) {
			n_failed++;
			rig->engine = NULL;
			expect_in_use(rig, host_ifname);
		} else if (has_failed) {
			rig_restart(rig); /* what it could do without is made now */
		}
	}
	assert_true(n_failed > 0);
	expect_in_use(rig, host_ifname);
}

static void the_networks_that_are_there_from_the_start_are(void **state)
{
	struct rig *rig = *state;

	assert_non_null(rig_net(rig, "bridge"));
	assert_non_null(rig_net(rig, "host"));
	assert_non_null(rig_net(rig, "none"));
	assert_true(fake_has_addr(NULL, "netd0", "172.17.0.1/16"));
	assert_true(fake_link(NULL, "netd0")->forwards[FAMILY_4]);
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), 1);
}

static void a_second_start_changes_neither_bridge_nor_settings(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	rig_restart(rig);
	rig_restart(rig);
	rig_expect_same(rig, before);
}

static void a_bridge_of_a_network_that_no_record_has_is_removed(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"blue0\"}}"));
	rig_stop(rig);
	rig_forget_records(rig);
	rig_start(rig);
	assert_null(fake_link(NULL, "blue0"));
	assert_non_null(fake_link(NULL, "netd0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_start_that_is_refused_anything_leaves_what_it_found, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(what_a_netd_before_left_is_in_use_and_stays,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_networks_that_are_there_from_the_start_are,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_second_start_changes_neither_bridge_nor_settings,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_bridge_of_a_network_that_no_record_has_is_removed,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
