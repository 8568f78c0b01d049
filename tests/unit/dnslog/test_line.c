// SPDX-License-Identifier: GPL-2.0-or-later
// test_line.c - an entry of the ring as a line of JSON, or of a table
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
	.who_len = 4,
};

static void is_line(struct dnslog *dnslog, const struct dns_log_entry *entry, const char *wanted)
{
	struct buf out = { 0 };

	line_entry(&out, dnslog, entry, 1700000000000000000);
	assert_string_equal(out.data ? out.data : "", wanted);
	buf_done(&out);
}

static void a_question_is_one_object(void **state)
{
	struct dnslog all = { 0 };
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
	struct dnslog all = { 0 };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	memcpy(entry.name, name, sizeof(name));
	entry.name_len = sizeof(name);
	(void)strcpy(entry.who, "a\"\n");
	entry.who_len = 3;
	line_entry(&out, &all, &entry, 0);
	assert_non_null(
		strstr(out.data, "\"Name\":\"a\\\\.b\\\\\\\\\\\"\\\\010\\\\127\\\\255.c\""));
	assert_non_null(strstr(out.data, "\"Container\":\"a\\\"\\\\010\""));
	buf_done(&out);
}

static void only_what_is_wanted_is_written(void **state)
{
	struct dnslog failed = { .failed = true }, of_web = { .name = "web" },
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
	struct dnslog all = { 0 };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	entry.at_ns = UINT64_MAX;
	entry.took_ns = 0;
	line_entry(&out, &all, &entry, -1);
	line_lost(&out, &all, UINT64_MAX);
	assert_non_null(strstr(out.data, "Z\","));
	assert_non_null(strstr(out.data, "{\"Lost\":18446744073709551615}\n"));
	buf_done(&out);
}

static void is_row(struct dnslog *dnslog, const struct dns_log_entry *entry, const char *wanted)
{
	struct buf out = { 0 };

	line_entry(&out, dnslog, entry, 1700000000000000000);
	assert_string_equal(out.data ? out.data : "", wanted);
	buf_done(&out);
}

#define HEADING "TIME (UTC)    CONTAINER       FROM      CODE      TOOK        TYPE  NAME\n"

static void a_table_has_a_heading_once_and_columns(void **state)
{
	struct dnslog table = { .table = true };
	struct dns_log_entry entry = web;

	(void)state;
	entry.took_ns = 12345678;
	is_row(&table, &entry,
	       HEADING "22:13:21.987  shop            local     NOERROR   12.346 ms   A     web\n");
	entry.took_ns = 499;
	entry.code = DNS_LOG_NO_REPLY;
	entry.name_len = 0;
	is_row(&table, &entry,
	       "22:13:21.999  shop            local     no reply  0.000 ms    -     (no "
	       "question)\n");
	/* What is longer than its column pushes the next one on, and is not cut. */
	(void)strcpy(entry.who, "a-name-of-17-char");
	entry.who_len = 17;
	entry.code = DNS_RCODE_NXDOMAIN;
	entry.name_len = 1;
	entry.name[0] = 0;
	is_row(&table, &entry,
	       "22:13:21.999  a-name-of-17-char local   NXDOMAIN  0.000 ms    A     .\n");
}

static void a_table_escapes_once_and_cannot_act_on_a_terminal(void **state)
{
	static const uint8_t name[] = "\10a.b\\\"\n\x7f\xff\1c";
	struct dnslog table = { .table = true, .has_heading = true };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	memcpy(entry.name, name, sizeof(name));
	entry.name_len = sizeof(name);
	line_entry(&out, &table, &entry, 0);
	assert_non_null(strstr(out.data, " a\\.b\\\\\"\\010\\127\\255.c\n"));
	buf_done(&out);
}

static void a_table_says_in_words_what_is_missing(void **state)
{
	struct dnslog table = { .table = true };
	struct dns_log_entry entry = web;
	struct buf out = { 0 };

	(void)state;
	/* Before all others it needs none. */
	entry.kind = DNS_LOG_BEGUN;
	is_row(&table, &entry, "");
	line_lost(&out, &table, 12);
	assert_string_equal(out.data, HEADING "-- 12 questions were not read in time\n");
	buf_done(&out);
	is_row(&table, &entry, "-- nobody looked, and nothing was noted until here\n");
	entry.kind = DNS_LOG_RESOLVER;
	is_row(&table, &entry, "-- another resolver process has taken over\n");
}

/* The longest there can be: every byte of both names is escaped. */
static void the_longest_line_has_room(void **state)
{
	struct dnslog both[] = { { .table = true }, { .table = false } };
	struct dns_log_entry entry = web;

	(void)state;
	memset(entry.who, 1, NAME_LEN_MAX);
	entry.who[NAME_LEN_MAX] = '\0';
	entry.who_len = NAME_LEN_MAX;
	memset(entry.name, 1, sizeof(entry.name));
	for (size_t at = 0; at + 64 < sizeof(entry.name); at += 64)
		entry.name[at] = 63;
	entry.name[192] = 61;
	entry.name[254] = 0;
	entry.name_len = 255;
	entry.number = entry.took_ns = UINT64_MAX;
	entry.type = entry.class = UINT16_MAX;
	entry.code = UINT16_MAX - 1;
	for (size_t i = 0; i < 2; i++) {
		struct buf out = { 0 };

		line_entry(&out, &both[i], &entry, 0);
		assert_true(out.len > (4u + i) * (NAME_LEN_MAX + 250) &&
			    out.len < DNS_LOG_LINE_MAX);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_one_object),
		cmocka_unit_test(any_bytes_are_escaped_twice),
		cmocka_unit_test(only_what_is_wanted_is_written),
		cmocka_unit_test(a_time_that_cannot_be_is_still_one),
		cmocka_unit_test(a_table_has_a_heading_once_and_columns),
		cmocka_unit_test(a_table_escapes_once_and_cannot_act_on_a_terminal),
		cmocka_unit_test(a_table_says_in_words_what_is_missing),
		cmocka_unit_test(the_longest_line_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
