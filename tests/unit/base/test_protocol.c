// SPDX-License-Identifier: GPL-2.0-or-later
// test_protocol.c - protocols have one word each, and words lead back to them
#include "base/protocol.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(protocol_name(IPPROTO_TCP), "tcp");
	assert_string_equal(protocol_name(IPPROTO_UDP), "udp");
	assert_string_equal(protocol_name(IPPROTO_SCTP), "sctp");
	assert_string_equal(protocol_name(IPPROTO_ICMP), "icmp");
	assert_string_equal(protocol_name(IPPROTO_ICMPV6), "icmp");
	assert_null(protocol_name(0));
	assert_null(protocol_name(IPPROTO_GRE));
}

static void a_word_leads_back(void **state)
{
	(void)state;
	assert_int_equal(protocol_number("tcp"), IPPROTO_TCP);
	assert_int_equal(protocol_number("udp"), IPPROTO_UDP);
	assert_int_equal(protocol_number("sctp"), IPPROTO_SCTP);
	assert_int_equal(protocol_number("icmp"), IPPROTO_ICMP);
	assert_int_equal(protocol_number("TCP"), 0);
	assert_int_equal(protocol_number(""), 0);
	assert_int_equal(protocol_number(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_word),
		cmocka_unit_test(a_word_leads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
