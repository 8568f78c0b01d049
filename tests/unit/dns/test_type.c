// SPDX-License-Identifier: GPL-2.0-or-later
// test_type.c - types of records and codes of replies as words
#include "packet.h"

#include "base/cleanup.h"
#include "dns/type.h"

#include <errno.h>

static void types_are_read_in_any_case_and_printed_in_capitals(void **state)
{
	char buffer[DNS_TYPE_TEXT];
	uint16_t type = 0;

	(void)state;
	assert_int_equal(dns_type_parse("aaaa", &type), 0);
	assert_int_equal(type, DNS_TYPE_AAAA);
	assert_string_equal(dns_type_print(type, buffer), "AAAA");
	assert_int_equal(dns_type_parse("type65", &type), 0);
	assert_string_equal(dns_type_print(type, buffer), "HTTPS");
	assert_int_equal(dns_type_parse("TYPE65535", &type), 0);
	assert_string_equal(dns_type_print(type, buffer), "TYPE65535");
}

static void what_is_no_type_is_refused(void **state)
{
	static const char *const texts[] = { "",	  "B",
					     "TYPE",	  "TYPE0",
					     "TYPE65536", "TYPE1x",
					     "TYPE-1",	  "TYPE99999999999999999999" };
	uint16_t type;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(dns_type_parse(texts[i], &type), -EINVAL);
}

static void codes_have_names_or_numbers(void **state)
{
	char buffer[DNS_TYPE_TEXT];

	(void)state;
	assert_string_equal(dns_type_print_rcode(DNS_RCODE_NXDOMAIN, buffer), "NXDOMAIN");
	assert_string_equal(dns_type_print_rcode(DNS_RCODE_BADVERS, buffer), "BADVERS");
	assert_string_equal(dns_type_print_rcode(11, buffer), "RCODE11");
	assert_string_equal(dns_type_print_rcode(4095, buffer), "RCODE4095");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_read_in_any_case_and_printed_in_capitals),
		cmocka_unit_test(what_is_no_type_is_refused),
		cmocka_unit_test(codes_have_names_or_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
