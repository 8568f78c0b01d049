// SPDX-License-Identifier: GPL-2.0-or-later
// test_dnssock.c - the resolver's sockets: both protocols on one port of 127.0.0.11
#include "base/cleanup.h"
#include "kernel/dnssock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_bound(int fd, int type, uint16_t port)
{
	struct sockaddr_in at = { 0 };
	socklen_t size = sizeof(at), type_size = sizeof(int);
	int is = 0;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(ntohl(at.sin_addr.s_addr), 0x7f00000b);
	assert_int_equal(ntohs(at.sin_port), port);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &type_size), 0);
	assert_int_equal(is, type);
}

static void both_are_on_one_port_that_the_kernel_picks(void **state)
{
	struct error error = { 0 };
	int udp = -1, tcp = -1;
	uint16_t port = 0;

	(void)state;
	assert_int_equal(dnssock_open(0, &udp, &tcp, &port, &error), 0);
	assert_int_not_equal(port, 0);
	expect_bound(udp, SOCK_DGRAM, port);
	expect_bound(tcp, SOCK_STREAM, port);
	(void)close(udp);
	(void)close(tcp);
}

static void a_port_that_was_had_before_is_had_again_or_refused(void **state)
{
	struct error error = { 0 };
	int udp = -1, tcp = -1, other_udp = -1, other_tcp = -1;
	uint16_t port = 0, again = 0;

	(void)state;
	assert_int_equal(dnssock_open(0, &udp, &tcp, &port, &error), 0);
	assert_int_equal(dnssock_open(port, &other_udp, &other_tcp, &again, &error), -EADDRINUSE);
	assert_int_equal(other_udp, -1);
	assert_int_equal(other_tcp, -1);
	(void)close(udp);
	(void)close(tcp);
	assert_int_equal(dnssock_open(port, &udp, &tcp, &again, &error), 0);
	assert_int_equal(again, port);
	expect_bound(udp, SOCK_DGRAM, port);
	(void)close(udp);
	(void)close(tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_on_one_port_that_the_kernel_picks),
		cmocka_unit_test(a_port_that_was_had_before_is_had_again_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
