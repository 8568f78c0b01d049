// SPDX-License-Identifier: GPL-2.0-or-later
// test_top.c - netctl top where there is no terminal: one table after the other, the busiest first
#include "tests/unit/cli/netctl_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* a and b, which have sent so many bytes. */
#define SNAPSHOT(bytes_of_a, bytes_of_b)                                                           \
	FAKE_JSON("200 OK", "{\"Networks\":[{\"Id\":\"n1\",\"Name\":\"blue\"}],\"Ends\":["         \
			    "{\"Id\":\"a1a1a1a1a1a1a1a1\",\"Name\":\"first\",\"Endpoints\":["      \
			    "{\"Network\":\"n1\",\"HostIndex\":11}]},"                             \
			    "{\"Id\":\"b2b2b2b2b2b2b2b2\",\"Name\":\"second\",\"Endpoints\":["     \
			    "{\"Network\":\"n1\",\"HostIndex\":12}]}],\"Traffic\":["               \
			    "{\"Index\":11,\"Received\":{\"Bytes\":" bytes_of_a                    \
			    ",\"Packets\":1,\"Dropped\":0},"                                       \
			    "\"Sent\":{\"Bytes\":0,\"Packets\":0,\"Dropped\":0}},"                 \
			    "{\"Index\":12,\"Received\":{\"Bytes\":" bytes_of_b                    \
			    ",\"Packets\":1,\"Dropped\":0},"                                       \
			    "\"Sent\":{\"Bytes\":0,\"Packets\":0,\"Dropped\":0}}]}")
#define ASKED "GET /netd/v1/snapshot?parts=networks,ends,traffic,dns"

/* It goes on until netd does not. */
static void the_busiest_comes_first_as_soon_as_there_are_rates(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ASKED, NULL, SNAPSHOT("100", "100"), 0 },
		{ ASKED, NULL, SNAPSHOT("100", "9000"), 0 },
		{ ASKED, NULL, FAKE_JSON("503 Service Unavailable", "{\"message\":\"not now\"}"),
		  0 },
	};
	struct netctl_result result;
	const char *table;

	(void)state;
	netctl_with(exchanges, 3, "top --interval 0.1", &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "not now"));
	/* No codes of a terminal, and the second table stands behind an empty line. */
	assert_null(strchr(result.out, '\033'));
	table = strstr(result.out, "\n\n");
	assert_non_null(table);
	assert_true(strstr(result.out, "first") < strstr(result.out, "second"));
	assert_non_null(strstr(table, "first"));
	assert_true(strstr(table, "second") < strstr(table, "first"));
}

static void whom_it_is_asked_about_has_to_be_there(void **state)
{
	static const struct fake_exchange exchanges[] = { { ASKED, NULL, SNAPSHOT("1", "2"), 0 } };
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 1, "top nobody", &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "nobody"));
	assert_string_equal(result.out, "");
}

static void a_pace_that_makes_no_sense_asks_nobody(void **state)
{
	struct netctl_result result;

	(void)state;
	netctl_run("unix:///nowhere", "top --interval 0", NULL, &result);
	assert_int_equal(result.code, 2);
	assert_non_null(strstr(result.err, "--interval '0'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_busiest_comes_first_as_soon_as_there_are_rates),
		cmocka_unit_test(whom_it_is_asked_about_has_to_be_there),
		cmocka_unit_test(a_pace_that_makes_no_sense_asks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
