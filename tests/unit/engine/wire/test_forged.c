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

static void a_look_counts_what_is_new_since_the_last(void **state)
{
	struct rig *rig = *state;
	uint8_t key[RULESET_KEY_MAX] = "netd0";

	forged_begin(rig->engine);
	fake_rules_count(RULESET_FORGED, key, 5);
	forged_look(rig->engine);
	assert_int_equal(fake_n_calls("rules.counted") > 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_sent_as_whom_is_among_the_warnings, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_look_counts_what_is_new_since_the_last, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
