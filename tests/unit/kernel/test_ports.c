// SPDX-License-Identifier: GPL-2.0-or-later
// test_ports.c - host ports that are reserved, and who has them
#include "base/cleanup.h"
#include "kernel/ports.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct addr own(void)
{
	struct addr addr = { 0 };

	assert_int_equal(addr_parse("127.63.62.61", &addr), 0);
	return addr;
}

static int reserve(uint8_t protocol, uint16_t port, struct error *error)
{
	struct addr addr = own();

	return ports_reserve(protocol, &addr, port, true, error);
}

static void one_that_is_taken_is_said_to_be_with_who_has_it(void **state)
{
	char text[128], mine[64], taken[96];
	struct error error = { 0 };
	struct addr addr = own();
	const uint16_t port = 8080;
	int fd = reserve(IPPROTO_TCP, port, &error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(reserve(IPPROTO_TCP, port, &error), -EEXIST);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	assert_int_equal(error.reason, ERROR_REASON_PORT_IN_USE);
	(void)snprintf(mine, sizeof(mine), "(pid %d)", (int)getpid());
	(void)snprintf(taken, sizeof(taken), "port %u/tcp on 127.63.62.61 is in use by ", port);
	assert_non_null(strstr(error.text, taken));
	assert_non_null(strstr(error.text, mine));
	assert_int_equal(ports_holder(IPPROTO_TCP, &addr, port, text, sizeof(text)), 0);
	assert_non_null(strstr(text, mine));
	(void)close(fd);
	assert_int_equal(ports_holder(IPPROTO_TCP, &addr, port, text, sizeof(text)), -ENOENT);
	fd = reserve(IPPROTO_TCP, port, &error);
	assert_true(fd >= 0);
	(void)close(fd);
}

/* Any program may call itself anything, and the sentence goes to a terminal. */
static void who_has_it_is_told_without_control_characters(void **state)
{
	char text[128], before[16], told[64];
	struct addr addr = own();
	struct error error = { 0 };
	const uint16_t port = 8084;
	int fd = reserve(IPPROTO_TCP, port, &error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(prctl(PR_GET_NAME, before), 0);
	assert_int_equal(prctl(PR_SET_NAME, "a\033[2J\nb\177"), 0);
	assert_int_equal(ports_holder(IPPROTO_TCP, &addr, port, text, sizeof(text)), 0);
	assert_int_equal(prctl(PR_SET_NAME, before), 0);
	(void)snprintf(told, sizeof(told), "a?[2J?b? (pid %d)", (int)getpid());
	assert_string_equal(text, told);
	(void)close(fd);
}

static void protocols_do_not_meet(void **state)
{
	struct error error = { 0 };
	const uint16_t port = 8081;
	int tcp = reserve(IPPROTO_TCP, port, &error), udp = reserve(IPPROTO_UDP, port, &error);

	(void)state;
	assert_true(tcp >= 0);
	assert_true(udp >= 0);
	assert_int_equal(reserve(IPPROTO_UDP, port, &error), -EEXIST);
	assert_non_null(strstr(error.text, "/udp on "));
	(void)close(tcp);
	(void)close(udp);
}

static void nobody_is_answered_by_one_that_drops(void **state)
{
	struct sockaddr_storage to;
	struct error error = { 0 };
	struct addr addr = own();
	const uint16_t port = 8082;
	int udp = reserve(IPPROTO_UDP, port, &error);
	int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = addr_to_sockaddr(&addr, port, &to);
	char byte;

	(void)state;
	assert_true(udp >= 0 && from >= 0);
	assert_int_equal(sendto(from, "x", 1, 0, (struct sockaddr *)&to, len), 1);
	assert_int_equal(recv(udp, &byte, 1, MSG_DONTWAIT), -1); /* it would be there at once */
	assert_int_equal(errno, EAGAIN);
	(void)close(from);
	(void)close(udp);
}

static void an_address_that_is_none_of_the_hosts_is_refused_otherwise(void **state)
{
	struct error error = { 0 };
	struct addr addr;

	(void)state;
	assert_int_equal(addr_parse("203.0.113.77", &addr), 0);
	assert_true(ports_reserve(IPPROTO_TCP, &addr, 8083, true, &error) < 0);
	assert_int_not_equal(error.reason, ERROR_REASON_PORT_IN_USE);
	assert_non_null(strstr(error.text, "203.0.113.77"));
}

static void the_range_of_free_ports_is_one(void **state)
{
	uint16_t first = 0, last = 0;

	(void)state;
	ports_ephemeral_range(&first, &last);
	assert_true(first > 0 && first < last);
}

/* A namespace of its own, in which ports are the test's alone, and it may do what netd may. */
static int own_netns(void **state)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int user = geteuid() == 0 ? 0 : CLONE_NEWUSER, fd, result;

	(void)state;
	if (unshare(CLONE_NEWNET | user) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	result = ioctl(fd, SIOCSIFFLAGS, &lo);
	(void)close(fd);
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_taken_is_said_to_be_with_who_has_it),
		cmocka_unit_test(who_has_it_is_told_without_control_characters),
		cmocka_unit_test(protocols_do_not_meet),
		cmocka_unit_test(nobody_is_answered_by_one_that_drops),
		cmocka_unit_test(an_address_that_is_none_of_the_hosts_is_refused_otherwise),
		cmocka_unit_test(the_range_of_free_ports_is_one),
	};

	return cmocka_run_group_tests(tests, own_netns, NULL);
}
