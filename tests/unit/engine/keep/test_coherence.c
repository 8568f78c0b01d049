// SPDX-License-Identifier: GPL-2.0-or-later
// test_coherence.c - records that are not those of what runs keep a start from touching anything
#include "../rig.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

/* The state directory was emptied, and what the run directory has stays. */
static void lose_networks(const struct rig *rig)
{
	char pattern[96];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "%s/networks*", rig->dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_int_equal(unlink(found.gl_pathv[i]), 0);
	globfree(&found);
}

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"Options\": "
				       "{\"com.docker.network.bridge.name\": \"blue0\"}}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	rig_turn(rig);
	sweep_now(rig->engine);
	rig_stop(rig);
}

static void one_that_runs_on_a_network_of_no_record_is_left_alone(void **state)
{
	struct rig *rig = *state;
	char *before, *after;

	attach_web(rig);
	lose_networks(rig);
	before = fake_kernel_print();
	fake_calls_clear();
	assert_true(rig_try_start(rig) < 0);
	rig->engine = NULL;
	assert_int_equal(rig->error.reason, ERROR_REASON_RECORDS);
	assert_non_null(strstr(rig->error.text, "container web runs on network "));
	assert_non_null(strstr(rig->error.text, "netctl system restore"));
	after = fake_kernel_print();
	assert_string_equal(before, after);
	assert_int_equal(fake_n_changes(), 0);
	free(before);
	free(after);
	/* With the records of the containers lost, too, their links are what is found. */
	rig_forget_records(rig);
	assert_true(rig_try_start(rig) < 0);
	rig->engine = NULL;
	assert_int_equal(rig->error.reason, ERROR_REASON_RECORDS);
	assert_non_null(strstr(rig->error.text, "(web on blue) of a container and no record"));
	assert_int_equal(fake_n_changes(), 0);
}

static void one_that_has_ended_keeps_nobody_from_starting(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	lose_networks(rig);
	fake_netns_remove(rig->netns_a);
	fake_link_take(NULL, "blue0"); /* the host was started anew */
	rig_start(rig);
	assert_null(rig_container(rig, "web"));
	assert_null(rig_net(rig, "blue"));
}

static void records_of_what_runs_are_taken_up(void **state)
{
	struct rig *rig = *state;

	attach_web(rig);
	rig_start(rig);
	assert_non_null(rig_container(rig, "web"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			one_that_runs_on_a_network_of_no_record_is_left_alone, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(one_that_has_ended_keeps_nobody_from_starting,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(records_of_what_runs_are_taken_up, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
