// SPDX-License-Identifier: GPL-2.0-or-later
// test_known_options.c - which keys have to be known, and what is said of one that is not
#include "model/text/known_options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const known[] = { "mtu", "icc", "com.docker.network.driver.mtu", NULL };

static int check(const char *key, struct error *error)
{
	json_t *options = json_pack("{s:s, s:s}", "mtu", "1400", key, "x");
	int err = known_options_check(options, known, "a network", error);

	json_decref(options);
	return err;
}

static void known_keys_and_none_at_all_pass(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(check("icc", &error), 0);
	assert_int_equal(check("com.docker.network.driver.mtu", &error), 0);
	assert_int_equal(check("--icc", &error), 0); /* minikube's */
	assert_int_equal(known_options_check(NULL, known, "a network", &error), 0);
}

static void a_mistyped_key_is_told_which_was_meant(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(check("mtuu", &error), -EINVAL);
	assert_string_equal(error.text, "a network has no option \"mtuu\"; did you mean \"mtu\"?");
	assert_int_equal(check("com.docker.network.driver.mut", &error), -EINVAL);
	assert_string_equal(error.text,
			    "a network has no option \"com.docker.network.driver.mut\"; "
			    "did you mean \"com.docker.network.driver.mtu\"?");
}

static void what_begins_as_netds_own_has_to_be_known(void **state)
{
	static const char *const known_here[] = { "org.netd.endpoint.metric", NULL };
	json_t *options = json_pack("{s:s}", "org.netd.endpoint.metrics", "5");
	struct error error = { 0 };

	(void)state;
	assert_int_equal(known_options_check(options, known_here, "a connection", &error), -EINVAL);
	assert_string_equal(error.text, "a connection has no option \"org.netd.endpoint.metrics\"; "
					"did you mean \"org.netd.endpoint.metric\"?");
	json_decref(options);
	assert_int_equal(check("org.netd.network.mtu", &error), -EINVAL);
	assert_int_equal(check("org.netd.endpoint.metric", &error), -EINVAL);
}

static void a_key_that_looks_like_none_is_refused_all_the_same(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(check("parent", &error), -EINVAL);
	assert_string_equal(error.text,
			    "a network has no option \"parent\": netctl(1) lists them, "
			    "and what is a note for somebody else has a dot in its name");
}

static void what_is_somebody_elses_is_left_alone(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(check("com.example.mtuu", &error), 0);
	assert_int_equal(check("org.netd.docker.endpoint", &error), 0);
	assert_int_equal(check("org.netd.network", &error), 0);
	assert_int_equal(check("com.docker.compose.network", &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_keys_and_none_at_all_pass),
		cmocka_unit_test(a_mistyped_key_is_told_which_was_meant),
		cmocka_unit_test(what_begins_as_netds_own_has_to_be_known),
		cmocka_unit_test(a_key_that_looks_like_none_is_refused_all_the_same),
		cmocka_unit_test(what_is_somebody_elses_is_left_alone),
	};

	return cmocka_run_group_tests_name("known_options", tests, NULL, NULL);
}
