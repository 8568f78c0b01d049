// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_trace.c - who says it that packets met rules, and when reading that ends
#include "base/limits.h"
#include "kernel/nft_trace.h"
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
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NETNS 101
#define PORT 40123

/* A rule that a packet of the flow met. */
static void say(int fd, uint32_t id)
{
	const uint16_t ports[] = { htons(PORT), htons(80) };
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = trace_message_begin(buf, id);

	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, "corp");
	mnl_attr_put_u64(nlh, NFTA_TRACE_RULE_HANDLE, htobe64(id));
	mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, sizeof(ports), ports);
	assert_int_equal(send(fd, buf, nlh->nlmsg_len, 0), nlh->nlmsg_len);
}

/* As the kernel, a pair of sockets names nobody. */
static void what_the_kernel_says_is_read_to_its_end(void **state)
{
	struct traced_rules rules = { 0 };
	int ends[2];

	(void)state;
	assert_return_code(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	say(ends[1], 7);
	say(ends[1], 8);
	assert_int_equal(nft_trace_read(ends[0], NETNS, IPPROTO_TCP, PORT, &rules), 0);
	assert_int_equal(rules.n, 2);
	assert_int_equal(rules.rules[1].handle, 8);
	assert_int_equal(rules.rules[1].netns, NETNS);
	assert_int_equal(send(ends[1], "short", 5, 0), 5);
	assert_int_equal(nft_trace_read(ends[0], NETNS, IPPROTO_TCP, PORT, &rules), -EBADMSG);
	(void)close(ends[0]);
	(void)close(ends[1]);
	traced_rules_done(&rules);
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
	for (uint32_t i = 0; i < NFT_TRACE_STRANGERS; i++)
		say(writer, i);
	assert_int_equal(nft_trace_read(reader, NETNS, IPPROTO_TCP, PORT, &rules), 0);
	/* He who goes on sending must not keep anybody here. */
	for (uint32_t i = 0; i <= NFT_TRACE_STRANGERS; i++)
		say(writer, i);
	assert_int_equal(nft_trace_read(reader, NETNS, IPPROTO_TCP, PORT, &rules), -EPROTO);
	assert_int_equal(rules.n, 0);
	(void)close(reader);
	(void)close(writer);
	traced_rules_done(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_says_is_read_to_its_end),
		cmocka_unit_test(who_is_not_the_kernel_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
