// SPDX-License-Identifier: GPL-2.0-or-later
// test_line.c - an entry of the ring as a line of JSON
#include "dns/msg.h"
#include "dnslog/dnslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct dns_log_entry web = {
	.number = 7,
	.at_ns = 2000000001,
	.took_ns = 1000000000,
	.type = DNS_TYPE_A,
	.class = DNS_CLASS_IN,
	.kind = DNS_LOG_QUESTION,
	.name_len = 5,
	.name = "\3web",
	.who = "shop",
};

static void is_line(const struct dnslog *dnslog, const struct dns_log_entry *entry,
		    const char *wanted)
{
	struct buf out = { 0 };

	line_entry(&out, dnslog, entry, 1700000000000000000);
	assert_string_equal(out.data ? out.data : "", wanted);
	buf_done(&out);
}

static void a_question_is_one_object(void **state)
{
	const struct dnslog all = { 0 };
	struct dns_log_entry entry = web;

	(void)state;
	is_line(&all, &entry,
		"{\"Number\":7,\"Time\":\"2023-11-14T22:13:21.000000001Z\",\"Container\":\"shop\","
		"\"Name\":\"web\",\"Type\":\"A\",\"Protocol\":\"udp\",\"Source\":\"local\","
		"\"Code\":\"NOERROR\",\"Nanoseconds\":1000000000}\n");
	entry.class = 3;
	entry.tcp = true;
	entry.code = DNS_LOG_NO_REPLY;
	entry.name_len = 1;
	entry.name[0] = 0;
	is_line(&all, &entry,
		"{\"Number\":7,\"Time\":\"2023-11-14T22:13:21.000000001Z\",\"Container\":\"shop\","
		"\"Name\":\".\",\"Type\":\"A\",\"Class\":3,\"Protocol\":\"tcp\","
		"\"Source\":\"local\",\"Nanoseconds\":1000000000}\n");
}

static void any_bytes_are_escaped_twice(void **state)
{
	static const uint8_t name[] = "\10a.b\\\"\n\x7f\xff\1c";
	const struct dnslog all = { 0 };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	memcpy(entry.name, name, sizeof(name));
	entry.name_len = sizeof(name);
	(void)strcpy(entry.who, "a\"\n");
	line_entry(&out, &all, &entry, 0);
	assert_non_null(
		strstr(out.data, "\"Name\":\"a\\\\.b\\\\\\\\\\\"\\\\010\\\\127\\\\255.c\""));
	assert_non_null(strstr(out.data, "\"Container\":\"a\\\"\\\\010\""));
	buf_done(&out);
}

static void only_what_is_wanted_is_written(void **state)
{
	const struct dnslog failed = { .failed = true }, of_web = { .name = "web" },
			    of_shop = { .name = "shop", .failed = true };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	is_line(&failed, &entry, "");
	is_line(&of_web, &entry, "");
	entry.code = DNS_RCODE_SERVFAIL;
	line_entry(&out, &of_shop, &entry, 0);
	assert_non_null(strstr(out.data, "SERVFAIL"));
	buf_done(&out);
	/* That something is missing is told everybody. */
	entry.kind = DNS_LOG_RESOLVER;
	is_line(&of_web, &entry,
		"{\"Number\":7,\"Time\":\"2023-11-14T22:13:21.000000001Z\","
		"\"Event\":\"resolver\"}\n");
	entry.kind = DNS_LOG_BEGUN;
	is_line(&failed, &entry,
		"{\"Number\":7,\"Time\":\"2023-11-14T22:13:21.000000001Z\",\"Event\":\"begun\"}\n");
}

static void a_time_that_cannot_be_is_still_one(void **state)
{
	const struct dnslog all = { 0 };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	entry.at_ns = UINT64_MAX;
	entry.took_ns = 0;
	line_entry(&out, &all, &entry, -1);
	line_lost(&out, UINT64_MAX);
	assert_non_null(strstr(out.data, "Z\","));
	assert_non_null(strstr(out.data, "{\"Lost\":18446744073709551615}\n"));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_one_object),
		cmocka_unit_test(any_bytes_are_escaped_twice),
		cmocka_unit_test(only_what_is_wanted_is_written),
		cmocka_unit_test(a_time_that_cannot_be_is_still_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
