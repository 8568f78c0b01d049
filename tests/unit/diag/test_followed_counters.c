// SPDX-License-Identifier: GPL-2.0-or-later
// test_followed_counters.c - numbers of the host's ends are told in the container's direction
#include "diag/followed_counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
	"drop fifo colls carrier compressed\n"

static struct facts_endpoint endpoints[] = { { .ifname = "eth0", .host_ifname = "nd1" },
					     { .ifname = "eth1", .host_ifname = "nd10" } };
static const struct facts_container container = {
	.name = "db", .netns = 7, .endpoints = endpoints, .n_endpoints = 2
};

static void what_came_since_is_told_from_inside(void **state)
{
	struct followed_counters counters = { .of = &container };
	json_t *json;

	(void)state;
	assert_int_equal(followed_counters_read(&counters, HEAD
						"  nd1: 900 10 0 1 0 0 0 0 800 20 0 2 0 0 0 0\n"
						"nd10: 9 1 0 0 0 0 0 0 8 2 0 0 0 0 0 0\n"),
			 0);
	assert_false(followed_counters_has(&counters, 0));
	assert_int_equal(followed_counters_read(&counters,
						HEAD "nd10: 9 1 0 0 0 0 0 0 8 2 0 0 0 0 0 0\n"
						     "  nd1: 9 13 0 2 0 0 0 0 8 25 0 4 0 0 0 0\n"),
			 0);
	assert_true(followed_counters_has(&counters, 0));
	assert_false(followed_counters_has(&counters, 1));
	assert_int_equal(counters.since[0].received, 5);
	assert_int_equal(counters.since[0].sent, 3);
	assert_int_equal(counters.since[0].dropped, 3);
	json = followed_counters_json(&counters, 0, 1.5);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "Place")), "db");
	assert_string_equal(json_string_value(json_object_get(json, "Link")), "eth0");
	assert_int_equal(json_integer_value(json_object_get(json, "Received")), 5);
	json_decref(json);
	followed_counters_done(&counters);
}

static void a_link_that_was_made_anew_begins_at_nothing(void **state)
{
	struct followed_counters counters = { .of = &container };

	(void)state;
	assert_int_equal(
		followed_counters_read(&counters, "nd1: 9 10 0 0 0 0 0 0 8 20 0 0 0 0 0 0\n"), 0);
	assert_int_equal(followed_counters_read(&counters, ""), 0);
	assert_false(followed_counters_has(&counters, 0));
	assert_int_equal(followed_counters_read(&counters, "nd1: 9 2 0 0 0 0 0 0 8 3 0 0 0 0 0 0"),
			 0);
	assert_int_equal(counters.since[0].received, 3);
	assert_int_equal(counters.since[0].sent, 2);
	followed_counters_done(&counters);
}

static void lines_that_are_none_are_passed_over(void **state)
{
	struct followed_counters counters = { .of = &container };

	(void)state;
	assert_int_equal(followed_counters_read(&counters, "nd1: 9 10\nnd1\n:\n\nnd1:"), 0);
	assert_int_equal(followed_counters_read(&counters, "nd1: 1 1 1 1 1 1 1 1 1 1 1 x"), 0);
	assert_false(followed_counters_has(&counters, 0));
	followed_counters_done(&counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_since_is_told_from_inside),
		cmocka_unit_test(a_link_that_was_made_anew_begins_at_nothing),
		cmocka_unit_test(lines_that_are_none_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
