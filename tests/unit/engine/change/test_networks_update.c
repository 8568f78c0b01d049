// SPDX-License-Identifier: GPL-2.0-or-later
// test_networks_update.c - another name, other labels and name servers for a network
#include "../rig.h"

static int rename_to(struct rig *rig, const char *network, const char *name)
{
	struct network_update update = { .name = "" };
	int err;

	(void)snprintf(update.name, sizeof(update.name), "%s", name);
	err = engine_network_update(rig->engine, network, &update, &rig->error);
	network_update_done(&update);
	return err;
}

static void its_bridge_and_its_containers_stay_and_are_called_after_it(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	rig_turn(rig);
	fake_calls_clear();
	rig_done(rig, rename_to(rig, "blue", "red"));
	assert_int_equal(fake_n_calls("veths.create"), 0);
	text = rig_picture(rig);
	assert_non_null(strstr(text, "alias 'web on red'"));
	assert_null(strstr(text, "(blue)"));
	free(text);
	assert_null(rig_net(rig, "blue"));
	assert_int_equal(rig_resync(rig), 0);
}

static void a_name_that_is_taken_and_a_predefined_network_are_refused(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	fake_calls_clear();
	assert_int_equal(rename_to(rig, "blue", "bridge"), -EPERM);
	assert_int_equal(rename_to(rig, "bridge", "red"), -EPERM);
	assert_int_equal(fake_n_changes(), 0);
}

static int change_servers(struct rig *rig, const char *add, const char *drop)
{
	struct network_update update = { .name = "" };
	struct addr addr;

	if (*add && network_dns_read(add, &addr, NULL) == 0)
		(void)network_dns_add(&update.dns.add, &addr);
	if (*drop && network_dns_read(drop, &addr, NULL) == 0)
		(void)network_dns_add(&update.dns.drop, &addr);
	return engine_network_update(rig->engine, "blue", &update, &rig->error);
}

static void its_servers_are_kept_over_a_restart_and_nothing_in_the_kernel_changes(void **state)
{
	struct rig *rig = *state;
	struct addr addr;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Dns\": [\"192.0.2.1\"]}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	fake_calls_clear();
	rig_done(rig, change_servers(rig, "fd00::53", "192.0.2.1"));
	assert_int_equal(fake_n_changes(), 0);
	rig_restart(rig);
	assert_int_equal(rig_net(rig, "blue")->spec.dns.n, 1);
	assert_string_equal(ADDR_STR(&rig_net(rig, "blue")->spec.dns.servers[0]), "fd00::53");
	rig_done(rig, change_servers(rig, "", "fd00::53"));
	rig_restart(rig);
	assert_int_equal(rig_net(rig, "blue")->spec.dns.n, 0);
	/* Of a network without names they are no servers. */
	rig_net(rig, "blue")->spec.no_addresses = true;
	assert_int_equal(change_servers(rig, "192.0.2.1", ""), -EINVAL);
	rig_net(rig, "blue")->spec.no_addresses = false;
	for (uint8_t i = 1; i <= DNS_SERVERS_MAX; i++) {
		addr = (struct addr) { AF_INET, { 192, 0, 2, i } };
		rig_done(rig, change_servers(rig, ADDR_STR(&addr), ""));
	}
	assert_int_equal(change_servers(rig, "192.0.2.99", ""), -EINVAL);
	assert_int_equal(rig_net(rig, "blue")->spec.dns.n, DNS_SERVERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			its_bridge_and_its_containers_stay_and_are_called_after_it, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_and_a_predefined_network_are_refused, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			its_servers_are_kept_over_a_restart_and_nothing_in_the_kernel_changes,
			rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
