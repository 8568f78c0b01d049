// SPDX-License-Identifier: GPL-2.0-or-later
// test_network_dns.c - which servers a network can have, and what a change makes of them
#include "base/cleanup.h"
#include "model/network/network_dns.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "192.0.2.1,2001:db8::1" */
static struct network_dns servers(const char *text)
{
	struct network_dns dns = { .n = 0 };
	struct addr addr;
	char copy[512], *rest = copy, *one;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	while (*text && (one = strsep(&rest, ","))) {
		assert_int_equal(network_dns_read(one, &addr, NULL), 0);
		assert_true(network_dns_add(&dns, &addr));
	}
	return dns;
}

static void a_server_is_an_address_that_can_be_asked(void **state)
{
	static const char *const rows[][2] = {
		{ "dns.example", "invalid DNS server dns.example: it is not an IP address" },
		{ "192.0.2.1:53", "it is not an IP address" },
		{ "fe80::1%eth0", "it is not an IP address" },
		{ "", "it is not an IP address" },
		{ "0.0.0.0", "no address in particular" },
		{ "::", "no address in particular" },
		{ "224.0.0.1", "multicast" },
		{ "127.0.0.11", "netd itself answers there" },
		{ "fe80::1", "a link-local address leads nowhere without an interface" },
	};
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error error = { 0 };

		assert_int_equal(network_dns_read(rows[i][0], &addr, &error), -EINVAL);
		assert_non_null(strstr(error.text, rows[i][1]));
	}
	assert_int_equal(network_dns_read("127.0.0.1", &addr, NULL), 0);
	assert_int_equal(network_dns_read("2001:DB8::53", &addr, NULL), 0);
	assert_string_equal(ADDR_STR(&addr), "2001:db8::53");
}

static void what_goes_is_gone_before_the_rest_comes_and_nothing_is_there_twice(void **state)
{
	static const struct {
		const char *now, *with, *drop, *add, *want; /* with NULL: nothing is replaced */
	} rows[] = {
		{ "", NULL, "", "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1", NULL, "", "192.0.2.1,::1", "192.0.2.1,::1" },
		{ "192.0.2.1,::1", NULL, "192.0.2.1", "", "::1" },
		{ "192.0.2.1", NULL, "192.0.2.9", "", "192.0.2.1" },
		{ "192.0.2.1,::1", NULL, "192.0.2.1", "192.0.2.1", "::1,192.0.2.1" },
		{ "192.0.2.1", "", "", "", "" },
		{ "192.0.2.1", "::1,::2", "::1", "::3", "::2,::3" },
		{ "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8", NULL,
		  "10.0.0.1", "10.0.0.9",
		  "10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct network_dns now = servers(rows[i].now), want = servers(rows[i].want), got;
		struct network_dns_change change = {
			.replaces = rows[i].with != NULL,
			.with = servers(rows[i].with ? rows[i].with : ""),
			.drop = servers(rows[i].drop),
			.add = servers(rows[i].add),
		};

		assert_int_equal(network_dns_apply(&now, &change, "n", &got, NULL), 0);
		assert_true(network_dns_equal(&got, &want));
	}
}

static void one_more_than_there_is_room_for_is_refused_by_its_name(void **state)
{
	struct network_dns now = servers("10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,"
					 "10.0.0.7,10.0.0.8");
	struct network_dns_change change = { .add = servers("10.0.0.9") };
	struct network_dns got = { .n = 77 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(network_dns_apply(&now, &change, "web", &got, &error), -EINVAL);
	assert_string_equal(error.text, "network web has 8 DNS servers, and 10.0.0.9 would be one "
					"more than the 8 that it can have: drop one");
	assert_int_equal(got.n, 77);
	assert_false(network_dns_equal(&now, &change.add));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_an_address_that_can_be_asked),
		cmocka_unit_test(
			what_goes_is_gone_before_the_rest_comes_and_nothing_is_there_twice),
		cmocka_unit_test(one_more_than_there_is_room_for_is_refused_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
