// SPDX-License-Identifier: GPL-2.0-or-later
// test_source.c - sockets inside a container: asked for when they are missed, used again, given
// back
#include "resolver/ask/source.h"

#include "base/limits.h"
#include "ipc/chan.h"
#include "resolver/loop/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ev_loop *loop;
static struct outbox outbox;
static struct sources sources;
static struct source *source;
static int plumber;

static void on_nothing(void *data)
{
	(void)data;
}

static int setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	loop = ev_loop_new(EVFLAG_AUTO);
	outbox_init(&outbox, loop, on_nothing, on_nothing, NULL);
	outbox_start(&outbox, pair[0]);
	plumber = pair[1];
	sources = (struct sources) { .outbox = &outbox, .n_max = 1000 };
	source = source_new(&sources, 5);
	assert_non_null(source);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	source_close(source);
	source_unref(source);
	assert_int_equal(sources.n, 0);
	close(outbox.fd);
	outbox_stop(&outbox);
	ev_loop_destroy(loop);
	close(plumber);
	return 0;
}

/* What the plumber is asked for; false: nothing. */
static bool hear(struct ipc_sockets *ret_wanted)
{
	uint8_t message[64];
	size_t n_fds = 0;
	int len = chan_receive(plumber, message, sizeof(message), NULL, &n_fds);

	if (len == -EAGAIN)
		return false;
	struct wire wire = wire_reader(message, (size_t)len);

	assert_int_equal(wire_u8(&wire), IPC_SOCKETS);
	ipc_get_sockets(&wire, ret_wanted);
	assert_int_equal(wire.err, 0);
	return true;
}

static int new_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static void sockets_are_asked_for_when_they_are_missed_and_not_again_and_again(void **state)
{
	struct ipc_sockets wanted = { 0 };

	(void)state;
	source_use(source, (bool[FAMILY_N]) { true });
	assert_false(source_is_ready(source));
	assert_true(hear(&wanted));
	assert_int_equal(wanted.view, 5);
	assert_int_equal(wanted.n[IPC_SOCKET_UDP4], SOURCE_BATCH);
	assert_true(wanted.n[IPC_SOCKET_TCP4] > 0);
	assert_int_equal(wanted.n[IPC_SOCKET_UDP6], 0);
	assert_int_equal(source_take(source, IPC_SOCKET_UDP4), -EAGAIN);
	assert_false(hear(&wanted));
}

static void who_asks_no_server_needs_none(void **state)
{
	struct ipc_sockets wanted;

	(void)state;
	assert_true(source_is_ready(source));
	assert_false(hear(&wanted));
}

static void what_comes_is_taken_and_admission_hears_of_it(void **state)
{
	int fds[] = { new_socket(SOCK_DGRAM), new_socket(SOCK_STREAM), -1 };
	int pipe_fds[2], fd;

	(void)state;
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	close(pipe_fds[1]);
	fds[2] = pipe_fds[0];
	source_use(source, (bool[FAMILY_N]) { true });
	source_add(source, fds, 3);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], -1);
	assert_int_equal(fds[2], pipe_fds[0]); /* no socket: whose it was it stays */
	close(fds[2]);
	assert_true(sources.freed);
	assert_int_equal(sources.n, 2);
	assert_true(source_is_ready(source));
	fd = source_take(source, IPC_SOCKET_UDP4);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	source_give(source, IPC_SOCKET_UDP4, fd);
	fd = source_take(source, IPC_SOCKET_TCP4); /* used up: whose it is who took it */
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sources.n, 1);
}

/* The port of the last question is gone, and so is what came to it. */
static void one_that_is_given_back_has_neither_port_nor_datagrams(void **state)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in own = { 0 };
	socklen_t len = sizeof(peer);
	int server = new_socket(SOCK_DGRAM), fds[] = { new_socket(SOCK_DGRAM) }, fd;
	uint8_t byte = 1;

	(void)state;
	assert_int_equal(bind(server, (struct sockaddr *)&peer, sizeof(peer)), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&peer, &len), 0);
	source_use(source, (bool[FAMILY_N]) { true });
	source_add(source, fds, 1);
	fd = source_take(source, IPC_SOCKET_UDP4);
	assert_int_equal(connect(fd, (struct sockaddr *)&peer, sizeof(peer)), 0);
	len = sizeof(own);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	assert_int_equal(sendto(server, &byte, 1, 0, (struct sockaddr *)&own, sizeof(own)), 1);
	source_give(source, IPC_SOCKET_UDP4, fd);
	fd = source_take(source, IPC_SOCKET_UDP4);
	assert_true(fd >= 0);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	len = sizeof(own);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	assert_int_equal(own.sin_port, 0);
	source_give(source, IPC_SOCKET_UDP4, fd);
	close(server);
}

static void one_whose_container_is_gone_refuses(void **state)
{
	int fds[] = { new_socket(SOCK_DGRAM), new_socket(SOCK_DGRAM) }, fd;

	(void)state;
	source_use(source, (bool[FAMILY_N]) { true });
	source_add(source, fds, 1);
	fd = source_take(source, IPC_SOCKET_UDP4);
	source_close(source);
	assert_int_equal(source_take(source, IPC_SOCKET_UDP4), -ECONNREFUSED);
	source_give(source, IPC_SOCKET_UDP4, fd); /* closed: the namespace is free to go */
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	source_add(source, fds + 1, 1);
	assert_true(fds[1] >= 0);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			sockets_are_asked_for_when_they_are_missed_and_not_again_and_again, setup,
			teardown),
		cmocka_unit_test_setup_teardown(who_asks_no_server_needs_none, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_is_taken_and_admission_hears_of_it,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_is_given_back_has_neither_port_nor_datagrams, setup, teardown),
		cmocka_unit_test_setup_teardown(one_whose_container_is_gone_refuses, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
