// SPDX-License-Identifier: GPL-2.0-or-later
// test_door.c - the daemon's door has every operation
#include "kernel/door.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void nothing_is_left_out(void **state)
{
	enum { N = sizeof(struct door) / sizeof(void (*)(void)) };
	void (*operations[N])(void);

	(void)state;
	static_assert(sizeof(operations) == sizeof(struct door), "it is of operations alone");
	memcpy(operations, &door_kernel, sizeof(operations));
	for (size_t i = 0; i < N; i++)
		if (!operations[i])
			fail_msg("operation %zu of the door is missing", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
