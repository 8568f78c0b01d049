// SPDX-License-Identifier: GPL-2.0-or-later
// test_ui_request.c - who may ask the page's server
#include "cli/ui/ui_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_address_with_the_port_is_the_server(void **state)
{
	(void)state;
	assert_true(ui_request_host("127.0.0.1:7347", 7347));
	assert_true(ui_request_host("localhost:7347", 7347));
	assert_true(ui_request_host("[::1]:7347", 7347));
	assert_true(ui_request_host("192.0.2.7:7347", 7347));
	assert_true(ui_request_host("127.0.0.1", 80));
	assert_true(ui_request_host("[::1]", 80));
}

static void a_name_or_another_port_is_not(void **state)
{
	static const char *const hosts[] = {
		"evil.example:7347",
		"localhost.evil.example:7347",
		"127.0.0.1.evil:7347",
		"127.0.0.1:734",
		"127.0.0.1:07347",
		"127.0.0.1",
		"127.0.0.1:",
		":7347",
		"",
		"[::1:7347",
		"::1:7347",
		"[127.0.0.1]:7347",
		"[evil.example]:7347",
		"127.1:7347",
		"2130706433:7347",
		"user@127.0.0.1:7347",
		"localhost:7347:7347",
		"LOCALHOSTS:7347",
		"127.0.0.1:7347/x:7347",
		"[]:7347",
	};

	(void)state;
	assert_false(ui_request_host(NULL, 7347));
	assert_false(ui_request_host(NULL, 80));
	assert_false(ui_request_host("evil.example", 80));
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (ui_request_host(hosts[i], 7347))
			fail_msg("%s", hosts[i]);
}

static void another_page_is_told_by_what_the_browser_says(void **state)
{
	(void)state;
	assert_true(ui_request_site(NULL));
	assert_true(ui_request_site("same-origin"));
	assert_true(ui_request_site("none"));
	assert_false(ui_request_site("cross-site"));
	assert_false(ui_request_site("same-site"));
	assert_false(ui_request_site(""));
}

static void a_key_is_right_as_a_whole(void **state)
{
	const char key[UI_KEY_LEN + 1] = "0123456789abcdef0123456789abcdef";

	(void)state;
	assert_true(ui_request_key("0123456789abcdef0123456789abcdef", key));
	assert_false(ui_request_key("0123456789abcdef0123456789abcdee", key));
	assert_false(ui_request_key("1123456789abcdef0123456789abcdef", key));
	assert_false(ui_request_key("0123456789abcdef0123456789abcde", key));
	assert_false(ui_request_key("0123456789abcdef0123456789abcdef0", key));
	assert_false(ui_request_key("", key));
	assert_false(ui_request_key(NULL, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_with_the_port_is_the_server),
		cmocka_unit_test(a_name_or_another_port_is_not),
		cmocka_unit_test(another_page_is_told_by_what_the_browser_says),
		cmocka_unit_test(a_key_is_right_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
