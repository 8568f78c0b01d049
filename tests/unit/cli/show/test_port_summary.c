// SPDX-License-Identifier: GPL-2.0-or-later
// test_port_summary.c - published ports in words
#include "cli/show/port_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void says(const char *ports, const char *want)
{
	json_t *json = json_loads(ports, 0, NULL);
	struct buf out = { 0 };

	assert_non_null(json);
	buf_puts(&out, "");
	port_summary(json, &out);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.data, want);
	buf_done(&out);
	json_decref(json);
}

#define PORT(address, public, private, type)                                                       \
	"{\"IP\": \"" address                                                                      \
	"\", \"PublicPort\": " public ", \"PrivatePort\": " private ", \"Type\": \"" type "\"}"

static void each_port_has_its_address_and_protocol(void **state)
{
	(void)state;
	says("[]", "");
	says("[" PORT("0.0.0.0", "8080", "80", "tcp") "]", "0.0.0.0:8080->80/tcp");
	says("[" PORT("0.0.0.0", "53", "53", "udp") "," PORT("::", "53", "53", "udp") "]",
	     "0.0.0.0:53->53/udp, [::]:53->53/udp");
	says("[{\"PrivatePort\": 80, \"Type\": \"tcp\"}]", "80/tcp");
}

static void ports_that_go_up_together_are_one_run(void **state)
{
	(void)state;
	says("[" PORT("0.0.0.0", "8000", "80", "tcp") "," PORT(
		     "0.0.0.0", "8001", "81", "tcp") "," PORT("0.0.0.0", "8002", "82", "tcp") "]",
	     "0.0.0.0:8000-8002->80-82/tcp");
	/* both families take turns in what netd lists */
	says("[" PORT("0.0.0.0", "80", "80", "tcp") "," PORT("::", "80", "80", "tcp") "," PORT(
		     "0.0.0.0", "81", "81", "tcp") "," PORT("::", "81", "81", "tcp") "]",
	     "0.0.0.0:80-81->80-81/tcp, [::]:80-81->80-81/tcp");
}

static void what_differs_in_anything_else_is_none(void **state)
{
	(void)state;
	says("[" PORT("0.0.0.0", "80", "80", "tcp") "," PORT("0.0.0.0", "81", "81", "udp") "]",
	     "0.0.0.0:80->80/tcp, 0.0.0.0:81->81/udp");
	says("[" PORT("0.0.0.0", "80", "80", "tcp") "," PORT("10.0.0.1", "81", "81", "tcp") "]",
	     "0.0.0.0:80->80/tcp, 10.0.0.1:81->81/tcp");
	says("[" PORT("0.0.0.0", "80", "90", "tcp") "," PORT("0.0.0.0", "81", "90", "tcp") "]",
	     "0.0.0.0:80->90/tcp, 0.0.0.0:81->90/tcp");
	/* ports that are not published have no run: 0 and 1 are not two of the host's */
	says("[{\"PrivatePort\": 80, \"Type\": \"tcp\"}, {\"PrivatePort\": 81, \"Type\": \"tcp\"}]",
	     "80/tcp, 81/tcp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_port_has_its_address_and_protocol),
		cmocka_unit_test(ports_that_go_up_together_are_one_run),
		cmocka_unit_test(what_differs_in_anything_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
