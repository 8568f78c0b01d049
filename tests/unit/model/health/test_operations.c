// SPDX-License-Identifier: GPL-2.0-or-later
// test_operations.c - what netd was asked to do is counted by its end
#include "model/health/operations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void each_is_counted_by_its_end(void **state)
{
	struct operations operations = { 0 };

	(void)state;
	operations_add(&operations, OPERATION_ATTACH, OPERATION_DONE, 400);
	operations_add(&operations, OPERATION_ATTACH, OPERATION_DONE, 600);
	operations_add(&operations, OPERATION_ATTACH, OPERATION_REFUSED, 20);
	operations_add(&operations, OPERATION_DETACH, OPERATION_FAILED, 1);
	assert_int_equal(operations.n[OPERATION_ATTACH][OPERATION_DONE], 2);
	assert_int_equal(operations.n[OPERATION_ATTACH][OPERATION_REFUSED], 1);
	assert_int_equal(operations.n[OPERATION_ATTACH][OPERATION_FAILED], 0);
	assert_int_equal(operations.n[OPERATION_DETACH][OPERATION_FAILED], 1);
	assert_int_equal(histogram_count(&operations.took[OPERATION_ATTACH]), 3);
	assert_int_equal(operations.took[OPERATION_ATTACH].sum_us, 1020);
	assert_int_equal(histogram_count(&operations.took[OPERATION_RESYNC]), 0);
}

static void what_changes_nothing_is_not_counted(void **state)
{
	struct operations operations = { 0 }, before = { 0 };

	(void)state;
	operations_add(&operations, OPERATION_NONE, OPERATION_DONE, 5);
	assert_memory_equal(&operations, &before, sizeof(operations));
}

static void each_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum operation i = OPERATION_NONE; i < OPERATION_N; i++) {
		assert_non_null(operation_name[i]);
		assert_int_equal(strspn(operation_name[i], "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(operation_name[i]));
		for (enum operation k = OPERATION_NONE; k < i; k++)
			assert_string_not_equal(operation_name[i], operation_name[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_counted_by_its_end),
		cmocka_unit_test(what_changes_nothing_is_not_counted),
		cmocka_unit_test(each_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
