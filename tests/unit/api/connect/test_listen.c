// SPDX-License-Identifier: GPL-2.0-or-later
// test_listen.c - the listening socket: its mode, and what stood in its place
#include "api/connect/listen.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/netd-listen-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)rmdir(dir);
	return 0;
}

static void the_socket_is_for_owner_and_group_only(void **state)
{
	static const struct api_group nobody = { .name = "no-such-group-here" };
	struct error error;
	struct stat st;
	mode_t before = umask(022);
	int fd, type;
	socklen_t len = sizeof(type);

	(void)state;
	assert_int_equal(api_listen_unix(path, &nobody, &fd, &error), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(umask(before), 022);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &type, &len), 0);
	assert_int_equal(type, 1);
	assert_int_equal(close(fd), 0);
}

static void a_socket_nobody_listens_on_is_replaced(void **state)
{
	struct error error;
	int fd;

	(void)state;
	assert_int_equal(api_listen_unix(path, NULL, &fd, &error), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(api_listen_unix(path, NULL, &fd, &error), 0);
	assert_int_equal(close(fd), 0);
}

static void a_socket_in_use_is_left_alone(void **state)
{
	struct error error;
	char want[128];
	int fd, other = -1;

	(void)state;
	assert_int_equal(api_listen_unix(path, NULL, &fd, &error), 0);
	assert_true(api_listen_unix(path, NULL, &other, &error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	(void)snprintf(want, sizeof(want), "another netd listens on %s", path);
	assert_string_equal(error.text, want);
	assert_int_equal(other, -1);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(close(fd), 0);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	struct error error;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_int_equal(close(fd), 0);
	assert_true(api_listen_unix(path, NULL, &fd, &error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	assert_non_null(strstr(error.text, "is there and is not a socket"));
	assert_int_equal(access(path, F_OK), 0);
}

static void a_path_that_is_too_long_or_nowhere_is_an_error(void **state)
{
	struct error error;
	char long_path[200];
	int fd;

	(void)state;
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_true(api_listen_unix(long_path, NULL, &fd, &error) < 0);
	assert_non_null(strstr(error.text, "more than 107 characters"));
	(void)snprintf(long_path, sizeof(long_path), "%s/no/s", dir);
	assert_true(api_listen_unix(long_path, NULL, &fd, &error) < 0);
	assert_non_null(strstr(error.text, "No such file or directory"));
}

#define DIR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIR_TEST(the_socket_is_for_owner_and_group_only),
		DIR_TEST(a_socket_nobody_listens_on_is_replaced),
		DIR_TEST(a_socket_in_use_is_left_alone),
		DIR_TEST(a_file_that_is_no_socket_is_left_alone),
		DIR_TEST(a_path_that_is_too_long_or_nowhere_is_an_error),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
