// SPDX-License-Identifier: GPL-2.0-or-later
// test_warnings.c - what stands in the way on a host
#include "../rig.h"

static void a_host_that_does_not_forward_is_told(void **state)
{
	struct rig *rig = *state;
	json_t *list;
	bool told = false;

	fake_setting_write(NULL, "net/ipv4/ip_forward", "0");
	list = engine_warnings(rig->engine);
	for (size_t i = 0; i < json_array_size(list); i++)
		told |= strstr(json_string_value(json_array_get(list, i)), "net.ipv4.ip_forward") !=
			NULL;
	json_decref(list);
	assert_true(told);
}

static void a_quiet_host_has_none(void **state)
{
	struct rig *rig = *state;
	json_t *list = engine_warnings(rig->engine);

	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_that_does_not_forward_is_told, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_quiet_host_has_none, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
