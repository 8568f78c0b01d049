// SPDX-License-Identifier: GPL-2.0-or-later
// test_rules_user.c - the administrator's rules: loaded, read again, and the last right ones kept
#include <stdio.h>

#include "../rig.h"

static void write_rules(const struct rig *rig, const char *text)
{
	char path[96];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/10-mine.nft", rig->dir);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(text, out);
	(void)fclose(out);
}

static void they_are_read_again_and_come_back_with_a_table_that_was_lost(void **state)
{
	struct rig *rig = *state;

	write_rules(rig, "counter accept\n");
	rig_done(rig, engine_reload_rules(rig->engine, &rig->error));
	assert_int_equal(fake_n_calls("rules.load_user"), 1);
	assert_non_null(strstr(fake_user_rules(), "*.nft"));
	assert_true(rig->engine->wire->has_user_rules);
	fake_rules_flush();
	assert_string_equal(fake_user_rules(), "");
	assert_true(rig_resync(rig) > 0);
	assert_non_null(strstr(fake_user_rules(), "*.nft"));
}

static void what_cannot_be_loaded_leaves_those_before_and_is_said_until_it_can(void **state)
{
	struct rig *rig = *state;

	write_rules(rig, "counter accept\n");
	rig_done(rig, engine_reload_rules(rig->engine, &rig->error));
	write_rules(rig, "no rule\n");
	fake_fail("rules.load_user", -EINVAL);
	assert_int_equal(engine_reload_rules(rig->engine, &rig->error), -EINVAL);
	fake_fail(NULL, 0);
	assert_non_null(strstr(fake_user_rules(), "*.nft"));
	assert_string_not_equal(rig->engine->wire->rules_fault, "");
	write_rules(rig, "counter drop\n");
	rig_done(rig, engine_reload_rules(rig->engine, &rig->error));
	assert_string_equal(rig->engine->wire->rules_fault, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			they_are_read_again_and_come_back_with_a_table_that_was_lost, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_loaded_leaves_those_before_and_is_said_until_it_can,
			rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
