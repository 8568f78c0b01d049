// SPDX-License-Identifier: GPL-2.0-or-later
// test_chan.c - packets with descriptors: whole or not at all, and none is ever lost
#include "ipc/chan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static size_t n_fds_before;

static size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static int setup(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	n_fds_before = count_fds();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void messages_stay_whole_and_in_order(void **state)
{
	char data[16];
	size_t n_fds = 0;

	(void)state;
	assert_int_equal(chan_send(ends[0], "one", 3, NULL, 0), 0);
	assert_int_equal(chan_send(ends[0], "three", 5, NULL, 0), 0);
	assert_int_equal(chan_receive(ends[1], data, sizeof(data), NULL, &n_fds), 3);
	assert_memory_equal(data, "one", 3);
	assert_int_equal(chan_receive(ends[1], data, sizeof(data), NULL, &n_fds), 5);
	assert_memory_equal(data, "three", 5);
	assert_int_equal(chan_receive(ends[1], data, sizeof(data), NULL, &n_fds), -EAGAIN);
}

static void descriptors_arrive_close_on_exec(void **state)
{
	int pipes[2], fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	char byte;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(chan_send(ends[0], "x", 1, pipes, 2), 0);
	assert_int_equal(chan_receive(ends[1], &byte, 1, fds, &n_fds), 1);
	assert_int_equal(n_fds, 2);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(pipes[1], "y", 1), 1); /* ours are still ours */
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	for (int i = 0; i < 2; i++) {
		close(pipes[i]);
		close(fds[i]);
	}
	assert_int_equal(count_fds(), n_fds_before);
}

static void as_many_as_allowed_arrive_and_one_more_is_refused(void **state)
{
	int many[IPC_FDS_MAX + 1], fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	char byte;

	(void)state;
	memset(many, 0, sizeof(many)); /* descriptor 0, again and again */
	assert_int_equal(chan_send(ends[0], "x", 1, many, IPC_FDS_MAX + 1), -EMSGSIZE);
	assert_int_equal(chan_send(ends[0], "x", 1, many, IPC_FDS_MAX), 0);
	assert_int_equal(chan_receive(ends[1], &byte, 1, fds, &n_fds), 1);
	assert_int_equal(n_fds, IPC_FDS_MAX);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	assert_int_equal(count_fds(), n_fds_before);
}

static void descriptors_that_nobody_could_have_are_told_of(void **state)
{
	struct rlimit limit, none;
	int fds[2];
	size_t n_fds = 2;
	bool lost;
	char byte;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)dup(0); /* the lowest that is free */
	assert_int_equal(close((int)none.rlim_cur), 0);
	assert_int_equal(chan_send(ends[0], "x", 1, (int[]) { 0, 0 }, 2), 0);
	assert_int_equal(chan_send(ends[0], "y", 1, (int[]) { 0, 0 }, 2), 0);
	none.rlim_cur++; /* one of two */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(chan_receive_told(ends[1], &byte, 1, fds, &n_fds, &lost), 1);
	assert_true(lost && n_fds == 0 && byte == 'x');
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	n_fds = 2;
	assert_int_equal(chan_receive_told(ends[1], &byte, 1, fds, &n_fds, &lost), 1);
	assert_true(!lost && n_fds == 2);
	close(fds[0]);
	close(fds[1]);
}

static void descriptors_without_room_are_closed(void **state)
{
	int many[3] = { 0, 1, 2 }, fds[2];
	size_t n_fds = 2;
	char byte;

	(void)state;
	assert_int_equal(chan_send(ends[0], "x", 1, many, 3), 0);
	assert_int_equal(chan_receive(ends[1], &byte, 1, fds, &n_fds), -EPROTO);
	assert_int_equal(n_fds, 0);
	assert_int_equal(count_fds(), n_fds_before);
}

/* From a sender that does not use chan_send. */
static void control_data_that_was_cut_leaks_nothing(void **state)
{
	union {
		char space[CMSG_SPACE(200 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)"x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	char byte;

	(void)state;
	control.align = (struct cmsghdr) { .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(200 * sizeof(int)) };
	assert_int_equal(sendmsg(ends[0], &msg, 0), 1);
	assert_int_equal(chan_receive(ends[1], &byte, 1, fds, &n_fds), -EPROTO);
	assert_int_equal(count_fds(), n_fds_before);
}

static void a_message_that_was_cut_is_refused_with_its_descriptors(void **state)
{
	int fd = 0, fds[2];
	size_t n_fds = 2;
	char data[4];

	(void)state;
	assert_int_equal(chan_send(ends[0], "longer", 6, &fd, 1), 0);
	assert_int_equal(chan_receive(ends[1], data, sizeof(data), fds, &n_fds), -EMSGSIZE);
	assert_int_equal(count_fds(), n_fds_before);
}

static void what_an_end_said_before_it_was_reset_is_received(void **state)
{
	size_t n_fds = 0;
	char byte = 0;

	(void)state;
	assert_int_equal(chan_send(ends[1], "unread", 6, NULL, 0), 0);
	assert_int_equal(chan_send(ends[0], "x", 1, NULL, 0), 0);
	close(ends[0]);
	ends[0] = -1;
	assert_int_equal(chan_receive(ends[1], &byte, 1, NULL, &n_fds), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(chan_receive(ends[1], &byte, 1, NULL, &n_fds), 0);
}

static void the_end_is_zero_and_an_empty_message_cannot_be_sent(void **state)
{
	size_t n_fds = 0;
	char byte;

	(void)state;
	assert_int_equal(chan_send(ends[0], "", 0, NULL, 0), -EMSGSIZE);
	close(ends[0]);
	assert_int_equal(chan_receive(ends[1], &byte, 1, NULL, &n_fds), 0);
	assert_int_equal(chan_send(ends[1], "x", 1, NULL, 0), -EPIPE); /* and no signal */
	ends[0] = -1;
}

static void a_reader_that_sleeps_is_eagain(void **state)
{
	static char data[IPC_MSG_MAX];
	int err, n = 0;

	(void)state;
	while ((err = chan_send(ends[0], data, sizeof(data), NULL, 0)) == 0)
		n++;
	assert_int_equal(err, -EAGAIN);
	assert_true(n > 0);
}

static void several_that_go_together_arrive_one_by_one_and_in_order(void **state)
{
	struct iovec parts[LINK_HELD_MAX + 1];
	char data[16];
	size_t n_fds = 0;
	uint8_t bytes[LINK_HELD_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)i;
		parts[i] = (struct iovec) { &bytes[i], 1 };
	}
	assert_int_equal(chan_send_many(ends[0], parts, LINK_HELD_MAX), LINK_HELD_MAX);
	for (size_t i = 0; i < LINK_HELD_MAX; i++) {
		assert_int_equal(chan_receive(ends[1], data, sizeof(data), NULL, &n_fds), 1);
		assert_int_equal(data[0], i);
	}
	assert_int_equal(chan_receive(ends[1], data, sizeof(data), NULL, &n_fds), -EAGAIN);
	assert_int_equal(chan_send_many(ends[0], parts, 0), -EMSGSIZE);
	assert_int_equal(chan_send_many(ends[0], parts, LINK_HELD_MAX + 1), -EMSGSIZE);
}

/* Who asked is told how many of the first went; the rest are his to send again. */
static void several_stop_where_the_other_end_does_not_read(void **state)
{
	struct iovec parts[LINK_HELD_MAX];
	char data[16];
	int sent, n = 0;
	size_t n_fds = 0;

	(void)state;
	for (size_t i = 0; i < LINK_HELD_MAX; i++)
		parts[i] = (struct iovec) { data, 1 };
	do {
		sent = chan_send_many(ends[0], parts, LINK_HELD_MAX);
		n += sent > 0 ? sent : 0;
	} while (sent == LINK_HELD_MAX);
	assert_true(sent == -EAGAIN || (sent > 0 && sent < LINK_HELD_MAX));
	assert_int_equal(chan_send_many(ends[0], parts, LINK_HELD_MAX), -EAGAIN);
	while (chan_receive(ends[1], data, sizeof(data), NULL, &n_fds) == 1)
		n--;
	assert_int_equal(n, 0);
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(chan_send_many(ends[0], parts, 1), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_stay_whole_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			several_that_go_together_arrive_one_by_one_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(several_stop_where_the_other_end_does_not_read,
						setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_arrive_close_on_exec, setup, teardown),
		cmocka_unit_test_setup_teardown(what_an_end_said_before_it_was_reset_is_received,
						setup, teardown),
		cmocka_unit_test_setup_teardown(as_many_as_allowed_arrive_and_one_more_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_that_nobody_could_have_are_told_of,
						setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_without_room_are_closed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(control_data_that_was_cut_leaks_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_message_that_was_cut_is_refused_with_its_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_is_zero_and_an_empty_message_cannot_be_sent,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_that_sleeps_is_eagain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
