// SPDX-License-Identifier: GPL-2.0-or-later
// test_caps.c - capabilities that are given up stay so
#include "kernel/caps.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TWO (CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_SYS_ADMIN))

/* In a child, for there is no way back: the number of what went otherwise than it should. */
static int give_up(uint64_t before)
{
	if (caps_keep(TWO) != 0 || caps_permitted() != (before & TWO))
		return 1;
	/* More than there is cannot be asked for, and is not. */
	if (caps_keep(UINT64_MAX) != 0 || caps_permitted() != (before & TWO))
		return 2;
	if (caps_keep(CAPS_BIT(CAP_NET_ADMIN)) != 0 ||
	    caps_permitted() != (before & CAPS_BIT(CAP_NET_ADMIN)))
		return 3;
	if (caps_keep(0) != 0 || caps_permitted() != 0)
		return 4;
	return 0;
}

static void what_is_not_kept_is_gone_for_good(void **state)
{
	uint64_t before = caps_permitted();
	pid_t pid = fork();
	int status = -1;

	(void)state;
	if (pid == 0)
		_exit(give_up(before));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(caps_permitted(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_kept_is_gone_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
