// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_token.c - tokens and where to go with them: taken as they are printed, and nothing
// else is
#include "model/cluster/cluster_token.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SECRET "0123456789abcdef0123456789abcdef"

static void a_token_is_read_as_printed(void **state)
{
	char text[CLUSTER_TOKEN_SIZE];
	struct cluster_token token;

	(void)state;
	assert_int_equal(cluster_token_parse("netd1-" DIGEST "-" SECRET, &token), 0);
	assert_string_equal(token.digest, DIGEST);
	assert_string_equal(token.secret, SECRET);
	assert_string_equal(cluster_token_print(&token, text), "netd1-" DIGEST "-" SECRET);
	assert_int_equal(strlen(text) + 1, sizeof(text));
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"netd1-",
		"netd2-" DIGEST "-" SECRET,
		"netd1-" DIGEST,
		"netd1-" DIGEST "-",
		"netd1-" DIGEST "-" SECRET "0",
		"netd1-" DIGEST "0-" SECRET,
		"netd1-" DIGEST "-" SECRET " ",
		"netd1-" DIGEST "-0123456789ABCDEF0123456789abcdef",
		"netd1--" DIGEST "-" SECRET,
	};
	struct cluster_token token;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* Exactly as long as it is, for a sanitizer to see one byte too far. */
		char *copy = strdup(wrong[i]);

		assert_non_null(copy);
		assert_int_equal(cluster_token_parse(copy, &token), -EINVAL);
		free(copy);
	}
}

static void a_host_is_asked_at_an_address(void **state)
{
	static const struct {
		const char *text, *addr;
		uint16_t port;
	} right[] = {
		{ "192.0.2.1", "192.0.2.1", CLUSTER_DOOR_PORT },
		{ "192.0.2.1:7", "192.0.2.1", 7 },
		{ "2001:db8::1", "2001:db8::1", CLUSTER_DOOR_PORT },
		{ "[2001:db8::1]", "2001:db8::1", CLUSTER_DOOR_PORT },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
	};
	static const char *const wrong[] = { "",
					     "host",
					     "192.0.2.1:",
					     "192.0.2.1:0",
					     "192.0.2.1:65536",
					     "[192.0.2.1]:1",
					     "[2001:db8::1",
					     "[2001:db8::1]1",
					     "192.0.2.1:1x",
					     "[2001:db8::1]:" };
	struct addr addr;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		assert_int_equal(cluster_token_parse_remote(right[i].text, &addr, &port), 0);
		assert_string_equal(ADDR_STR(&addr), right[i].addr);
		assert_int_equal(port, right[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(cluster_token_parse_remote(wrong[i], &addr, &port), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_read_as_printed),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(a_host_is_asked_at_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
