// SPDX-License-Identifier: GPL-2.0-or-later
// test_tally.c - answers are counted by where they are from, by code and by time
#include "resolver/listen/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool tell(struct ipc_dns *tally, enum dns_log_source source, unsigned rcode, uint64_t us)
{
	uint8_t *reply = calloc(1, 12); /* of its exact size: one byte too far is seen */
	bool is_vain;

	assert_non_null(reply);
	reply[3] = (uint8_t)(0x80 | rcode); /* recursion available: no part of the code */
	is_vain = tally_answer(tally, source, reply, 12, us * 1000 + 999);
	free(reply);
	return is_vain;
}

static void an_answer_is_counted_by_source_and_code(void **state)
{
	struct ipc_dns tally = { 0 };

	(void)state;
	assert_false(tell(&tally, DNS_LOG_LOCAL, 0, 40));
	assert_false(tell(&tally, DNS_LOG_LOCAL, 3, 60));
	assert_false(tell(&tally, DNS_LOG_HEDGED, 5, 1000));
	assert_true(tell(&tally, DNS_LOG_NONE, 2, 1));
	assert_false(tell(&tally, DNS_LOG_UPSTREAM, 9, 1));
	assert_int_equal(tally.answers[DNS_LOG_LOCAL][0], 1);
	assert_int_equal(tally.answers[DNS_LOG_LOCAL][3], 1);
	assert_int_equal(tally.answers[DNS_LOG_HEDGED][5], 1);
	assert_int_equal(tally.answers[DNS_LOG_NONE][2], 1);
	assert_int_equal(tally.answers[DNS_LOG_UPSTREAM][IPC_DNS_CODE_OTHER], 1);
	assert_int_equal(tally.took[DNS_LOG_LOCAL].n[0], 1);
	assert_int_equal(tally.took[DNS_LOG_LOCAL].n[1], 1);
	assert_int_equal(tally.took[DNS_LOG_LOCAL].sum_us, 100);
}

static void none_and_half_of_one_are_no_answer(void **state)
{
	struct ipc_dns tally = { 0 };
	uint8_t half[11] = { 0 };

	(void)state;
	assert_true(tally_answer(&tally, DNS_LOG_CACHE, NULL, 0, 0));
	assert_true(tally_answer(&tally, DNS_LOG_CACHE, half, sizeof(half), 0));
	assert_int_equal(tally.answers[DNS_LOG_CACHE][IPC_DNS_CODE_NONE], 2);
	assert_int_equal(tally.answers[DNS_LOG_CACHE][0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_counted_by_source_and_code),
		cmocka_unit_test(none_and_half_of_one_are_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
