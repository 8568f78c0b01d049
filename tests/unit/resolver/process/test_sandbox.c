// SPDX-License-Identifier: GPL-2.0-or-later
// test_sandbox.c - what the resolver has given up by the time it listens to a plumber
#include "tests/unit/resolver/process.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct process process;

/* A resolver that says hello has sealed itself before. */
static int setup(void **state)
{
	struct plumber plumber;

	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_sync(&plumber);
	plumber_close(&plumber);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	process_stop(&process);
	return 0;
}

static void the_sandbox_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(process_status(&process, "Seccomp", 10), 2); /* a filter */
	assert_int_equal(process_status(&process, "NoNewPrivs", 10), 1);
	assert_int_equal(process_status(&process, "CapEff", 16), 0);
	assert_int_equal(process_status(&process, "CapPrm", 16), 0);
	assert_int_equal(process_status(&process, "CapInh", 16), 0);
	assert_int_equal(process_status(&process, "CapAmb", 16), 0);
	assert_int_equal(process_status(&process, "CapBnd", 16), 0);
	assert_int_equal(process_status(&process, "Uid", 10), getpwnam("nobody")->pw_uid);
	assert_int_equal(process_status(&process, "Gid", 10), getpwnam("nobody")->pw_gid);
	assert_int_equal(process_status(&process, "Groups", 10), 0);
}

static void its_root_is_empty(void **state)
{
	char path[64], command[128];
	struct stat own, its;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/root", process.pid);
	assert_int_equal(stat(path, &its), 0);
	assert_int_equal(stat("/", &own), 0);
	assert_true(own.st_dev != its.st_dev);
	snprintf(command, sizeof(command), "test -z \"$(ls -A /proc/%d/root/)\"", process.pid);
	assert_int_equal(system(command), 0);
	/* One mount: nothing of the host is left under it. */
	snprintf(command, sizeof(command), "test \"$(wc -l < /proc/%d/mountinfo)\" = 1",
		 process.pid);
	assert_int_equal(system(command), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sandbox_leaves_nothing),
		cmocka_unit_test(its_root_is_empty),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
