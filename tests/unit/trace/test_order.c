// SPDX-License-Identifier: GPL-2.0-or-later
// test_order.c - what netd-trace is told, and what it does not take
#include "trace/order.h"

#include "base/limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void orders_are_read(void **state)
{
	struct order order;
	struct error error;

	(void)state;
	assert_int_equal(order_read("netns 4026532187", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_NETNS);
	assert_int_equal(order.netns, 4026532187);
	assert_int_equal(order_read("address 2001:db8::1", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_ADDRESS);
	assert_int_equal(order.addr.family, AF_INET6);
	assert_int_equal(order_read("flow tcp 40200", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_FLOW);
	assert_int_equal(order.protocol, IPPROTO_TCP);
	assert_int_equal(order.port, 40200);
	assert_int_equal(order_read("flow udp 65535", &order, &error), 0);
	assert_int_equal(order.protocol, IPPROTO_UDP);
	assert_int_equal(order_read("flow icmp 4711", &order, &error), 0);
	assert_int_equal(order.protocol, IPPROTO_ICMP);
	assert_int_equal(order.port, 4711);
	assert_int_equal(order_read("go", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_GO);
	assert_int_equal(order_read("tell", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_TELL);
	assert_int_equal(order_read("forget 4026532188", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_FORGET);
	assert_int_equal(order.netns, 4026532188);
}

static void a_container_that_is_followed_is_told(void **state)
{
	struct order order;
	struct error error;

	(void)state;
	assert_int_equal(order_read("own 4026532188", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_OWN);
	assert_int_equal(order.netns, 4026532188);
	assert_int_equal(order_read("published udp 2001:db8::1 8081", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_PUBLISHED);
	assert_int_equal(order.protocol, IPPROTO_UDP);
	assert_int_equal(order.addr.family, AF_INET6);
	assert_int_equal(order.port, 8081);
	assert_int_equal(order_read("only icmp", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_ONLY);
	assert_int_equal(order.protocol, IPPROTO_ICMP);
	assert_int_equal(order_read("port 80", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_PORT);
	assert_int_equal(order.port, 80);
	assert_int_equal(order_read("peer 10.61.0.3", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_PEER);
	assert_int_equal(order.addr.family, AF_INET);
}

static void as_many_bytes_are_wanted_as_there_can_be(void **state)
{
	struct order order;
	struct error error;

	(void)state;
	assert_int_equal(order_read("bytes 128", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_BYTES);
	assert_int_equal(order.n_bytes, 128);
	assert_int_equal(order_read("bytes 262144", &order, &error), 0);
	assert_int_equal(order.n_bytes, TRACE_BYTES_MAX);
	assert_true(order_read("bytes 0", &order, &error) < 0);
	assert_true(order_read("bytes", &order, &error) < 0);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"go ",
		"netns",
		"netns 0",
		"netns 4294967296",
		"netns -1",
		"netns 12x",
		"netns  1",
		"address",
		"address 10.61.0.300",
		"flow tcp",
		"flow tcp 0",
		"flow tcp 65536",
		"flow sctp 80",
		"flow icmp 0",
		"flow 80",
		"stop",
		"own",
		"own x",
		"only",
		"only sctp",
		"port 0",
		"port 65536",
		"peer",
		"peer db",
		"published tcp",
		"published tcp 10.61.0.3",
		"published icmp 10.61.0.3 1",
		"published tcp 10.61.0.3 0",
		"published tcp  80",
	};
	struct order order;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(order_read(lines[i], &order, &error) < 0);
		assert_int_equal(error.kind, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_read),
		cmocka_unit_test(a_container_that_is_followed_is_told),
		cmocka_unit_test(as_many_bytes_are_wanted_as_there_can_be),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
