// SPDX-License-Identifier: GPL-2.0-or-later
// test_traffic.c - what a container's link counts is told in the container's own direction
#include "engine/see/see.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int asked, answers; /* the link that is looked at, and what the kernel says of it */

static int counted_one(struct rtnl *rtnl, int ifindex, struct seen_link *ret_link,
		       struct error *error)
{
	(void)rtnl;
	asked = ifindex;
	if (answers < 0)
		return error_set(error, ERROR_NOT_FOUND, "there is no link %d", ifindex);
	*ret_link = (struct seen_link) { .received = { 1, 10, 0, 2 }, .sent = { 3, 30, 0, 4 } };
	return 0;
}

static struct engine engine; /* large */
static struct endpoint endpoint;
static struct seen_traffic received, sent;

static bool ask(int host_ifindex)
{
	static struct door door;

	door.links.counted_one = counted_one;
	engine.door = &door;
	endpoint.host_ifindex = host_ifindex;
	asked = 0;
	received = sent = (struct seen_traffic) { .bytes = 4711 };
	return engine_endpoint_traffic(&engine, &endpoint, &received, &sent);
}

static void what_the_host_has_sent_the_container_has_received(void **state)
{
	(void)state;
	answers = 0;
	assert_true(ask(17));
	assert_int_equal(asked, 17);
	assert_int_equal(received.packets, 3);
	assert_int_equal(received.bytes, 30);
	assert_int_equal(received.dropped, 4);
	assert_int_equal(sent.packets, 1);
	assert_int_equal(sent.bytes, 10);
	assert_int_equal(sent.dropped, 2);
}

static void a_link_that_is_not_there_counts_nothing(void **state)
{
	(void)state;
	answers = -1;
	assert_false(ask(17));
	assert_int_equal(received.bytes, 4711);
	assert_int_equal(sent.bytes, 4711);
}

static void of_one_without_a_link_the_kernel_is_not_asked(void **state)
{
	(void)state;
	answers = 0;
	assert_false(ask(0));
	assert_int_equal(asked, 0);
	assert_int_equal(received.bytes, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_host_has_sent_the_container_has_received),
		cmocka_unit_test(a_link_that_is_not_there_counts_nothing),
		cmocka_unit_test(of_one_without_a_link_the_kernel_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
