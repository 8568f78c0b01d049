// SPDX-License-Identifier: GPL-2.0-or-later
// test_netns.c - network namespaces found by path and process
#include "base/cleanup.h"
#include "kernel/netns.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void ones_own_is_found_by_path_and_process_and_known_from_the_start(void **state)
{
	struct error error = { 0 };
	uint64_t by_path = 0, by_pid = 0;
	_cleanup_close_ int first = netns_open_path("/proc/self/ns/net", &by_path, &error);
	_cleanup_close_ int second = netns_open_pid(getpid(), &by_pid, &error);

	(void)state;
	assert_true(first >= 0 && second >= 0);
	assert_int_equal(by_path, by_pid);
	assert_int_equal(inode_of(first), by_path);
	assert_int_equal(netns_init(&error), 0);
	assert_int_equal(netns_self_inode(), by_path);
	assert_int_equal(inode_of(netns_self_fd()), by_path);
}

static void what_is_not_there_and_what_is_another_thing_is_said(void **state)
{
	struct error error = { 0 };
	uint64_t inode;

	(void)state;
	assert_int_equal(netns_open_path("/run/netns/nobody-s", &inode, &error), -ENOENT);
	assert_int_equal(error.reason, ERROR_REASON_NETNS_NOT_FOUND);
	assert_non_null(strstr(error.text, "/run/netns/nobody-s"));
	assert_int_equal(netns_open_path("/etc/passwd", &inode, &error), -EINVAL);
	assert_non_null(strstr(error.text, "/etc/passwd"));
	assert_int_equal(netns_open_path("/proc/self/ns/mnt", &inode, &error), -EINVAL);
}

static void a_process_that_ended_has_none(void **state)
{
	struct error error = { 0 };
	uint64_t inode;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(netns_open_pid(pid, &inode, &error), -ENOENT);
	assert_int_equal(error.reason, ERROR_REASON_NETNS_NOT_FOUND);
	assert_int_equal(netns_open_pid(0, &inode, &error), -EINVAL);
	assert_int_equal(netns_open_pid(-1, &inode, &error), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ones_own_is_found_by_path_and_process_and_known_from_the_start),
		cmocka_unit_test(what_is_not_there_and_what_is_another_thing_is_said),
		cmocka_unit_test(a_process_that_ended_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
