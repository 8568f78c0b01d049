// SPDX-License-Identifier: GPL-2.0-or-later
// test_warnings.c - what stands in the way on a host
#include "../rig.h"

/* The warning with such a part in it; NULL: none, or several. */
static char *warning_with(struct rig *rig, const char *part)
{
	json_t *list = engine_warnings(rig->engine);
	char *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!strstr(text, part))
			continue;
		n++;
		free(found);
		found = strdup(text);
	}
	json_decref(list);
	if (n == 1)
		return found;
	free(found);
	return NULL;
}

static size_t n_warnings(struct rig *rig)
{
	json_t *list = engine_warnings(rig->engine);
	size_t n = json_array_size(list);

	json_decref(list);
	return n;
}

static void expect_warning(struct rig *rig, const char *part, const char *text)
{
	char *warning = warning_with(rig, part);

	assert_non_null(warning);
	assert_non_null(strstr(warning, text));
	free(warning);
}

static void a_host_that_does_not_forward_is_told(void **state)
{
	struct rig *rig = *state;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	expect_warning(rig, "does not forward IPv4", "sysctl -w net.ipv4.ip_forward=1");
	assert_int_equal(n_warnings(rig), 1); /* no network has IPv6 */
}

static void a_quiet_host_has_none(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(n_warnings(rig), 0);
	/* Not in the way: at another hook, or only called; and one that lets all through. */
	fake_chain_put("ip", "filter", "INPUT", false, true);
	fake_chain_put("ip", "filter", "FORWARD", true, false);
	assert_int_equal(n_warnings(rig), 0);
}

static void a_chain_that_refuses_is_told_with_the_way_out_of_its_firewall(void **state)
{
	struct rig *rig = *state;

	fake_chain_put("ip", "filter", "FORWARD", true, true);
	fake_chain_put("ip", "filter2", "forward", true, true);
	fake_chain_put("ip", "filter2", "ufw-user-forward", false, false);
	fake_chain_put("inet", "firewalld", "filter_FORWARD", true, true);
	assert_int_equal(n_warnings(rig), 3);
	expect_warning(rig, "chain FORWARD of table ip filter ",
		       "iptables -I DOCKER-USER -j ACCEPT -i netd0; "
		       "iptables -I DOCKER-USER -j ACCEPT -o netd0");
	expect_warning(rig, "table ip filter2 ", "ufw route allow in on netd0");
	expect_warning(rig, "table inet firewalld ", "--zone=trusted --add-interface=netd0");
}

static void either_direction_is_enough_and_a_rule_that_accepts_is_heeded(void **state)
{
	struct rig *rig = *state;

	fake_chain_put("ip", "filter", "FORWARD", true, true);
	fake_chain_rule("filter", "FORWARD", "netd0", true, true);
	assert_int_equal(n_warnings(rig), 1);
	fake_chain_rule("filter", "FORWARD", "netd0", false, true);
	assert_int_equal(n_warnings(rig), 0);
	fake_chain_put("ip", "mangle", "FORWARD", true, false);
	fake_chain_rule("mangle", "FORWARD", "netd0", false, false);
	assert_int_equal(n_warnings(rig), 1);
}

static void a_network_without_a_way_out_is_in_nobodys_way(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"shut\", \"Internal\": true, \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"shut0\"}}"));
	rig_done(rig, rig_network(rig, "{\"Name\": \"open\", \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"open0\"}}"));
	fake_chain_put("ip", "filter", "FORWARD", true, true);
	expect_warning(rig, "table ip filter",
		       "-o netd0; iptables -I DOCKER-USER -j ACCEPT -i "
		       "open0");
	assert_null(warning_with(rig, "shut0"));
}

/* A network with a second bridge. */
static struct network *spread(struct rig *rig, const char *json, const char *name)
{
	struct network *network;

	rig_done(rig, rig_network(rig, json));
	network = rig_net(rig, name);
	network->last_segment = 1;
	(void)snprintf(network->segments[1].ifname, sizeof(network->segments[1].ifname), "second0");
	return network;
}

static void every_segment_of_a_network_is_asked_about(void **state)
{
	struct rig *rig = *state;
	struct network *wide = spread(rig,
				      "{\"Name\": \"wide\", \"Options\": "
				      "{\"com.docker.network.bridge.name\": \"first0\"}}",
				      "wide");

	fake_chain_put("ip", "filter", "FORWARD", true, true);
	fake_chain_rule("filter", "FORWARD", "netd0", true, true);
	fake_chain_rule("filter", "FORWARD", "netd0", false, true);
	fake_chain_rule("filter", "FORWARD", "first0", true, true);
	fake_chain_rule("filter", "FORWARD", "first0", false, true);
	expect_warning(rig, "table ip filter",
		       ": iptables -I DOCKER-USER -j ACCEPT -i second0; iptables -I DOCKER-USER "
		       "-j ACCEPT -o second0");
	fake_chain_rule("filter", "FORWARD", "second0", true, true);
	fake_chain_rule("filter", "FORWARD", "second0", false, true);
	assert_int_equal(n_warnings(rig), 0);
	wide->last_segment = 0;
}

static void an_internal_network_is_asked_about_between_its_segments(void **state)
{
	struct rig *rig = *state;
	struct network *shut = spread(rig,
				      "{\"Name\": \"shut\", \"Internal\": true, \"Options\": "
				      "{\"com.docker.network.bridge.name\": \"shut0\"}}",
				      "shut");

	fake_chain_put("ip", "filter", "FORWARD", true, true);
	fake_chain_rule("filter", "FORWARD", "netd0", true, true);
	fake_chain_rule("filter", "FORWARD", "netd0", false, true);
	fake_chain_rule("filter", "FORWARD", "shut0", true, true);
	/* what goes back is refused */
	expect_warning(rig, "table ip filter",
		       "-o shut0; iptables -I DOCKER-USER -j ACCEPT -i second0");
	fake_chain_rule("filter", "FORWARD", "shut0", false, true);
	assert_int_equal(n_warnings(rig), 0);
	shut->last_segment = 0;
}

static void without_an_answer_there_is_nothing_to_warn_of(void **state)
{
	struct rig *rig = *state;

	fake_chain_put("ip", "filter", "FORWARD", true, true);
	fake_fail("foreign.read", -EIO);
	assert_int_equal(n_warnings(rig), 0);
	assert_true(fake_has_failed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_that_does_not_forward_is_told, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_quiet_host_has_none, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_chain_that_refuses_is_told_with_the_way_out_of_its_firewall, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			either_direction_is_enough_and_a_rule_that_accepts_is_heeded, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_network_without_a_way_out_is_in_nobodys_way,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(every_segment_of_a_network_is_asked_about,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			an_internal_network_is_asked_about_between_its_segments, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(without_an_answer_there_is_nothing_to_warn_of,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
