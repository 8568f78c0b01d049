// SPDX-License-Identifier: GPL-2.0-or-later
// test_accounts.c - users and groups by name
#include "kernel/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_that_every_host_has_is_found(void **state)
{
	struct account account = { .uid = 77, .gid = 77 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(account_of_user("root", &account, &error), 0);
	assert_true(account.exists);
	assert_int_equal(account.uid, 0);
	assert_int_equal(account.gid, 0);
	account = (struct account) { .gid = 77 };
	assert_int_equal(account_of_group("root", &account, &error), 0);
	assert_true(account.exists);
	assert_int_equal(account.gid, 0);
}

static void one_that_is_not_there_is_no_error(void **state)
{
	struct account account = { .exists = true };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(account_of_user("nobody-is-called-so", &account, &error), 0);
	assert_false(account.exists);
	account.exists = true;
	assert_int_equal(account_of_group("nobody-is-called-so", &account, &error), 0);
	assert_false(account.exists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_every_host_has_is_found),
		cmocka_unit_test(one_that_is_not_there_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
