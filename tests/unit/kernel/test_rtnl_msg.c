// SPDX-License-Identifier: GPL-2.0-or-later
// test_rtnl_msg.c - requests as they are built: their bytes, and what goes wrong while they are
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct ifinfomsg up = { .ifi_index = 7, .ifi_flags = 1, .ifi_change = 1 };

static struct nlmsghdr *last(const struct rtnl_batch *batch)
{
	return nlmsg_hdr(batch->messages[batch->n_messages - 1]);
}

static void a_message_has_its_header_and_attributes(void **state)
{
	const struct mac mac = { { 2, 1, 2, 3, 4, 5 } };
	struct nlattr *attributes[IFLA_MAX + 1];
	RTNL_BATCH(batch);

	(void)state;
	rtnl_batch_add(&batch, RTM_NEWLINK, NLM_F_CREATE, &up, sizeof(up));
	rtnl_put_string(&batch, IFLA_IFNAME, "br0");
	rtnl_put_u32(&batch, IFLA_MTU, 1400);
	rtnl_put_mac(&batch, IFLA_ADDRESS, &mac);
	assert_int_equal(batch.err, 0);
	assert_int_equal(last(&batch)->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(last(&batch)->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(last(&batch)))->ifi_index, 7);
	assert_int_equal(nlmsg_parse(last(&batch), sizeof(up), attributes, IFLA_MAX, NULL), 0);
	assert_string_equal(nla_get_string(attributes[IFLA_IFNAME]), "br0");
	assert_int_equal(nla_get_u32(attributes[IFLA_MTU]), 1400);
	assert_int_equal(nla_len(attributes[IFLA_ADDRESS]), sizeof(mac));
	assert_memory_equal(nla_data(attributes[IFLA_ADDRESS]), &mac, sizeof(mac));
}

static void what_is_put_goes_into_the_message_that_was_added_last(void **state)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	RTNL_BATCH(batch);

	(void)state;
	rtnl_batch_add(&batch, RTM_SETLINK, 0, &up, sizeof(up));
	rtnl_put_u32(&batch, IFLA_MTU, 1);
	rtnl_batch_add(&batch, RTM_SETLINK, 0, &up, sizeof(up));
	rtnl_put_u32(&batch, IFLA_GROUP, 2);
	assert_int_equal(batch.n_messages, 2);
	assert_int_equal(nlmsg_parse(last(&batch), sizeof(up), attributes, IFLA_MAX, NULL), 0);
	assert_null(attributes[IFLA_MTU]);
	assert_int_equal(nla_get_u32(attributes[IFLA_GROUP]), 2);
}

static void nests_hold_what_is_put_until_they_end(void **state)
{
	struct nlattr *attributes[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *nest;
	RTNL_BATCH(batch);

	(void)state;
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &up, sizeof(up));
	nest = rtnl_nest(&batch, IFLA_LINKINFO);
	rtnl_put_string(&batch, IFLA_INFO_KIND, "bridge");
	rtnl_nest_end(&batch, nest);
	rtnl_put_u32(&batch, IFLA_MTU, 1400);
	assert_int_equal(nlmsg_parse(last(&batch), sizeof(up), attributes, IFLA_MAX, NULL), 0);
	assert_int_equal(nla_get_u32(attributes[IFLA_MTU]), 1400);
	assert_int_equal(nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], NULL), 0);
	assert_string_equal(nla_get_string(info[IFLA_INFO_KIND]), "bridge");
}

/* The kernel refuses an alias of 256 bytes, and takes one of 255. */
static void an_alias_is_cut_where_the_kernel_would_refuse_it(void **state)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	char alias[400];
	RTNL_BATCH(batch);

	(void)state;
	memset(alias, 'a', sizeof(alias) - 1);
	alias[sizeof(alias) - 1] = '\0';
	rtnl_batch_add(&batch, RTM_SETLINK, 0, &up, sizeof(up));
	rtnl_put_alias(&batch, alias);
	assert_int_equal(nlmsg_parse(last(&batch), sizeof(up), attributes, IFLA_MAX, NULL), 0);
	assert_int_equal(nla_len(attributes[IFLA_IFALIAS]), 255);
}

static void what_failed_once_is_remembered_and_nothing_is_added_after_it(void **state)
{
	char much[RTNL_MSG_SIZE + 1] = { 0 };
	RTNL_BATCH(batch);
	RTNL_BATCH(full);

	(void)state;
	rtnl_batch_add(&batch, RTM_SETLINK, 0, &up, sizeof(up));
	rtnl_put(&batch, IFLA_AF_SPEC, much, sizeof(much));
	assert_int_equal(batch.err, -EMSGSIZE);
	rtnl_batch_add(&batch, RTM_SETLINK, 0, &up, sizeof(up));
	assert_int_equal(batch.n_messages, 1);
	assert_null(rtnl_nest(&batch, IFLA_LINKINFO));
	for (size_t i = 0; i < RTNL_BATCH_MAX; i++)
		rtnl_batch_add(&full, RTM_SETLINK, 0, &up, sizeof(up));
	assert_int_equal(full.err, 0);
	rtnl_batch_add(&full, RTM_SETLINK, 0, &up, sizeof(up));
	assert_int_equal(full.err, -EMSGSIZE);
	assert_int_equal(full.n_messages, RTNL_BATCH_MAX);
}

static void an_address_is_said_with_its_length_and_whose_it_is(void **state)
{
	struct nlattr *attributes[IFA_MAX + 1];
	struct prefix prefix;
	struct ifaddrmsg *info;
	RTNL_BATCH(batch);

	(void)state;
	assert_int_equal(prefix_parse("10.1.0.1/24", &prefix), 0);
	rtnl_inside_add_address(&batch, 7, &prefix);
	info = nlmsg_data(last(&batch));
	assert_int_equal(last(&batch)->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(info->ifa_family, AF_INET);
	assert_int_equal(info->ifa_prefixlen, 24);
	assert_int_equal(info->ifa_index, 7);
	assert_int_equal(nlmsg_parse(last(&batch), sizeof(*info), attributes, IFA_MAX, NULL), 0);
	assert_memory_equal(nla_data(attributes[IFA_LOCAL]), prefix.addr.bytes, 4);
	rtnl_inside_delete_address(&batch, 7, &prefix);
	assert_int_equal(last(&batch)->nlmsg_type, RTM_DELADDR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_its_header_and_attributes),
		cmocka_unit_test(what_is_put_goes_into_the_message_that_was_added_last),
		cmocka_unit_test(nests_hold_what_is_put_until_they_end),
		cmocka_unit_test(an_alias_is_cut_where_the_kernel_would_refuse_it),
		cmocka_unit_test(what_failed_once_is_remembered_and_nothing_is_added_after_it),
		cmocka_unit_test(an_address_is_said_with_its_length_and_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
