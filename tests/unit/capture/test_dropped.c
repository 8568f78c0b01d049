// SPDX-License-Identifier: GPL-2.0-or-later
// test_dropped.c - a line about a dropped packet is read, or is none
#include "capture/dropped.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Read from memory of the line's own size. */
static enum dropped_line read_line(const char *line, struct dropped *dropped, uint64_t *n_lost)
{
	size_t len = strlen(line);
	char *copy = malloc(len ? len : 1);
	enum dropped_line what;

	assert_non_null(copy);
	memcpy(copy, line, len);
	what = dropped_read(copy, len, dropped, n_lost);
	free(copy);
	return what;
}

#define LINE(data)                                                                                 \
	"{\"Event\":\"dropped\",\"Microseconds\":0,\"Netns\":4026532187,\"Link\":\"eth0\","        \
	"\"Packet\":{\"Bytes\":1500},\"Reason\":\"NO_SOCKET\",\"Function\":\"udp_rcv\","           \
	"\"Nanoseconds\":5000000001,\"Data\":\"" data "\"}"

static void a_packet_has_its_bytes_and_its_reason(void **state)
{
	static const uint8_t bytes[] = { 0x45, 0, 0, 1 };
	static struct dropped dropped; /* large */
	char comment[DROPPED_COMMENT_SIZE];
	uint64_t n_lost = 0;

	(void)state;
	assert_int_equal(read_line(LINE("RQAAAQ=="), &dropped, &n_lost), DROPPED_PACKET);
	assert_int_equal(dropped.time_ns, 5000000001);
	assert_int_equal(dropped.netns, 4026532187);
	assert_int_equal(dropped.len, sizeof(bytes));
	assert_memory_equal(dropped.data, bytes, sizeof(bytes));
	assert_int_equal(dropped.full_len, 1500);
	assert_int_equal(dropped.icmp_type, -1);
	assert_false(dropped.is_six);
	dropped_comment(&dropped, "web", comment, sizeof(comment));
	assert_string_equal(comment, "NO_SOCKET in udp_rcv, at eth0 of web");
}

#define SENT_LINE(sent)                                                                            \
	"{\"Event\":\"dropped\",\"Netns\":1,\"Reason\":\"NETFILTER_DROP\",\"Nanoseconds\":5,"      \
	"\"Sent\":" sent ",\"Data\":\"RQAAAQ==\"}"

static void what_it_was_sent_as_is_in_the_comment(void **state)
{
	static const struct {
		const char *line, *comment;
	} cases[] = {
		{ SENT_LINE("{\"From\":\"10.61.0.2\",\"To\":\"192.0.2.1\",\"FromPort\":4000,"
			    "\"ToPort\":80}"),
		  "NETFILTER_DROP, in the host; sent as 10.61.0.2:4000 > 192.0.2.1:80" },
		{ SENT_LINE("{\"From\":\"fd00::2\",\"To\":\"2001:db8::1\",\"FromPort\":4000,"
			    "\"ToPort\":80}"),
		  "NETFILTER_DROP, in the host; sent as [fd00::2]:4000 > [2001:db8::1]:80" },
		{ SENT_LINE("{\"From\":\"10.61.0.2\",\"To\":\"192.0.2.1\"}"),
		  "NETFILTER_DROP, in the host; sent as 10.61.0.2 > 192.0.2.1" },
		{ SENT_LINE("{\"From\":\"\\u001b[31m\",\"To\":7,\"FromPort\":70000,\"ToPort\":-1}"),
		  "NETFILTER_DROP, in the host; sent as ?[31m > " },
		{ SENT_LINE("[]"), "NETFILTER_DROP, in the host" },
	};
	static struct dropped dropped; /* large */
	char comment[DROPPED_COMMENT_SIZE];
	uint64_t n_lost = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_line(cases[i].line, &dropped, &n_lost), DROPPED_PACKET);
		dropped_comment(&dropped, "the host", comment, sizeof(comment));
		assert_string_equal(comment, cases[i].comment);
	}
}

static void what_is_not_known_is_not_said(void **state)
{
	static struct dropped dropped;
	char comment[DROPPED_COMMENT_SIZE];

	(void)state;
	dropped_comment(&dropped, "the host", comment, sizeof(comment));
	assert_string_equal(comment, "dropped, in the host");
	memset(dropped.link, 'l', sizeof(dropped.link) - 1);
	memset(dropped.reason, 'r', sizeof(dropped.reason) - 1);
	memset(dropped.function, 'f', sizeof(dropped.function) - 1);
	dropped_comment(&dropped, LINE(""), comment, sizeof(comment));
	assert_true(strlen(comment) < sizeof(comment) - 1);
}

static void what_makes_no_sense_is_passed_over(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"[]",
		"{\"Version\":1,\"Ready\":true}",
		"{\"Event\":\"sent\",\"Nanoseconds\":1,\"Data\":\"RQAAAQ==\"}",
		"{\"Event\":\"dropped\",\"Nanoseconds\":1}",
		"{\"Event\":\"dropped\",\"Data\":\"RQAAAQ==\"}",
		"{\"Event\":\"dropped\",\"Nanoseconds\":-1,\"Data\":\"RQAAAQ==\"}",
		LINE(""),
		LINE("RQAAAQ="),
		LINE("????"),
	};
	static struct dropped dropped;
	uint64_t n_lost = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(read_line(lines[i], &dropped, &n_lost), DROPPED_OTHER);
}

static void more_than_was_asked_for_is_refused(void **state)
{
	static const char begin[] = "{\"Event\":\"dropped\",\"Nanoseconds\":1,\"Data\":\"";
	const size_t len = (TRACE_BYTES_MAX / 3 + 1) * 4;
	static struct dropped dropped;
	uint64_t n_lost = 0;
	char *line = calloc(1, sizeof(begin) + len + 8);

	(void)state;
	assert_non_null(line);
	memcpy(line, begin, sizeof(begin) - 1);
	memset(line + sizeof(begin) - 1, 'A', len);
	memcpy(line + sizeof(begin) - 1 + len, "\"}", 2);
	assert_int_equal(read_line(line, &dropped, &n_lost), DROPPED_OTHER);
	/* A group less is as much as there may be. */
	memcpy(line + sizeof(begin) - 1 + len - 4, "\"}", 3);
	assert_int_equal(read_line(line, &dropped, &n_lost), DROPPED_PACKET);
	assert_int_equal(dropped.len, TRACE_BYTES_MAX);
	assert_int_equal(dropped.full_len, TRACE_BYTES_MAX);
	free(line);
}

static void the_last_line_says_how_many_are_missing(void **state)
{
	static struct dropped dropped;
	uint64_t n_lost = 0;

	(void)state;
	assert_int_equal(read_line("{\"Events\":7,\"Lost\":3}", &dropped, &n_lost), DROPPED_END);
	assert_int_equal(n_lost, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_has_its_bytes_and_its_reason),
		cmocka_unit_test(what_it_was_sent_as_is_in_the_comment),
		cmocka_unit_test(what_is_not_known_is_not_said),
		cmocka_unit_test(what_makes_no_sense_is_passed_over),
		cmocka_unit_test(more_than_was_asked_for_is_refused),
		cmocka_unit_test(the_last_line_says_how_many_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
