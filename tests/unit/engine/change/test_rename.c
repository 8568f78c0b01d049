// SPDX-License-Identifier: GPL-2.0-or-later
// test_rename.c - other names for a container that is attached
#include "../rig.h"

static int rename_to(struct rig *rig, const char *container, const char *name)
{
	struct container_names names = { .id = "" };
	int err;

	(void)snprintf(names.name, sizeof(names.name), "%s", name);
	err = engine_names(rig->engine, container, &names, &rig->error);
	container_names_done(&names);
	return err;
}

static void its_port_and_its_elements_are_called_after_it(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
	fake_calls_clear();
	rig_done(rig, rename_to(rig, "web", "shop"));
	assert_int_equal(fake_n_calls("links.alias"), 1);
	assert_int_equal(fake_n_calls("rules.replace"), 1);
	assert_int_equal(fake_n_calls("rules.take"), 0);
	text = rig_picture(rig);
	assert_non_null(strstr(text, "alias 'shop on bridge'"));
	assert_non_null(strstr(text, "(shop)"));
	assert_null(strstr(text, "(web)"));
	free(text);
	assert_null(rig_container(rig, "web"));
	assert_non_null(rig_container(rig, "shop"));
}

static void a_name_that_is_taken_is_a_conflict_and_nothing_is_done(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	fake_calls_clear();
	assert_int_equal(rename_to(rig, "web", "db"), -EEXIST);
	assert_int_equal(fake_n_changes(), 0);
	assert_int_equal(rename_to(rig, "nobody", "x"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_port_and_its_elements_are_called_after_it,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_is_a_conflict_and_nothing_is_done, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
