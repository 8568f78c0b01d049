// SPDX-License-Identifier: GPL-2.0-or-later
// test_config_listen.c - where metrics are served, as it is written
#include "model/config/config_listen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_address_and_a_port_are_read(void **state)
{
	static const struct {
		const char *text, *addr;
		uint16_t port;
	} cases[] = {
		{ "127.0.0.1:9323", "127.0.0.1", 9323 },
		{ ":9323", "127.0.0.1", 9323 },
		{ "1", "127.0.0.1", 1 },
		{ "0.0.0.0:65535", "0.0.0.0", 65535 },
		{ "[::1]:9323", "::1", 9323 },
		{ "[::]:9323", "::", 9323 },
		{ "[2001:db8::1]:80", "2001:db8::1", 80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr addr = { 0 }, wanted = { 0 };
		uint16_t port = 0;
		struct error error;

		assert_int_equal(config_listen_parse(cases[i].text, &addr, &port, &error), 0);
		assert_int_equal(addr_parse(cases[i].addr, &wanted), 0);
		assert_memory_equal(&addr, &wanted, sizeof(addr));
		assert_int_equal(port, cases[i].port);
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"",	    ":",	  "127.0.0.1",	   "127.0.0.1:", "127.0.0.1:0",
		"web:9323", "::1:9323",	  "[::1]",	   "[::1:9323",	 "[127.0.0.1]:9323",
		":65536",   "1.2.3.4:-1", "1.2.3.4:+1",	   "1.2.3.4: 1", "http://127.0.0.1:9323",
		":123456",  "[]:9323",	  "1.2.3.4:9323x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr addr;
		uint16_t port;
		struct error error = { 0 };

		if (config_listen_parse(texts[i], &addr, &port, &error) != -EINVAL)
			fail_msg("%s", texts[i]);
		assert_non_null(strstr(error.text, "is no address and port such as"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_and_a_port_are_read),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
