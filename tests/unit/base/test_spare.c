// SPDX-License-Identifier: GPL-2.0-or-later
// test_spare.c - one connection is taken when there are no descriptors, and the spare comes back
#include "base/spare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT 64

static int listening = -1, clients[2];
static int fill[LIMIT], n_fill;

static int connect_to(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)address, len), 0);
	return fd;
}

/* Two connections wait, in an abstract socket of the kernel's naming. */
static int setup(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);

	(void)state;
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listening, 8), 0);
	len = sizeof(address);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
	for (int i = 0; i < 2; i++)
		clients[i] = connect_to(&address, len);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	while (n_fill > 0)
		close(fill[--n_fill]);
	close(listening);
	close(clients[0]);
	close(clients[1]);
	return 0;
}

static void use_up_all_descriptors(void)
{
	struct rlimit limit = { LIMIT, LIMIT };
	int fd;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (n_fill < LIMIT && (fd = dup(listening)) >= 0)
		fill[n_fill++] = fd;
	assert_int_equal(errno, EMFILE);
}

static void one_is_taken_when_there_are_none(void **state)
{
	struct spare spare = { 0 };
	int fd;

	(void)state;
	spare_keep(&spare);
	use_up_all_descriptors();
	assert_int_equal(accept4(listening, NULL, NULL, 0), -1);
	assert_true(spare_is_for(errno));
	fd = spare_accept(&spare, listening);
	assert_true(fd >= 0);
	/* nobody else has one, so the next waits */
	assert_int_equal(spare_accept(&spare, listening), -EMFILE);
	spare_keep(&spare);
	assert_int_equal(spare.fd, 0);
	close(fd);
	spare_keep(&spare);
	assert_true(spare.fd > 0);
	fd = spare_accept(&spare, listening);
	assert_true(fd >= 0);
	close(fd);
	spare_drop(&spare);
}

static void the_spare_stays_when_nobody_waits(void **state)
{
	struct spare spare = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++)
		close(accept4(listening, NULL, NULL, 0));
	spare_keep(&spare);
	assert_int_equal(spare_accept(&spare, listening), -EAGAIN);
	assert_true(spare.fd > 0);
	spare_drop(&spare);
	assert_int_equal(spare.fd, 0);
	spare_drop(&spare);
}

static void what_passes_is_told_from_what_does_not(void **state)
{
	(void)state;
	assert_true(spare_is_for(ENFILE));
	assert_true(spare_is_for(ENOBUFS));
	assert_true(spare_is_for(ENOMEM));
	assert_false(spare_is_for(EAGAIN));
	assert_false(spare_is_for(ECONNABORTED));
	assert_false(spare_is_for(EBADF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_spare_stays_when_nobody_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(what_passes_is_told_from_what_does_not, setup,
						teardown),
		/* last: its limit stays */
		cmocka_unit_test_setup_teardown(one_is_taken_when_there_are_none, setup, teardown),
	};

	return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
