// SPDX-License-Identifier: GPL-2.0-or-later
// test_fdkind.c - memory that is handed out is taken for that when its size is sealed, and cannot
// be executed
#include "base/cleanup.h"
#include "kernel/fdkind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void memory_is_taken_for_that_when_its_size_is_sealed(void **state)
{
	_cleanup_close_ int fd = fdkind_new_memory("test");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_false(fdkind_is_memory(fd, 4096));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_true(fdkind_is_memory(fd, 4096));
	assert_false(fdkind_is_memory(fd, 8192));
}

/* Linux 6.3 to 6.5 with vm.memfd_noexec=2 refuse any other; those before know no difference. */
static void memory_cannot_be_executed(void **state)
{
	_cleanup_close_ int fd = fdkind_new_memory("test");
	struct stat status;

	(void)state;
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 0111,
			 access("/proc/sys/vm/memfd_noexec", F_OK) == 0 ? 0 : 0111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_taken_for_that_when_its_size_is_sealed),
		cmocka_unit_test(memory_cannot_be_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
