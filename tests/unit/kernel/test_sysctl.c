// SPDX-License-Identifier: GPL-2.0-or-later
// test_sysctl.c - settings below /proc/sys that are read, and written when they are not so already
#include "kernel/sysctl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

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

/* Nothing is changed either way: who may not write is told so. */
static void what_is_so_already_is_left(void **state)
{
	struct error error = { 0 };
	char value[16];
	int err;

	(void)state;
	assert_int_equal(sysctl_read("net/ipv4/conf/lo/forwarding", value, sizeof(value)), 0);
	err = sysctl_write("net/ipv4/conf/lo/forwarding", value, &error);
	assert_int_equal(err, geteuid() == 0 ? 0 : -EACCES);
	assert_true(err == 0 || strstr(error.text, "net/ipv4/conf/lo/forwarding"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_read_without_its_line_end),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(what_is_so_already_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
