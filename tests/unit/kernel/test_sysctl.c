// SPDX-License-Identifier: GPL-2.0-or-later
// test_sysctl.c - settings below /proc/sys that are read, and written when they are not so already
#include "kernel/sysctl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_value_is_read_without_its_line_end(void **state)
{
	char value[16];

	(void)state;
	assert_int_equal(sysctl_read("net/ipv4/conf/lo/forwarding", value, sizeof(value)), 0);
	assert_true(strcmp(value, "0") == 0 || strcmp(value, "1") == 0);
}

static void what_is_not_there_is_said(void **state)
{
	struct error error = { 0 };
	char value[16];

	(void)state;
	assert_int_equal(sysctl_read("net/ipv4/conf/nobody/forwarding", value, sizeof(value)),
			 -ENOENT);
	assert_int_equal(sysctl_write("net/ipv4/conf/nobody/forwarding", "1", &error), -ENOENT);
	assert_non_null(strstr(error.text, "net/ipv4/conf/nobody/forwarding"));
}

/* Who is not root may not write, and needs not. */
static void what_is_so_already_is_not_written(void **state)
{
	struct error error = { 0 };
	char value[16];

	(void)state;
	assert_int_equal(sysctl_read("net/ipv4/conf/lo/forwarding", value, sizeof(value)), 0);
	assert_int_equal(sysctl_write("net/ipv4/conf/lo/forwarding", value, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_read_without_its_line_end),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(what_is_so_already_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
