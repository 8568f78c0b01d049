// SPDX-License-Identifier: GPL-2.0-or-later
// test_followed_filter.c - a few words say which packets somebody wants to see
#include "diag/followed_filter.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 9

static int read_text(const char *text, struct followed_filter *filter, struct error *error)
{
	static char copy[256];
	const char *words[WORDS_MAX];
	size_t n = 0;

	(void)strncpy(copy, text, sizeof(copy) - 1);
	for (char *word = strtok(copy, " "); word && n < WORDS_MAX; word = strtok(NULL, " "))
		words[n++] = word;
	return followed_filter_read(words, n, filter, error);
}

static void words_come_in_any_order(void **state)
{
	struct followed_filter filter;
	struct error error;

	(void)state;
	assert_int_equal(read_text("", &filter, &error), 0);
	assert_int_equal(filter.protocol, 0);
	assert_int_equal(filter.port, 0);
	assert_string_equal(filter.host, "");
	assert_int_equal(read_text("host db and port 80 tcp", &filter, &error), 0);
	assert_int_equal(filter.protocol, IPPROTO_TCP);
	assert_int_equal(filter.port, 80);
	assert_string_equal(filter.host, "db");
	assert_int_equal(read_text("host 2001:db8::1 and icmp", &filter, &error), 0);
	assert_int_equal(filter.protocol, IPPROTO_ICMP);
	assert_string_equal(filter.host, "2001:db8::1");
	assert_int_equal(read_text("udp and port 65535 and host port", &filter, &error), 0);
	assert_string_equal(filter.host, "port");
}

static void what_is_no_filter_is_said_in_words(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "sctp", "\"sctp\" is no part of a filter: tcp, udp, icmp, port N and host NAME "
			  "are its parts" },
		{ "port", "behind the word port stands a number from 1 to 65535, not \"\"" },
		{ "port 0", "behind the word port stands a number from 1 to 65535, not \"0\"" },
		{ "port 65536", "behind the word port stands a number from 1 to 65535, not "
				"\"65536\"" },
		{ "port 80 port 81", "one port can be asked for, not two" },
		{ "host", "behind the word host stands a container or an address, not \"\"" },
		{ "host a;b", "behind the word host stands a container or an address, not "
			      "\"a;b\"" },
		{ "host a host b", "one host can be asked for, not two" },
		{ "tcp udp", "one protocol can be asked for, not two" },
		{ "icmp port 8", "ICMP has no ports: leave out one of icmp and port 8" },
		{ "and tcp", "\"and\" is no part of a filter: tcp, udp, icmp, port N and host "
			     "NAME are its parts" },
		{ "tcp and", "\"and\" is no part of a filter: tcp, udp, icmp, port N and host "
			     "NAME are its parts" },
		{ "tcp and and and and and and port 1",
		  "a filter has 7 words at the most: tcp, udp, icmp, port N and host NAME are its "
		  "parts" },
	};
	struct followed_filter filter;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(read_text(wrong[i].text, &filter, &error) < 0);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_string_equal(error.text, wrong[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_in_any_order),
		cmocka_unit_test(what_is_no_filter_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
