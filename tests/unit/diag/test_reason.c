// SPDX-License-Identifier: GPL-2.0-or-later
// test_reason.c - reasons in words that fit a line, and none where nobody knows
#include "diag/reason.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_reason_counts_before_the_function(void **state)
{
	(void)state;
	assert_string_equal(reason_say("NO_SOCKET", "udp_rcv"), "nobody listens there");
	assert_string_equal(reason_say("UDP_CSUM", "nf_hook_slow"), "its UDP checksum is wrong");
	assert_string_equal(reason_say("SOMETHING_NEW", "nf_hook_slow"), "");
}

static void a_function_says_why_where_there_is_no_reason(void **state)
{
	(void)state;
	assert_string_equal(reason_say("", "nf_hook_slow"),
			    "a rule or policy of a firewall drops it");
	assert_string_equal(reason_say("", "tcp_v4_rcv"), "");
	assert_string_equal(reason_say("", ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_counts_before_the_function),
		cmocka_unit_test(a_function_says_why_where_there_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
