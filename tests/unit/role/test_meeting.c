// SPDX-License-Identifier: GPL-2.0-or-later
// test_meeting.c - the plumber comes to a role, and nobody else does
#include "ipc/msg.h"
#include "role/meeting.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 4711, SOMEBODY_ELSE = 4712 };

/* The socket has an address of the kernel's choice, without a file. */
static struct sockaddr_un address;
static socklen_t address_len;

static int listens(void **state)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	address_len = sizeof(address);
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	       getsockname(fd, (struct sockaddr *)&address, &address_len) < 0 ||
	       listen(fd, 4) < 0 || (fd != IPC_LISTEN_FD && dup2(fd, IPC_LISTEN_FD) < 0);
}

/* Connects as this user, and goes: the kernel has noted who it was. */
static void comes(uid_t uid)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		_exit((uid != 0 && setresuid(uid, uid, uid) < 0) ||
		      connect(fd, (struct sockaddr *)&address, address_len) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void where_nobody_waits_nobody_is_met(void **state)
{
	(void)state;
	assert_int_equal(meeting_take(SOMEBODY), -EAGAIN);
}

static void root_and_who_started_the_role_are_let_in(void **state)
{
	static const uid_t let_in[] = { 0, SOMEBODY };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd;

		comes(let_in[i]);
		fd = meeting_take(SOMEBODY);
		assert_true(fd >= 0);
		assert_true(meeting_is_with(fd, SOMEBODY));
		assert_int_equal(close(fd), 0);
	}
}

static void a_stranger_is_turned_away_and_the_next_one_is_met(void **state)
{
	int fd;

	(void)state;
	comes(SOMEBODY_ELSE);
	comes(SOMEBODY);
	assert_int_equal(meeting_take(SOMEBODY), -EACCES);
	fd = meeting_take(SOMEBODY);
	assert_true(fd >= 0);
	assert_false(meeting_is_with(fd, SOMEBODY_ELSE));
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_nobody_waits_nobody_is_met),
		cmocka_unit_test(root_and_who_started_the_role_are_let_in),
		cmocka_unit_test(a_stranger_is_turned_away_and_the_next_one_is_met),
	};

	return cmocka_run_group_tests(tests, listens, NULL);
}
