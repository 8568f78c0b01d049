// SPDX-License-Identifier: GPL-2.0-or-later
// test_guard.c - counters of what was healed, refused, forged and dropped
#include "model/health/guard.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define AT 1700000000 /* 2023-11-14T22:13:20Z */

static void what_is_counted_has_its_first_and_last_time(void **state)
{
	struct guard guard;
	char text[GUARD_TEXT_MAX];
	const json_t *bridges;

	(void)state;
	guard_init(&guard, AT - 20);
	(void)guard_add(&guard, GUARD_HEALED_BRIDGES, 1, AT, 1., text);
	(void)guard_add(&guard, GUARD_HEALED_BRIDGES, 0, AT + 5, 6., text);
	(void)guard_add(&guard, GUARD_HEALED_BRIDGES, 2, AT + 10, 11., text);
	json_auto_t *shown = guard_json(&guard);
	assert_string_equal(json_string_value(json_object_get(shown, "Since")),
			    "2023-11-14T22:13:00Z");
	bridges = json_object_get(json_object_get(shown, "Healed"), "Bridges");
	assert_int_equal(json_integer_value(json_object_get(bridges, "Count")), 3);
	assert_string_equal(json_string_value(json_object_get(bridges, "First")),
			    "2023-11-14T22:13:20Z");
	assert_string_equal(json_string_value(json_object_get(bridges, "Last")),
			    "2023-11-14T22:13:30Z");
}

static void what_never_was_has_no_time(void **state)
{
	struct guard guard;
	const json_t *ports;

	(void)state;
	guard_init(&guard, AT);
	json_auto_t *shown = guard_json(&guard);
	ports = json_object_get(json_object_get(shown, "Healed"), "Ports");
	assert_int_equal(json_object_size(ports), 1);
	assert_int_equal(json_integer_value(json_object_get(ports, "Count")), 0);
	assert_true(json_is_object(json_object_get(shown, "Refused")));
	assert_true(json_is_object(json_object_get(shown, "Forged")));
	assert_true(json_is_object(json_object_get(shown, "Dropped")));
}

static void the_log_hears_of_the_first_and_then_once_a_minute(void **state)
{
	struct guard guard;
	char text[GUARD_TEXT_MAX] = "";

	(void)state;
	guard_init(&guard, AT);
	assert_true(guard_add(&guard, GUARD_FORGED_PACKETS, 4, AT, 100., text));
	assert_non_null(strstr(text, "4 since 2023-11-14T22:13:20Z"));
	for (int i = 1; i < 60; i++)
		assert_false(guard_add(&guard, GUARD_FORGED_PACKETS, 1, AT + i, 100. + i, text));
	assert_true(guard_add(&guard, GUARD_FORGED_PACKETS, 1, AT + 60, 160., text));
	assert_int_equal(strncmp(text, "60 ", 3), 0);
	assert_non_null(strstr(text, "64 since 2023-11-14T22:13:20Z"));
}

static void a_clock_that_is_set_back_silences_nothing(void **state)
{
	struct guard guard;
	char text[GUARD_TEXT_MAX] = "";

	(void)state;
	guard_init(&guard, AT);
	assert_true(guard_add(&guard, GUARD_FORGED_PACKETS, 1, AT, 100., text));
	assert_true(guard_add(&guard, GUARD_FORGED_PACKETS, 1, AT - 86400, 161., text));
}

static void who_has_lines_of_its_own_is_not_told_twice(void **state)
{
	struct guard guard;
	char text[GUARD_TEXT_MAX];

	(void)state;
	guard_init(&guard, AT);
	assert_false(guard_add(&guard, GUARD_HEALED_BRIDGES, 1, AT, 1., text));
	assert_false(guard_add(&guard, GUARD_HEALED_BRIDGES, 1, AT, 1000., text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_counted_has_its_first_and_last_time),
		cmocka_unit_test(what_never_was_has_no_time),
		cmocka_unit_test(the_log_hears_of_the_first_and_then_once_a_minute),
		cmocka_unit_test(a_clock_that_is_set_back_silences_nothing),
		cmocka_unit_test(who_has_lines_of_its_own_is_not_told_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
