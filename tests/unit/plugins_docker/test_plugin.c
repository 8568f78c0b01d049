// SPDX-License-Identifier: GPL-2.0-or-later
// test_plugin.c - who did not answer is not asked for a while, so that nobody waits for him again
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As one that was asked so long ago is left. */
static struct plugin_peer judged(time_t ago, int err)
{
	struct plugin_peer peer = { .timeout_s = 15, .asked_at = plugin_clock() - ago };

	plugin_judge(&peer, err);
	return peer;
}

static void only_a_failure_after_the_whole_time_is_silence(void **state)
{
	(void)state;
	assert_int_not_equal(judged(15, -EIO).silent_since, 0);
	assert_int_equal(judged(5, -EIO).silent_since, 0); /* a refusal is an answer */
	assert_int_equal(judged(20, 0).silent_since, 0);   /* and so is one that took long */
	assert_int_equal(judged(15, -EIO).asked_at, 0);
}

static void who_was_not_asked_is_judged_as_before(void **state)
{
	struct plugin_peer peer = { .timeout_s = 15, .silent_since = 77 };

	(void)state;
	plugin_judge(&peer, -EIO);
	assert_int_equal(peer.silent_since, 77);
	plugin_judge(&peer, 0);
	assert_int_equal(peer.silent_since, 77);
}

static void the_silent_are_not_asked_until_their_time_is_over(void **state)
{
	static struct plugin plugin;
	static atomic_bool answers;
	struct client *client = NULL;
	struct error error;

	(void)state;
	plugin_init(&plugin, "unix:///nowhere/netd.sock", "unix:///nowhere/docker.sock", &answers);
	plugin.netd.silent_since = plugin_clock() - 1;
	assert_true(plugin_netd(&plugin, &client, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_string_equal(error.text, "unix:///nowhere/netd.sock did not answer a moment ago");
	plugin.netd.silent_since = plugin_clock() - PLUGIN_SILENCE_S;
	assert_true(plugin_netd(&plugin, &client, &error) < 0);
	assert_non_null(strstr(error.text, "cannot reach netd at"));
	plugin_done(&plugin);
}

static void docker_is_asked_only_while_it_is_known_to_answer(void **state)
{
	static struct plugin plugin;
	static atomic_bool answers;
	struct client *client = NULL;
	struct error error;

	(void)state;
	plugin_init(&plugin, NULL, "unix:///nowhere/docker.sock", &answers);
	assert_true(plugin_engine(&plugin, &client, &error) < 0);
	assert_string_equal(error.text, "its API does not answer yet");
	atomic_store(&answers, true);
	assert_true(plugin_engine(&plugin, &client, &error) < 0);
	assert_non_null(strstr(error.text, "/nowhere/docker.sock"));
	plugin_done(&plugin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_failure_after_the_whole_time_is_silence),
		cmocka_unit_test(who_was_not_asked_is_judged_as_before),
		cmocka_unit_test(the_silent_are_not_asked_until_their_time_is_over),
		cmocka_unit_test(docker_is_asked_only_while_it_is_known_to_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
