// SPDX-License-Identifier: GPL-2.0-or-later
// test_followed_rules.c - rules of the kernel's trace find their places between the tracer's events
#include "base/buf.h"
#include "base/packet_key.h"
#include "diag/followed_rules.h"
#include "tests/unit/diag/trace_message.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST 100
#define PORT_LINK 5
#define BRIDGE 3
#define UPLINK 7

static struct followed_rules rules;
static struct followed_reading reading;
static char told[256]; /* handles, and where each stands */

static int setup(void **state)
{
	(void)state;
	rules = (struct followed_rules) { .now_ms = 10 };
	reading = (struct followed_reading) { .rules = &rules, .netns = HOST };
	told[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	followed_rules_done(&rules);
	return 0;
}

/* A SYN of 10.61.0.3:40000 to 198.51.100.1:80; number: of the IP header. */
static const uint8_t network[20] = { 0x45, 0, 0,  60, 0, 0, 0,	 0,  64,  IPPROTO_TCP,
				     0,	   0, 10, 61, 0, 3, 198, 51, 100, 1 };
static const uint8_t transport[20] = { 40000 >> 8, 40000 & 0xff, 0, 80, 0, 0, 0, 9 };

static uint64_t key_of(uint8_t number)
{
	return packet_key(&(struct packet_key) { .version = 4,
						 .protocol = IPPROTO_TCP,
						 .identity = { 0, 60, 0, number },
						 .sequence = 9 });
}

/* in < 0: a message behind the first of its chain, without headers. */
static void say(uint32_t id, uint8_t number, int in, int out, const char *table, uint64_t handle,
		uint32_t verdict)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, id);
	struct nlattr *nest;
	uint8_t ip[20];

	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_TRACE_CHAIN, "c");
	mnl_attr_put_u64(nlh, NFTA_TRACE_RULE_HANDLE, htobe64(handle));
	nest = mnl_attr_nest_start(nlh, NFTA_TRACE_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl(verdict));
	mnl_attr_nest_end(nlh, nest);
	if (in >= 0) {
		memcpy(ip, network, sizeof(ip));
		ip[5] = number;
		mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, sizeof(ip), ip);
		mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, sizeof(transport), transport);
	}
	if (in > 0)
		mnl_attr_put_u32(nlh, NFTA_TRACE_IIF, htonl((uint32_t)in));
	if (out > 0)
		mnl_attr_put_u32(nlh, NFTA_TRACE_OIF, htonl((uint32_t)out));
	assert_int_equal(followed_rules_read(&reading, buf, nlh->nlmsg_len), 0);
}

/* As the table of the trace does first of all. */
static void mark(uint32_t id, uint8_t number, int in)
{
	say(id, number, in, 0, "netd-trace-1", 1, (uint32_t)NFT_CONTINUE);
}

static int tell(void *data, const struct followed_rule *rule, const struct traced_line *beside)
{
	size_t len = strlen(told);

	(void)data;
	(void)snprintf(told + len, sizeof(told) - len, "%s%llu%s", len ? " " : "",
		       (unsigned long long)rule->rule.handle, beside ? "" : "?");
	return 0;
}

static struct traced_line line_of(enum traced_event event, uint32_t index, uint8_t number)
{
	return (struct traced_line) {
		.event = event, .netns = HOST, .index = index, .key = key_of(number)
	};
}

static void event(enum traced_event event, uint32_t index, uint8_t number)
{
	const struct traced_line line = line_of(event, index, number);
	size_t len;

	assert_int_equal(followed_rules_before(&rules, &line, tell, NULL), 0);
	len = strlen(told);
	(void)snprintf(told + len, sizeof(told) - len, "%s%s%u", len ? " " : "",
		       event == TRACED_RECEIVED ? "in"
		       : event == TRACED_SENT	? "out"
						: "drop",
		       index);
	assert_int_equal(followed_rules_behind(&rules, &line, tell, NULL), 0);
}

static void rest(bool is_all)
{
	assert_int_equal(followed_rules_rest(&rules, is_all, tell, NULL), 0);
}

/* From a port over its bridge through the host: all has happened before the first is told. */
static void each_rule_stands_between_the_places_it_was_met(void **state)
{
	(void)state;
	mark(1, 1, PORT_LINK);
	say(1, 1, PORT_LINK, 0, "bridges", 11, NF_ACCEPT);
	mark(2, 1, BRIDGE);
	say(2, 1, BRIDGE, 0, "corp", 12, (uint32_t)NFT_CONTINUE);
	say(2, 0, -1, 0, "corp", 13, NF_ACCEPT);
	say(2, 1, BRIDGE, UPLINK, "corp", 14, NF_ACCEPT);
	event(TRACED_RECEIVED, PORT_LINK, 1);
	event(TRACED_RECEIVED, BRIDGE, 1);
	event(TRACED_SENT, UPLINK, 1);
	rest(false);
	assert_string_equal(told, "in5 11 in3 12 13 14 out7");
	assert_int_equal(rules.n, 0);
}

/* Without rules of the bridge nothing says what comes before it. */
static void nothing_is_met_before_a_packet_comes(void **state)
{
	(void)state;
	mark(2, 1, BRIDGE);
	say(2, 1, BRIDGE, 0, "corp", 12, NF_ACCEPT);
	say(2, 0, -1, 0, "corp", 0, (uint32_t)NFT_CONTINUE); /* the end of the chain */
	event(TRACED_RECEIVED, PORT_LINK, 1);
	event(TRACED_RECEIVED, BRIDGE, 1);
	assert_string_equal(told, "in5 in3 12");
}

static void out_of_a_socket_rules_come_first(void **state)
{
	(void)state;
	mark(1, 1, 0);
	say(1, 1, 0, UPLINK, "corp", 11, NF_ACCEPT);
	event(TRACED_SENT, UPLINK, 1);
	rest(false);
	assert_string_equal(told, "11 out7");
}

/* To a port: what the bridge does with it comes behind the host. */
static void a_bridge_has_rules_behind_the_hosts(void **state)
{
	(void)state;
	mark(1, 1, UPLINK);
	say(1, 1, UPLINK, BRIDGE, "corp", 11, NF_ACCEPT);
	say(1, 1, 0, PORT_LINK, "bridges", 12, NF_ACCEPT);
	event(TRACED_RECEIVED, UPLINK, 1);
	event(TRACED_SENT, BRIDGE, 1);
	event(TRACED_SENT, PORT_LINK, 1);
	assert_string_equal(told, "in7 11 out3 12 out5");
}

static void a_drop_is_the_last_rule(void **state)
{
	(void)state;
	mark(1, 1, UPLINK);
	say(1, 1, UPLINK, BRIDGE, "corp", 11, (uint32_t)NFT_CONTINUE);
	say(1, 0, -1, 0, "corp", 12, NF_DROP);
	event(TRACED_RECEIVED, UPLINK, 1);
	event(TRACED_DROPPED, UPLINK, 1);
	assert_string_equal(told, "in7 11 12 drop7");
}

/* Whoever is there takes it, and nothing more is seen of it. */
static void what_comes_in_for_good_is_not_waited_for(void **state)
{
	(void)state;
	event(TRACED_RECEIVED, UPLINK, 1);
	mark(1, 1, UPLINK);
	say(1, 1, UPLINK, 0, "corp", 11, NF_ACCEPT);
	rest(false);
	assert_string_equal(told, "in7 11");
}

static void packets_that_come_by_turns_are_told_apart(void **state)
{
	(void)state;
	mark(1, 1, UPLINK);
	mark(2, 2, UPLINK);
	say(1, 1, UPLINK, 0, "corp", 11, NF_ACCEPT);
	say(2, 2, UPLINK, 0, "corp", 21, NF_ACCEPT);
	event(TRACED_RECEIVED, UPLINK, 2);
	event(TRACED_RECEIVED, UPLINK, 1);
	assert_string_equal(told, "in7 21 in7 11");
}

static void who_is_marked_by_somebody_else_is_not_ours(void **state)
{
	(void)state;
	say(1, 1, UPLINK, 0, "corp", 11, NF_ACCEPT);
	event(TRACED_RECEIVED, UPLINK, 1);
	rest(true);
	assert_string_equal(told, "in7");
}

/* The number of the trace becomes another where a bridge hands the packet up. */
static void it_stays_ours_under_another_number(void **state)
{
	(void)state;
	mark(1, 1, PORT_LINK);
	say(2, 1, BRIDGE, 0, "corp", 11, NF_ACCEPT);
	rest(true);
	assert_string_equal(told, "11?");
}

/* The tracer is late: it has a second. */
static void without_an_event_it_is_told_when_its_time_is_over(void **state)
{
	(void)state;
	mark(1, 1, UPLINK);
	say(1, 1, UPLINK, 0, "corp", 11, NF_ACCEPT);
	rest(false);
	assert_string_equal(told, "");
	rules.now_ms += FOLLOWED_RULES_WAIT_MS;
	rest(false);
	assert_string_equal(told, "11?");
	assert_int_equal(rules.n, 0);
}

static void too_many_are_counted(void **state)
{
	(void)state;
	mark(1, 1, UPLINK);
	for (int i = 0; i < FOLLOWED_RULES_MAX + 5; i++)
		say(1, 1, UPLINK, 0, "corp", 11, NF_ACCEPT);
	assert_int_equal(rules.n, FOLLOWED_RULES_MAX);
	assert_int_equal(rules.n_lost, 5);
}

static void short_headers_say_nothing(void **state)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, 9);

	(void)state;
	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, "netd-trace-1");
	mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, 19, network);
	assert_int_equal(followed_rules_read(&reading, buf, nlh->nlmsg_len), 0);
	assert_int_equal(rules.n, 0);
	assert_int_equal(followed_rules_read(&reading, buf, 3), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_rule_stands_between_the_places_it_was_met),
		TEST(nothing_is_met_before_a_packet_comes),
		TEST(out_of_a_socket_rules_come_first),
		TEST(a_bridge_has_rules_behind_the_hosts),
		TEST(a_drop_is_the_last_rule),
		TEST(what_comes_in_for_good_is_not_waited_for),
		TEST(packets_that_come_by_turns_are_told_apart),
		TEST(who_is_marked_by_somebody_else_is_not_ours),
		TEST(it_stays_ours_under_another_number),
		TEST(without_an_event_it_is_told_when_its_time_is_over),
		TEST(too_many_are_counted),
		TEST(short_headers_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
