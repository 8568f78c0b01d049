// SPDX-License-Identifier: GPL-2.0-or-later
// test_members.c - a JSON object as lines that fit a terminal of 80 columns
#include "cli/show/members.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOST_64 "a-host-with-a-name-that-is-as-long-as-a-name-of-a-host-can-ever"
#define URL_6 "https://[2001:db8:1111:2222:3333:4444:5555:6666]:2389"

static void shows(const char *json, const char *want)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	json_auto_t *object = json_loads(json, 0, NULL);
	size_t used = 0;

	assert_non_null(object);
	members_screen(object, &out);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.data, want);
	for (const char *at = out.data; *at; at++) {
		used = *at == '\n' ? 0 : used + 1;
		assert_true(used <= 80);
	}
}

static void what_fits_is_a_line(void **state)
{
	(void)state;
	shows("{\"State\":\"fresh\",\"Why\":\"\",\"Etcd\":[\"" URL_6 "\"],\"Hosts\":2}",
	      "State: fresh\n"
	      "Etcd:\n"
	      "  " URL_6 "\n"
	      "Hosts: 2\n");
}

static void what_is_longer_goes_on_further_in(void **state)
{
	(void)state;
	shows("{\"Why\":\"" URL_6 ": Failed to connect to 2001:db8::1 port 2389 after 0 ms: "
	      "Couldn't connect to server\",\"LetsIn\":\"" HOST_64
	      ", which is lost: nobody can come in until it is back\"}",
	      "Why: " URL_6 ": Failed to connect to\n"
	      "    2001:db8::1 port 2389 after 0 ms: Couldn't connect to server\n"
	      "LetsIn: " HOST_64 ", which\n"
	      "    is lost: nobody can come in until it is back\n");
	shows("{\"Unpublished\":[\"b: 8080/tcp of service web: port 8080/tcp on 0.0.0.0 is in use "
	      "by python3 (pid 4711)\"]}",
	      "Unpublished:\n"
	      "  b: 8080/tcp of service web: port 8080/tcp on 0.0.0.0 is in use by python3 (pid\n"
	      "      4711)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_a_line),
		cmocka_unit_test(what_is_longer_goes_on_further_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
