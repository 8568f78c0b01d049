// SPDX-License-Identifier: GPL-2.0-or-later
// test_traced_messages.c - messages of the kernel on rules that packets meet, read for one flow
#include "base/buf.h"
#include "diag/traced_messages.h"
#include "tests/unit/diag/trace_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NETNS 101
#define PORT 40123

struct scene {
	struct traced_rules rules;
	struct traced_reading reading;
	struct buf said;
};

static void scene_new(struct scene *scene)
{
	*scene = (struct scene) { .reading = {
					  .netns = NETNS, .protocol = IPPROTO_TCP, .port = PORT } };
	scene->reading.rules = &scene->rules;
}

static void scene_done(struct scene *scene)
{
	buf_done(&scene->said);
	traced_rules_done(&scene->rules);
}

static void say_message(struct scene *scene, const struct nlmsghdr *nlh)
{
	buf_append(&scene->said, nlh, nlh->nlmsg_len);
	assert_int_equal(scene->said.err, 0);
}

/* A rule that a packet met. ports: "from", "to", as the first message of each chain has them; NULL:
 * it is a later one. */
static void say(struct scene *scene, uint32_t id, const uint16_t *ports, const char *table,
		uint64_t handle)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, id);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_TRACE_CHAIN, "f");
	mnl_attr_put_u64(nlh, NFTA_TRACE_RULE_HANDLE, htobe64(handle));
	nest = mnl_attr_nest_start(nlh, NFTA_TRACE_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, "next");
	mnl_attr_nest_end(nlh, nest);
	if (ports) {
		const uint16_t wire[] = { htons(ports[0]), htons(ports[1]), 0, 0 };

		mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, sizeof(wire), wire);
	}
	say_message(scene, nlh);
}

static void hear(struct scene *scene)
{
	assert_int_equal(traced_messages_read(&scene->reading, scene->said.data, scene->said.len),
			 0);
	scene->said.len = 0;
}

static const uint16_t there[] = { PORT, 80 }, back[] = { 80, PORT }, others[] = { 5000, 80 },
		      by_nat[] = { 1024, 80 };

static void packets_of_other_flows_are_passed_over(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(&scene, 7, others, "corp", 1);
	say(&scene, 7, NULL, "corp", 2);
	say(&scene, 8, there, "corp", 3);
	say(&scene, 7, NULL, "corp", 4);
	hear(&scene);
	assert_int_equal(scene.rules.n, 1);
	assert_int_equal(scene.rules.rules[0].handle, 3);
	assert_int_equal(scene.rules.rules[0].netns, NETNS);
	assert_int_equal(scene.rules.rules[0].family, NFPROTO_INET);
	assert_int_equal(scene.rules.rules[0].verdict, NFT_JUMP);
	assert_string_equal(scene.rules.rules[0].table, "corp");
	assert_string_equal(scene.rules.rules[0].chain, "f");
	assert_string_equal(scene.rules.rules[0].target, "next");
	scene_done(&scene);
}

/* As say(), of a header of ICMP. */
static void say_echo(struct scene *scene, uint32_t id, uint8_t protocol, uint8_t type,
		     uint16_t number)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, id);
	uint8_t network[20] = { 0x45, [9] = protocol };
	uint8_t transport[8] = { type, [4] = (uint8_t)(number >> 8), (uint8_t)number };

	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, "corp");
	mnl_attr_put_u64(nlh, NFTA_TRACE_RULE_HANDLE, htobe64(id));
	mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, sizeof(network), network);
	mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, sizeof(transport), transport);
	say_message(scene, nlh);
}

static void an_echo_is_known_by_its_id_and_its_answer_by_its_type(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	scene.reading.protocol = IPPROTO_ICMP;
	scene.reading.port = 4711;
	say_echo(&scene, 1, IPPROTO_ICMP, 8, 4711);
	say_echo(&scene, 2, IPPROTO_ICMP, 8, 4712);
	say_echo(&scene, 3, IPPROTO_ICMP, 0, 4711);
	say_echo(&scene, 4, IPPROTO_ICMPV6, 128, 4711);
	say_echo(&scene, 5, IPPROTO_ICMPV6, 129, 4711);
	say_echo(&scene, 6, IPPROTO_UDP, 8, 4711); /* a length that looks like it */
	hear(&scene);
	assert_int_equal(scene.rules.n, 4);
	assert_int_equal(scene.rules.rules[0].handle, 1);
	assert_false(scene.rules.rules[0].is_answer);
	assert_int_equal(scene.rules.rules[1].handle, 3);
	assert_true(scene.rules.rules[1].is_answer);
	assert_false(scene.rules.rules[2].is_answer);
	assert_true(scene.rules.rules[3].is_answer);
	scene_done(&scene);
}

static void packets_that_come_by_turns_are_told_apart(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(&scene, 7, there, "corp", 1);
	say(&scene, 8, back, "corp", 2);
	say(&scene, 7, NULL, "corp", 3);
	say(&scene, 8, NULL, "corp", 4);
	hear(&scene);
	assert_int_equal(scene.rules.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(scene.rules.rules[i].is_answer, i % 2);
	scene_done(&scene);
}

static void one_whose_port_nat_has_changed_is_known_by_its_number(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(&scene, 7, there, "netd-trace-1", 1); /* what marks is not told */
	say(&scene, 7, by_nat, "corp", 2);
	hear(&scene);
	assert_int_equal(scene.rules.n, 1);
	assert_int_equal(scene.rules.rules[0].handle, 2);
	assert_false(scene.rules.rules[0].is_answer);
	scene_done(&scene);
}

static void the_oldest_of_many_packets_are_forgotten(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	for (uint32_t id = 0; id < 200; id++) {
		say(&scene, id, there, "corp", 1);
		hear(&scene);
	}
	assert_int_equal(scene.rules.n, 1);
	scene_done(&scene);
}

static void short_messages_and_values_say_nothing(void **state)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(&scene, 7, there, "corp", 1);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	say_message(&scene, nlh);
	/* A name without an end, and numbers of one byte. */
	nlh = trace_message_begin(buf, 7);
	mnl_attr_put(nlh, NFTA_TRACE_TABLE, 4, "corp");
	mnl_attr_put_u8(nlh, NFTA_TRACE_RULE_HANDLE, 9);
	nest = mnl_attr_nest_start(nlh, NFTA_TRACE_VERDICT);
	mnl_attr_put_u8(nlh, NFTA_VERDICT_CODE, 9);
	mnl_attr_put(nlh, NFTA_VERDICT_CHAIN, 4, "next");
	mnl_attr_nest_end(nlh, nest);
	say_message(&scene, nlh);
	hear(&scene);
	assert_int_equal(scene.rules.n, 2);
	assert_string_equal(scene.rules.rules[1].table, "corp");
	assert_string_equal(scene.rules.rules[1].target, "next");
	assert_int_equal(scene.rules.rules[1].handle, 0);
	assert_int_equal(scene.rules.rules[1].verdict, 0);
	scene_done(&scene);
}

static void a_long_name_is_cut(void **state)
{
	char name[2 * TRACED_NAME];
	struct scene scene;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	scene_new(&scene);
	say(&scene, 7, there, name, 1);
	hear(&scene);
	assert_int_equal(scene.rules.n, 1);
	assert_int_equal(strlen(scene.rules.rules[0].table), TRACED_NAME - 1);
	scene_done(&scene);
}

static void messages_of_other_kinds_are_passed_over(void **state)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, 7);
	struct scene scene;

	(void)state;
	scene_new(&scene);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE;
	say_message(&scene, nlh);
	nlh->nlmsg_type = NLMSG_DONE;
	say_message(&scene, nlh);
	say(&scene, 7, there, "corp", 1);
	hear(&scene);
	assert_int_equal(scene.rules.n, 1);
	scene_done(&scene);
}

/* Whatever stands before it is taken. */
static void a_length_that_cannot_be_is_an_error(void **state)
{
	static const uint32_t lengths[] = { 0, sizeof(struct nlmsghdr) - 1, 0xffffffff };
	struct nlmsghdr *nlh;
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct nlmsghdr odd = { .nlmsg_len = lengths[i] };

		scene_new(&scene);
		say(&scene, 7, there, "corp", 1);
		buf_append(&scene.said, &odd, sizeof(odd));
		assert_int_equal(
			traced_messages_read(&scene.reading, scene.said.data, scene.said.len),
			-EBADMSG);
		assert_int_equal(scene.rules.n, 1);
		/* A header that ends in its midst. */
		nlh = (struct nlmsghdr *)scene.said.data;
		assert_int_equal(traced_messages_read(&scene.reading, nlh, nlh->nlmsg_len + 3),
				 -EBADMSG);
		scene_done(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_other_flows_are_passed_over),
		cmocka_unit_test(an_echo_is_known_by_its_id_and_its_answer_by_its_type),
		cmocka_unit_test(packets_that_come_by_turns_are_told_apart),
		cmocka_unit_test(one_whose_port_nat_has_changed_is_known_by_its_number),
		cmocka_unit_test(the_oldest_of_many_packets_are_forgotten),
		cmocka_unit_test(short_messages_and_values_say_nothing),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(messages_of_other_kinds_are_passed_over),
		cmocka_unit_test(a_length_that_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
