// SPDX-License-Identifier: GPL-2.0-or-later
// test_endpoint_route.c - the routes that a container is to have by one of its networks
#include "model/container/endpoint_route.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct endpoint_route *route, const char *wanted)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s %s [%s] %u", endpoint_route_type_name[route->type],
		       PREFIX_STR(&route->destination), ADDR_STR(&route->gateway), route->metric);
	assert_string_equal(text, wanted);
}

static void routes_are_read_one_after_the_other(void **state)
{
	_cleanup_free_ char *text = strdup(
		"10.9.0.5/16 via 10.89.0.1 metric 50,fd01::/64 via fd00::1,"
		"10.7.0.0/16, blackhole 10.8.0.0/16 ,unicast 0.0.0.0/0 metric 4294967295");
	static const char *const wanted[] = {
		"unicast 10.9.0.0/16 [10.89.0.1] 50", "unicast fd01::/64 [fd00::1] 0",
		"unicast 10.7.0.0/16 [] 0",	      "blackhole 10.8.0.0/16 [] 0",
		"unicast 0.0.0.0/0 [] 4294967295",
	};
	const char *rest = text;
	struct endpoint_route route;
	struct error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(endpoint_route_next(&rest, &route, &error), 1);
		expect(&route, wanted[i]);
	}
	assert_int_equal(endpoint_route_next(&rest, &route, &error), 0);
}

static void what_is_no_route_is_quoted(void **state)
{
	static const char *const texts[] = {
		" ",
		"10.9.0.0",
		"10.9.0.0/33",
		"blackhole",
		"nonsense 10.9.0.0/16",
		"10.9.0.0/16 via",
		"10.9.0.0/16 via fd00::1",
		"10.9.0.0/16 via 10.0.0.1 via 10.0.0.2",
		"10.9.0.0/16 metric -1",
		"10.9.0.0/16 metric 4294967296",
		"10.9.0.0/16 metric 99999999999999999999",
		"blackhole 10.9.0.0/16 via 10.0.0.1",
		"10.9.0.0/16 via 10.0.0.1 metric 1 metric 2 metric 3",
		"10.9.0.0/16                                                                      "
		"                                                                          metric "
		"1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *text = strdup(texts[i]);
		const char *rest = text;
		struct endpoint_route route;
		struct error error = { 0 };

		assert_int_equal(endpoint_route_next(&rest, &route, &error), -EINVAL);
		assert_memory_equal(error.text + 1, texts[i], strlen(texts[i]));
		assert_ptr_equal(rest, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_read_one_after_the_other),
		cmocka_unit_test(what_is_no_route_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
