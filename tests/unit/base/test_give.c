// SPDX-License-Identifier: GPL-2.0-or-later
// test_give.c - files go to another group, without a capability to give them away
#include "base/give.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cap-ng.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP 64249

/* In a child, for it gives rights up. */
static int give_without(const char *path, unsigned int missing)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (capng_get_caps_process() != 0 ||
		    capng_updatev(CAPNG_DROP, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
				  CAP_CHOWN, missing, -1) != 0 ||
		    capng_apply(CAPNG_SELECT_CAPS) != 0)
			_exit(255);
		_exit(-give_to_group(path, GROUP));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void a_file_is_given_by_who_may_join_the_group(void **state)
{
	char path[] = "/tmp/netd-give-XXXXXX";
	int fd = mkstemp(path);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	if (geteuid() != 0) { /* nobody else can join any */
		(void)unlink(path);
		(void)close(fd);
		skip();
	}
	assert_int_equal(give_without(path, CAP_SETGID), -EPERM);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_not_equal(st.st_gid, GROUP);
	assert_int_equal(give_without(path, CAP_CHOWN), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_gid, GROUP);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(unlink(path), 0);
	(void)close(fd);
}

static void what_is_not_there_is_not_given(void **state)
{
	(void)state;
	assert_int_equal(give_to_group("/tmp/netd-give-none/file", GROUP), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_given_by_who_may_join_the_group),
		cmocka_unit_test(what_is_not_there_is_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
