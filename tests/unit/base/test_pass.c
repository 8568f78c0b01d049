// SPDX-License-Identifier: GPL-2.0-or-later
// test_pass.c - a descriptor is passed to another process
#include "base/pass.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int take(int socket_fd)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.data,
				  .msg_controllen = sizeof(control.data) };
	int fd;

	assert_int_equal(recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT), 1);
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void what_is_passed_is_the_same_file(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int ends[2], pipe_fds[2], passed;
		char byte = 0;

		assert_int_equal(socketpair(AF_UNIX, types[i], 0, ends), 0);
		assert_int_equal(pipe(pipe_fds), 0);
		assert_int_equal(pass_descriptor(ends[0], pipe_fds[1], 0), 0);
		passed = take(ends[1]);
		assert_int_not_equal(passed, pipe_fds[1]);
		assert_int_equal(write(passed, "x", 1), 1);
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
		assert_int_equal(byte, 'x');
		(void)close(passed);
		for (int k = 0; k < 2; k++) {
			(void)close(ends[k]);
			(void)close(pipe_fds[k]);
		}
	}
}

static void nobody_there_and_no_room_are_errors(void **state)
{
	int ends[2], err = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	/* The other end reads nothing: the kernel takes some, and then none. */
	for (int i = 0; i < 100000 && err == 0; i++)
		err = pass_descriptor(ends[0], STDIN_FILENO, MSG_DONTWAIT);
	assert_true(err == -EAGAIN || err == -ETOOMANYREFS);
	(void)close(ends[1]);
	err = pass_descriptor(ends[0], STDIN_FILENO, MSG_DONTWAIT);
	assert_true(err == -EPIPE || err == -ECONNRESET); /* what was not read is lost */
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_passed_is_the_same_file),
		cmocka_unit_test(nobody_there_and_no_room_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
