// SPDX-License-Identifier: GPL-2.0-or-later
// test_hostdns.c - what a resolv.conf says
#include "engine/tell/hostdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void servers_are_taken_in_order_and_of_both_families(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", &conf);
	assert_int_equal(conf.n_servers, 2);
	assert_string_equal(ADDR_STR(&conf.servers[0]), "192.0.2.1");
	assert_string_equal(ADDR_STR(&conf.servers[1]), "2001:db8::1");
}

static void the_resolver_of_an_engine_around_is_a_server_like_others(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("nameserver 127.0.0.11\nnameserver 127.0.0.53\n", &conf);
	assert_int_equal(conf.n_servers, 2);
	assert_string_equal(ADDR_STR(&conf.servers[0]), "127.0.0.11");
	assert_string_equal(ADDR_STR(&conf.servers[1]), "127.0.0.53");
}

static void the_last_search_or_domain_line_wins(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("search a.example b.example\ndomain c.example\n", &conf);
	assert_int_equal(conf.n_search, 1);
	assert_string_equal(conf.search[0], "c.example");
}

static void options_of_several_lines_add_up(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("options edns0 timeout:1\n\toptions  trust-ad\n", &conf);
	assert_string_equal(conf.options, "edns0 timeout:1 trust-ad");
}

static void comments_and_what_is_not_understood_are_passed_over(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("# nameserver 192.0.2.9\n;x\nsortlist 1\nnameserver\nnameserver bogus\n"
		      "nameserver 192.0.2.1 # first\r\nnameserver fe80:::1%eth0",
		      &conf);
	assert_int_equal(conf.n_servers, 1);
	assert_string_equal(ADDR_STR(&conf.servers[0]), "192.0.2.1");
}

static void a_zone_belongs_to_a_link_local_address_and_to_no_other(void **state)
{
	struct hostdns_conf conf;

	(void)state;
	hostdns_parse("nameserver fe80::1%eth0\nnameserver 2001:db8::1%eth0\nnameserver fe80::2\n"
		      "nameserver fe80::3%a-name-that-no-interface-has\nnameserver 192.0.2.1%eth0",
		      &conf);
	assert_int_equal(conf.n_servers, 5);
	assert_string_equal(ADDR_STR(&conf.servers[0]), "fe80::1");
	assert_string_equal(conf.zones[0], "eth0");
	assert_string_equal(ADDR_STR(&conf.servers[1]), "2001:db8::1");
	assert_string_equal(conf.zones[1], "");
	assert_string_equal(conf.zones[2], "");
	assert_int_equal(strlen(conf.zones[3]), IFNAME_LEN_MAX);
	assert_string_equal(conf.zones[4], "");
}

static void no_more_servers_than_there_is_room_for(void **state)
{
	struct hostdns_conf conf;
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < DNS_SERVERS_MAX + 1; i++)
		strcat(text, "nameserver 192.0.2.1\n");
	hostdns_parse(text, &conf);
	assert_int_equal(conf.n_servers, DNS_SERVERS_MAX);
}

static void a_line_without_end_is_no_line(void **state)
{
	struct hostdns_conf conf;
	char *text = malloc(5000);

	(void)state;
	memset(text, 'x', 5000);
	memcpy(text, "nameserver 192.0.2.1 ", 21);
	text[4999] = '\0';
	hostdns_parse(text, &conf);
	assert_int_equal(conf.n_servers, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_are_taken_in_order_and_of_both_families),
		cmocka_unit_test(the_resolver_of_an_engine_around_is_a_server_like_others),
		cmocka_unit_test(the_last_search_or_domain_line_wins),
		cmocka_unit_test(options_of_several_lines_add_up),
		cmocka_unit_test(comments_and_what_is_not_understood_are_passed_over),
		cmocka_unit_test(a_zone_belongs_to_a_link_local_address_and_to_no_other),
		cmocka_unit_test(no_more_servers_than_there_is_room_for),
		cmocka_unit_test(a_line_without_end_is_no_line),
	};

	return cmocka_run_group_tests_name("hostdns", tests, NULL, NULL);
}
