// SPDX-License-Identifier: GPL-2.0-or-later
// test_forged.c - what was sent from addresses of others is counted, and told
#include "../rig.h"

static void who_sent_as_whom_is_among_the_warnings(void **state)
{
	struct rig *rig = *state;
	uint8_t key[RULESET_KEY_MAX] = "netd0";
	json_t *list;

	list = forged_sources(rig->engine);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	memcpy(key + 16, &(struct mac) { { 2, 9, 9, 9, 9, 9 } }, 6);
	memcpy(key + 24, (uint8_t[]) { 10, 0, 0, 1 }, 4);
	fake_rules_count(RULESET_FORGED4, key, 7);
	list = forged_sources(rig->engine);
	assert_int_equal(json_array_size(list), 1);
	assert_non_null(strstr(json_string_value(json_array_get(list, 0)),
			       "network bridge: 7 packets of "));
	assert_non_null(strstr(json_string_value(json_array_get(list, 0)), "from 10.0.0.1"));
	json_decref(list);
}

static uint64_t counted(struct rig *rig)
{
	forged_look(rig->engine);
	return rig_net(rig, "bridge")->n_forged;
}

static void a_look_counts_what_is_new_since_the_last(void **state)
{
	struct rig *rig = *state;
	uint8_t key[RULESET_KEY_MAX] = "netd0";

	fake_rules_count(RULESET_FORGED, key, 5);
	forged_begin(rig->engine); /* what the table had counted for the netd before */
	assert_int_equal(counted(rig), 0);
	fake_rules_count(RULESET_FORGED, key, 7);
	assert_int_equal(counted(rig), 2);
	assert_int_equal(counted(rig), 2);
	/* The table was made anew since, and its counter has begun at nothing. */
	fake_rules_count(RULESET_FORGED, key, 3);
	assert_int_equal(counted(rig), 5);
	assert_int_equal(rig->engine->guard.counters[GUARD_FORGED_PACKETS].n, 5);
}

static void who_forged_is_looked_for_only_when_there_is_something_new(void **state)
{
	struct rig *rig = *state;
	uint8_t key[RULESET_KEY_MAX] = "netd0";

	fake_calls_clear();
	forged_look(rig->engine);
	assert_int_equal(fake_n_calls("rules.counted"), 1);
	fake_rules_count(RULESET_FORGED, key, 1);
	fake_calls_clear();
	forged_look(rig->engine);
	assert_int_equal(fake_n_calls("rules.counted"), 3);
}

static void spoofs(struct rig *rig, const char *container, uint64_t packets)
{
	const struct endpoint *endpoint = rig_container(rig, container)->endpoints[0];
	uint8_t key[RULESET_KEY_MAX] = { 0 };

	memcpy(key, endpoint->host_ifname, strlen(endpoint->host_ifname));
	fake_rules_count(RULESET_SPOOFED, key, packets);
}

static void a_spoofed_frame_is_counted_for_its_network_and_told_by_container(void **state)
{
	struct rig *rig = *state;
	/* A port that is nobody's. It comes first, for the kernel has an order of its own. */
	const uint8_t stranger[RULESET_KEY_MAX] = "zz0";
	json_t *list;

	rig_done(rig,
		 rig_network(rig, "{\"Name\": \"held\", \"Options\": {\"anti-spoof\": \"\"}}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": {\"held\": {}}"));
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, "\"Networks\": {\"held\": {}}"));
	fake_rules_count(RULESET_SPOOFED, stranger, 100);
	spoofs(rig, "web", 3);
	forged_begin(rig->engine); /* as in the test above */
	spoofs(rig, "web", 5);
	spoofs(rig, "db", 40);
	forged_look(rig->engine);
	assert_int_equal(rig_net(rig, "held")->n_forged, 42);
	assert_int_equal(rig->engine->guard.counters[GUARD_FORGED_PACKETS].n, 42);
	forged_look(rig->engine);
	assert_int_equal(rig_net(rig, "held")->n_forged, 42);
	list = forged_sources(rig->engine);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)),
			    "network held: 5 frames of container web with another MAC or address "
			    "than its own");
	assert_non_null(
		strstr(json_string_value(json_array_get(list, 1)), "40 frames of container db"));
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_sent_as_whom_is_among_the_warnings, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_forged_is_looked_for_only_when_there_is_something_new, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_spoofed_frame_is_counted_for_its_network_and_told_by_container, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(a_look_counts_what_is_new_since_the_last, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
