// SPDX-License-Identifier: GPL-2.0-or-later
// test_reader.c - the socket that packets go to comes from who asked, or it does not come
#include "base/cleanup.h"
#include "base/pass.h"
#include "capturer/capturer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 60000

struct control {
	int ours, theirs; /* theirs: netd's end */
};

static struct control control_new(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	return (struct control) { ends[0], ends[1] };
}

static void control_done(struct control *control)
{
	cleanup_close(&control->ours);
	cleanup_close(&control->theirs);
}

static void it_says_that_it_begins_and_is_handed_a_reader(void **state)
{
	struct control control = control_new();
	_cleanup_close_ int reader = open("/dev/null", O_WRONLY | O_CLOEXEC), taken = -1;
	struct stat given, got;
	char said[8] = "";

	(void)state;
	assert_true(reader >= 0);
	assert_int_equal(pass_descriptor(control.theirs, reader, 0), 0);
	taken = capturer_reader_take(control.ours, PATIENCE_MS);
	assert_true(taken >= 0 && taken != reader);
	assert_int_equal(fstat(reader, &given), 0);
	assert_int_equal(fstat(taken, &got), 0);
	assert_int_equal(given.st_rdev, got.st_rdev);
	assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(control.theirs, said, sizeof(said)), 4);
	assert_string_equal(said, "101\n");
	control_done(&control);
}

static void who_has_gone_before_it_begins_is_no_reader(void **state)
{
	struct control control = control_new();

	(void)state;
	cleanup_close(&control.theirs);
	control.theirs = -1;
	assert_int_equal(capturer_reader_take(control.ours, PATIENCE_MS), -EPIPE);
	control_done(&control);
}

static void who_goes_instead_of_handing_over_is_no_reader(void **state)
{
	struct control control = control_new();

	(void)state;
	assert_int_equal(shutdown(control.theirs, SHUT_WR), 0);
	assert_int_equal(capturer_reader_take(control.ours, PATIENCE_MS), -EPIPE);
	control_done(&control);
}

static void a_byte_alone_is_no_reader(void **state)
{
	struct control control = control_new();

	(void)state;
	assert_int_equal(write(control.theirs, "x", 1), 1);
	assert_int_equal(capturer_reader_take(control.ours, PATIENCE_MS), -EPIPE);
	control_done(&control);
}

/* Nobody says which of them it is. */
static void several_descriptors_are_none(void **state)
{
	struct control control = control_new();
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(3 * sizeof(int))];
	} room = { 0 };
	int fds[3] = { control.ours, control.ours, control.ours };
	struct iovec iov = { (char[]) { 0 }, 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = room.data,
				  .msg_controllen = sizeof(room.data) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	(void)state;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(head), fds, sizeof(fds));
	assert_int_equal(sendmsg(control.theirs, &message, 0), 1);
	assert_int_equal(capturer_reader_take(control.ours, PATIENCE_MS), -EPIPE);
	control_done(&control);
}

static void who_says_nothing_is_not_waited_for_without_an_end(void **state)
{
	struct control control = control_new();

	(void)state;
	assert_int_equal(capturer_reader_take(control.ours, 1), -EPIPE);
	control_done(&control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_that_it_begins_and_is_handed_a_reader),
		cmocka_unit_test(who_has_gone_before_it_begins_is_no_reader),
		cmocka_unit_test(who_goes_instead_of_handing_over_is_no_reader),
		cmocka_unit_test(a_byte_alone_is_no_reader),
		cmocka_unit_test(several_descriptors_are_none),
		cmocka_unit_test(who_says_nothing_is_not_waited_for_without_an_end),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
