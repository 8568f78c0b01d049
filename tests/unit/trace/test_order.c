// SPDX-License-Identifier: GPL-2.0-or-later
// test_order.c - what netd-trace is told, and what it does not take
#include "trace/order.h"
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
	assert_int_equal(order_read("go", &order, &error), 0);
	assert_int_equal(order.kind, ORDER_GO);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = {
		"",	    "go ",	  "netns",	    "netns 0",	    "netns 4294967296",
		"netns -1", "netns 12x",  "netns  1",	    "address",	    "address 10.61.0.300",
		"flow tcp", "flow tcp 0", "flow tcp 65536", "flow sctp 80", "flow 80",
		"stop",
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
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
