// SPDX-License-Identifier: GPL-2.0-or-later
// test_libexec.c - where programs are that nobody calls by hand
#include "base/libexec.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* This test itself is a program beside this one. */
static void what_is_beside_this_program_is_found(void **state)
{
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	assert_true(len > 0);
	self[len] = '\0';
	assert_int_equal(libexec_find("test_libexec", path, sizeof(path)), 0);
	assert_string_equal(path, self);
}

static void what_is_nowhere_is_not_found(void **state)
{
	char path[PATH_MAX] = "as it was";

	(void)state;
	assert_int_equal(libexec_find("no-such-program", path, sizeof(path)), -ENOENT);
	assert_string_equal(path, "as it was");
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	char path[8];

	(void)state;
	assert_int_equal(libexec_find("test_libexec", path, sizeof(path)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_beside_this_program_is_found),
		cmocka_unit_test(what_is_nowhere_is_not_found),
		cmocka_unit_test(a_path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
