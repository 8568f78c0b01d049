// SPDX-License-Identifier: GPL-2.0-or-later
// test_conntrack_counted.c - a namespace of its own has no connections, and then one
#include "kernel/conntrack.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_alone;

static int go_alone(void **state)
{
	(void)state;
	is_alone = unshare(CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) == 0;
	return 0;
}

/* Skips where the kernel has no ctnetlink, or nobody may ask. */
static struct seen_conntrack counted(void)
{
	struct seen_conntrack counted = { .entries = 4711 };
	struct error error = { 0 };
	int err = is_alone ? conntrack_counted(&counted, &error) : -EPERM;

	if (err == -EPERM || error.kind == ERROR_UNAVAILABLE)
		skip();
	assert_int_equal(err, 0);
	return counted;
}

static void put_tuple(struct nlmsghdr *nlh, uint16_t type, const char *from, const char *to,
		      uint16_t from_port, uint16_t to_port)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *part;

	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, inet_addr(from));
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, inet_addr(to));
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_UDP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(from_port));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(to_port));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
}

/* As conntrack(8) makes one. The kernel's errno, negative. */
static int add_flow(void)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	_Alignas(struct nlmsghdr) char buffer[1024] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	const struct nlmsgerr *answer;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	nfg->nfgen_family = AF_INET;
	put_tuple(nlh, CTA_TUPLE_ORIG, "10.0.0.1", "10.0.0.2", 1000, 53);
	put_tuple(nlh, CTA_TUPLE_REPLY, "10.0.0.2", "10.0.0.1", 53, 1000);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_CONFIRMED));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(1000));
	assert_int_equal(send(fd, nlh, nlh->nlmsg_len, 0), (ssize_t)nlh->nlmsg_len);
	assert_true(recv(fd, buffer, sizeof(buffer), 0) > 0);
	assert_int_equal(nlh->nlmsg_type, NLMSG_ERROR);
	answer = mnl_nlmsg_get_payload(nlh);
	return answer->error;
}

static void connections_are_counted_with_their_limit(void **state)
{
	struct seen_conntrack before = counted(), after;
	int err;

	(void)state;
	assert_int_equal(before.entries, 0);
	assert_true(before.limit > 0);
	assert_int_equal(before.dropped, 0);
	assert_int_equal(before.early_dropped, 0);
	assert_int_equal(before.insert_failed, 0);
	err = add_flow();
	if (err == -EPERM)
		skip();
	assert_int_equal(err, 0);
	after = counted();
	assert_int_equal(after.entries, 1);
	assert_int_equal(after.limit, before.limit);
}

/* Each question is one socket, which goes again. */
static void no_descriptor_stays(void **state)
{
	int before, after;

	(void)state;
	(void)counted();
	before = dup(STDERR_FILENO);
	for (size_t i = 0; i < 10; i++)
		(void)counted();
	after = dup(STDERR_FILENO);
	assert_int_equal(after, before + 1);
	assert_int_equal(close(before), 0);
	assert_int_equal(close(after), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_counted_with_their_limit),
		cmocka_unit_test(no_descriptor_stays),
	};

	return cmocka_run_group_tests(tests, go_alone, NULL);
}
