// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_trace.c - what the kernel says of the rules that packets meet, taken for one flow
#include "kernel/nft_trace.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NETNS 101
#define PORT 40123

/* Who says it is at ends[1], and ends[0] is read: as the kernel, a pair of sockets names nobody. */
struct scene {
	int ends[2];
	struct traced_rules rules;
};

static void scene_new(struct scene *scene)
{
	*scene = (struct scene) { 0 };
	assert_return_code(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, scene->ends),
		0);
}

static void scene_done(struct scene *scene)
{
	(void)close(scene->ends[0]);
	(void)close(scene->ends[1]);
	traced_rules_done(&scene->rules);
}

static struct nlmsghdr *begin(void *buf, uint32_t id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *header;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->nfgen_family = NFPROTO_INET;
	mnl_attr_put_u32(nlh, NFTA_TRACE_ID, id);
	mnl_attr_put_u32(nlh, NFTA_TRACE_TYPE, htonl(NFT_TRACETYPE_RULE));
	return nlh;
}

/* A rule that a packet met. ports: "from", "to", as the first message of each chain has them; NULL:
 * it is a later one. */
static void say(int fd, uint32_t id, const uint16_t *ports, const char *table, uint64_t handle)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = begin(buf, id);
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
	assert_int_equal(send(fd, buf, nlh->nlmsg_len, 0), nlh->nlmsg_len);
}

static void hear(struct scene *scene)
{
	assert_int_equal(nft_trace_read(scene->ends[0], NETNS, PORT, &scene->rules), 0);
}

static const uint16_t there[] = { PORT, 80 }, back[] = { 80, PORT }, others[] = { 5000, 80 },
		      by_nat[] = { 1024, 80 };

static void packets_of_other_flows_are_passed_over(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(scene.ends[1], 7, others, "corp", 1);
	say(scene.ends[1], 7, NULL, "corp", 2);
	say(scene.ends[1], 8, there, "corp", 3);
	say(scene.ends[1], 7, NULL, "corp", 4);
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

static void packets_that_come_by_turns_are_told_apart(void **state)
{
	struct scene scene;

	(void)state;
	scene_new(&scene);
	say(scene.ends[1], 7, there, "corp", 1);
	say(scene.ends[1], 8, back, "corp", 2);
	say(scene.ends[1], 7, NULL, "corp", 3);
	say(scene.ends[1], 8, NULL, "corp", 4);
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
	say(scene.ends[1], 7, there, "netd-trace-1", 1); /* what marks is not told */
	say(scene.ends[1], 7, by_nat, "corp", 2);
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
		say(scene.ends[1], id, there, "corp", 1);
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
	say(scene.ends[1], 7, there, "corp", 1);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	assert_int_equal(send(scene.ends[1], buf, nlh->nlmsg_len, 0), nlh->nlmsg_len);
	/* A name without an end, and numbers of one byte. */
	nlh = begin(buf, 7);
	mnl_attr_put(nlh, NFTA_TRACE_TABLE, 4, "corp");
	mnl_attr_put_u8(nlh, NFTA_TRACE_RULE_HANDLE, 9);
	nest = mnl_attr_nest_start(nlh, NFTA_TRACE_VERDICT);
	mnl_attr_put_u8(nlh, NFTA_VERDICT_CODE, 9);
	mnl_attr_put(nlh, NFTA_VERDICT_CHAIN, 4, "next");
	mnl_attr_nest_end(nlh, nest);
	assert_int_equal(send(scene.ends[1], buf, nlh->nlmsg_len, 0), nlh->nlmsg_len);
	hear(&scene);
	assert_int_equal(scene.rules.n, 2);
	assert_string_equal(scene.rules.rules[1].table, "corp");
	assert_string_equal(scene.rules.rules[1].target, "next");
	assert_int_equal(scene.rules.rules[1].handle, 0);
	assert_int_equal(scene.rules.rules[1].verdict, 0);
	scene_done(&scene);
}

static int netlink_new(uint32_t *ret_port)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(own);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_USERSOCK);

	assert_return_code(fd, 0);
	assert_return_code(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_return_code(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	*ret_port = own.nl_pid;
	return fd;
}

/* As somebody with CAP_NET_ADMIN in a container, who knows the number of the socket there. */
static void who_is_not_the_kernel_is_not_believed(void **state)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct traced_rules rules = { 0 };
	uint32_t unused;
	int reader = netlink_new(&to.nl_pid), writer = netlink_new(&unused);

	(void)state;
	assert_return_code(connect(writer, (struct sockaddr *)&to, sizeof(to)), 0);
	say(writer, 7, there, "corp", 1);
	assert_int_equal(nft_trace_read(reader, NETNS, PORT, &rules), 0);
	assert_int_equal(rules.n, 0);
	(void)close(reader);
	(void)close(writer);
	traced_rules_done(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_other_flows_are_passed_over),
		cmocka_unit_test(packets_that_come_by_turns_are_told_apart),
		cmocka_unit_test(one_whose_port_nat_has_changed_is_known_by_its_number),
		cmocka_unit_test(the_oldest_of_many_packets_are_forgotten),
		cmocka_unit_test(short_messages_and_values_say_nothing),
		cmocka_unit_test(who_is_not_the_kernel_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
