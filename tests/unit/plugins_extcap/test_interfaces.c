// SPDX-License-Identifier: GPL-2.0-or-later
// test_interfaces.c - netd's containers and networks as interfaces of Wireshark
#include "plugins/extcap/interfaces.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *containers, const char *networks, const char *wanted)
{
	json_t *first = json_loads(containers, 0, NULL), *second = json_loads(networks, 0, NULL);
	struct buf out = { 0 };

	assert_non_null(first);
	assert_non_null(second);
	interfaces_write(first, second, &out);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.data ? out.data : "", wanted);
	buf_done(&out);
	json_decref(first);
	json_decref(second);
}

static void containers_and_networks_have_lines(void **state)
{
	(void)state;
	check("[{\"Names\":[\"/"
	      "web\"],\"NetworkSettings\":{\"Networks\":{\"blue\":{},\"red\":{}}}}]",
	      "[{\"Name\":\"blue\",\"Driver\":\"bridge\"}]",
	      "interface {value=netd:web}{display=container web (blue, red)}\n"
	      "interface {value=netd:network:blue}{display=network blue (its bridge)}\n");
}

static void what_has_no_interface_has_no_line(void **state)
{
	(void)state;
	check("[{\"Names\":[\"/a\"],\"NetworkSettings\":{\"Networks\":{\"host\":{}}}},"
	      "{\"Names\":[\"/b\"],\"NetworkSettings\":{\"Networks\":{\"none\":{}}}},"
	      "{\"Names\":[\"/c\"],\"NetworkSettings\":{\"Networks\":{}}}]",
	      "[{\"Name\":\"host\",\"Driver\":\"host\"},{\"Name\":\"none\",\"Driver\":\"null\"}]",
	      "");
}

static void what_has_another_form_is_passed_over(void **state)
{
	(void)state;
	check("[1,{},{\"Names\":\"x\"},{\"Names\":[\"/"
	      "a}{b\"],\"NetworkSettings\":{\"Networks\":{\"n\":{}}}}]",
	      "[null,{\"Name\":5,\"Driver\":\"bridge\"},{\"Name\":\"a b\",\"Driver\":\"bridge\"}]",
	      "");
	check("{}", "{\"Name\":\"x\"}", "");
}

static void names_are_found_again(void **state)
{
	(void)state;
	assert_string_equal(interfaces_name("netd:web"), "web");
	assert_string_equal(interfaces_name("netd:network:blue"), "network:blue");
	assert_null(interfaces_name("netd:"));
	assert_null(interfaces_name("eth0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_and_networks_have_lines),
		cmocka_unit_test(what_has_no_interface_has_no_line),
		cmocka_unit_test(what_has_another_form_is_passed_over),
		cmocka_unit_test(names_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
