// SPDX-License-Identifier: GPL-2.0-or-later
// test_server.c - when an upstream server is asked last, and when first again
#include "resolver/ask/server.h"

#include "base/limits.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct server *server;

static int setup(void **state)
{
	const struct server_name name = { .port = 53 };

	(void)state;
	server = server_new(NULL, &name);
	assert_non_null(server);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	server_free(server);
	return 0;
}

static void one_that_is_silent_is_demoted_at_once(void **state)
{
	(void)state;
	assert_true(server_is_healthy(server));
	server_lost(server, 1000);
	assert_false(server_is_healthy(server));
}

static void errors_demote_only_many_in_a_row(void **state)
{
	(void)state;
	for (int i = 0; i < SERVER_FAILED_MAX - 1; i++)
		server_erred(server, 1000);
	assert_true(server_is_healthy(server));
	server_answered(server, 1000);
	for (int i = 0; i < SERVER_FAILED_MAX - 1; i++)
		server_erred(server, 1000);
	assert_true(server_is_healthy(server));
	server_erred(server, 1000);
	assert_false(server_is_healthy(server));
}

static void any_answer_restores_it(void **state)
{
	(void)state;
	server_lost(server, 1000);
	server_answered(server, 5000);
	assert_true(server_is_healthy(server));
	assert_false(server_take_probe(server, 1000000));
}

static void it_is_tried_again_less_and_less_often(void **state)
{
	uint64_t now_ms = 1000, delay_ms = SERVER_PROBE_MS;

	(void)state;
	server_lost(server, now_ms);
	for (int i = 0; i < 10; i++) {
		assert_false(server_take_probe(server, now_ms + delay_ms - 1));
		now_ms += delay_ms;
		assert_true(server_take_probe(server, now_ms));
		/* The first two are the same: one was set when it was demoted. */
		if (i > 0)
			delay_ms = delay_ms * 2 < SERVER_PROBE_MAX_MS ? delay_ms * 2
								      : SERVER_PROBE_MAX_MS;
	}
	assert_int_equal(delay_ms, SERVER_PROBE_MAX_MS);
}

static void one_that_failed_lately_is_dead_until_it_answers(void **state)
{
	(void)state;
	assert_false(server_is_dead(server, 1000));
	server_lost(server, 1000);
	assert_true(server_is_dead(server, 1000 + SERVER_DEAD_MS - 1));
	assert_false(server_is_dead(server, 1000 + SERVER_DEAD_MS));
	/* It was asked anew, in vain. */
	server_lost(server, 1000 + SERVER_DEAD_MS);
	assert_true(server_is_dead(server, 1000 + SERVER_DEAD_MS));
	server_answered(server, 1000 + SERVER_DEAD_MS);
	assert_false(server_is_dead(server, 1000 + SERVER_DEAD_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_is_silent_is_demoted_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(errors_demote_only_many_in_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(any_answer_restores_it, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_failed_lately_is_dead_until_it_answers,
						setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_tried_again_less_and_less_often, setup,
						teardown),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
